// Following on a real broker: through a cut line, and past records that are gone.
import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { connectForTests, Line, openKafkaHarness } from './kafka-harness.ts';
import type { KafkaEventLog } from './kafka.ts';
import type { IncomingRecord } from './port.ts';

const WAIT = { timeout: 20_000, interval: 20 };
const open: KafkaEventLog[] = [];
const connect = (line?: Line): KafkaEventLog => {
  const log = connectForTests(line);
  open.push(log);
  return log;
};

afterEach(async () => {
  await Promise.all(open.splice(0).map((log) => log.close()));
});

async function topicOf(log: KafkaEventLog): Promise<string> {
  const name = `follow-${randomBytes(6).toString('hex')}`;
  await log.createTopics([{ name, partitions: 1 }]);
  return name;
}

const send = (log: KafkaEventLog, topic: string, text: string) =>
  log.send([{ topic, partition: 0, key: Buffer.from('k'), value: Buffer.from(text), headers: {} }]);

describe('a follower', () => {
  it('goes on after a cut line: nothing lost, nothing twice', async () => {
    const line = new Line();
    const [reading, writing] = [connect(line), connect()];
    const topic = await topicOf(writing);
    const read: IncomingRecord[] = [];
    const crashes: Error[] = [];
    await reading.follow({
      topics: [topic],
      from: 'next',
      onRecords: (records) => void read.push(...records),
      onCrash: (error) => void crashes.push(error),
    });
    await send(writing, topic, 'before');
    await vi.waitUntil(() => read.length === 1, WAIT);
    line.cut();
    await send(writing, topic, 'while it is cut');
    line.mend();
    await send(writing, topic, 'after');
    await vi.waitUntil(() => read.length >= 3, WAIT);
    expect(read.map(({ value }) => String(value))).toEqual(['before', 'while it is cut', 'after']);
    expect(crashes).toEqual([]);
  });

  it('goes on from the earliest there is when its place is gone', async () => {
    const line = new Line();
    const [reading, writing] = [connect(line), connect()];
    const harness = await openKafkaHarness();
    const topic = await topicOf(writing);
    const read: string[] = [];
    await send(writing, topic, 'one');
    await reading.follow({
      topics: [topic],
      from: 'earliest',
      onRecords: (records) => read.push(...records.map(({ value }) => String(value))),
      onCrash: (error) => {
        throw error;
      },
    });
    await vi.waitUntil(() => read.length === 1, WAIT);
    line.cut();
    await send(writing, topic, 'two');
    await send(writing, topic, 'three');
    await harness.truncate(topic, 0, 2n);
    line.mend();
    await vi.waitUntil(() => read.length > 1, WAIT);
    expect(read).toEqual(['one', 'three']);
    await harness.close();
  });
});
