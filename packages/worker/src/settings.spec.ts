// Settings of workers: read from an environment, secrets kept.
import { inspect } from 'node:util';
import { readSettings, settings } from '@saidao/config';
import { describe, expect, it } from 'vitest';
import { cacheSettings, doorSettings, workerSettings } from './settings.ts';

const env = {
  KAFKA_BROKERS: 'localhost:19092',
  DATABASE_URL: 'postgres://saidao:hidden-word@localhost:15432/saidao',
  LENDERS: 'exim-zj, boc-zj',
};

/** As short as it may be. */
const HIDDEN_KEY = 'a-hidden-key-of-32-characters-xx';

describe('settings of a worker', () => {
  it('have defaults but for the engines and the lenders', () => {
    const read = readSettings(workerSettings, env);
    expect(read).toMatchObject({
      kafkaBrokers: ['localhost:19092'],
      lenders: ['exim-zj', 'boc-zj'],
      partitions: 12,
      sessionTimeoutMs: 10_000,
    });
    expect(inspect(read)).not.toContain('hidden-word');
  });

  it('are told all at once when they are missing', () => {
    expect(() => readSettings(workerSettings, {})).toThrow(/KAFKA_BROKERS[^]*DATABASE_URL/);
  });

  it('go together with those of doors and caches', () => {
    const table = settings({ ...workerSettings, ...doorSettings, ...cacheSettings });
    const principals = JSON.stringify([
      { principal: 'web', role: 'channel', lenders: ['exim-zj'], token: 'hidden-token-0123456789' },
    ]);
    const more = { REDIS_URL: 'redis://localhost:1', CACHE_MAC_KEY: HIDDEN_KEY };
    const read = readSettings(table, { ...env, ...more, PRINCIPALS: principals });
    expect(read.principals.reveal().find('hidden-token-0123456789')?.principal).toBe('web');
    expect(inspect(read, { depth: 9 })).not.toContain('hidden');
  });

  it('refuse a key that could be guessed, and do not show it', () => {
    const given = { REDIS_URL: 'redis://localhost:1', CACHE_MAC_KEY: HIDDEN_KEY.slice(1) };
    expect(() => readSettings(cacheSettings, given)).toThrow(/CACHE_MAC_KEY is not a text of 32/);
    expect(() => readSettings(cacheSettings, given)).not.toThrow(/hidden/);
  });

  it('let nobody in without PRINCIPALS and OIDC_ISSUERS', () => {
    const read = readSettings(doorSettings, {});
    expect(read.principals.reveal().size).toBe(0);
    expect(read.oidcIssuers).toEqual([]);
    expect(read).toMatchObject({ requestsPerSecondMax: 200, systemRequestsPerSecondMax: 500 });
  });

  it('show no token of a list that is refused', () => {
    const given =
      '[{"principal":"web","role":"king","lenders":["a"],"token":"hidden-token-01234"}]';
    expect(() => readSettings(doorSettings, { PRINCIPALS: given })).toThrow(/role is none of/);
    expect(() => readSettings(doorSettings, { PRINCIPALS: given })).not.toThrow(/hidden/);
  });
});
