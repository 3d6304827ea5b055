// What the gateway refuses among its settings.
import { type ConfigError, readSettings } from '@saidao/config';
import { expect, test } from 'vitest';
import { gatewaySettings } from './config.ts';
import { environment } from './decided.fixture.ts';

const faultsWith = (more: Readonly<Record<string, string>>): readonly string[] => {
  const engines = { KAFKA_BROKERS: 'localhost:1', DATABASE_URL: 'postgres://one@localhost/one' };
  try {
    readSettings(gatewaySettings, { ...engines, ...environment, ...more });
    return [];
  } catch (error) {
    return (error as ConfigError).faults;
  }
};

test('a key that could be guessed makes no secrets, and is not shown', () => {
  const short = 'a-key-of-thirty-one-characters!';
  expect(faultsWith({})).toEqual([]);
  expect(faultsWith({ WEBHOOK_KEY: `${short}!` })).toEqual([]);
  const [fault, ...others] = faultsWith({ WEBHOOK_KEY: short });
  expect(fault).toContain('WEBHOOK_KEY is not a text of 32 characters or more');
  expect(fault).not.toContain(short);
  expect(others).toEqual([]);
});
