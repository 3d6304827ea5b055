// Papers made from settings tables: docs/configuration.md and .env.example.
import type { Setting, SettingsTable } from './settings.ts';

/** The settings of one process, as the papers show them. */
export interface SettingsSection {
  readonly title: string;
  readonly doc?: string;
  readonly table: SettingsTable;
}

/** The Markdown of sections: a heading, what the process is, and a row for each variable. */
export function renderSettingsMarkdown(sections: readonly SettingsSection[]): string {
  return sections.map(markdownSection).join('\n');
}

/**
 * The lines of .env.example. A variable that has to be set stands with its example, one with a
 * default stands commented out; one that several processes share stands once, at the first.
 */
export function renderEnvExample(sections: readonly SettingsSection[]): string {
  const seen = new Map<string, string>();
  return sections.map((section) => envSection(section, seen)).join('\n');
}

function markdownSection(section: SettingsSection): string {
  const rows = Object.values(section.table).map((setting) =>
    [
      `\`${setting.env}\``,
      `${setting.doc} Takes ${setting.parse.expects}.`,
      ruleOf(setting),
      `\`${setting.example}\``,
    ].map(cell),
  );
  const head = ['Variable', 'What it says', 'If not set', 'Example'];
  const lines = [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`);
  const doc = section.doc === undefined ? [] : [section.doc, ''];
  return [`## ${section.title}`, '', ...doc, ...lines, ''].join('\n');
}

function envSection(section: SettingsSection, seen: Map<string, string>): string {
  const lines = Object.values(section.table).flatMap((setting) => {
    const first = seen.get(setting.env);
    if (first !== undefined) return [`# ${setting.env} stands under ${first}.`];
    seen.set(setting.env, section.title);
    const isSet = setting.default === undefined && setting.optional === undefined;
    const line = `${setting.env}=${quoted(setting.default ?? setting.example)}`;
    return [`# ${setting.doc}`, isSet ? line : `# ${line}`];
  });
  return [`# --- ${section.title} ---`, ...lines, ''].join('\n');
}

function ruleOf(setting: Setting): string {
  if (setting.default !== undefined) return `\`${setting.default}\``;
  return setting.optional ? 'left out' : 'refused';
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

function quoted(text: string): string {
  return /[\s#"'$\\]/.test(text) ? `'${text.replaceAll("'", String.raw`'\''`)}'` : text;
}
