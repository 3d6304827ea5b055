// Reading settings: typed values, all faults together, nothing secret shown.
import { describe, expect, expectTypeOf, it, test } from 'vitest';
import {
  durationMs,
  integer,
  json,
  listOf,
  oneOf,
  port,
  secretOf,
  url,
  urlWith,
} from './parsers.ts';
import type { Secret } from './secret.ts';
import { ConfigError, readSettings, settings, type Setting, type SettingsOf } from './settings.ts';

const table = settings({
  watchlistUrl: {
    env: 'WATCHLIST_URL',
    parse: url,
    example: 'http://localhost:8086',
    doc: 'Watchlist to query.',
  },
  databaseUrl: {
    env: 'DATABASE_URL',
    parse: secretOf(urlWith('postgres')),
    example: 'postgres://saidao:change-me@localhost/saidao',
    doc: 'Database of the lines.',
  },
  port: { env: 'PORT', parse: port, default: '18081', example: '18081', doc: 'Port of the door.' },
  level: {
    env: 'LOG_LEVEL',
    parse: oneOf('info', 'warn'),
    optional: true,
    example: 'warn',
    doc: 'Least level that is logged.',
  },
});

const good = { WATCHLIST_URL: 'http://watch/', DATABASE_URL: 'postgres://u:hunter2@db/saidao' };

describe('reading', () => {
  it('gives typed values, defaults and what is left out', () => {
    const read = readSettings(table, good);
    expectTypeOf(read).toEqualTypeOf<{
      readonly watchlistUrl: string;
      readonly databaseUrl: Secret;
      readonly port: number;
      readonly level: 'info' | 'warn' | undefined;
    }>();
    expect({ ...read, databaseUrl: read.databaseUrl.reveal() }).toEqual({
      watchlistUrl: 'http://watch',
      databaseUrl: 'postgres://u:hunter2@db/saidao',
      port: 18_081,
      level: undefined,
    });
  });

  it('takes blanks for nothing and cuts those around a text', () => {
    const read = readSettings(table, { ...good, PORT: '  ', LOG_LEVEL: ' warn\r\n' });
    expect([read.port, read.level]).toEqual([18_081, 'warn']);
  });

  it('cuts only the newline after a secret', () => {
    const one = settings({
      key: { env: 'KEY', parse: secretOf(json(String)), example: '"a"', doc: 'A key.' },
    });
    expect(readSettings(one, { KEY: '"pw " \n' }).key.reveal()).toBe('pw ');
  });

  it('gives what cannot be changed afterwards', () => {
    const read = readSettings(table, good) as { port: number };
    expect(() => (read.port = 1)).toThrow(TypeError);
  });
});

describe('faults', () => {
  it('are reported all together, each with its variable and an example', () => {
    const error = faultsOf({ DATABASE_URL: 'hunter2', PORT: '99999', LOG_LEVEL: 'loud' });
    expect(error.code).toBe('SAIDAO_CONFIG');
    expect(error.message).toBe(
      [
        '4 settings are wrong:',
        '  WATCHLIST_URL is not set: give a URL that begins with http:// or https://, ' +
          'for example WATCHLIST_URL=http://localhost:8086',
        '  DATABASE_URL is not a URL: give a URL that begins with postgres://, ' +
          'for example DATABASE_URL=postgres://saidao:change-me@localhost/saidao',
        '  PORT is not between 0 and 65535 (it is "99999"): give a port, 0 to 65535, ' +
          'for example PORT=18081',
        '  LOG_LEVEL is none of info, warn (it is "loud"): give one of info, warn, ' +
          'for example LOG_LEVEL=warn',
      ].join('\n'),
    );
  });

  it('say one setting for one', () => {
    expect(faultsOf({ ...good, PORT: 'x' }).message).toContain('1 setting is wrong:\n  PORT is');
  });

  test.each([
    ['a secret', { DATABASE_URL: 'mysql://u:hunter2@db' }],
    ['a password in an address that is no secret', { WATCHLIST_URL: 'ftp://u:hunter2@watch' }],
    ['a password in a broken address', { WATCHLIST_URL: 'http//u:hunter2@watch' }],
  ])('do not show %s', (_name, env) => {
    const { message } = faultsOf({ ...good, ...env });
    expect(message).not.toContain('hunter2');
  });

  it('shorten what they show', () => {
    expect(faultsOf({ ...good, PORT: '9'.repeat(5000) }).message.length).toBeLessThan(300);
  });

  it('of settings against each other come when each alone is right', () => {
    const check = (read: SettingsOf<typeof table>) =>
      read.port === 1 ? ['PORT and LOG_LEVEL do not go together: change one.'] : [];
    expect(() => readSettings(table, { ...good, PORT: '1' }, check)).toThrow(ConfigError);
    expect(() => readSettings(table, { PORT: '1' }, check)).toThrow('WATCHLIST_URL is not set');
    expect(readSettings(table, good, check).port).toBe(18_081);
  });

  it('of a parser itself are not taken for faults of the environment', () => {
    const parse = Object.assign(
      (text: string) => {
        if (text === 'boom') throw new Error('bug');
        return text;
      },
      { expects: 'a text' },
    );
    const broken = settings({ a: { env: 'A', parse, example: 'x', doc: 'A text.' } });
    expect(() => readSettings(broken, { A: 'boom' })).toThrow(new Error('bug'));
  });
});

describe('a table that contradicts itself is refused', () => {
  const fine: Setting = { env: 'A', parse: durationMs, example: '10s', doc: 'How long.' };
  test.each<[string, Record<string, Setting>]>([
    ['setting a (aB): the variable name has to be like', { a: { ...fine, env: 'aB' } }],
    ['setting b (A): a is read from the same variable', { a: fine, b: fine }],
    ['doc has to be one sentence', { a: { ...fine, doc: 'no stop' } }],
    ['doc has to be one sentence', { a: { ...fine, doc: '' } }],
    ['its own example is not a length of time', { a: { ...fine, example: 'soon' } }],
    ['its own default is not a length of time', { a: { ...fine, default: 'soon' } }],
    ['it is optional or has a default', { a: { ...fine, default: '1s', optional: true } }],
    ['its own example has a bad item', { a: { ...fine, parse: listOf(integer(0)) } }],
  ])('%s', (message, bad) => expect(() => settings(bad)).toThrow(message));
});

function faultsOf(env: Record<string, string>): ConfigError {
  try {
    readSettings(table, env);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
