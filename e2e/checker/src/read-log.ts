// Reads topics from beginning to present end, and where groups are, with the plain client.
import { randomUUID } from 'node:crypto';
import { loanLines, topicsReadBy } from '@saidao/schemas';
import kafkajs, { type Admin, type Kafka, type KafkaConfig, type KafkaMessage } from 'kafkajs';
import type { Beginning, LogRecord, Position } from './readings.ts';

export type Login = Pick<KafkaConfig, 'ssl' | 'sasl'>;

export interface ReadLogOptions {
  readonly brokers: readonly string[];
  /** What brokers that ask who is there want; left out: nothing. */
  readonly login?: Login;
  readonly topics: readonly string[];
  /** Younger records are left out: what led to them may be on a topic that was read before. */
  readonly untilMs?: number;
  /** How long nothing may come before it is given up. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 60_000;

/** Hands out where each partition begins, then every record that is there now, in its order. */
export async function readLog(
  { brokers, login, topics, untilMs = Infinity, patienceMs = PATIENCE_MS }: ReadLogOptions,
  onRecord: (record: LogRecord) => void,
  onBeginning: (beginning: Beginning) => void = () => undefined,
): Promise<void> {
  const kafka = clientOf(brokers, login);
  const admin = kafka.admin();
  await admin.connect();
  const groupId = `saidao.checker.${randomUUID()}`;
  try {
    const ends = await endsOf(admin, topics, onBeginning);
    if (ends.size > 0) await consume(kafka, { groupId, ends, untilMs, patienceMs }, onRecord);
  } finally {
    // Nothing was committed under it; the broker would keep its name for a week. Where it does, or
    // had none, what was read is as good.
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect();
  }
}

export interface ReadPositionsOptions extends Pick<ReadLogOptions, 'brokers' | 'login'> {
  readonly lenders: readonly string[];
}

/** What the lines' groups have committed; of a topic that is missing nothing. */
export async function readPositions(options: ReadPositionsOptions): Promise<Position[]> {
  const { brokers, login, lenders } = options;
  const admin = clientOf(brokers, login).admin();
  await admin.connect();
  try {
    const there = new Set(await admin.listTopics());
    const positions = loanLines.map(async (line) => {
      const topics = topicsReadBy(line, lenders).filter((topic) => there.has(topic));
      const offsets = await admin.fetchOffsets({ groupId: `saidao.${line}`, topics });
      return offsets.flatMap(({ topic, partitions }) =>
        // Negative where nothing has been committed: all of it is unread.
        partitions.map(({ partition, offset }) => ({
          ...{ line, topic, partition, next: BigInt(offset) },
        })),
      );
    });
    return (await Promise.all(positions)).flat();
  } finally {
    await admin.disconnect();
  }
}

function clientOf(brokers: readonly string[], login: Login = {}): Kafka {
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId: 'saidao-checker',
    logLevel: kafkajs.logLevel.NOTHING,
    enforceRequestTimeout: true,
    ...login,
  });
}

/** `<topic>/<partition>` -> the next offset, of those that hold anything. */
async function endsOf(
  admin: Admin,
  topics: readonly string[],
  onBeginning: (beginning: Beginning) => void,
): Promise<Map<string, bigint>> {
  const there = new Set(await admin.listTopics());
  const missing = topics.filter((topic) => !there.has(topic));
  if (missing.length > 0) {
    throw new Error(`The broker has no topic ${missing[0]}: look at LENDERS, or run saidao up.`);
  }
  const ends = new Map<string, bigint>();
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      onBeginning({ topic, partition, offset: BigInt(low) });
      if (BigInt(high) > BigInt(low)) ends.set(`${topic}/${partition}`, BigInt(high));
    }
  }
  return ends;
}

interface Consumed {
  readonly groupId: string;
  readonly ends: ReadonlyMap<string, bigint>;
  readonly untilMs: number;
  readonly patienceMs: number;
}

async function consume(
  kafka: Kafka,
  { groupId, ends, untilMs, patienceMs }: Consumed,
  onRecord: (record: LogRecord) => void,
): Promise<void> {
  const consumer = kafka.consumer({
    groupId,
    maxWaitTimeInMs: 200,
    // A rebalance would begin again from the beginning: there is one member, and it is patient.
    sessionTimeout: 60_000,
    heartbeatInterval: 5_000,
  });
  const left = new Set(ends.keys());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = () => reject(new Error(`The log says nothing of ${[...left].join(', ')}.`));
  let patience = setTimeout(giveUp, patienceMs);
  consumer.on('consumer.crash', ({ payload }) => reject(payload.error));
  try {
    await consumer.connect();
    const topics = [...new Set(Array.from(ends.keys(), (name) => name.split('/')[0] ?? ''))];
    await consumer.subscribe({ topics, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: true,
      async eachBatch({ batch, heartbeat }) {
        const { topic, partition } = batch;
        const name = `${topic}/${partition}`;
        const end = ends.get(name) ?? 0n;
        if (!left.has(name)) return;
        try {
          for (const message of batch.messages) {
            if (BigInt(message.offset) >= end) break;
            if (Number(message.timestamp) <= untilMs) onRecord(recordOf(topic, partition, message));
          }
        } catch (error) {
          reject(error);
        }
        if (BigInt(batch.lastOffset()) + 1n >= end) {
          left.delete(name);
          consumer.pause([{ topic, partitions: [partition] }]);
        }
        clearTimeout(patience);
        if (left.size === 0) resolve();
        else patience = setTimeout(giveUp, patienceMs);
        await heartbeat();
      },
    });
    await promise;
  } finally {
    clearTimeout(patience);
    await consumer.disconnect();
  }
}

function recordOf(topic: string, partition: number, message: KafkaMessage): LogRecord {
  const { offset, timestamp, key, value } = message;
  return {
    topic,
    partition,
    offset: BigInt(offset),
    timestampMs: Number(timestamp),
    key,
    value,
    headers: (message.headers ?? {}) as LogRecord['headers'],
  };
}
