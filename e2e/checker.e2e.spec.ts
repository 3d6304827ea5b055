// The check on a real system: nothing where nothing is wrong, and each thing that is falsified.
import { applicantsOf, BUSINESS_DATE, playFlow, seedOutsideWorld } from '@saidao/applicants';
import { textOf } from '@saidao/checker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { falsify } from './falsify.ts';
import { checked, untilSettled } from './settled.ts';
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
  const { findings, underWay, waiting, counts } = await checked(system);
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
