// One lender's channel sends hundreds at once: another's few are not kept from what came before it.
import {
  applicantsOf,
  BUSINESS_DATE,
  seedOutsideWorld,
  submitAll,
  type Applicant,
} from '@saidao/applicants';
import type { IncomingRecord } from '@saidao/event-log';
import { decode, topicName, topics, type EventOf } from '@saidao/schemas';
import { eventually, patientProviders } from '@saidao/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { doorsOf, startSystem, type System } from './system.ts';

const NOISY = 'boc-zj';
const QUIET = 'czb-hz';
const LENDERS = [NOISY, QUIET];
/** At once, before and after each of the few. */
const BURST = 60;
const FEW = 5;
const MINUTES_MS = 300_000;

let system: System;
const stopping = new AbortController();

beforeAll(async () => {
  system = await startSystem({
    ...{ environment: { ...process.env }, lenders: LENDERS, partitions: 4 },
    businessDate: BUSINESS_DATE,
    // Who waits for a second answer is passed by others, and should be.
    extrasOf: () => patientProviders,
  });
}, MINUTES_MS);

afterAll(async () => {
  stopping.abort();
  await system?.[Symbol.asyncDispose]();
}, 60_000);

test(
  'who comes behind a flood waits for what came before, and for nothing of what comes behind',
  async () => {
    const { signal } = stopping;
    const flood = [
      ...applicantsOf({ count: BURST * (FEW + 1), seed: 21, shares: { 'sound-new-quality': 1 } }),
    ];
    const few = [...applicantsOf({ count: FEW, seed: 22, shares: { 'sound-talent': 1 } })];
    await seedOutsideWorld(system.worldUrl, [...flood, ...few], signal);
    const doors = await doorsOf(system, 60_000, signal);
    const send = (applicants: readonly Applicant[]) =>
      submitAll({ applicants, doors, viaOf: () => 'kafka', signal });
    await send(flood.slice(0, BURST));
    for (const [place, one] of few.entries()) {
      await send([one]);
      await send(flood.slice((place + 1) * BURST, (place + 2) * BURST));
    }
    const count = flood.length + few.length;
    const decided = await eventually(
      'all are decided',
      async () => {
        const seen = await decidedBy(system);
        return seen.length === count && seen;
      },
      { deadlineMs: MINUTES_MS / 2, everyMs: 500 },
    );

    const quiet = decided.filter(({ lenderId }) => lenderId === QUIET);
    expect(quiet).toHaveLength(FEW);
    for (const one of quiet) {
      const behind = decided.filter(({ lane, offset }) => lane === one.lane && offset > one.offset);
      const overtaking = behind.filter(({ decidedAtMs }) => decidedAtMs < one.decidedAtMs);
      expect(overtaking).toEqual([]);
    }
    // That there was a flood to stand in: the last of the few had most of it before it.
    const last = Math.max(...quiet.map(({ decidedAtMs }) => decidedAtMs));
    const before = decided.filter(({ decidedAtMs }) => decidedAtMs < last);
    expect(before.length).toBeGreaterThan(count / 2);
  },
  MINUTES_MS,
);

/** An application as its lane has it: where it stood, and when the first was said of it. */
interface Decided {
  readonly lenderId: string;
  readonly lane: number;
  readonly offset: bigint;
  readonly decidedAtMs: number;
}

async function decidedBy({ log }: System): Promise<Decided[]> {
  const firstMs = new Map<string, number>();
  const decisions = LENDERS.map((lender) => topicName(topics.decisions, lender));
  await log.scan(decisions, (record) => {
    const id = String(record.key);
    firstMs.set(id, Math.min(firstMs.get(id) ?? Infinity, saidAtMs(record)));
  });
  const decided: Decided[] = [];
  const applications = topicName(topics.applications);
  await log.scan([applications], ({ key, value, partition: lane, offset }) => {
    const event: EventOf = decode(value, applications);
    const decidedAtMs = firstMs.get(String(key));
    if (event.type !== 'ApplicationReceived' || decidedAtMs === undefined) return;
    decided.push({ lenderId: event.data.lenderId, lane, offset, decidedAtMs });
  });
  return decided;
}

/** By its writer's clock, the same for all that one turn says: appends to two topics are apart. */
function saidAtMs({ headers }: IncomingRecord): number {
  return Date.parse(String(headers['ce_time']));
}
