// What docker-compose.yml gives for trying out: the host's commands know the doors' tokens, samples their day.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { loadSamples } from '@saidao/applicants';
import { services } from '@saidao/schemas';
import { expect, test } from 'vitest';

const here = import.meta.dirname;
const read = (...path: string[]) => readFileSync(join(here, ...path), 'utf8');

test('commands on the host have the tokens that the doors know', () => {
  const given = parseEnv(read('trial.env'));
  const access = JSON.parse(read('host', 'access.json')) as {
    tokens: Record<string, string>;
    cacheMacKey: string;
  };
  const principals = JSON.parse(given['PRINCIPALS'] ?? '') as {
    principal: string;
    token: string;
  }[];
  const tokens = Object.fromEntries(principals.map(({ principal, token }) => [principal, token]));
  expect(access).toEqual({ tokens, cacheMacKey: given['CACHE_MAC_KEY'] });
});

test('Prometheus asks every service of ours', () => {
  const asked = [...read('prometheus.yml').matchAll(/^ {10}- ([\w-]+)$/gm)];
  expect(asked.map(([, name]) => name)).toEqual([...services, 'schema-registry']);
});

test('all is judged on the day of the samples', async () => {
  const compose = read('..', '..', 'docker-compose.yml');
  const days = new Set((await loadSamples()).map(({ businessDate }) => businessDate));
  const given = [...compose.matchAll(/BUSINESS_DATE: \$\{BUSINESS_DATE-(.*)\}/g)];
  expect(given.map(([, day]) => day)).toEqual([...days, ...days]);
});
