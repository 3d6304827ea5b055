// The whole line on a broker that asks who is there: each service has its own rights, and they do.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applicantsOf, BUSINESS_DATE, playFlow, seedOutsideWorld } from '@saidao/applicants';
import { KAFKA_ADMIN } from '@saidao/local';
import { certificatesForTests } from '@saidao/testkit';
import { expect, test } from 'vitest';
import { saidao } from './command-line.ts';
import { faultsOfBooks, untilSettled } from './settled.ts';
import { doorsOf, services, startSystem } from './system.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const COUNT = 60;
const OPERATOR = 'operator';

test('applications of every kind come to their ends over TLS and logins', async () => {
  const everyone = [...services, OPERATOR, KAFKA_ADMIN];
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
  const verdict = await saidao<{ findings: unknown[] }>(system, ['verify'], {
    ...{ KAFKA_USER: OPERATOR, KAFKA_PASSWORD: passwordOf(OPERATOR) },
    ...{ KAFKA_TLS: 'true', KAFKA_CA_FILE: authority },
  });
  rmSync(folder, { recursive: true });
  expect(verdict.answer.findings).toEqual([]);
  expect(verdict.code).toBe(0);
  for (const { lines } of system.workers.values()) {
    expect(lines.filter(({ level }) => level === 'error' || level === 'fatal')).toEqual([]);
  }
}, 300_000);
