// Declared settings: a typed table, read once, with all faults reported together.
import { SettingFault, type Parser } from './parsers.ts';

/** One setting. Without `default` and without `optional` the variable has to be set. */
export interface Setting<T = unknown> {
  readonly env: string;
  readonly parse: Parser<T>;
  readonly example: string;
  readonly doc: string;
  /** Written as one would write it in the environment; the parser reads it like any other text. */
  readonly default?: string;
  readonly optional?: true;
}

export type SettingsTable = Readonly<Record<string, Setting>>;

/** What reading a table gives. */
export type SettingsOf<Table extends SettingsTable> = {
  readonly [Key in keyof Table]: Table[Key] extends { optional: true; parse: Parser<infer T> }
    ? T | undefined
    : Table[Key] extends { parse: Parser<infer T> }
      ? T
      : never;
};

export type Environment = Readonly<Record<string, string | undefined>>;

/** All that is wrong with the environment, one line for each variable. */
export class ConfigError extends Error {
  readonly code = 'SAIDAO_CONFIG';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    const count =
      faults.length === 1 ? '1 setting is wrong' : `${faults.length} settings are wrong`;
    super(`${count}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

const envForm = /^[A-Z][A-Z0-9_]*$/;
const shownCharsMax = 80;

/** Declares a table; a table that contradicts itself is refused at once. */
export function settings<const Table extends SettingsTable>(table: Table): Table {
  const keyOfEnv = new Map<string, string>();
  for (const [key, setting] of Object.entries(table)) {
    const refuse = (what: string) => {
      throw new TypeError(`setting ${key} (${setting.env}): ${what}`);
    };
    if (!envForm.test(setting.env)) refuse('the variable name has to be like WATCHLIST_URL');
    const other = keyOfEnv.get(setting.env);
    if (other !== undefined) refuse(`${other} is read from the same variable`);
    keyOfEnv.set(setting.env, key);
    if (!/^\S.*\.$/.test(setting.doc)) refuse('doc has to be one sentence with its full stop');
    if (setting.default !== undefined && setting.optional)
      refuse('it is optional or has a default');
    for (const part of ['example', 'default'] as const) {
      const given = setting[part];
      if (given === undefined) continue;
      try {
        setting.parse(given);
      } catch (error) {
        refuse(`its own ${part} ${(error as Error).message}`);
      }
    }
  }
  return table;
}

/**
 * Reads a table from an environment; throws one ConfigError with all faults.
 *
 * `check` compares settings with each other, is called when each alone is right, and returns what
 * is wrong as sentences that name the variables.
 */
export function readSettings<Table extends SettingsTable>(
  table: Table,
  env: Environment,
  check?: (read: SettingsOf<Table>) => readonly string[],
): SettingsOf<Table> {
  const faults: string[] = [];
  const read: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(table)) {
    const given = textOf(setting, env);
    if (given === undefined) {
      if (setting.optional) read[key] = undefined;
      else faults.push(`${setting.env} is not set: ${advice(setting)}`);
      continue;
    }
    try {
      read[key] = setting.parse(given);
    } catch (error) {
      if (!(error instanceof SettingFault)) throw error;
      const shown = setting.parse.secret ? '' : ` (it is ${JSON.stringify(show(given))})`;
      faults.push(`${setting.env} ${error.message}${shown}: ${advice(setting)}`);
    }
  }
  if (faults.length > 0) throw new ConfigError(faults);
  const complete = read as SettingsOf<Table>;
  const contradictions = check?.(complete) ?? [];
  if (contradictions.length > 0) throw new ConfigError(contradictions);
  return Object.freeze(complete);
}

function textOf(setting: Setting, env: Environment): string | undefined {
  const given = env[setting.env] ?? '';
  // A secret may end in a blank, but files that hold one often end in a newline.
  const trimmed = setting.parse.secret ? given.replace(/[\r\n]+$/, '') : given.trim();
  return trimmed === '' ? setting.default : trimmed;
}

function advice(setting: Setting): string {
  return `give ${setting.parse.expects}, for example ${setting.env}=${setting.example}`;
}

// Addresses may carry a password before the @, also where they are not well formed.
function show(given: string): string {
  const bare = given.replace(/[^\s,]*@/g, '[redacted]@');
  return bare.length > shownCharsMax ? `${bare.slice(0, shownCharsMax)}…` : bare;
}
