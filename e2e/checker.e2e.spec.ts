// The check on a real system, and `saidao verify`: all that is falsified is found, and only that.
import { applicantsOf, BUSINESS_DATE, playFlow, seedOutsideWorld } from '@saidao/applicants';
import { readLog, textOf, type Finding, type LogRecord } from '@saidao/checker';
import { topicName, topics } from '@saidao/schemas';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saidao } from './command-line.ts';
import { falsify } from './falsify.ts';
import { acknowledgedOf, checked, untilSettled } from './settled.ts';
import { doorsOf, services, startSystem, type System } from './system.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const COUNT = 100;

let system: System;
const stopping = new AbortController();

beforeAll(async () => {
  system = await startSystem({
    environment: { ...process.env },
    lenders: LENDERS,
    partitions: 6,
    businessDate: BUSINESS_DATE,
  });
}, 240_000);

afterAll(async () => {
  stopping.abort();
  await system?.[Symbol.asyncDispose]();
}, 60_000);

test('a system in which nothing was lost is one story', async () => {
  const { signal } = stopping;
  const applicants = applicantsOf({ count: COUNT, seed: 4 });
  await seedOutsideWorld(system.worldUrl, applicants, signal);
  const report = await playFlow({
    applicants,
    log: system.log,
    lenders: LENDERS,
    doors: await doorsOf(system, 60_000, signal),
    viaOf: ({ id }) => (Number(id.split('-')[2]) % 2 === 0 ? 'http' : 'kafka'),
    rate: 12,
    timeoutMs: 120_000,
    signal,
  });
  expect(report.otherwise).toEqual([]);
  await untilSettled(system);
  const { findings, underWay, waiting, counts } = await checked(system, acknowledgedOf(applicants));
  expect(findings).toEqual([]);
  expect(underWay).toEqual([]);
  const ending = (outcome: string) =>
    [...applicants].filter(({ expect }) => expect.outcome === outcome).length;
  expect(waiting).toHaveLength(ending('referred'));
  expect(counts).toMatchObject({
    applications: COUNT,
    withdrawn: ending('withdrawn'),
    authorisations: ending('paid'),
  });
  expect(counts.entries).toBeGreaterThan(counts.payouts * 3);
});

interface Verdict {
  readonly findings: readonly Finding[];
  readonly underWay: readonly object[];
  readonly counts: { readonly applications: number };
  readonly repaired: number;
}

const verify = (...options: readonly string[]) => saidao<Verdict>(system, ['verify', ...options]);

test('the command says so of a system that runs, and changes nothing', async () => {
  const { code, answer } = await verify();
  const { findings, underWay, counts } = answer;
  expect(findings).toEqual([]);
  expect(underWay).toEqual([]);
  expect(counts.applications).toBe(COUNT);
  expect(code).toBe(0);
});

test('it mends latest decisions that a zombie has set back', async () => {
  const stale = await setBack();
  const isStale = ({ rule }: Finding) => rule === 'latest-decisions';
  const { code, answer: found } = await verify('--grace', '0');
  expect(found.findings.every(isStale)).toBe(true);
  expect(new Set(found.findings.map(({ applicationId }) => applicationId))).toEqual(stale);
  expect(code).toBe(1);
  expect(await verify('--grace', '0', '--repair')).toMatchObject({
    code: 0,
    answer: { findings: [], repaired: stale.size },
  });
  expect(await verify('--grace', '0', '--repair')).toMatchObject({
    code: 0,
    answer: { repaired: 0 },
  });
});

/** Sends what was told of each application first once more; returns those that had moved on. */
async function setBack(): Promise<ReadonlySet<string>> {
  const first = new Map<string, LogRecord>();
  const stale = new Set<string>();
  const names = LENDERS.map((lender) => topicName(topics.latestDecisions, lender));
  await readLog({ brokers: system.engines.brokers, topics: names }, (record) => {
    const key = String(record.key);
    const known = first.get(key);
    if (known === undefined) first.set(key, record);
    else if (String(known.headers['ce_id']) !== String(record.headers['ce_id'])) stale.add(key);
  });
  await system.log.send(
    [...stale].map((key) => {
      const { topic, partition, value, headers } = first.get(key) as LogRecord;
      const texts = Object.entries(headers).map(([name, given]) => [name, String(given)]);
      const own = Object.fromEntries(texts) as Record<string, string>;
      return { topic, partition, key: Buffer.from(key), value, headers: own };
    }),
  );
  expect(stale.size).toBeGreaterThan(10);
  return stale;
}

test('whatever is falsified afterwards is seen, with its place and what to do', async () => {
  for (const service of services) await system.workers.get(service)?.stop();
  const falsified = await falsify(system);
  const { findings } = await checked(system);
  for (const [what, finding] of falsified) {
    expect(
      findings.map(textOf).filter((text) => finding.test(text)),
      what,
    ).not.toEqual([]);
  }
});
