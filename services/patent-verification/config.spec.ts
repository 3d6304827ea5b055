// The settings: what they take over, and what contradicts each other.
import { readSettings } from '@saidao/config';
import { expect, it } from 'vitest';
import { contradictionsOf, gatherMsMaxOf, patentVerificationSettings } from './config.ts';

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

it.each([
  [{ SESSION_TIMEOUT_MS: '3s' }, /SESSION_TIMEOUT_MS \(3000 ms\) leaves 800 ms/],
  [{ PLEDGE_OFFICE_DEADLINE_MS: '3s' }, /less than one question may take \(3000 ms\)/],
  [{ REGISTER_CONTROL_PATENT: '202310123456.7' }, /wrong check character/],
])('refuses %j', (change, message) => expect(() => read(change)).toThrow(message));
