// Parsers of settings: from the text of an environment variable to a typed value.
import { Secret } from './secret.ts';

/** Reads a text or throws a `SettingFault`; `expects` says in words what it takes. */
export interface Parser<T> {
  (text: string): T;
  readonly expects: string;
  /** The text is never shown, not even in a fault. */
  readonly secret?: boolean;
}

/** What is wrong with a text, as the end of a sentence that begins with the variable's name. */
export class SettingFault extends Error {}

const durationUnitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const durationMsMax = 3650 * durationUnitsMs.d;
const dateForm = /^\d{4}-\d{2}-\d{2}$/;
const hostPortForm = /^(?:[^\s:,/@[\]]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/;

/** Any text; an empty one counts as not set. */
export const text: Parser<string> = parser('a text', (given) => given);

/** A text of one form. */
export function textLike(form: RegExp, expects: string): Parser<string> {
  return parser(expects, (given) => {
    if (!form.test(given)) throw new SettingFault(`is not ${expects}`);
    return given;
  });
}

/** A whole number from `min` to `max`, both included. */
export function integer(
  min: number = Number.MIN_SAFE_INTEGER,
  max: number = Number.MAX_SAFE_INTEGER,
): Parser<number> {
  const expects = `a whole number ${rangeInWords(min, max)}`.trimEnd();
  return parser(expects, (given) => {
    const value = Number(given);
    if (!/^-?\d+$/.test(given) || !Number.isSafeInteger(value)) {
      throw new SettingFault('is not a whole number');
    }
    if (value < min || value > max) throw new SettingFault(`is not ${rangeInWords(min, max)}`);
    return value;
  });
}

/** A TCP port; 0 lets the system choose a free one. */
export const port: Parser<number> = parser('a port, 0 to 65535', integer(0, 65_535));

/** An address with one of the schemes, without a slash at its end. */
export function urlWith(...schemes: readonly [string, ...string[]]): Parser<string> {
  const expects = `a URL that begins with ${schemes.map((one) => `${one}://`).join(' or ')}`;
  return parser(expects, (given) => {
    if (!URL.canParse(given)) throw new SettingFault('is not a URL');
    const { protocol, hostname } = new URL(given);
    if (!schemes.includes(protocol.slice(0, -1)) || hostname === '') {
      throw new SettingFault(`is not ${expects}`);
    }
    return given.replace(/\/+$/, '');
  });
}

/** An http or https address, without a slash at its end. */
export const url: Parser<string> = urlWith('http', 'https');

/** A host and a port, such as `localhost:9092`. */
export const hostPort: Parser<string> = parser('a host and a port, as host:9092', (given) => {
  const port = Number(hostPortForm.exec(given)?.[1] ?? 0);
  if (port < 1 || port > 65_535) throw new SettingFault('is not a host and a port');
  return given;
});

/** One or more items with commas between them; blanks around an item do not count. */
export function listOf<T>(item: Parser<T>): Parser<readonly T[]> {
  const parse = (given: string) =>
    given.split(',').map((part, index) => {
      const trimmed = part.trim();
      if (trimmed === '') throw new SettingFault(`has an empty item (number ${index + 1})`);
      try {
        return item(trimmed);
      } catch (error) {
        if (!(error instanceof SettingFault)) throw error;
        throw new SettingFault(`has a bad item (number ${index + 1}) that ${error.message}`);
      }
    });
  return parser(`a list with commas, each item ${item.expects}`, parse, item.secret);
}

export const list: Parser<readonly string[]> = listOf(text);
export const urlList: Parser<readonly string[]> = listOf(url);
export const hostPortList: Parser<readonly string[]> = listOf(hostPort);

/** A length of time in milliseconds, written `250ms`, `10s`, `5m`, `2h`, `1d` or as bare ms. */
export const durationMs: Parser<number> = durationMsBetween(0, durationMsMax);

/** A length of time within bounds, both included. */
export function durationMsBetween(minMs: number, maxMs: number): Parser<number> {
  const bounds = minMs === 0 && maxMs === durationMsMax ? '' : `, ${minMs} to ${maxMs} ms`;
  const expects = `a length of time such as 250ms, 10s, 5m, 2h or 1d${bounds}`;
  return parser(expects, (given) => {
    const [, digits, unit = 'ms'] = /^(\d{1,15})(ms|s|m|h|d)?$/.exec(given) ?? [];
    if (digits === undefined) throw new SettingFault('is not a length of time');
    const value = Number(digits) * durationUnitsMs[unit as keyof typeof durationUnitsMs];
    if (value < minMs || value > maxMs) {
      throw new SettingFault(`is not between ${minMs} and ${maxMs} ms`);
    }
    return value;
  });
}

/** One of the words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Parser<Word> {
  return parser(`one of ${words.join(', ')}`, (given) => {
    const found = words.find((word) => word === given);
    if (found === undefined) throw new SettingFault(`is none of ${words.join(', ')}`);
    return found;
  });
}

/** `true` or `false`, nothing else: `yes`, `on` and `1` are read differently elsewhere. */
export const boolean: Parser<boolean> = parser('true or false', (given) => {
  if (given !== 'true' && given !== 'false') throw new SettingFault('is neither true nor false');
  return given === 'true';
});

/** A date that exists, as YYYY-MM-DD. */
export const date: Parser<string> = parser('a date, as YYYY-MM-DD', (given) => {
  const day = dateForm.test(given) ? new Date(`${given}T00:00:00Z`) : null;
  if (day === null || Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== given) {
    throw new SettingFault('is not a date that exists, as YYYY-MM-DD');
  }
  return given;
});

/** JSON that `check` accepts; what `check` throws becomes the fault. */
export function json<T>(check: (value: unknown) => T, expects = 'JSON'): Parser<T> {
  return parser(expects, (given) => {
    let value: unknown;
    try {
      value = JSON.parse(given);
    } catch {
      // The engine's message quotes the text, which may hold what should not be printed.
      throw new SettingFault('is not JSON');
    }
    try {
      return check(value);
    } catch (error) {
      throw new SettingFault(
        `is refused: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  });
}

/** A text that is never printed. */
export const secret: Parser<Secret> = secretOf(text);

/** A key of MACs, never printed: who has a text and its MAC may try keys as long as he likes. */
export const macKey: Parser<Secret> = secretOf(
  textLike(/^.{32,}$/s, 'a text of 32 characters or more'),
);

/** A value that is never printed, such as a database address with its password. */
export function secretOf<T>(inner: Parser<T>): Parser<Secret<T>> {
  return parser(inner.expects, (given) => new Secret(inner(given)), true);
}

function parser<T>(expects: string, parse: (text: string) => T, secret = false): Parser<T> {
  return Object.assign((given: string) => parse(given), { expects, secret });
}

function rangeInWords(min: number, max: number): string {
  if (min > Number.MIN_SAFE_INTEGER && max < Number.MAX_SAFE_INTEGER) {
    return `between ${min} and ${max}`;
  }
  if (min > Number.MIN_SAFE_INTEGER) return `at least ${min}`;
  return max < Number.MAX_SAFE_INTEGER ? `at most ${max}` : '';
}
