// The event log in memory: a broker that several clients share, for tests and tools without Kafka.
import { AsyncLocalStorage } from 'node:async_hooks';
import { LaneCrew } from './lanes.ts';
import { partitionName } from './partitioner.ts';
import { EventLogError, HEADERS_MAX } from './port.ts';
import { outgoingBytes, RECORD_BYTES_MAX_DEFAULT } from './record-size.ts';
import {
  logClosed,
  partitionMissing,
  partitionsDiffer,
  recordTooLarge,
  topicUnknown,
} from './refusals.ts';
import { spreadLanes } from './spread.ts';
import type { LaneHost, NextOffset } from './lanes.ts';
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

const SEND_TIMEOUT_MS = 10_000;
const STOP_TIMEOUT_SHARE = 0.8;
const PUSH_RECORDS_MAX = 500;

/** One partition; `records[0]` has the offset `earliest`. */
interface Partition {
  earliest: number;
  records: IncomingRecord[];
}

interface Topic {
  readonly name: string;
  readonly partitions: readonly Partition[];
  readonly recordBytesMax: number;
}

interface Group {
  readonly name: string;
  readonly members: Map<string, Member>;
  readonly committed: Map<string, bigint>;
}

export interface MemoryBrokerOptions {
  /** The clock of the append times; default: the system's. */
  readonly now?: () => number;
}

const nextOf = (partition: Partition): number => partition.earliest + partition.records.length;

/** Topics, groups and their committed offsets. Everything happens in the order of the calls. */
export class MemoryBroker {
  readonly #now: () => number;
  readonly #topics = new Map<string, Topic>();
  readonly #groups = new Map<string, Group>();
  readonly #followers = new Set<MemoryFollower>();
  readonly #waiting: (() => void)[] = [];
  #available = true;
  #members = 0;

  constructor(options: MemoryBrokerOptions = {}) {
    this.#now = options.now ?? Date.now;
  }

  /** A client of this broker. */
  connect(): EventLog {
    return new MemoryLog(this);
  }

  /** Removes the records before an offset, as retention does. */
  truncate(topic: string, partition: number, before: bigint): void {
    const held = this.partition(topic, partition);
    const gone = Math.min(Math.max(0, Number(before) - held.earliest), held.records.length);
    held.records.splice(0, gone);
    held.earliest += gone;
  }

  /** While unavailable, appends wait and time out, as with a broker that is down. */
  setAvailable(available: boolean): void {
    this.#available = available;
    if (available) for (const resume of this.#waiting.splice(0)) resume();
  }

  /** What a SIGKILL and the end of the session do: the client's lanes go to others. */
  kill(log: EventLog): void {
    for (const member of membersOf(log)) {
      member.alive = false;
      this.leave(member);
    }
  }

  /**
   * What the end of a session does to a client that runs on, as one that was frozen: its lanes go
   * to others, and it does not know yet. What it commits from now on is refused.
   */
  evict(log: EventLog): void {
    for (const member of membersOf(log)) this.leave(member);
  }

  /** The client learns of its eviction, as by a heartbeat: it joins again, and begins anew. */
  rejoin(log: EventLog): void {
    for (const member of membersOf(log)) {
      if (!member.alive || this.isMember(member)) continue;
      const group = this.group(member.options.group);
      group.members.set(member.id, member);
      this.#rebalance(group);
    }
  }

  isMember(member: Member): boolean {
    return this.group(member.options.group).members.get(member.id) === member;
  }

  topic(name: string): Topic {
    const topic = this.#topics.get(name);
    if (topic === undefined) throw topicUnknown(name);
    return topic;
  }

  partition(topicName: string, number: number): Partition {
    const topic = this.topic(topicName);
    const partition = topic.partitions[number];
    if (partition === undefined) {
      throw partitionMissing(topicName, topic.partitions.length, number);
    }
    return partition;
  }

  create(specs: readonly TopicSpec[]): readonly string[] {
    const created: string[] = [];
    for (const { name, partitions, config } of specs) {
      const present = this.#topics.get(name);
      if (present === undefined) {
        const bytesMax = config?.['max.message.bytes'];
        this.#topics.set(name, {
          name,
          partitions: Array.from({ length: partitions }, () => ({ earliest: 0, records: [] })),
          recordBytesMax: bytesMax === undefined ? RECORD_BYTES_MAX_DEFAULT : Number(bytesMax),
        });
        created.push(name);
      } else if (present.partitions.length !== partitions) {
        throw partitionsDiffer(name, present.partitions.length, partitions);
      }
    }
    return created;
  }

  /** Appends a record as a stranger writes it: without a key, with a header given twice. */
  appendForeign(record: {
    readonly topic: string;
    readonly partition: number;
    readonly key: Buffer | null;
    readonly value: Buffer | null;
    readonly headers: readonly (readonly [name: string, value: Buffer])[];
  }): void {
    const { topic, partition, key, value } = record;
    const headers: Record<string, Buffer | Buffer[]> = Object.create(null);
    for (const [name, bytes] of record.headers.slice(0, HEADERS_MAX)) {
      const present = headers[name];
      headers[name] = present === undefined ? bytes : [present, bytes].flat();
    }
    const held = this.partition(topic, partition);
    const offset = BigInt(nextOf(held));
    const timestampMs = this.#now();
    held.records.push({ topic, partition, offset, timestampMs, key, value, headers });
    this.#feedAll([record]);
  }

  async append(records: readonly OutgoingRecord[], timeoutMs: number): Promise<void> {
    for (const record of records) {
      this.partition(record.topic, record.partition);
      const bytes = outgoingBytes(record);
      const { recordBytesMax } = this.topic(record.topic);
      if (bytes > recordBytesMax) throw recordTooLarge(record, bytes, recordBytesMax);
    }
    if (!this.#available) await this.#whenAvailable(timeoutMs);
    const timestampMs = this.#now();
    const touched = new Map<string, OutgoingRecord>();
    for (const record of records) {
      const { topic, partition } = record;
      const held = this.partition(topic, partition);
      held.records.push(appended(record, nextOf(held), timestampMs));
      touched.set(partitionName(topic, partition), record);
    }
    this.#feedAll([...touched.values()]);
  }

  group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { name, members: new Map(), committed: new Map() };
      this.#groups.set(name, group);
    }
    return group;
  }

  join(options: LaneOptions): Member {
    const counts = options.topics.map((name) => this.topic(name).partitions.length);
    const laneCount = counts[0];
    if (laneCount === undefined) throw new RangeError(`group ${options.group} reads no topic`);
    const other = counts.findIndex((count) => count !== laneCount);
    if (other !== -1) throw partitionsDiffer(options.topics[other]!, counts[other]!, laneCount);
    this.#members += 1;
    const id = `member-${String(this.#members).padStart(6, '0')}`;
    const member = new Member(this, id, options, laneCount);
    const group = this.group(options.group);
    group.members.set(id, member);
    this.#rebalance(group);
    return member;
  }

  leave(member: Member): void {
    const group = this.group(member.options.group);
    if (group.members.delete(member.id)) this.#rebalance(group);
  }

  follow(options: FollowOptions): MemoryFollower {
    const follower = new MemoryFollower(this, options, () => this.#followers.delete(follower));
    this.#followers.add(follower);
    return follower;
  }

  #feedAll(places: readonly { readonly topic: string; readonly partition: number }[]): void {
    for (const follower of this.#followers) follower.wake();
    for (const group of this.#groups.values()) {
      for (const member of group.members.values()) {
        for (const { topic, partition } of places) member.feed(topic, partition);
      }
    }
  }

  #rebalance(group: Group): void {
    const members = [...group.members.values()];
    const laneCount = Math.max(0, ...members.map((member) => member.laneCount));
    const spread = spreadLanes([...group.members.keys()], laneCount);
    for (const member of members) member.take(spread.get(member.id)!, group.committed);
  }

  async #whenAvailable(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push(resolve);
      timer = setTimeout(() => {
        const at = this.#waiting.indexOf(resolve);
        if (at !== -1) this.#waiting.splice(at, 1);
        reject(
          new EventLogError(
            'SAIDAO_LOG_UNAVAILABLE',
            `the log has not acknowledged within ${timeoutMs} ms`,
          ),
        );
      }, timeoutMs);
    });
    clearTimeout(timer);
  }
}

/** One member of a group: reads ahead from its positions into its crew's buffers. */
class Member implements LaneHost {
  readonly id: string;
  readonly options: LaneOptions;
  readonly laneCount: number;
  readonly crew: LaneCrew;
  alive = true;
  readonly #broker: MemoryBroker;
  /** A member's work is its own client's, whoever appends the records that begin it. */
  readonly #within = AsyncLocalStorage.snapshot();
  readonly #positions = new Map<string, number>();
  readonly #held = new Set<number>();

  constructor(broker: MemoryBroker, id: string, options: LaneOptions, laneCount: number) {
    this.#broker = broker;
    this.id = id;
    this.options = options;
    this.laneCount = laneCount;
    this.crew = new LaneCrew(options, this, { random: () => 0 });
  }

  take(lanes: readonly number[], committed: ReadonlyMap<string, bigint>): void {
    this.#positions.clear();
    this.#held.clear();
    this.#within(() => this.crew.assign(lanes));
    for (const lane of lanes) {
      for (const topic of this.options.topics) {
        const place = partitionName(topic, lane);
        const { earliest } = this.#broker.partition(topic, lane);
        this.#positions.set(place, Number(committed.get(place) ?? earliest));
      }
      this.#feedLane(lane);
    }
  }

  feed(topic: string, partition: number): void {
    const place = partitionName(topic, partition);
    let position = this.#positions.get(place);
    if (position === undefined || !this.alive) return;
    const held = this.#broker.partition(topic, partition);
    if (position < held.earliest || position > nextOf(held)) {
      this.crew.alarm(
        'offset-out-of-range',
        `offset ${position} of ${place} is gone; group ${this.options.group} goes on from ` +
          `${held.earliest}, the earliest there is`,
      );
      position = held.earliest;
    }
    while (position < nextOf(held) && !this.#held.has(partition)) {
      const from = position - held.earliest;
      const records = held.records.slice(from, from + PUSH_RECORDS_MAX);
      position += records.length;
      this.#positions.set(place, position);
      this.#within(() => this.crew.push(partition, records));
    }
    this.#positions.set(place, position);
  }

  async commit(offsets: readonly NextOffset[]): Promise<void> {
    if (!this.alive || !this.#broker.isMember(this)) {
      throw new Error('the group no longer knows this member');
    }
    const { committed } = this.#broker.group(this.options.group);
    for (const { topic, partition, next } of offsets) {
      committed.set(partitionName(topic, partition), next);
    }
  }

  isMember(): boolean {
    return this.alive;
  }

  holdBack(lane: number): void {
    this.#held.add(lane);
  }

  letFlow(lane: number): void {
    this.#held.delete(lane);
    this.#feedLane(lane);
  }

  onHang(error: Error): void {
    this.end();
    this.options.onCrash(error);
  }

  end(): void {
    this.crew.end();
    this.#positions.clear();
    this.#broker.leave(this);
  }

  #feedLane(lane: number): void {
    for (const topic of this.options.topics) this.feed(topic, lane);
  }
}

/** Reads on in a microtask of its own, so that nobody's append waits for it. */
class MemoryFollower implements Follower {
  readonly #broker: MemoryBroker;
  readonly #options: FollowOptions;
  readonly #onStop: () => void;
  readonly #positions = new Map<string, number>();
  #awake = false;
  #stopped = false;

  constructor(broker: MemoryBroker, options: FollowOptions, onStop: () => void) {
    this.#broker = broker;
    this.#options = options;
    this.#onStop = onStop;
    for (const topic of options.topics) {
      broker.topic(topic).partitions.forEach((held, partition) => {
        const position = options.from === 'next' ? nextOf(held) : held.earliest;
        this.#positions.set(partitionName(topic, partition), position);
      });
    }
    this.wake();
  }

  wake(): void {
    if (this.#awake || this.#stopped) return;
    this.#awake = true;
    queueMicrotask(() => {
      this.#awake = false;
      if (!this.#stopped) this.#read();
    });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#onStop();
  }

  #read(): void {
    const records: IncomingRecord[] = [];
    for (const topic of this.#options.topics) {
      this.#broker.topic(topic).partitions.forEach((held, partition) => {
        const place = partitionName(topic, partition);
        const from = Math.max(this.#positions.get(place)! - held.earliest, 0);
        for (const one of held.records.slice(from)) records.push(one);
        this.#positions.set(place, nextOf(held));
      });
    }
    if (records.length === 0) return;
    try {
      this.#options.onRecords(records);
    } catch (error) {
      void this.stop();
      this.#options.onCrash(error as Error);
    }
  }
}

function membersOf(log: EventLog): ReadonlySet<Member> {
  if (!(log instanceof MemoryLog)) throw new TypeError('not a client of this broker');
  return log.members;
}

class MemoryLog implements EventLog {
  readonly members = new Set<Member>();
  readonly #followers = new Set<Follower>();
  readonly #broker: MemoryBroker;
  #closed = false;

  constructor(broker: MemoryBroker) {
    this.#broker = broker;
  }

  async send(
    records: readonly OutgoingRecord[],
    options: { readonly timeoutMs?: number } = {},
  ): Promise<void> {
    this.#refuseWhenClosed();
    await this.#broker.append(records, options.timeoutMs ?? SEND_TIMEOUT_MS);
  }

  async consumeLanes(options: LaneOptions): Promise<LaneConsumer> {
    this.#refuseWhenClosed();
    const member = this.#broker.join(options);
    this.members.add(member);
    const { crew } = member;
    let stopping: Promise<void> | null = null;
    const stop = async (): Promise<void> => {
      await crew.drain(crew.sessionTimeoutMs * STOP_TIMEOUT_SHARE);
      member.end();
      this.members.delete(member);
    };
    return {
      joined: () => crew.joined,
      lanes: () => crew.lanes(),
      oldestTurnMs: () => crew.oldestTurnMs(),
      pause: () => crew.pause(),
      resume: () => crew.resume(),
      stop: () => (stopping ??= stop()),
    };
  }

  async scan(
    topics: readonly string[],
    onRecord: (record: IncomingRecord) => void,
    options: { readonly partition?: number } = {},
  ): Promise<void> {
    this.#refuseWhenClosed();
    for (const name of topics) {
      const { partitions } = this.#broker.topic(name);
      const wanted =
        options.partition === undefined
          ? partitions
          : [this.#broker.partition(name, options.partition)];
      for (const records of wanted.map((partition) => [...partition.records])) {
        for (const record of records) onRecord(record);
      }
    }
  }

  async follow(options: FollowOptions): Promise<Follower> {
    this.#refuseWhenClosed();
    const follower = this.#broker.follow(options);
    this.#followers.add(follower);
    return follower;
  }

  async createTopics(
    topics: readonly TopicSpec[],
  ): Promise<{ readonly created: readonly string[] }> {
    this.#refuseWhenClosed();
    return { created: this.#broker.create(topics) };
  }

  async ranges(topic: string): Promise<readonly PartitionRange[]> {
    this.#refuseWhenClosed();
    return this.#broker.topic(topic).partitions.map((held, partition) => ({
      partition,
      earliest: BigInt(held.earliest),
      next: BigInt(nextOf(held)),
    }));
  }

  async lag(
    group: string,
    topics: readonly string[],
    options: LagOptions = {},
  ): Promise<readonly PartitionLag[]> {
    this.#refuseWhenClosed();
    const { committed } = this.#broker.group(group);
    return topics.flatMap((topic) =>
      this.#broker.topic(topic).partitions.map((held, partition) => {
        const earliest = BigInt(held.earliest);
        const asked = committed.get(partitionName(topic, partition)) ?? earliest;
        const from = asked < earliest ? earliest : asked;
        const next = BigInt(nextOf(held));
        const lag = next - from;
        const oldest = options.since === true ? held.records[Number(from - earliest)] : undefined;
        return {
          ...{ topic, partition, next, lag: lag < 0n ? 0n : lag },
          ...(oldest !== undefined && { sinceMs: oldest.timestampMs }),
        };
      }),
    );
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(Array.from(this.#followers, (follower) => follower.stop()));
    await Promise.all(
      Array.from(this.members, async (member) => {
        await member.crew.drain(member.crew.sessionTimeoutMs * STOP_TIMEOUT_SHARE);
        member.end();
      }),
    );
    this.members.clear();
  }

  #refuseWhenClosed(): void {
    if (this.#closed) throw logClosed();
  }
}

function appended(record: OutgoingRecord, offset: number, timestampMs: number): IncomingRecord {
  const headers: Record<string, Buffer> = Object.create(null);
  for (const name of Object.keys(record.headers).slice(0, HEADERS_MAX)) {
    const value = record.headers[name]!;
    headers[name] = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value);
  }
  return {
    topic: record.topic,
    partition: record.partition,
    offset: BigInt(offset),
    timestampMs,
    key: Buffer.from(record.key),
    value: record.value === null ? null : Buffer.from(record.value),
    headers,
  };
}
