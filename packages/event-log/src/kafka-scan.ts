// Reading a topic from its beginning to its present end, without a group.
import { openKafkaClient } from './kafka-client.ts';
import { incomingOf } from './kafka-records.ts';
import type { Cluster, KafkaMessage } from 'kafkajs';
import type { KafkaClient, KafkaOptions } from './kafka-client.ts';
import type { IncomingRecord, PartitionRange } from './port.ts';

export const PARTITION_BYTES_MAX = 1024 * 1024;
export const READ_COMMITTED = 1;

interface FetchedPartition {
  readonly partition: number;
  readonly messages: readonly (KafkaMessage & { readonly isControlRecord?: boolean })[];
}

export interface FetchResponse {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly FetchedPartition[];
  }[];
}

/** The cluster object that kafkajs gives to assigners: fetches without a group or rights on one. */
export function clusterOf(client: KafkaClient): Cluster {
  let cluster: Cluster | undefined;
  client.kafka.consumer({
    groupId: 'never-joined',
    partitionAssigners: [
      (config) => {
        cluster = config.cluster;
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  return cluster!;
}

export class Scanner {
  readonly #client: KafkaClient;
  readonly #cluster: Cluster;

  constructor(options: KafkaOptions) {
    this.#client = openKafkaClient(options);
    this.#cluster = clusterOf(this.#client);
  }

  async scan(
    topic: string,
    ranges: readonly PartitionRange[],
    onRecord: (record: IncomingRecord) => void,
  ): Promise<void> {
    const positions = new Map(ranges.map(({ partition, earliest }) => [partition, earliest]));
    const ends = new Map(ranges.map(({ partition, next }) => [partition, next]));
    const isLeft = (partition: number): boolean => positions.get(partition)! < ends.get(partition)!;
    await this.#cluster.connect();
    await this.#cluster.addTargetTopic(topic);
    for (;;) {
      const left = [...positions.keys()].filter(isLeft);
      if (left.length === 0) return;
      const empty = await this.#read(topic, left, positions, ends, onRecord);
      for (const partition of empty) {
        // Others may have used up the answer; alone it gets what there is, if anything.
        const stillEmpty = await this.#read(topic, [partition], positions, ends, onRecord);
        if (stillEmpty.length > 0) positions.set(partition, ends.get(partition)!);
      }
    }
  }

  async close(): Promise<void> {
    await this.#cluster.disconnect();
    this.#client.destroySockets();
  }

  abandon(): void {
    this.#client.destroySockets();
  }

  /** One round of fetches; returns the partitions that gave nothing. */
  async #read(
    topic: string,
    wanted: readonly number[],
    positions: Map<number, bigint>,
    ends: ReadonlyMap<number, bigint>,
    onRecord: (record: IncomingRecord) => void,
  ): Promise<number[]> {
    const empty: number[] = [];
    const byLeader = this.#cluster.findLeaderForPartitions(topic, [...wanted]);
    for (const [nodeId, partitions] of Object.entries(byLeader)) {
      const broker = await this.#cluster.findBroker({ nodeId });
      const { responses } = (await broker.fetch({
        isolationLevel: READ_COMMITTED,
        maxWaitTime: 100,
        minBytes: 1,
        topics: [
          {
            topic,
            partitions: partitions.map((partition) => ({
              partition,
              fetchOffset: String(positions.get(partition)!),
              maxBytes: PARTITION_BYTES_MAX,
            })),
          },
        ],
      })) as FetchResponse;
      for (const { partition, messages } of responses.flatMap((each) => each.partitions)) {
        const from = positions.get(partition)!;
        let position = from;
        for (const message of messages) {
          const offset = BigInt(message.offset);
          if (offset < position) continue;
          if (offset >= ends.get(partition)!) break;
          position = offset + 1n;
          if (message.isControlRecord !== true) onRecord(incomingOf(topic, partition, message));
        }
        positions.set(partition, position);
        if (position === from) empty.push(partition);
      }
    }
    return empty;
  }
}
