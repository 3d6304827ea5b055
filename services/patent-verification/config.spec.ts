// The settings: what they take over, and what contradicts each other.
import { readSettings } from '@saidao/config';
import { gatherMsMaxOf } from '@saidao/worker';
import { expect, it } from 'vitest';
import { contradictionsOf, patentVerificationSettings, providers } from './config.ts';

const environment = {
  KAFKA_BROKERS: 'localhost:1',
  DATABASE_URL: 'postgres://localhost/saidao',
  REDIS_URL: 'redis://localhost:1',
  CACHE_MAC_KEY: 'x'.repeat(32),
  LENDERS: 'exim-zj',
};
const read = (change: Record<string, string> = {}) =>
  readSettings(patentVerificationSettings, { ...environment, ...change }, contradictionsOf);

it('leaves a question its whole deadline within the time for gathering', () => {
  expect(gatherMsMaxOf(read())).toBeGreaterThan(2 * read().registerDeadlineMs);
});

it.each(Object.values(providers))('reads how $env is called', ({ key, env }) => {
  const given = read({
    [`${env}_URL`]: 'http://provider.example/api',
    [`${env}_DEADLINE_MS`]: '700ms',
    [`${env}_CALLS_AT_ONCE_MAX`]: '3',
    [`${env}_CALLS_PER_SECOND_MAX`]: '5',
  });
  expect(given[`${key}Url` as const]).toBe('http://provider.example/api');
  expect(given[`${key}DeadlineMs` as const]).toBe(700);
  expect(given[`${key}CallsAtOnceMax` as const]).toBe(3);
  expect(given[`${key}CallsPerSecondMax` as const]).toBe(5);
  expect(read()[`${key}Url` as const]).toBeUndefined();
});

it('keeps what speaks against an applicant more briefly than what speaks for them', () => {
  const { bureauKeepMs, bureauNegativeKeepMs } = read();
  expect([bureauKeepMs, bureauNegativeKeepMs]).toEqual([300_000, 5_000]);
});

it.each([
  [{ SESSION_TIMEOUT_MS: '3s' }, /SESSION_TIMEOUT_MS \(3000 ms\) leaves 800 ms/],
  [{ PLEDGE_OFFICE_DEADLINE_MS: '3s' }, /lower PLEDGE_OFFICE_DEADLINE_MS \(3000 ms\)/],
  [{ VERIFICATION_FRESH_MS: '2m' }, /CREDIT_BUREAU_KEEP_MS is longer than an answer may be old/],
  [{ REGISTER_CONTROL_PATENT: '202310123456.7' }, /REGISTER_CONTROL_PATENT has a wrong check/],
  [{ ENTERPRISE_REGISTRY_CONTROL_USCC: '91330100MA2H000143' }, /CONTROL_USCC has a wrong check/],
])('refuses %j', (change, message) => expect(() => read(change)).toThrow(message));
