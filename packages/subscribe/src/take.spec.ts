// The head rule: what becomes of an event, by what was taken before; and of any deliveries at all.
import { MemoryBroker, type IncomingRecord, type OutgoingRecord } from '@saidao/event-log';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  DECISIONS,
  decision,
  decisionTopics,
  fromTheFuture,
  LATEST,
  latestDecision,
  newApplication,
} from './decisions.fixture.ts';
import { isUnreadable, readEnvelope } from './envelope.ts';
import type { Parked } from './heads.ts';
import { memoryHeads } from './memory-heads.ts';
import { createTaker, type Trouble } from './take.ts';

const A = newApplication();
const place = { topic: DECISIONS, applicationId: A };

/** As a reader of the topic gets it. */
async function asRead(record: OutgoingRecord): Promise<Parked> {
  const log = new MemoryBroker().connect();
  await log.createTopics(decisionTopics);
  await log.send([record]);
  const read: IncomingRecord[] = [];
  await log.scan([record.topic], (one) => read.push(one));
  const [{ value } = { value: null }] = read;
  const envelope = readEnvelope(read[0]!);
  if (isUnreadable(envelope)) throw new Error(envelope.reason);
  return { envelope, value };
}

function taking({ fails = () => false }: { readonly fails?: () => boolean } = {}) {
  const handled: number[] = [];
  const troubles: Trouble[] = [];
  const heads = memoryHeads();
  const taker = createTaker({
    heads,
    handle: (event) => {
      if (fails()) throw new Error('the team’s own database is away');
      handled.push(event.number);
    },
    onTrouble: (trouble) => void troubles.push(trouble),
  });
  const take = async (...records: OutgoingRecord[]): Promise<void> => {
    for (const record of records) await taker.take(await asRead(record));
  };
  const kinds = () => troubles.map(({ kind, event }) => `${kind} ${event?.number}`);
  return { handled, troubles, heads, taker, take, kinds };
}

const numbers = (...all: number[]) => all.map((number) => decision(A, number));

describe('an event', () => {
  it('that follows is taken, one at or below the head is a repeat', async () => {
    const { take, handled, troubles } = taking();
    await take(...numbers(1, 1, 2, 1, 2, 3, 3));
    expect(handled).toEqual([1, 2, 3]);
    expect(troubles).toEqual([]);
  });

  it('that is the first seen is taken, whatever its number', async () => {
    const { take, handled } = taking();
    await take(...numbers(4, 3, 5));
    expect(handled).toEqual([4, 5]);
  });

  it('behind a gap waits, is told of, and is taken in order once the gap is filled', async () => {
    const { take, handled, kinds } = taking();
    await take(...numbers(1, 4, 3));
    expect(handled).toEqual([1]);
    expect(kinds()).toEqual(['gap 4', 'gap 3']);
    await take(...numbers(2));
    expect(handled).toEqual([1, 2, 3, 4]);
  });

  it('that cannot be decoded holds up its own application, until a release can', async () => {
    const { take, handled, kinds, taker, heads } = taking();
    const B = newApplication();
    await take(decision(A, 1), fromTheFuture(A, 2), decision(A, 3), decision(B, 9));
    expect(handled).toEqual([1, 9]);
    expect(kinds()).toEqual(['undecodable 2', 'gap 3']);
    expect(await taker.takeParked(place)).toMatchObject({ kind: 'undecodable' });
    expect(await heads.parkedPlaces()).toEqual([{ ...place, head: 1, parkedFrom: 2 }]);
    // It comes again in a form that can be decoded: the number counts, not the copy.
    await take(decision(A, 2));
    expect(handled).toEqual([1, 9, 2, 3]);
    expect(await heads.parkedPlaces()).toEqual([]);
  });

  it('that cannot be decoded and is the first seen is not jumped over', async () => {
    const { take, handled, kinds } = taking();
    await take(fromTheFuture(A, 1), ...numbers(2, 3));
    expect(handled).toEqual([]);
    expect(kinds()).toEqual(['undecodable 1', 'gap 2', 'gap 3']);
  });

  it('that a person passes over lets the rest go on', async () => {
    const { take, handled, taker } = taking();
    await take(decision(A, 1), fromTheFuture(A, 2), ...numbers(3, 5, 6));
    await taker.passOver(place);
    expect(handled).toEqual([1, 3]);
    await taker.passOver(place);
    expect(handled).toEqual([1, 3, 5, 6]);
    await taker.passOver(place);
    await take(...numbers(2, 4, 7));
    expect(handled).toEqual([1, 3, 5, 6, 7]);
  });

  it('that fails is not taken, and comes again', async () => {
    let fails = true;
    const { take, handled, kinds } = taking({ fails: () => fails });
    await take(...numbers(1));
    expect(kinds()).toEqual(['failed 1']);
    fails = false;
    await take(...numbers(1, 1, 2));
    expect(handled).toEqual([1, 2]);
  });

  it('that failed behind another is the one that is told of, and both come again', async () => {
    const failing = [false, false, true, true, false];
    const { taker, take, troubles } = taking({ fails: () => failing.shift() === true });
    await take(...numbers(1, 3));
    const second = await asRead(decision(A, 2));
    expect(await taker.take(second)).toBe(false);
    const told = `${A}/${DECISIONS}/3 was not taken (the team’s own database is away); it comes again.`;
    expect(troubles.at(-1)).toMatchObject({ kind: 'failed', message: told });
    expect(await taker.take(second)).toBe(false);
    expect(await taker.take(second)).toBe(true);
    expect(troubles.map(({ event }) => event?.number)).toEqual([3, 3, 3]);
  });

  it('that is parked is taken first where somebody else moved the head up to it', async () => {
    const { take, taker, handled, kinds, heads } = taking();
    await take(...numbers(1, 3));
    await heads.hold(place, (held) => held.moveTo(2));
    await take(...numbers(4, 5));
    expect(handled).toEqual([1, 3, 4, 5]);
    expect(kinds()).toEqual(['gap 3']);
    // So far as nothing is missing.
    await take(...numbers(7));
    await heads.hold(place, (held) => held.moveTo(6));
    await take(...numbers(9));
    expect(handled).toEqual([1, 3, 4, 5, 7]);
    expect(kinds()).toEqual(['gap 3', 'gap 7', 'gap 9']);
    expect(await taker.takeParked(place)).toMatchObject({ kind: 'gap' });
  });

  it('that cannot be decoded is told of once, however many come behind it', async () => {
    const { take, kinds } = taking();
    await take(decision(A, 1), fromTheFuture(A, 2), ...numbers(3, 4));
    expect(kinds()).toEqual(['undecodable 2', 'gap 3', 'gap 4']);
  });

  it('says of itself what its envelope says, beside its data', async () => {
    const { envelope } = await asRead(decision(A, 2));
    expect(envelope).toMatchObject({ topic: DECISIONS, applicationId: A, number: 2 });
    expect(envelope).toMatchObject({ lenderId: 'czb-hz', id: `${A}/${DECISIONS}/2` });
    expect(envelope.readAt).toMatch(/^saidao\.decisions\.czb-hz\.v1\/\d\/0$/);
    expect(Date.parse(envelope.time)).toBeGreaterThan(0);
  });
});

describe('on latest decisions', () => {
  it('numbers jump; a lower one, or the same, is passed over', async () => {
    const { take, handled, troubles } = taking();
    await take(...[2, 5, 4, 5, 9].map((number) => latestDecision(A, number)));
    expect(handled).toEqual([2, 5, 9]);
    expect(troubles).toEqual([]);
  });

  it('one that cannot be decoded is let go when a newer one is taken', async () => {
    const { take, handled, heads } = taking();
    await take({ ...latestDecision(A, 2), value: Buffer.from([0, 1, 1, 1, 1]) });
    const waits = { topic: LATEST, applicationId: A, head: undefined, parkedFrom: 2 };
    expect(await heads.parkedPlaces()).toEqual([waits]);
    await take(latestDecision(A, 3));
    expect(handled).toEqual([3]);
    expect(await heads.parkedPlaces()).toEqual([]);
  });
});

describe('any deliveries', () => {
  /** Numbers 1 to n, each at least once, in any order behind the first. */
  const deliveries = fc.integer({ min: 1, max: 8 }).chain((count) => {
    const all = Array.from({ length: count }, (_none, at) => at + 1);
    return fc.array(fc.constantFrom(...all), { maxLength: 12 }).chain((repeats) => {
      const given = [...all, ...repeats];
      return fc.shuffledSubarray(given, { minLength: given.length });
    });
  });

  it('take each event once and in order, whatever fails on the way', async () => {
    const events = await Promise.all(numbers(1, 2, 3, 4, 5, 6, 7, 8).map(asRead));
    const failures = fc.array(fc.boolean(), { maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(deliveries, failures, async (order, failing) => {
        const left = [...failing];
        const { taker, handled, heads } = taking({ fails: () => left.shift() === true });
        for (const number of [1, ...order]) {
          // As the log does: what failed comes again until it does not.
          while (!(await taker.take(events[number - 1]!)));
        }
        expect(handled).toEqual([...new Set(order)].toSorted((a, b) => a - b));
        expect(await heads.parkedPlaces()).toEqual([]);
      }),
    );
  });
});
