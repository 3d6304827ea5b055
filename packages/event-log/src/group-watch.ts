// How far groups are: what each has taken of its topics, what waits there since when, who is in it.
import { setTimeout as pause } from 'node:timers/promises';
import kafkajs from 'kafkajs';
import { waitAtMost } from './deadline.ts';
import { AppendTimes } from './kafka-append-times.ts';
import { openKafkaClient, refuseUnpatchedKafkajs } from './kafka-client.ts';
import { clusterOf } from './kafka-scan.ts';
import { partitionName } from './partitioner.ts';
import { logUnavailable } from './refusals.ts';
import type { Admin, Cluster } from 'kafkajs';
import type { KafkaClient, KafkaOptions } from './kafka-client.ts';

export interface WatchedGroup {
  readonly group: string;
  readonly topics: readonly string[];
}

export interface GroupMember {
  /** As its client calls itself. */
  readonly clientId: string;
  readonly host: string;
  readonly lanes: readonly number[];
}

export interface GroupPartition {
  readonly topic: string;
  readonly partition: number;
  /** The offset that the group takes next: what it has committed, or the earliest there is. */
  readonly position: bigint;
  /** The offset that the next record will get. */
  readonly next: bigint;
  /** When the record at `position` was appended, in milliseconds since 1970; null: none waits. */
  readonly waitingSinceMs: number | null;
}

export interface GroupReading {
  readonly group: string;
  /** Whether it has ever committed anything that the broker still knows. */
  readonly known: boolean;
  readonly members: readonly GroupMember[];
  readonly partitions: readonly GroupPartition[];
}

export interface GroupWatch {
  /** These groups as they are now. Of topics that are not there nothing is said. */
  look(groups: readonly WatchedGroup[]): Promise<GroupReading[]>;
  /** How many records each of these topics holds; those that are not there are left out. */
  sizes(topics: readonly string[]): Promise<ReadonlyMap<string, bigint>>;
  close(): Promise<void>;
}

interface Connection {
  readonly admin: Admin;
  readonly cluster: Cluster;
}

interface Opening {
  readonly client: KafkaClient;
  readonly connection: Promise<Connection>;
}

interface Ends {
  readonly earliest: bigint;
  readonly next: bigint;
}
type GroupPosition = Omit<GroupPartition, 'waitingSinceMs'>;

const { MemberAssignment } = kafkajs.AssignerProtocol;
/** As the protocol asks for the ends of a partition. */
const LATEST = -1;
const EARLIEST = -2;
const DISCONNECT_MS = 1_000;
const COORDINATOR_COMES: ReadonlySet<string> = new Set([
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
]);
const COORDINATED_MS_MAX = 10_000;
const COORDINATED_EVERY_MS = 100;

interface KafkaFault {
  readonly type?: string;
  /** Of tries that were given up. */
  readonly cause?: { readonly type?: string };
}

/**
 * Reads, commits nothing, joins no group: the right to describe the groups and to read the topics
 * is enough. A call that the broker does not answer rejects with EventLogError
 * SAIDAO_LOG_UNAVAILABLE, and the next one connects anew.
 */
export function watchGroups(options: KafkaOptions): GroupWatch {
  refuseUnpatchedKafkajs();
  return new KafkaGroupWatch(options);
}

class KafkaGroupWatch implements GroupWatch {
  readonly #options: KafkaOptions;
  readonly #appendTimes: AppendTimes;
  #opening: Opening | null = null;

  constructor(options: KafkaOptions) {
    this.#options = options;
    this.#appendTimes = new AppendTimes(options);
  }

  look(groups: readonly WatchedGroup[]): Promise<GroupReading[]> {
    return this.#ask('look at the groups', async (connection) => {
      const ends = await endsOf(
        connection,
        groups.flatMap(({ topics }) => topics),
      );
      const read = await Promise.all(groups.map((one) => readingOf(connection, one, ends)));
      return Promise.all(
        read.map(async ({ partitions, ...reading }) => ({
          ...reading,
          partitions: await Promise.all(partitions.map((one) => this.#withSince(one))),
        })),
      );
    });
  }

  async #withSince(one: GroupPosition): Promise<GroupPartition> {
    const { topic, partition, position, next } = one;
    const waits = position < next;
    const atMs = waits ? await this.#appendTimes.at(topic, partition, position) : undefined;
    return { ...one, waitingSinceMs: atMs ?? null };
  }

  sizes(topics: readonly string[]): Promise<ReadonlyMap<string, bigint>> {
    return this.#ask('count the records', async (connection) => {
      const ends = await endsOf(connection, topics);
      return new Map(
        Array.from(ends, ([topic, partitions]) => [
          topic,
          Array.from(partitions.values()).reduce(
            (sum, { earliest, next }) => sum + next - earliest,
            0n,
          ),
        ]),
      );
    });
  }

  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = null;
    this.#appendTimes.close();
    if (opening !== null) await closed(opening);
  }

  async #ask<Answer>(what: string, question: (connection: Connection) => Promise<Answer>) {
    this.#opening ??= opened(this.#options);
    const opening = this.#opening;
    try {
      return await question(await opening.connection);
    } catch (error) {
      if (this.#opening === opening) this.#opening = null;
      void closed(opening);
      throw logUnavailable(what, error);
    }
  }
}

function opened(options: KafkaOptions): Opening {
  const client = openKafkaClient(options);
  const admin = client.kafka.admin();
  const cluster = clusterOf(client);
  const connected = Promise.all([admin.connect(), cluster.connect()]);
  return { client, connection: connected.then(() => ({ admin, cluster })) };
}

/** Never waits long, however little the broker answers. */
async function closed({ client, connection }: Opening): Promise<void> {
  const disconnected = connection.then(({ admin, cluster }) =>
    Promise.all([admin.disconnect(), cluster.disconnect()]),
  );
  await waitAtMost(disconnected, DISCONNECT_MS);
  client.destroySockets();
}

/** Both ends of each partition, by topic, with one question to each broker. */
async function endsOf(
  { admin, cluster }: Connection,
  topics: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<number, Ends>>> {
  // kafkajs fails as a whole on a topic that is not there.
  const present = new Set(await admin.listTopics());
  const wanted = [...new Set(topics)].filter((topic) => present.has(topic));
  await cluster.addMultipleTargetTopics(wanted);
  await cluster.refreshMetadataIfNecessary();
  const offsetsAt = async (fromTimestamp: number) => {
    const asked = wanted.map((topic) => ({
      topic,
      partitions: cluster
        .findTopicPartitionMetadata(topic)
        .map(({ partitionId }) => ({ partition: partitionId })),
      fromTimestamp,
    }));
    const answers = await cluster.fetchTopicsOffset(asked);
    return new Map(
      answers.flatMap(({ topic, partitions }) =>
        partitions.map((one) => [partitionName(topic, one.partition), BigInt(one.offset)] as const),
      ),
    );
  };
  const [earliest, next] = await Promise.all([offsetsAt(EARLIEST), offsetsAt(LATEST)]);
  return new Map(
    wanted.map((topic) => [
      topic,
      new Map(
        cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => {
          const name = partitionName(topic, partitionId);
          return [partitionId, { earliest: earliest.get(name)!, next: next.get(name)! }];
        }),
      ),
    ]),
  );
}

async function readingOf(
  { admin }: Connection,
  { group, topics }: WatchedGroup,
  ends: ReadonlyMap<string, ReadonlyMap<number, Ends>>,
) {
  const present = topics.filter((topic) => ends.has(topic));
  const [committed, described] = await onceCoordinated(() =>
    Promise.all([
      present.length === 0 ? [] : admin.fetchOffsets({ groupId: group, topics: present }),
      admin.describeGroups([group]),
    ]),
  );
  const partitions = committed.flatMap(({ topic, partitions: offsets }) =>
    offsets.flatMap(({ partition, offset }): GroupPosition[] => {
      const end = ends.get(topic)?.get(partition);
      if (end === undefined) return [];
      const { earliest, next } = end;
      // Negative where nothing is committed; what retention has taken nobody takes any more.
      const position = BigInt(offset) < earliest ? earliest : BigInt(offset);
      // Committed since the ends were asked for.
      return [{ topic, partition, position, next: next < position ? position : next }];
    }),
  );
  const members = described.groups.flatMap((one) =>
    one.members.map(({ clientId, clientHost, memberAssignment }) => ({
      clientId,
      host: clientHost.replace(/^\//, ''),
      lanes: lanesOf(memberAssignment),
    })),
  );
  const known = committed.some((one) => one.partitions.some(({ offset }) => Number(offset) >= 0));
  return { group, known, members, partitions };
}

/** A broker that never had a group makes the place for them once it is first asked. */
async function onceCoordinated<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const untilMs = performance.now() + COORDINATED_MS_MAX;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const { type, cause } = error as KafkaFault;
      const isComing = COORDINATOR_COMES.has(type ?? cause?.type ?? '');
      if (!isComing || performance.now() > untilMs) throw error;
      await pause(COORDINATED_EVERY_MS);
    }
  }
}

/** None while the group is being put together. */
function lanesOf(assignment: Buffer): number[] {
  if (assignment.length === 0) return [];
  const topics = MemberAssignment.decode(assignment)?.assignment ?? {};
  return [...new Set(Object.values(topics).flat())].toSorted((a, b) => a - b);
}
