// The event log on Kafka: sends through one producer, reads lanes in groups, asks as an administrator.
import kafkajs from 'kafkajs';
import { partitionsFault } from './assigner.ts';
import { backoffMs, pauseFor, waitAtMost } from './deadline.ts';
import { AppendTimes } from './kafka-append-times.ts';
import { openKafkaClient, refuseUnpatchedKafkajs } from './kafka-client.ts';
import { KafkaFollower } from './kafka-follow.ts';
import { KafkaMember } from './kafka-member.ts';
import { Scanner } from './kafka-scan.ts';
import { partitionName } from './partitioner.ts';
import { SEND_TIMEOUT_MS, Sender } from './producer.ts';
import { RECORD_BYTES_MAX_DEFAULT } from './record-size.ts';
import {
  logClosed,
  logUnavailable,
  partitionMissing,
  partitionsDiffer,
  topicUnknown,
} from './refusals.ts';
import type { Admin } from 'kafkajs';
import type { KafkaClient, KafkaOptions } from './kafka-client.ts';
import type {
  EventLog,
  Follower,
  FollowOptions,
  IncomingRecord,
  LaneConsumer,
  LaneOptions,
  LagOptions,
  OutgoingRecord,
  PartitionLag,
  PartitionRange,
  TopicSpec,
} from './port.ts';
import type { ProducerSession } from './producer.ts';

export interface KafkaEventLog extends EventLog {
  /** Connects ahead of the first call, so that a wrong address shows at the start. */
  connect(): Promise<void>;
}

const ADMIN_ATTEMPTS = 3;
const ADMIN_RETRY_FIRST_MS = 200;
const ADMIN_RETRY_LONGEST_MS = 1000;
const DISCONNECT_MS = 1000;
const CREATED_VISIBLE_MS = 30_000;
const SENT_BYTES_PER_COLLECTION = 512 * 1024;

/** Refuses to run on a kafkajs without this project's patch. */
export function connectKafka(options: KafkaOptions): KafkaEventLog {
  refuseUnpatchedKafkajs();
  return new KafkaLog(options);
}

class KafkaLog implements KafkaEventLog {
  readonly #options: KafkaOptions;
  readonly #sender: Sender;
  readonly #appendTimes: AppendTimes;
  readonly #members = new Set<KafkaMember>();
  readonly #followers = new Set<KafkaFollower>();
  readonly #closing = new AbortController();
  #admin: Promise<OpenAdmin> | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: KafkaOptions) {
    this.#options = options;
    this.#appendTimes = new AppendTimes(options);
    this.#sender = new Sender({
      open: () => openProducer(options),
      partitionsOf: async (topic) => (await this.#partitionCounts([topic])).get(topic) ?? null,
      recordBytesMaxOf: (topic) => this.#recordBytesMaxOf(topic),
    });
  }

  async connect(): Promise<void> {
    this.#refuseWhenClosed();
    await this.#ask('connect', async (admin) => admin.describeCluster());
    await this.#sender.warmUp();
  }

  async send(
    records: readonly OutgoingRecord[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<void> {
    this.#refuseWhenClosed();
    await this.#sender.send(records, options.timeoutMs ?? SEND_TIMEOUT_MS);
  }

  async consumeLanes(options: LaneOptions): Promise<LaneConsumer> {
    this.#refuseWhenClosed();
    const counts = await this.#knownCounts(options.topics);
    const laneCount = counts.get(options.topics[0]!);
    if (laneCount === undefined) throw new RangeError(`group ${options.group} reads no topic`);
    const fault = partitionsFault(counts, laneCount);
    if (fault !== null) throw fault;
    this.#refuseWhenClosed();
    const { group, topics } = options;
    const member = new KafkaMember(this.#options, options, laneCount, () =>
      this.#backlog(group, topics),
    );
    this.#members.add(member);
    await member.start();
    return member;
  }

  async scan(
    topics: readonly string[],
    onRecord: (record: IncomingRecord) => void,
    options: { readonly partition?: number } = {},
  ): Promise<void> {
    this.#refuseWhenClosed();
    const ranges = await Promise.all(topics.map((topic) => this.ranges(topic)));
    const scanner = new Scanner(this.#options);
    try {
      for (const [at, topic] of topics.entries()) {
        let wanted = ranges[at]!;
        if (options.partition !== undefined) {
          const range = wanted[options.partition];
          if (range === undefined) throw partitionMissing(topic, wanted.length, options.partition);
          wanted = [range];
        }
        await scanner.scan(topic, wanted, onRecord);
      }
      await waitAtMost(scanner.close(), DISCONNECT_MS);
    } catch (error) {
      throw error instanceof kafkajs.KafkaJSError ? logUnavailable('scan', error) : error;
    } finally {
      scanner.abandon();
    }
  }

  async follow(options: FollowOptions): Promise<Follower> {
    this.#refuseWhenClosed();
    const ranges = await Promise.all(
      options.topics.map(async (topic) => ({ topic, ranges: await this.ranges(topic) })),
    );
    this.#refuseWhenClosed();
    const follower = new KafkaFollower(this.#options, options, {
      ranges,
      rangesOf: (topic) => this.ranges(topic),
      unavailable: (error) => logUnavailable('follow the topics', error),
    });
    this.#followers.add(follower);
    return follower;
  }

  async createTopics(
    topics: readonly TopicSpec[],
  ): Promise<{ readonly created: readonly string[] }> {
    this.#refuseWhenClosed();
    const names = topics.map(({ name }) => name);
    const present = await this.#partitionCounts(names);
    const missing = topics.filter(({ name }) => !present.has(name));
    const created =
      missing.length > 0 &&
      (await this.#ask('create topics', (admin) =>
        admin.createTopics({
          waitForLeaders: true,
          topics: missing.map(({ name, partitions, replicationFactor, config }) => ({
            topic: name,
            numPartitions: partitions,
            replicationFactor: replicationFactor ?? -1,
            configEntries: Object.entries(config ?? {}).map(([key, value]) => ({
              name: key,
              value,
            })),
          })),
        }),
      ));
    const counts = missing.length > 0 ? await this.#visibleCounts(names) : present;
    for (const { name, partitions } of topics) {
      const has = counts.get(name);
      if (has === undefined) throw topicUnknown(name);
      if (has !== partitions) throw partitionsDiffer(name, has, partitions);
    }
    await this.#untilReadable(missing.map(({ name }) => name));
    return { created: created ? missing.map(({ name }) => name) : [] };
  }

  async ranges(topic: string): Promise<readonly PartitionRange[]> {
    this.#refuseWhenClosed();
    await this.#knownCounts([topic]);
    const offsets = await this.#ask('read the offsets', (admin) => admin.fetchTopicOffsets(topic));
    return offsets
      .map(({ partition, low, high }) => ({
        partition,
        earliest: BigInt(low),
        next: BigInt(high),
      }))
      .sort((a, b) => a.partition - b.partition);
  }

  async lag(
    group: string,
    topics: readonly string[],
    options: LagOptions = {},
  ): Promise<readonly PartitionLag[]> {
    const backlog = await this.#backlog(group, topics);
    if (options.since !== true) return backlog;
    try {
      return await Promise.all(backlog.map((one) => this.#since(one)));
    } catch (error) {
      throw logUnavailable('read since when records wait', error);
    }
  }

  async #since(one: PartitionLag): Promise<PartitionLag> {
    const { topic, partition, next, lag } = one;
    const atMs = lag > 0n ? await this.#appendTimes.at(topic, partition, next - lag) : undefined;
    return { ...one, ...(atMs !== undefined && { sinceMs: atMs }) };
  }

  async #backlog(group: string, topics: readonly string[]): Promise<readonly PartitionLag[]> {
    this.#refuseWhenClosed();
    const ranges = await Promise.all(topics.map((topic) => this.ranges(topic)));
    const committed = await this.#ask('read the committed offsets', (admin) =>
      admin.fetchOffsets({ groupId: group, topics: [...topics] }),
    );
    const offsets = new Map(
      committed.flatMap(({ topic, partitions }) =>
        partitions.map(({ partition, offset }) => [
          partitionName(topic, partition),
          BigInt(offset),
        ]),
      ),
    );
    return topics.flatMap((topic, at) =>
      ranges[at]!.map(({ partition, earliest, next }) => {
        // Negative: nothing has been committed, or the earliest was asked for.
        const offset = offsets.get(partitionName(topic, partition)) ?? -1n;
        const lag = next - (offset < earliest ? earliest : offset);
        return { topic, partition, next, lag: lag < 0n ? 0n : lag };
      }),
    );
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(Array.from(this.#followers, (follower) => follower.stop()));
    await Promise.all(Array.from(this.#members, (member) => member.stop()));
    await this.#sender.close();
    this.#appendTimes.close();
    const admin = await this.#admin?.catch(() => null);
    await admin?.close();
  }

  #refuseWhenClosed(): void {
    if (this.#closing.signal.aborted) throw logClosed();
  }

  async #knownCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await this.#partitionCounts(topics);
    const unknown = topics.find((topic) => !counts.has(topic));
    if (unknown !== undefined) throw topicUnknown(unknown);
    return counts;
  }

  /** Of those topics that are there. */
  async #partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const wanted = new Set(topics);
    const { topics: present } = await this.#ask('read the topics', async (admin) => {
      // Asked for all: kafkajs fails as a whole on one that is not there.
      const names = await admin.listTopics();
      const known = names.filter((name) => wanted.has(name));
      return known.length === 0 ? { topics: [] } : admin.fetchTopicMetadata({ topics: known });
    });
    return new Map(present.map(({ name, partitions }) => [name, partitions.length]));
  }

  /** After a creation: every broker may need a moment to know of it. */
  async #visibleCounts(names: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const untilMs = performance.now() + CREATED_VISIBLE_MS;
    for (let tries = 0; ; tries += 1) {
      const counts = await this.#partitionCounts(names);
      if (names.every((name) => counts.has(name)) || performance.now() > untilMs) return counts;
      await pauseFor(backoffMs(tries, 50, 500), this.#closing.signal);
    }
  }

  /** A leader is named before it serves: until then reading fails, and so would the next caller. */
  async #untilReadable(names: readonly string[]): Promise<void> {
    const untilMs = performance.now() + CREATED_VISIBLE_MS;
    // One after the other: a failure closes the connection that all questions share.
    for (const name of names) {
      for (let tries = 0; !(await this.#isReadable(name, untilMs)); tries += 1) {
        await pauseFor(backoffMs(tries, 50, 500), this.#closing.signal);
      }
    }
  }

  /** Rejects once the time is over. */
  async #isReadable(name: string, untilMs: number): Promise<boolean> {
    try {
      await this.ranges(name);
      return true;
    } catch (error) {
      if (this.#closing.signal.aborted || performance.now() > untilMs) throw error;
      return false;
    }
  }

  async #recordBytesMaxOf(topic: string): Promise<number> {
    const { resources } = await this.#ask('read the limit of a topic', (admin) =>
      admin.describeConfigs({
        includeSynonyms: false,
        resources: [
          {
            type: kafkajs.ConfigResourceTypes.TOPIC,
            name: topic,
            configNames: ['max.message.bytes'],
          },
        ],
      }),
    );
    const value = Number(resources[0]?.configEntries[0]?.configValue);
    return Number.isInteger(value) && value > 0 ? value : RECORD_BYTES_MAX_DEFAULT;
  }

  /** Asks with an administrator's connection, a new one after each failure of the line. */
  async #ask<Answer>(what: string, question: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    for (let failures = 0; ; failures += 1) {
      if (this.#closing.signal.aborted) throw logClosed();
      this.#admin ??= openAdmin(this.#options);
      const opening = this.#admin;
      try {
        const { admin } = await opening;
        return await question(admin);
      } catch (error) {
        if (this.#admin === opening) {
          this.#admin = null;
          void opening.then((open) => open.close()).catch(() => {});
        }
        if (failures + 1 >= ADMIN_ATTEMPTS) throw logUnavailable(what, error);
        const retryMs = backoffMs(failures, ADMIN_RETRY_FIRST_MS, ADMIN_RETRY_LONGEST_MS);
        await pauseFor(retryMs, this.#closing.signal);
      }
    }
  }
}

interface OpenAdmin {
  readonly admin: Admin;
  close(): Promise<void>;
}

async function openAdmin(options: KafkaOptions): Promise<OpenAdmin> {
  const client = openKafkaClient(options);
  const admin = client.kafka.admin();
  await connected(client, admin.connect());
  return { admin, close: () => disconnected(client, admin.disconnect()) };
}

async function openProducer(options: KafkaOptions): Promise<ProducerSession> {
  const client = openKafkaClient(options);
  const producer = client.kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    createPartitioner:
      () =>
      ({ message }) =>
        message.partition!,
    // With the same producer id, so that a repeat is known as one; about as long as a call waits.
    retry: {
      initialRetryTime: 50,
      maxRetryTime: 1000,
      factor: 0.2,
      multiplier: 2,
      retries: 12,
    },
  });
  await connected(client, producer.connect());
  let bytes = 0;
  return {
    async send(topicMessages) {
      for (const { messages } of topicMessages) {
        for (const { value } of messages) bytes += value?.length ?? 0;
      }
      const acknowledged = await producer.sendBatch({
        acks: -1,
        timeout: SEND_TIMEOUT_MS,
        topicMessages: [...topicMessages],
      });
      if (bytes >= SENT_BYTES_PER_COLLECTION) {
        bytes = 0;
        collectYoung();
      }
      return acknowledged;
    },
    close: () => disconnected(client, producer.disconnect()),
  };
}

/**
 * kafkajs copies a request nine times to encode it. V8 does not see how large the copies are and
 * would leave tens of megabytes of them lying: while they are young, letting them go takes 2 ms.
 * Nothing happens where Node is not given `--expose-gc`.
 */
function collectYoung(): void {
  globalThis.gc?.({ type: 'minor' });
}

async function connected(client: KafkaClient, connecting: Promise<void>): Promise<void> {
  try {
    await connecting;
  } catch (error) {
    client.destroySockets();
    throw error;
  }
}

async function disconnected(client: KafkaClient, disconnecting: Promise<void>): Promise<void> {
  await waitAtMost(disconnecting, DISCONNECT_MS);
  client.destroySockets();
}
