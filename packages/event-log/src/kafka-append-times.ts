// When the record at an offset was appended: one small read, and none while the offset stays.
import { openKafkaClient, type KafkaClient, type KafkaOptions } from './kafka-client.ts';
import { clusterOf, READ_COMMITTED, type FetchResponse } from './kafka-scan.ts';
import { partitionName } from './partitioner.ts';
import type { Cluster } from 'kafkajs';

/** A request whose connection has gone may never be answered. */
const ANSWER_MS_MAX = 5_000;

interface Connection {
  readonly client: KafkaClient;
  readonly cluster: Cluster;
}

export class AppendTimes {
  readonly #options: KafkaOptions;
  readonly #known = new Map<string, { readonly offset: bigint; readonly atMs: number }>();
  #connection: Promise<Connection> | undefined;

  constructor(options: KafkaOptions) {
    this.#options = options;
  }

  /** In milliseconds since 1970; undefined where nothing can be read from there on. */
  async at(topic: string, partition: number, offset: bigint): Promise<number | undefined> {
    const name = partitionName(topic, partition);
    const known = this.#known.get(name);
    if (known?.offset === offset) return known.atMs;
    this.#connection ??= this.#connect();
    const connection = this.#connection;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`no answer within ${ANSWER_MS_MAX} ms`)),
      ANSWER_MS_MAX,
    );
    try {
      const reading = connection.then(({ cluster }) => read(cluster, { topic, partition, offset }));
      const atMs = await Promise.race([reading, late.promise]);
      if (atMs !== undefined) this.#known.set(name, { offset, atMs });
      return atMs;
    } catch (error) {
      // A leader that has moved is found by the next connection.
      if (this.#connection === connection) this.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Opened again by the next question. */
  close(): void {
    const connection = this.#connection;
    this.#connection = undefined;
    void connection?.then(
      ({ client }) => client.destroySockets(),
      () => {},
    );
  }

  async #connect(): Promise<Connection> {
    const client = openKafkaClient(this.#options);
    const cluster = clusterOf(client);
    try {
      await cluster.connect();
    } catch (error) {
      client.destroySockets();
      throw error;
    }
    return { client, cluster };
  }
}

interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

async function read(
  cluster: Cluster,
  { topic, partition, offset }: Place,
): Promise<number | undefined> {
  await cluster.addTargetTopic(topic);
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  if (nodeId === undefined) return undefined;
  const broker = await cluster.findBroker({ nodeId });
  // A broker sends one batch whole, however little is asked for.
  const fetched = [{ partition, fetchOffset: String(offset), maxBytes: 1 }];
  const { responses } = (await broker.fetch({
    ...{ isolationLevel: READ_COMMITTED, maxWaitTime: 0, minBytes: 1 },
    topics: [{ topic, partitions: fetched }],
  })) as FetchResponse;
  const messages = responses.flatMap((one) => one.partitions).flatMap((one) => one.messages);
  const oldest = messages.find((one) => BigInt(one.offset) >= offset);
  return oldest === undefined ? undefined : Number(oldest.timestamp);
}
