// Records with nothing wrong in their bytes that say what no writer of ours would say.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { partitionOf } from '@saidao/event-log';
import { encode, workerTopics, type ReplayRequested, type TimerDue } from '@saidao/schemas';
import fc from 'fast-check';
import { header, newId, type Draft, type World } from './hostile-records.ts';
import { root } from './system.ts';

const LONG_MAX = 2n ** 63n - 1n;
const ODD_DETAILS = [
  '',
  'no JSON',
  'null',
  '{}',
  '[]',
  '{"topic":null,"number":"x"}',
  '{"wake":1}',
];
const ODD_NAMES = ['$gap', '$parked-door', '__proto__', ...timerNames()];
/** More than would pause a line if they failed alike without a code. */
const ALIKE = 12;

/**
 * The names that the lines give their timers, and a few words more: every word that a service has
 * as a constant. They are read where they stand, since no service can be imported.
 */
function timerNames(): string[] {
  const folder = join(root, 'services');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => /(?<!\.spec|\.fixture)\.ts$/.test(file));
  const names = sources.flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return [...text.matchAll(/^(?:export )?const [A-Z_]+ = '([a-z]+(?:-[a-z]+)*)';$/gm)];
  });
  return [...new Set(names.map(([, name]) => name as string))];
}

/** Timers that the line never set, for an application that it knows and for ones that it doesn't. */
export function oddTimers(line: string, known: string, world: World): Draft[] {
  const timers: Partial<TimerDue>[] = [
    ...ODD_NAMES.flatMap((name) => ODD_DETAILS.map((detail) => ({ name, detail }))),
    { revision: 2 ** 31 - 1 },
    { revision: -(2 ** 31) },
    { dueAt: LONG_MAX },
    { dueAt: -LONG_MAX - 1n },
    { timerId: 't'.repeat(100_000) },
    { timerId: '' },
    { detail: '['.repeat(50_000) },
  ];
  return timers.map((odd, index) => {
    const isOfKnown = index % 2 === 0 || odd.revision !== undefined;
    return timerOf(line, isOfKnown ? known : newId(), odd, world);
  });
}

/** Runs of timers of a known application that fail alike where they fail, one behind the other. */
export function timersAlike(line: string, known: string, world: World): Draft[] {
  return ODD_NAMES.flatMap((name) =>
    ['null', 'no JSON'].flatMap((detail) =>
      Array.from({ length: ALIKE }, () => timerOf(line, known, { name, detail }, world)),
    ),
  );
}

function timerOf(line: string, applicationId: string, odd: Partial<TimerDue>, world: World): Draft {
  const timer = {
    applicationId,
    // The state of a line about money bears no revision; of another's a timer would be set aside.
    revision: ['book', 'payout'].includes(line) ? 0 : 1,
    lenderId: world.lender,
    timerId: newId(),
    name: 'odd',
    dueAt: 0n,
    detail: 'null',
    ...odd,
  };
  const { timers: topic } = workerTopics(line);
  return draftOf(topic, 'TimerDue', encode('TimerDue', timer, topic), applicationId, world);
}

/** Replays of what was never a dead letter. */
export function oddReplays(line: string, known: string, world: World): Draft[] {
  const { replay, timers } = workerTopics(line);
  const key = Buffer.from(newId());
  const envelope = [
    { name: 'ce_id', value: Buffer.from('x') },
    { name: 'ce_type', value: Buffer.from('ApplicationSubmitted') },
    { name: 'ce_lenderid', value: Buffer.from(world.lender) },
  ];
  const submissions = 'saidao.submissions.v1';
  const replays: Partial<ReplayRequested>[] = [
    {},
    { action: 'UNKNOWN' },
    { action: 'DISCARD' },
    { key: null },
    { key: Buffer.alloc(0) },
    { key: Buffer.from('a\u0000b') },
    { key: Buffer.from([0xff, 0xfe]) },
    { key: Buffer.alloc(50_000, 0x6b) },
    { messageId: 'm'.repeat(100_000) },
    { messageId: 'm', key: Buffer.from('a\u0000b') },
    { messageId: '' },
    { topic: '' },
    { topic: '__proto__' },
    { topic: replay },
    { topic: timers, headers: envelope },
    { topic: submissions, headers: envelope },
    { topic: submissions, headers: envelope, key, partition: partitionOf(key, world.partitions) },
    { partition: -1 },
    { partition: 2 ** 31 - 1 },
    { offset: LONG_MAX },
    { offset: -LONG_MAX - 1n },
    { timestamp: LONG_MAX },
    { timestamp: -LONG_MAX - 1n },
    { number: -1n },
    { number: LONG_MAX },
    { value: Buffer.alloc(200_000) },
    { headers: [...envelope, ...envelope] },
    { headers: [{ name: '__proto__', value: Buffer.from('x') }] },
    { headers: Array.from({ length: 20_000 }, () => ({ name: 'h', value: Buffer.alloc(1) })) },
  ];
  return replays.map((odd, index) => {
    const requested: ReplayRequested = {
      // Of a dead letter, or of any record.
      action: index % 4 < 2 ? 'REPLAY' : 'REDELIVER',
      actor: 'nobody',
      reason: 'none',
      topic: 'saidao.applications.v1',
      partition: 0,
      offset: 0n,
      number: null,
      messageId: null,
      key,
      value: Buffer.from([0, 0, 0, 0, 1]),
      timestamp: 0n,
      headers: [],
      ...odd,
    };
    const value = encode('ReplayRequested', requested, replay);
    const of = index % 2 === 0 ? known : newId();
    return draftOf(replay, 'ReplayRequested', value, of, world);
  });
}

function draftOf(topic: string, type: string, value: Buffer, key: string, world: World): Draft {
  return {
    topic,
    partition: partitionOf(Buffer.from(key), world.partitions),
    key: Buffer.from(key),
    value,
    headers: [
      header('ce_id', `odd ${newId()}`),
      header('ce_type', type),
      header('ce_lenderid', world.lender),
    ],
  };
}

const place = fc.nat({ max: 1_000_000 });
const bytes = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 12 }),
    fc.constantFrom(
      // The largest numbers and lengths that a varint can say.
      Uint8Array.from([...Array(9).fill(0xff), 0x01]),
      Uint8Array.from([0xfe, 0xff, 0xff, 0xff, 0x0f]),
      Uint8Array.from([0x80, 0xad, 0xe2, 0x04]),
      Uint8Array.from([0]),
    ),
  )
  .map((some) => Buffer.from(some));

/** A change of some bytes: flipped, taken out, put in, put over others, doubled, cut off. */
export const mutation: fc.Arbitrary<(value: Buffer) => Buffer> = fc
  .array(
    fc.oneof(
      fc.tuple(place, fc.nat({ max: 7 })).map(([at, bit]) => (value: Buffer) => {
        const changed = Buffer.from(value);
        if (changed.length > 0) (changed[at % changed.length] as number) ^= 1 << bit;
        return changed;
      }),
      fc.tuple(place, fc.integer({ min: 1, max: 40 })).map(([at, count]) => (value: Buffer) => {
        const from = at % (value.length + 1);
        return Buffer.concat([value.subarray(0, from), value.subarray(from + count)]);
      }),
      fc.tuple(place, bytes).map(([at, some]) => (value: Buffer) => {
        const from = at % (value.length + 1);
        return Buffer.concat([value.subarray(0, from), some, value.subarray(from)]);
      }),
      fc.tuple(place, bytes).map(([at, some]) => (value: Buffer) => {
        const from = at % (value.length + 1);
        return Buffer.concat([value.subarray(0, from), some, value.subarray(from + some.length)]);
      }),
      fc.tuple(place, place).map(([at, upTo]) => (value: Buffer) => {
        const part = value.subarray(at % (value.length + 1), upTo % (value.length + 1));
        return Buffer.concat([value, part]);
      }),
      place.map((at) => (value: Buffer) => value.subarray(0, at % (value.length + 1))),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((changes) => (value) => changes.reduce((changed, change) => change(changed), value));
