// Every record given again to every line of a real system: no topic, no table and no payout says so.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { applicantsOf, BUSINESS_DATE, playFlow, seedOutsideWorld } from '@saidao/applicants';
import { textOf } from '@saidao/checker';
import {
  allTopicNames,
  loanLines as lines,
  topicsReadBy,
  workerTopics,
  type LineName,
} from '@saidao/schemas';
import { openDatabase } from '@saidao/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acknowledgedOf, checked, untilSettled } from './settled.ts';
import { doorsOf, root, startSystem, type System } from './system.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const COUNT = 40;

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

interface Told {
  readonly records: number;
  readonly taken: boolean;
  readonly deadLetters: readonly string[];
}

/** As an operator types it. */
async function replay(worker: LineName): Promise<Told> {
  const { replay: own } = workerTopics(worker);
  const topics = topicsReadBy(worker, LENDERS).filter((name) => name !== own);
  const args = ['replay', '--worker', worker, '--topic', ...topics, '--since', '2020-01-01'];
  const who = ['--actor', 'sre', '--reason', 'a test', '--rate', '2000', '--json'];
  const env = {
    ...process.env,
    SAIDAO_HOME: '/nowhere',
    KAFKA_BROKERS: system.engines.brokers.join(','),
    LENDERS: LENDERS.join(','),
    PARTITIONS: '6',
  };
  const main = join(root, 'bin', 'saidao.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...args, ...who], { env });
  return JSON.parse(stdout) as Told;
}

/** How far every topic has come, but those that ask; what every table holds, but who asked. */
async function everything(): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  const asking = new Set(lines.map((line) => workerTopics(line).replay));
  for (const name of allTopicNames(LENDERS)) {
    if (asking.has(name)) continue;
    const ranges = await system.log.ranges(name);
    all[name] = ranges.map(({ next }) => String(next));
  }
  const database = openDatabase({ url: system.engines.databaseUrl });
  try {
    const { rows } = await database.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname = any($1) and tablename <> 'replays' order by 1`,
      [lines],
    );
    for (const { name } of rows) {
      const found = await database.query(
        `select count(*) as rows, md5(string_agg(t::text, '|' order by t::text)) as digest
         from ${name} as t`,
      );
      all[name] = found.rows[0];
    }
  } finally {
    await database.close();
  }
  return all;
}

async function outcomesOf(line: LineName): Promise<Record<string, number>> {
  const database = openDatabase({ url: system.engines.databaseUrl });
  const { rows } = await database.query<{ outcome: string; n: bigint }>(
    `select outcome, count(*) as n from ${line}.replays group by outcome`,
  );
  await database.close();
  return Object.fromEntries(rows.map(({ outcome, n }) => [outcome, Number(n)]));
}

test('nothing comes of it a second time, and nobody else sees anything', async () => {
  const { signal } = stopping;
  const applicants = applicantsOf({ count: COUNT, seed: 9 });
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
  const before = await everything();
  expect(Object.keys(before)).toContain('payout.payouts');

  for (const line of lines) {
    const told = await replay(line);
    expect({ line, ...told }).toMatchObject({ taken: true, deadLetters: [] });
    const { repeated = 0, ...others } = await outcomesOf(line);
    expect({ line, repeated, others }).toEqual({ line, repeated: told.records, others: {} });
    if (line !== 'days') expect(repeated).toBeGreaterThan(0);
  }
  await untilSettled(system);
  expect(await everything()).toEqual(before);
  const { findings, underWay } = await checked(system, acknowledgedOf(applicants));
  expect(findings.map(textOf)).toEqual([]);
  expect(underWay).toEqual([]);
});
