// The whole line on a broker that asks who is there: each service has its own rights, and they do.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { applicantsOf, BUSINESS_DATE, playFlow, seedOutsideWorld } from '@saidao/applicants';
import { KAFKA_ADMIN } from '@saidao/local';
import { certificatesForTests } from '@saidao/testkit';
import { expect, test } from 'vitest';
import { saidao } from './command-line.ts';
import { faultsOfBooks, untilSettled } from './settled.ts';
import { doorsOf, root, services, startSystem } from './system.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const COUNT = 60;
const OPERATOR = 'operator';
const LENDER = 'czb-hz';
const RISK_TEAM = `lender-${LENDER}`;

test('applications of every kind come to their ends over TLS and logins', async () => {
  const everyone = [...services, OPERATOR, RISK_TEAM, KAFKA_ADMIN];
  const passwordOf = (name: string) => `the-password-of-${name}`;
  const tls = await certificatesForTests();
  await using system = await startSystem({
    ...{ environment: { ...process.env }, lenders: LENDERS, partitions: 4 },
    businessDate: BUSINESS_DATE,
    kafkaGuard: {
      users: Object.fromEntries(everyone.map((name) => [name, passwordOf(name)])),
      tls,
    },
  });
  const { signal } = new AbortController();
  const applicants = applicantsOf({ count: COUNT, seed: 9 });
  await seedOutsideWorld(system.worldUrl, applicants, signal);
  const report = await playFlow({
    ...{ applicants, log: system.log, lenders: LENDERS, signal },
    doors: await doorsOf(system, 60_000, signal),
    viaOf: ({ id }) => (Number(id.split('-')[2]) % 2 === 0 ? 'http' : 'kafka'),
    ...{ rate: 8, timeoutMs: 120_000 },
  });
  expect(report.otherwise).toEqual([]);
  expect(report.asExpected).toBe(COUNT);
  await untilSettled(system);
  expect(await faultsOfBooks(system)).toEqual([]);
  const folder = mkdtempSync(join(tmpdir(), 'saidao-operator-'));
  const authority = join(folder, 'authority.pem');
  writeFileSync(authority, tls.authority);
  const loginOf = (name: string) => ({
    ...{ KAFKA_USER: name, KAFKA_PASSWORD: passwordOf(name) },
    ...{ KAFKA_TLS: 'true', KAFKA_CA_FILE: authority },
  });
  const verdict = await saidao<{ findings: unknown[] }>(system, ['verify'], loginOf(OPERATOR));
  const example = join(root, 'examples/risk-team-typescript/main.ts');
  const words = [example, LENDER, '--until-end', '--brokers', system.engines.brokers.join(',')];
  const told = await promisify(execFile)(process.execPath, words, {
    env: { ...process.env, ...loginOf(RISK_TEAM) },
    maxBuffer: 2 ** 26,
  });
  rmSync(folder, { recursive: true });
  expect(verdict.answer.findings).toEqual([]);
  expect(verdict.code).toBe(0);
  // The lender's own login reads each of its decisions, once and in order.
  const decided = new Map<string, number[]>();
  for (const [, application = '', number] of told.stdout.matchAll(/^(\S{36})\/\S+\/(\d+) /gm)) {
    decided.set(application, [...(decided.get(application) ?? []), Number(number)]);
  }
  const ofLender = [...applicants].filter(({ lender }) => lender === LENDER);
  expect(decided.size).toBeGreaterThan(ofLender.length / 2);
  for (const numbers of decided.values()) {
    expect(numbers).toEqual(numbers.map((_number, at) => at + 1));
  }
  for (const { lines } of system.workers.values()) {
    expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  }
}, 300_000);
