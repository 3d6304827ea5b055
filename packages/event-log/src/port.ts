// The event log as the line sees it: records, lanes, turns; Kafka and memory adapters implement it.

/** Of a record with more headers the first are handed out: they cost far more than their bytes. */
export const HEADERS_MAX = 256;

/**
 * A record as it was read. Header values stay bytes: what a stranger wrote may be no UTF-8. The
 * headers object has no prototype, so that a header named `constructor` is one like others.
 */
export interface IncomingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The broker's append time, in milliseconds since 1970. */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** A header given more than once arrives as an array. */
  readonly headers: Readonly<Record<string, Buffer | readonly Buffer[] | undefined>>;
}

/** A record to be appended. Its partition is always named: a line knows its lane, a door hashes. */
export interface OutgoingRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, string | Buffer>>;
}

/** What the owner of lanes is given to work on at once: at most 100 records and 1 MiB. */
export interface LaneTurn {
  /** Those whose records these are. One alone after a turn that failed or was slow. */
  readonly lanes: readonly number[];
  /** Lane by lane, in the order in which each topic's partition holds them. */
  readonly records: readonly IncomingRecord[];
  /** Aborted when one of the lanes is lost or the consumer ends for good (crash, or the stop's deadline). */
  readonly signal: AbortSignal;
  /**
   * False once a rebalance has begun since the turn did (even if the lane stays here), once the
   * turn is older than half the session, or while the last heartbeat is. Ask before publishing.
   */
  isOwned(): boolean;
}

export interface LaneOptions {
  readonly group: string;
  readonly topics: readonly string[];
  /** Default 10 000. A killed member blocks its lanes for this long. */
  readonly sessionTimeoutMs?: number;
  /** How often it is looked whether the member has stalled; default three sessions. */
  readonly stallLookMs?: number;
  readonly turnRecordsMax?: number;
  readonly turnBytesMax?: number;
  /**
   * Does one turn and says how many of its records, from the first, are done. Their offsets are
   * committed before the next turn of their lanes, and the rest comes first in it. A rejection
   * leaves the lanes as they were: each is given the same records again, by itself, after a backoff
   * (100 ms to 5 s, with jitter); and so it is, with whatever else came, when nothing was taken.
   * Never called twice at once for one lane, also not across a rebalance. What a turn takes whose
   * epoch is over is not committed.
   *
   * Heartbeats do not wait for turns, so that a turn that never ends would hold its lane for ever:
   * one that outlives the session is an alarm and ends the consumer with `onCrash`. So does one
   * whose commit neither succeeds nor fails for six sessions.
   */
  onTurn(turn: LaneTurn): Promise<{ readonly taken: number }>;
  /**
   * The lanes this member owns from now on (all of them, not only new ones): after each rebalance,
   * and none when the consumer has ended.
   */
  onLanes?(lanes: readonly number[]): void;
  /**
   * Something a person should see: an offset out of range, a turn that hangs, a member that takes
   * nothing of a partition for some sessions though it is behind there, and is begun anew.
   */
  onAlarm?(alarm: LogAlarm): void;
  /**
   * The consumer is dead and will not come back: the process should end with an error. Called once,
   * and not for a consumer that could not start: `consumeLanes` rejects then. A log out of reach is
   * no reason; the consumer comes back with it.
   */
  onCrash(error: Error): void;
}

export interface LogAlarm {
  readonly kind:
    'offset-out-of-range' | 'turn-hangs' | 'turn-failed' | 'partitions-changed' | 'stalled';
  readonly message: string;
}

export interface LaneConsumer {
  /** True while this member belongs to its group and knows its lanes; not during a rebalance. */
  joined(): boolean;
  /** The lanes owned at this moment, in order; none during a rebalance. */
  lanes(): readonly number[];
  /** Milliseconds since the oldest turn that is still running began; 0 when none runs. */
  oldestTurnMs(): number;
  /** Starts no new turn, but keeps the place in the group. */
  pause(): void;
  resume(): void;
  /**
   * Finishes the turns that run, commits, leaves the group. A turn that has not ended after 80 % of
   * the session is told by its signal and left behind.
   */
  stop(): Promise<void>;
}

export interface FollowOptions {
  readonly topics: readonly string[];
  /** `earliest`: all there is, then what comes; `next`: only what is appended from now on. */
  readonly from: 'earliest' | 'next';
  /** What one fetch brought, never empty; in order within a partition. */
  onRecords(records: readonly IncomingRecord[]): void;
  /** The log has stayed away for too long, or `onRecords` threw: nothing more will come. */
  onCrash(error: Error): void;
}

export interface Follower {
  stop(): Promise<void>;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor?: number;
  readonly config?: Readonly<Record<string, string>>;
}

export interface PartitionRange {
  readonly partition: number;
  /** The first offset that is still there. */
  readonly earliest: bigint;
  /** The offset that the next record will get. */
  readonly next: bigint;
}

/** How many records a group has not committed yet. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** The offset that the next record will get: it tells two looks between which nothing came. */
  readonly next: bigint;
  readonly lag: bigint;
  /** When the oldest of them was appended, in milliseconds since 1970; only where asked for. */
  readonly sinceMs?: number;
}

export interface LagOptions {
  /** Also tells since when: that takes reading a record of each partition that is behind. */
  readonly since?: boolean;
}

export interface EventLog {
  /**
   * Appends in the given order, acknowledged by all in-sync replicas. Calls made while a request is
   * in flight are sent together with the next one; nothing waits otherwise. Rejects with
   * EventLogError SAIDAO_LOG_UNAVAILABLE when `timeoutMs` (default 10 000) has passed; the records
   * may or may not have been appended then.
   */
  send(
    records: readonly OutgoingRecord[],
    options?: { readonly timeoutMs?: number },
  ): Promise<void>;
  /**
   * Joins the group; resolves once the first lanes are known. All topics must be there and have the
   * same number of partitions.
   */
  consumeLanes(options: LaneOptions): Promise<LaneConsumer>;
  /** Reads what the topics hold now, from `from` (default: the earliest) to the present end. */
  scan(
    topics: readonly string[],
    onRecord: (record: IncomingRecord) => void,
    options?: { readonly partition?: number },
  ): Promise<void>;
  /**
   * Hands on records as they are appended, without a group; resolves once it is settled where it
   * begins. What can no longer be read is left out.
   */
  follow(options: FollowOptions): Promise<Follower>;
  /** Creates the topics that are missing; refuses a topic that has another number of partitions. */
  createTopics(topics: readonly TopicSpec[]): Promise<{ readonly created: readonly string[] }>;
  /** The ranges of a topic's partitions, in order of partition. Rejects for an unknown topic. */
  ranges(topic: string): Promise<readonly PartitionRange[]>;
  /**
   * How many records of each topic and partition the group has not committed yet, whoever reads
   * them, and also while nobody does.
   */
  lag(
    group: string,
    topics: readonly string[],
    options?: LagOptions,
  ): Promise<readonly PartitionLag[]>;
  close(): Promise<void>;
}

export type EventLogErrorCode =
  | 'SAIDAO_LOG_UNAVAILABLE'
  | 'SAIDAO_TOPIC_UNKNOWN'
  | 'SAIDAO_TOPIC_PARTITIONS'
  | 'SAIDAO_RECORD_TOO_LARGE'
  | 'SAIDAO_LOG_CLOSED';

/** A failure of the log itself, with a stable code. */
export class EventLogError extends Error {
  readonly code: EventLogErrorCode;
  constructor(code: EventLogErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EventLogError';
    this.code = code;
  }
}
