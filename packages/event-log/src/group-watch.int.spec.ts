// A group seen from the outside on a real broker: what it took, what waits and since when, who is in it.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, expect, inject, it, vi } from 'vitest';
import { watchGroups, type GroupReading, type GroupWatch } from './group-watch.ts';
import { connectForTests } from './kafka-harness.ts';
import type { KafkaEventLog } from './kafka.ts';
import type { OutgoingRecord } from './port.ts';

const SESSION_TIMEOUT_MS = 6_000;

let log: KafkaEventLog;
let watch: GroupWatch;
let topic: string;
let long: string;

beforeEach(async () => {
  log = connectForTests();
  const logger = { debug: () => undefined, warn: () => undefined };
  watch = watchGroups({ brokers: inject('brokers'), clientId: 'watch', logger });
  topic = `watched-${randomBytes(6).toString('hex')}`;
  long = `${topic}-long`;
  await log.createTopics([topic, long].map((name) => ({ name, partitions: 3 })));
});

afterEach(async () => {
  await watch.close();
  await log.close();
});

const record = (partition: number, bytes = 1, of = topic): OutgoingRecord => ({
  ...{ topic: of, partition, key: Buffer.from('key'), value: Buffer.alloc(bytes), headers: {} },
});

async function look(): Promise<GroupReading> {
  const missing = `${topic}-missing`;
  const [reading] = await watch.look([{ group: topic, topics: [topic, long, missing] }]);
  return reading!;
}

const lagOf = ({ partitions }: GroupReading): number =>
  Number(partitions.reduce((sum, { position, next }) => sum + next - position, 0n));

it('tells a group that nobody has joined, and how old what waits for it is', async () => {
  expect(await look()).toMatchObject({ group: topic, known: false, members: [] });
  expect((await look()).partitions).toHaveLength(6);
  const beganMs = Date.now();
  await log.send([record(0), record(2)]);
  // A batch longer than what is asked for, on every partition: each still says how old it is.
  await log.send([0, 1, 2].map((partition) => record(partition, 40_000, long)));
  const first = await look();
  await log.send([record(0)]);
  const reading = await look();
  expect(lagOf(reading)).toBe(6);
  const waiting = reading.partitions.filter(({ waitingSinceMs }) => waitingSinceMs !== null);
  expect(waiting.map((one) => [one.topic, one.partition])).toEqual([
    ...[0, 2].map((partition) => [topic, partition]),
    ...[0, 1, 2].map((partition) => [long, partition]),
  ]);
  for (const { waitingSinceMs, ...place } of waiting) {
    // The clocks are one, but the broker's may stand between two milliseconds.
    expect(waitingSinceMs).toBeGreaterThan(beganMs - 1_000);
    expect(waitingSinceMs).toBeLessThanOrEqual(Date.now() + 1_000);
    const before = first.partitions.find((one) => {
      return one.topic === place.topic && one.partition === place.partition;
    });
    expect(waitingSinceMs).toBe(before?.waitingSinceMs);
  }
  expect(await watch.sizes([topic, long, 'no-such-topic'])).toEqual(
    new Map([
      [topic, 3n],
      [long, 3n],
    ]),
  );
});

it('follows what members take, and who is in and who has left', async () => {
  const consume = () =>
    log.consumeLanes({
      ...{ group: topic, topics: [topic, long], sessionTimeoutMs: SESSION_TIMEOUT_MS },
      onTurn: async ({ records }) => ({ taken: records.length }),
      onCrash: () => undefined,
    });
  const one = await consume();
  const two = await consume();
  await vi.waitUntil(
    async () => {
      const { members } = await look();
      return members.length === 2 && members.every(({ lanes }) => lanes.length > 0);
    },
    { timeout: 40_000, interval: 50 },
  );
  const { members } = await look();
  expect(members.flatMap(({ lanes }) => lanes).toSorted((a, b) => a - b)).toEqual([0, 1, 2]);
  expect(members[0]).toMatchObject({ clientId: 'test', host: expect.stringMatching(/\d/) });
  await log.send([0, 1, 2].map((partition) => record(partition)));
  await vi.waitUntil(
    async () => {
      const { partitions } = await look();
      const taken = partitions.filter(({ position }) => position > 0n);
      return taken.length === 3 && partitions.every((each) => each.waitingSinceMs === null);
    },
    { timeout: 40_000, interval: 50 },
  );
  await two.stop();
  await one.stop();
  expect(await look()).toMatchObject({ known: true, members: [] });
});

it('says in a word that nobody answers', async () => {
  const logger = { debug: () => undefined, warn: () => undefined };
  const nobody = watchGroups({ brokers: ['127.0.0.1:1'], clientId: 'watch', logger });
  await expect(nobody.look([{ group: topic, topics: [topic] }])).rejects.toMatchObject({
    code: 'SAIDAO_LOG_UNAVAILABLE',
  });
  await nobody.close();
});
