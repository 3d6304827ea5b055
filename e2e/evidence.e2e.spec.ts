// What five workers leave behind of 300 applications: evidence that decides again, and one state for all.
import { applicantsOf, BUSINESS_DATE, playFlow, seedOutsideWorld } from '@saidao/applicants';
import { textOf } from '@saidao/checker';
import type { IncomingRecord, OutgoingRecord } from '@saidao/event-log';
import {
  encode,
  topicName,
  topics,
  workerTopics,
  type DecisionSubject,
  type LatestDecision,
  type LoanTerms,
  type Reason,
  type ReplayRequested,
} from '@saidao/schemas';
import { fromJson, toJson } from '@saidao/values';
import { openDatabase } from '@saidao/worker';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { saidao } from './command-line.ts';
import { checked, untilSettled } from './settled.ts';
import { compactedOf, latestOf, rebuiltOf, type States } from './subscriber.ts';
import { doorsOf, startSystem, type System } from './system.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const PARTITIONS = 6;
const COUNT = 300;
const RATE = 20;
const TEST_MS = 240_000;
const PATIENCE_MS = 60_000;

vi.setConfig({ testTimeout: TEST_MS });

let system: System;
const stopping = new AbortController();

beforeAll(async () => {
  system = await startSystem({
    environment: { ...process.env },
    lenders: LENDERS,
    partitions: PARTITIONS,
    businessDate: BUSINESS_DATE,
  });
  const { signal } = stopping;
  const applicants = applicantsOf({ count: COUNT, seed: 6 });
  await seedOutsideWorld(system.worldUrl, applicants, signal);
  const report = await playFlow({
    applicants,
    log: system.log,
    lenders: LENDERS,
    doors: await doorsOf(system, PATIENCE_MS, signal),
    viaOf: ({ id }) => (Number(id.split('-')[2]) % 2 === 0 ? 'http' : 'kafka'),
    rate: RATE,
    timeoutMs: 120_000,
    signal,
  });
  expect(report.otherwise).toEqual([]);
  await untilSettled(system);
}, 400_000);

afterAll(async () => {
  stopping.abort();
  await system?.[Symbol.asyncDispose]();
}, 60_000);

interface Verified {
  readonly assessments: number;
  readonly declined: number;
  readonly counterfactuals: number;
  readonly decisions: number;
  readonly standing: number;
  readonly faulty: number;
  readonly faults: readonly { readonly applicationId: string; readonly what: string }[];
}

const verify = () => saidao<Verified>(system, ['decisions', 'verify']);

test('all evidence decides again in a fresh process, to the very bytes', async () => {
  const { code, answer: verified } = await verify();
  expect(verified.faults).toEqual([]);
  expect(code).toBe(0);
  expect(verified.assessments).toBeGreaterThanOrEqual(COUNT - WITHDRAWN_MAX);
  expect(verified.declined).toBeGreaterThan(0);
  expect(verified.counterfactuals).toBeGreaterThan(COUNT / 10);
  // Officers' decisions stand on the assessments that they were shown.
  expect(verified.standing).toBeGreaterThan(verified.assessments);
});

/** Applications that were withdrawn before anything was judged. */
const WITHDRAWN_MAX = 10;

test('a subscriber that starts from nothing has the state of the database', async () => {
  const kept = await keptStates();
  expect([...kept.values()].reduce((sum, states) => sum + states.size, 0)).toBe(COUNT);
  await expectSame(kept);
  expect(await staleOf(kept)).toBe(0);
});

test('so it has after somebody asked for a replay of an action that was taken', async () => {
  const before = await keptStates();
  const action = await lastRecord(topicName(topics.reviewActions), () => true);
  await system.log.send([replayOf(action)]);
  await untilSettled(system);
  // It is no dead letter: nothing comes of it, not even a refusal.
  expect(await keptStates()).toEqual(before);
  await expectSame(before);
});

test("so it has after a zombie's late publish of an older state", async () => {
  const kept = await keptStates();
  for (const lenderId of LENDERS) {
    const topic = topicName(topics.latestDecisions, lenderId);
    const states = kept.get(lenderId) as States;
    const old = await lastRecord(topic, ({ key, headers }) => {
      const last = states.get(String(key))?.sequence ?? 0n;
      return BigInt(String(headers['ce_sequence'])) < last;
    });
    await system.log.send([again(old)]);
  }
  await expectSame(kept);
  expect(await staleOf(kept)).toBe(LENDERS.length);
});

test('so it has after decisioning has read all there is once more, zombie or not', async () => {
  const before = await keptStates();
  const decisioning = system.workers.get('decisioning');
  await decisioning?.stop();
  await fromTheFirst('saidao.decisioning');
  await system.start('decisioning').ready();
  await untilSettled(system);
  const { findings, counts } = await checked(system);
  expect(findings.map(textOf)).toEqual([]);
  expect(counts.repeats).toBeGreaterThan(COUNT);
  expect(await keptStates()).toEqual(before);
  await expectSame(before);
  // What was behind the newest is the newest again, whatever the broker takes out in between.
  expect(await staleOf(before)).toBe(0);
});

test('one tampered row of evidence is found among all', async () => {
  const database = openDatabase({ url: system.engines.databaseUrl, poolMax: 1 });
  const { rows } = await database.query<{ id: string }>(
    `select application_id as id from decisioning.assessments where outcome = 'decline'
     order by id limit 1`,
  );
  await database.transaction(async ({ query }) => {
    await query("set local session_replication_role = 'replica'");
    await query(
      `update decisioning.assessments set input = replace(input, '"revision":1', '"revision":2')
       where application_id = $1`,
      [rows[0]?.id],
    );
  });
  await database.close();
  const { code, answer: verified } = await verify();
  expect(code).toBe(1);
  expect([...new Set(verified.faults.map(({ applicationId }) => applicationId))]).toEqual([
    rows[0]?.id,
  ]);
});

/** From latest-decisions, and from decisions alone: both are what the database holds. */
async function expectSame(kept: ReadonlyMap<string, States>): Promise<void> {
  for (const lenderId of LENDERS) {
    const at = { brokers: system.engines.brokers, lenderId };
    const states = kept.get(lenderId) as States;
    const latest = plain(await latestOf(at));
    expect(latest, `latest decisions of ${lenderId}`).toEqual(plain(states));
    const rebuilt = await rebuiltOf(at);
    // By which policy an application would have been judged that ended before, no event tells.
    const told = [...states].map(([id, state]) => {
      return [id, { ...state, policy: rebuilt.get(id)?.policy ?? null }] as const;
    });
    const policies = [...states.values()].filter(({ status }) => status !== 'WITHDRAWN');
    for (const { applicationId, policy } of policies) {
      expect(rebuilt.get(applicationId)?.policy).toBe(policy);
    }
    expect(plain(rebuilt), `decisions of ${lenderId}`).toEqual(plain(new Map(told)));
  }
}

/** Of how many applications the last record is none of the newest state. */
async function staleOf(kept: ReadonlyMap<string, States>): Promise<number> {
  let stale = 0;
  for (const lenderId of LENDERS) {
    const left = await compactedOf({ brokers: system.engines.brokers, lenderId });
    for (const [id, { sequence }] of kept.get(lenderId) as States) {
      stale += Number(left.get(id)?.sequence !== sequence);
    }
  }
  return stale;
}

const plain = (states: States): Record<string, unknown> =>
  Object.fromEntries([...states].map(([id, state]) => [id, JSON.parse(toJson(state)) as unknown]));

interface LatestRow {
  readonly [column: string]: unknown;
  readonly id: string;
  readonly lender: string;
  readonly product: string;
  readonly revision: number;
  readonly status: string;
  readonly reasons: string;
  readonly at: bigint;
  readonly about: string;
  readonly terms: string | null;
  readonly tier: string | null;
  readonly policy: string | null;
  readonly expires: bigint | null;
  readonly heads: Readonly<Record<string, number>>;
}

/** By lender. */
async function keptStates(): Promise<ReadonlyMap<string, States>> {
  const database = openDatabase({ url: system.engines.databaseUrl, poolMax: 1 });
  try {
    const { rows } = await database.query<LatestRow>(
      `select l.application_id as id, l.lender_id as lender, l.product_id as product, l.revision,
         l.status, l.reasons, l.decided_at_ms as at, l.about, l.terms, l.tier, l.policy,
         l.offer_expires_at_ms as expires, a.heads
       from decisioning.latest as l join decisioning.applications as a using (application_id)
       order by l.application_id`,
    );
    return new Map(
      LENDERS.map((lenderId) => [
        lenderId,
        new Map(
          rows.filter(({ lender }) => lender === lenderId).map((row) => [row.id, stateOf(row)]),
        ),
      ]),
    );
  } finally {
    await database.close();
  }
}

function stateOf(row: LatestRow): LatestDecision {
  const terms = row.terms === null ? null : (fromJson(row.terms) as LoanTerms);
  return {
    applicationId: row.id,
    revision: row.revision,
    lenderId: row.lender,
    productId: row.product,
    status: row.status,
    amount: terms?.amount ?? null,
    ratePpm: terms?.ratePpm ?? null,
    reasons: fromJson(row.reasons) as Reason[],
    sequence: BigInt(row.heads[topicName(topics.decisions, row.lender)] ?? 0),
    decidedAt: row.at,
    about: fromJson(row.about) as DecisionSubject,
    terms,
    tier: row.tier,
    policy: row.policy,
    offerExpiresAt: row.expires,
  };
}

/** As an operator does it by Kafka's own tools: the group begins again with the first records. */
async function fromTheFirst(groupId: string): Promise<void> {
  const kafka = new kafkajs.Kafka({
    clientId: 'operator',
    brokers: [...system.engines.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
  });
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (const { topic } of await admin.fetchOffsets({ groupId })) {
      await admin.resetOffsets({ groupId, topic, earliest: true });
    }
  } finally {
    await admin.disconnect();
  }
}

async function lastRecord(
  topic: string,
  wanted: (record: IncomingRecord) => boolean,
): Promise<IncomingRecord> {
  let last: IncomingRecord | undefined;
  await system.log.scan([topic], (record) => {
    if (wanted(record)) last = record;
  });
  if (last === undefined) throw new Error(`${topic} has no such record.`);
  return last;
}

function again({ topic, partition, key, value, headers }: IncomingRecord): OutgoingRecord {
  const texts = Object.entries(headers).map(([name, text]) => [name, String(text)]);
  return { topic, partition, key: key as Buffer, value, headers: Object.fromEntries(texts) };
}

/** What `dead-letters replay` never asks: it is of a record that was taken. */
function replayOf(record: IncomingRecord): OutgoingRecord {
  const { replay } = workerTopics('decisioning');
  const id = `replay-of-${String(record.headers['ce_id'])}`;
  const data: ReplayRequested = {
    action: 'REPLAY',
    actor: 'operator',
    reason: 'to see that nothing comes of it',
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    number: null,
    messageId: String(record.headers['ce_id']),
    key: record.key,
    value: record.value,
    timestamp: BigInt(record.timestampMs),
    headers: Object.entries(record.headers).map(([name, value]) => ({
      name,
      value: value as Buffer,
    })),
  };
  return {
    topic: replay,
    partition: record.partition,
    key: record.key as Buffer,
    value: encode('ReplayRequested', data, replay),
    headers: {
      'content-type': 'application/avro',
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: 'saidao/cli',
      ce_type: 'ReplayRequested',
      ce_time: new Date(record.timestampMs).toISOString(),
      ce_correlationid: id,
      ce_lenderid: String(record.headers['ce_lenderid']),
    },
  };
}
