// Following topics on Kafka: one long fetch after another, without a group, through short outages.
import { backoffMs, pauseFor, waitAtMost } from './deadline.ts';
import { openKafkaClient } from './kafka-client.ts';
import { incomingOf } from './kafka-records.ts';
import { clusterOf, PARTITION_BYTES_MAX, READ_COMMITTED } from './kafka-scan.ts';
import type { Cluster } from 'kafkajs';
import type { KafkaClient, KafkaOptions } from './kafka-client.ts';
import type { FetchResponse } from './kafka-scan.ts';
import type { Follower, FollowOptions, IncomingRecord, PartitionRange } from './port.ts';

const FETCH_WAIT_MS = 250;
const AWAY_MS_MAX = 30_000;
const RETRY_FIRST_MS = 200;
const RETRY_LONGEST_MS = 2_000;
const STOP_MS = 1_000;

interface Surroundings {
  readonly ranges: readonly {
    readonly topic: string;
    readonly ranges: readonly PartitionRange[];
  }[];
  rangesOf(topic: string): Promise<readonly PartitionRange[]>;
  unavailable(error: unknown): Error;
}

interface Connection {
  readonly client: KafkaClient;
  readonly cluster: Cluster;
}

interface WantedTopic {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/** What `onRecords` threw is not the log's failure and is not tried again. */
class ReaderFailed extends Error {}

export class KafkaFollower implements Follower {
  readonly #kafka: KafkaOptions;
  readonly #options: FollowOptions;
  readonly #surroundings: Surroundings;
  readonly #positions: ReadonlyMap<string, Map<number, bigint>>;
  readonly #stopping = new AbortController();
  readonly #ended: Promise<void>;
  #connection: Connection | null = null;

  constructor(kafka: KafkaOptions, options: FollowOptions, surroundings: Surroundings) {
    this.#kafka = kafka;
    this.#options = options;
    this.#surroundings = surroundings;
    this.#positions = new Map(
      surroundings.ranges.map(({ topic, ranges }) => [
        topic,
        new Map(
          ranges.map(({ partition, earliest, next }) => [
            partition,
            options.from === 'next' ? next : earliest,
          ]),
        ),
      ]),
    );
    this.#ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#connection?.client.destroySockets();
    await this.#ended;
  }

  async #run(): Promise<void> {
    let failures = 0;
    let heardMs = performance.now();
    while (!this.#stopping.signal.aborted) {
      try {
        const records = await this.#fetch();
        failures = 0;
        heardMs = performance.now();
        if (records.length > 0 && !this.#stopping.signal.aborted) this.#handOn(records);
      } catch (error) {
        await this.#disconnect();
        if (this.#stopping.signal.aborted) return;
        if (error instanceof ReaderFailed) return this.#options.onCrash(error.cause as Error);
        if (performance.now() - heardMs > AWAY_MS_MAX) {
          return this.#options.onCrash(this.#surroundings.unavailable(error));
        }
        await pauseFor(
          backoffMs(failures, RETRY_FIRST_MS, RETRY_LONGEST_MS),
          this.#stopping.signal,
        );
        failures += 1;
        if (isOffsetGone(error)) await this.#skipWhatIsGone().catch(() => {});
      }
    }
    await this.#disconnect();
  }

  #handOn(records: readonly IncomingRecord[]): void {
    try {
      this.#options.onRecords(records);
    } catch (error) {
      throw new ReaderFailed('the reader failed', { cause: error });
    }
  }

  async #fetch(): Promise<IncomingRecord[]> {
    const { cluster } = await this.#connect();
    const byLeader = new Map<string, WantedTopic[]>();
    for (const [topic, positions] of this.#positions) {
      const leaders = cluster.findLeaderForPartitions(topic, [...positions.keys()]);
      for (const [nodeId, partitions] of Object.entries(leaders)) {
        byLeader.set(nodeId, [...(byLeader.get(nodeId) ?? []), { topic, partitions }]);
      }
    }
    const fetched = await Promise.all(
      Array.from(byLeader, ([nodeId, wanted]) => this.#fetchFrom(cluster, nodeId, wanted)),
    );
    // Only now: had one broker failed, nothing of what the others gave may count as read.
    return fetched.flatMap(({ responses }) => this.#take(responses));
  }

  async #fetchFrom(
    cluster: Cluster,
    nodeId: string,
    wanted: readonly WantedTopic[],
  ): Promise<FetchResponse> {
    const broker = await cluster.findBroker({ nodeId });
    return (await broker.fetch({
      isolationLevel: READ_COMMITTED,
      maxWaitTime: FETCH_WAIT_MS,
      minBytes: 1,
      topics: wanted.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => ({
          partition,
          fetchOffset: String(this.#positions.get(topic)!.get(partition)!),
          maxBytes: PARTITION_BYTES_MAX,
        })),
      })),
    })) as FetchResponse;
  }

  #take(responses: FetchResponse['responses']): IncomingRecord[] {
    const records: IncomingRecord[] = [];
    for (const { topicName, partitions } of responses) {
      const positions = this.#positions.get(topicName)!;
      for (const { partition, messages } of partitions) {
        for (const message of messages) {
          const offset = BigInt(message.offset);
          if (offset < positions.get(partition)!) continue;
          positions.set(partition, offset + 1n);
          if (message.isControlRecord === true) continue;
          records.push(incomingOf(topicName, partition, message));
        }
      }
    }
    return records;
  }

  async #connect(): Promise<Connection> {
    if (this.#connection !== null) return this.#connection;
    const client = openKafkaClient(this.#kafka);
    const connection = { client, cluster: clusterOf(client) };
    this.#connection = connection;
    await connection.cluster.connect();
    await connection.cluster.addMultipleTargetTopics([...this.#positions.keys()]);
    return connection;
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection;
    this.#connection = null;
    if (connection === null) return;
    await waitAtMost(connection.cluster.disconnect(), STOP_MS);
    connection.client.destroySockets();
  }

  async #skipWhatIsGone(): Promise<void> {
    for (const [topic, positions] of this.#positions) {
      for (const { partition, earliest } of await this.#surroundings.rangesOf(topic)) {
        if (positions.get(partition)! < earliest) positions.set(partition, earliest);
      }
    }
  }
}

function isOffsetGone(error: unknown): boolean {
  return (error as { readonly type?: unknown } | null)?.type === 'OFFSET_OUT_OF_RANGE';
}
