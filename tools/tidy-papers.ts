// House checks of papers: changelog, READMEs, links, decisions, words, the example's size.
import { posix } from 'node:path';
import { isMade, sourcesOf, type Check, type Finding, type House } from './house.ts';
import { lineOf } from './source-text.ts';

const exampleLinesMax = 99;

export const changelog: Check = {
  name: 'changelog',
  says: 'CHANGELOG.md tells authors what to write, and its first section fits the version.',
  find: (house) => {
    const path = 'CHANGELOG.md';
    const text = paper(house, path);
    if (text === undefined) return [{ path, line: 1, message: 'is missing' }];
    const findings: Finding[] = [];
    const say = (line: number, message: string) => findings.push({ path, line, message });
    if (!/^# Changelog\n\n<!--[\s\S]+?-->\n/.test(text)) {
      say(1, 'begin with "# Changelog" and a comment that tells authors what to write');
    }
    const manifest = JSON.parse(paper(house, 'package.json') ?? '{}') as { version?: string };
    const sections = [...text.matchAll(/^## (.*)$/gm)];
    sections.forEach((section, index) => {
      const line = lineOf(text, section.index);
      const title = section[1] ?? '';
      const release = /^(\d+\.\d+\.\d+) - \d{4}-\d{2}-\d{2}$/.exec(title)?.[1];
      if (title === 'Unreleased' ? index > 0 : release === undefined) {
        say(line, `"${title}" is neither "Unreleased" at the top nor "1.2.3 - 2026-01-31"`);
      }
      const body = text
        .slice(section.index, sections[index + 1]?.index)
        .split('\n')
        .slice(1);
      if (!body.some((entry) => entry.startsWith('- '))) say(line, `"${title}" has no entry`);
      if (index === 0 && release !== undefined && release !== manifest.version) {
        say(line, `the version is ${manifest.version}: add "## Unreleased" or release it`);
      }
    });
    if (sections.length === 0) say(1, 'add "## Unreleased"');
    return findings;
  },
};

export const readmes: Check = {
  name: 'readmes',
  says: 'Each service has a README.md.',
  find: (house) =>
    [...house.paths]
      .filter((path) => /^services\/[^/]+\/package\.json$/.test(path))
      .map((path) => `${posix.dirname(path)}/README.md`)
      .filter((path) => !house.paths.has(path))
      .map((path) => ({ path, line: 1, message: 'is missing: what it does, in ten lines' })),
};

export const links: Check = {
  name: 'links',
  says: 'Links in papers lead to files and headings that exist.',
  find: (house) =>
    papers(house).flatMap(({ path, text }) =>
      [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap((match) => {
        const target = match[1] ?? '';
        if (/^[a-z]+:/.test(target)) return [];
        const [file = '', anchor] = target.split('#');
        const to = file === '' ? path : posix.normalize(posix.join(posix.dirname(path), file));
        const message = faultOfLink(house, to, anchor);
        const line = lineOf(text, match.index);
        return message === undefined ? [] : [{ path, line, message: `${target}: ${message}` }];
      }),
    ),
};

export const decisions: Check = {
  name: 'decisions',
  says: 'Decision records are numbered without a gap and have the parts of the template.',
  find: (house) => {
    const records = papers(house)
      .filter(({ path }) => /^docs\/decisions\/\d{4}-[a-z0-9-]+\.md$/.test(path))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
    const parts = [
      /^\*\*Bottom line\.\*\* /m,
      /^Status: (?:proposed|accepted|superseded by \[\d{4}\]\(\S+\)), \d{4}-\d{2}-\d{2}\.$/m,
      /^## Context$/m,
      /^## Decision$/m,
      /^## Consequences$/m,
    ];
    return records.flatMap(({ path, text }, index) => {
      const number = path.slice('docs/decisions/'.length, 'docs/decisions/0000'.length);
      const faults = parts.filter((part) => !part.test(text)).map((part) => `lacks ${part.source}`);
      if (!text.startsWith(`# ${number}. `)) faults.push(`begin with "# ${number}. Title"`);
      const expected = String(index).padStart(4, '0');
      if (number !== expected) faults.push(`the next number is ${expected}`);
      return faults.map((message) => ({ path, line: 1, message }));
    });
  },
};

export const glossaryWords: Check = {
  name: 'glossary-words',
  says: 'One word for one thing: what docs/glossary.md lists as "Not this" is not written.',
  find: (house) => {
    const glossary = paper(house, 'docs/glossary.md') ?? '';
    const rows = [...glossary.matchAll(/^\| `([^`|]+)`\s*\| ([^|]+?)\s*\|$/gm)];
    const texts = [
      ...papers(house).filter(({ path }) => path !== 'docs/glossary.md'),
      ...sourcesOf(house),
    ];
    return rows.flatMap(([, bad = '', good = '']) => {
      const capital = bad.charAt(0).toUpperCase() + bad.slice(1);
      const spellings = `(?<![A-Za-z])(?:${bad}|${bad.toUpperCase()})|${capital}`;
      const word = new RegExp(`(?:${spellings})s?(?![a-z])`);
      return texts.flatMap(({ path, text }) => {
        const found = text.search(word);
        if (found === -1 || path.startsWith('tools/tidy')) return [];
        const message = `"${bad}": docs/glossary.md says ${good}`;
        return [{ path, line: lineOf(text, found), message }];
      });
    });
  },
};

export const exampleSize: Check = {
  name: 'example-size',
  says:
    `A sixth worker takes at most ${exampleLinesMax} lines that are neither blank nor comment: its ` +
    'schema, its topic, its manifest and the spec of its decision included.',
  find: (house) => {
    const folder = 'examples/sixth-worker/';
    const counted = house.files.filter(
      ({ path }) =>
        (path.startsWith(folder) && !/\.md$|\.int\.spec\.ts$/.test(path) && !isMade(path)) ||
        path.startsWith('packages/schemas/avro/screenings/'),
    );
    const catalogue = paper(house, 'packages/schemas/src/topics.ts') ?? '';
    const entry = /^ {2}screenings: [\s\S]+?^ {2}\}\),$/m.exec(catalogue)?.[0] ?? '';
    const lines = [entry, ...counted.map(({ text }) => text)]
      .flatMap((text) => text.split('\n'))
      .filter((line) => !/^\s*(?:\/\/.*)?$/.test(line)).length;
    if (lines <= exampleLinesMax) return [];
    return [{ path: folder, line: 1, message: `${lines} lines: at most ${exampleLinesMax}` }];
  },
};

export const snippets: Check = {
  name: 'snippets',
  says: 'A code block of a paper that names a file holds what that file holds.',
  find: (house) =>
    papers(house).flatMap(({ path, text }) =>
      [...text.matchAll(/^```\w+ (\S+\.\w+)\n([\s\S]*?)^```$/gm)].flatMap((block) => {
        const [, named = '', code = ''] = block;
        if (paper(house, named)?.includes(code)) return [];
        const message = `${named} does not hold this: copy it anew`;
        return [{ path, line: lineOf(text, block.index), message }];
      }),
    ),
};

export const commandsInPapers: Check = {
  name: 'commands-in-papers',
  says: 'A paper names only npm scripts that the root has.',
  find: (house) => {
    const manifest = JSON.parse(paper(house, 'package.json') ?? '{}') as {
      scripts?: Record<string, string>;
    };
    const scripts = new Set(Object.keys(manifest.scripts ?? {}));
    return papers(house).flatMap(({ path, text }) =>
      [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)].flatMap((match) => {
        const script = match[1] ?? match[2] ?? '';
        if (scripts.has(script)) return [];
        const message = `npm has no script ${script}`;
        return [{ path, line: lineOf(text, match.index), message }];
      }),
    );
  },
};

const namedFile =
  /`((?:bin|docs|e2e|examples|infra|packages|samples|services|tools)\/[^\s`*{}<>…]+\.\w+)`/g;

export const namedFiles: Check = {
  name: 'named-files',
  says: 'A file that a paper names by its path is there.',
  find: (house) =>
    papers(house).flatMap(({ path, text }) =>
      [...text.matchAll(namedFile)].flatMap((match) => {
        const named = match[1] ?? '';
        if (house.paths.has(named)) return [];
        const line = lineOf(text, match.index);
        return [{ path, line, message: `${named}: there is no such file` }];
      }),
    ),
};

export const promises: Check = {
  name: 'promises',
  says: 'Each promise of README.md names the test that holds it.',
  find: (house) => {
    const path = 'README.md';
    const text = paper(house, path) ?? '';
    const start = text.indexOf('\n## What it promises\n') + 1;
    const section = text.slice(start, text.indexOf('\n## ', start + 1));
    const rows = start === 0 ? [] : [...section.matchAll(/^\| .*\|$/gm)];
    // Below the names of the columns and the dashes.
    const bare = rows.slice(2).filter(([row]) => !/`\S+\.spec\.ts`[^|]*\|$/.test(row));
    if (rows.length < 3) return [{ path, line: 1, message: 'has no table of what it promises' }];
    return bare.map((row) => ({
      path,
      line: lineOf(text, start + row.index),
      message: 'name the test that holds this promise',
    }));
  },
};

export const translations: Check = {
  name: 'translations',
  says: 'README.zh-CN.md has the sections, commands, tables, files and links that README.md has.',
  find: (house) => {
    const path = 'README.zh-CN.md';
    const [english, chinese] = [paper(house, 'README.md'), paper(house, path)];
    if (english === undefined || chinese === undefined) {
      return [{ path, line: 1, message: 'README.md and its translation belong together' }];
    }
    const wanted = skeletonOf(english);
    const found = skeletonOf(chinese);
    return wanted.flatMap(({ what, parts }, at) => {
      const other = found[at]?.parts ?? [];
      const differs = parts.findIndex((part, index) => part !== other[index]);
      if (differs === -1 && parts.length === other.length) return [];
      const index = differs === -1 ? parts.length : differs;
      const shown = (part = 'none') => part.replaceAll('\n', ' ').slice(0, 80);
      const message = `${what}: ${shown(other[index])}, not ${shown(parts[index])}`;
      return [{ path, line: 1, message }];
    });
  },
};

/** What stays the same in another language, in order. */
function skeletonOf(text: string): { what: string; parts: string[] }[] {
  const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)];
  const prose = withoutCode(text);
  const all = (from: string, pattern: RegExp) => [...from.matchAll(pattern)].map(([one]) => one);
  return [
    { what: 'sections', parts: all(prose, /^#+ /gm) },
    { what: 'rows and columns', parts: all(prose, /^\|.*\|$/gm).map(columnsOf) },
    {
      what: 'blocks',
      // A remark behind a command is in its own language.
      parts: blocks.map(([, kind, code = '']) => `${kind}\n${code.replace(/ +# .*$/gm, '')}`),
    },
    { what: 'files and commands', parts: all(text, /`[^`\n]+`/g).sort() },
    {
      what: 'links',
      parts: all(prose, /(?<=\]\()[^)\s]+(?=\))/g)
        .filter((target) => !/^README(?:\.zh-CN)?\.md$/.test(target))
        .sort(),
    },
  ];
}

function columnsOf(row: string): string {
  return `${row.split('|').length - 2} columns`;
}

export const paperChecks: readonly Check[] = [
  changelog,
  readmes,
  links,
  decisions,
  glossaryWords,
  exampleSize,
  snippets,
  commandsInPapers,
  namedFiles,
  promises,
  translations,
];

function papers(house: House) {
  return house.files.filter(({ path }) => path.endsWith('.md') && !isMade(path));
}

function paper(house: House, path: string): string | undefined {
  return house.files.find((file) => file.path === path)?.text;
}

function faultOfLink(house: House, to: string, anchor: string | undefined): string | undefined {
  const isFolder = [...house.paths].some((path) => path.startsWith(`${to.replace(/\/$/, '')}/`));
  if (!house.paths.has(to) && !isFolder) return 'there is no such file';
  if (anchor === undefined || anchor === '') return undefined;
  const headings = [...(paper(house, to) ?? '').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-'),
  );
  return headings.includes(anchor) ? undefined : 'there is no such heading';
}

// Blanked rather than taken out, so that positions stay.
function withoutCode(text: string): string {
  return text.replace(/```[\s\S]*?```|`[^`\n]*`/g, (code) => code.replace(/[^\n]/g, ' '));
}
