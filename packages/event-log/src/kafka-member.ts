// One member of a consumer group: kafkajs consumers, one after another, that feed one crew of lanes.
import kafkajs from 'kafkajs';
import { laneAssigner } from './assigner.ts';
import { backoffMs, pauseFor, waitAtMost } from './deadline.ts';
import { openKafkaClient } from './kafka-client.ts';
import { incomingOf } from './kafka-records.ts';
import { LaneCrew } from './lanes.ts';
import { EventLogError } from './port.ts';
import { logClosed } from './refusals.ts';
import { StallWatch } from './stall-watch.ts';
import type { Consumer, EachBatchPayload } from 'kafkajs';
import type { KafkaClient, KafkaOptions } from './kafka-client.ts';
import type { LaneHost, NextOffset } from './lanes.ts';
import type { IncomingRecord, LaneConsumer, LaneOptions, PartitionLag } from './port.ts';

type CommitOffsets = EachBatchPayload['commitOffsetsIfNecessary'];

const HEARTBEAT_MS_MAX = 2000;
const HEARTBEAT_SHARE = 5;
const STOP_SHARE = 0.8;
const STALL_LOOK_SESSIONS = 3;
const START_TIMEOUT_MS = 30_000;
const LEAVE_TIMEOUT_MS = 5000;
/** Far longer than a consumer takes to leave and the next one waits. */
const RENEWAL_MS_MAX = 20_000;
/** A fetch that brings nothing is answered after half a second, one without an answer given up. */
const FETCH_MS_MAX = 30_000;
const RESTART_FIRST_MS = 200;
const RESTART_LONGEST_MS = 5000;
/** A topic that is not there for so many starts will not come back by itself. */
const UNKNOWN_TOPIC_STARTS_MAX = 5;

/** Why a kafkajs consumer ended, and whether another one may fare better. */
interface SessionEnd {
  readonly error: Error;
  readonly retriable: boolean;
}

export class KafkaMember implements LaneConsumer, LaneHost {
  readonly #kafkaOptions: KafkaOptions;
  readonly #options: LaneOptions;
  readonly #laneCount: number;
  readonly #crew: LaneCrew;
  readonly #ending = new AbortController();
  readonly #held = new Set<number>();
  readonly #watch: StallWatch;
  #session: Session | null = null;
  #supervision: Promise<void> = Promise.resolve();
  #starting: Promise<void> | null = null;
  #stopping: Promise<void> | null = null;
  #isStarted = false;
  #provenMs = -Infinity;
  #renewal: NodeJS.Timeout | undefined;
  #onFirstJoin: () => void = () => {};
  #onFailedStart: (error: Error) => void = () => {};

  /** `backlog` is the group's, on the topics of the options. */
  constructor(
    kafkaOptions: KafkaOptions,
    options: LaneOptions,
    laneCount: number,
    backlog: () => Promise<readonly PartitionLag[]>,
  ) {
    this.#kafkaOptions = kafkaOptions;
    this.#options = options;
    this.#laneCount = laneCount;
    const crew = new LaneCrew(options, this);
    this.#crew = crew;
    this.#watch = new StallWatch({
      turnsBegun: () => crew.turnsBegun,
      epoch: () => crew.epoch,
      isResting: () => crew.isResting,
      lanes: () => (crew.joined ? crew.lanes() : undefined),
      progressOf: (topic, partition) => crew.progressOf(topic, partition),
      isReading: () => this.#session?.isReading() === true,
      backlog,
      onStall: (message, isHopeless) => this.#onStall(message, isHopeless),
    });
  }

  /** Told again it is the same start: another consumer would hold lanes that nobody works on. */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  joined(): boolean {
    return this.#crew.joined;
  }

  lanes(): readonly number[] {
    return this.#crew.lanes();
  }

  oldestTurnMs(): number {
    return this.#crew.oldestTurnMs();
  }

  pause(): void {
    this.#crew.pause();
  }

  resume(): void {
    this.#crew.resume();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  isMember(): boolean {
    return performance.now() - this.#provenMs < this.#crew.sessionTimeoutMs / 2;
  }

  async commit(offsets: readonly NextOffset[]): Promise<void> {
    const commit = this.#session?.commitOffsets;
    if (commit === undefined) throw new Error('the consumer is not running');
    const topics = offsets.map(({ topic, partition, next }) => ({
      topic,
      partitions: [{ partition, offset: String(next) }],
    }));
    // Not `consumer.commitOffsets`: that one tries again after a rejoin, in a generation in which
    // the lane may be another member's. This one takes its generation before it first waits.
    await commit({ topics });
    this.#provenMs = performance.now();
  }

  holdBack(lane: number): void {
    this.#held.add(lane);
    this.#session?.pause(lane);
  }

  letFlow(lane: number): void {
    this.#held.delete(lane);
    this.#session?.resume(lane);
  }

  onHang(error: Error): void {
    this.#crash(error);
  }

  /** What the running session tells. */
  onJoining(): void {
    this.#crew.suspend();
  }

  onJoined(lanes: readonly number[]): void {
    for (const lane of this.#held) this.#session?.resume(lane);
    this.#held.clear();
    this.#provenMs = performance.now();
    this.#crew.assign(lanes);
    this.#onFirstJoin();
  }

  onProof(): void {
    const wasMember = this.isMember();
    this.#provenMs = performance.now();
    if (!wasMember) this.#crew.kickAll();
  }

  onRefused(error: EventLogError): void {
    this.#crew.alarm('partitions-changed', error.message);
    this.#crash(error);
  }

  onOffsetOutOfRange(topic: string, partition: number): void {
    this.#crew.alarm(
      'offset-out-of-range',
      `an offset of ${topic}/${partition} is gone; group ${this.#options.group} goes on from the ` +
        'earliest there is',
    );
  }

  /** Whether records may be taken now, or must be fetched again later. */
  takes(): boolean {
    return this.#crew.joined;
  }

  /** The next fetch is worth its while. */
  begun(): Promise<void> {
    return this.#crew.begun();
  }

  take(partition: number, records: readonly IncomingRecord[]): void {
    this.#crew.push(partition, records);
  }

  hasRead(topic: string, partition: number, next: bigint): void {
    this.#crew.hasRead(topic, partition, next);
  }

  async #start(): Promise<void> {
    const joined = new Promise<void>((resolve, reject) => {
      this.#onFirstJoin = resolve;
      this.#onFailedStart = reject;
    });
    const timer = setTimeout(() => {
      this.#onFailedStart(
        new EventLogError(
          'SAIDAO_LOG_UNAVAILABLE',
          `could not join group ${this.#options.group} within ${START_TIMEOUT_MS} ms`,
        ),
      );
    }, START_TIMEOUT_MS);
    this.#supervision = this.#supervise();
    // Not oftener: an idle member asks the broker each time, and of each of its topics.
    const lookMs = this.#options.stallLookMs ?? STALL_LOOK_SESSIONS * this.#crew.sessionTimeoutMs;
    const watching = setInterval(() => void this.#watch.look(), lookMs);
    watching.unref();
    this.#ending.signal.addEventListener('abort', () => clearInterval(watching));
    try {
      await joined;
      this.#isStarted = true;
    } catch (error) {
      await this.stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async #supervise(): Promise<void> {
    let failures = 0;
    let unknownTopics = 0;
    while (!this.#ending.signal.aborted) {
      clearTimeout(this.#renewal);
      const session = new Session(this.#kafkaOptions, this.#options, this.#laneCount, this);
      this.#session = session;
      const startedMs = performance.now();
      const end = await session.run();
      this.#crew.suspend();
      if (this.#ending.signal.aborted) return;
      this.#expectRenewal();
      this.#session = null;
      await session.close(LEAVE_TIMEOUT_MS);
      if (typeOf(end.error) === 'UNKNOWN_TOPIC_OR_PARTITION') unknownTopics += 1;
      else unknownTopics = 0;
      if (!end.retriable || unknownTopics >= UNKNOWN_TOPIC_STARTS_MAX) {
        this.#crash(end.error);
        return;
      }
      failures = performance.now() - startedMs > START_TIMEOUT_MS ? 0 : failures + 1;
      const restartMs = backoffMs(failures, RESTART_FIRST_MS, RESTART_LONGEST_MS);
      await pauseFor(restartMs, this.#ending.signal);
    }
  }

  #onStall(message: string, isHopeless: boolean): void {
    const session = this.#session;
    const isReplaced = session !== null && !isHopeless;
    const says =
      `group ${this.#options.group} ${message}; ` +
      (isReplaced
        ? 'a new consumer takes the place of this one'
        : 'a new consumer did not help: the process must end so that another member can take over');
    this.#crew.alarm('stalled', says);
    if (!isReplaced) return this.#crash(new Error(says));
    this.#expectRenewal();
    session.giveUp(new Error(says));
  }

  /** Between two consumers nothing else is watched: neither turns, nor whether it has stalled. */
  #expectRenewal(): void {
    clearTimeout(this.#renewal);
    this.#renewal = setTimeout(() => {
      const says =
        `group ${this.#options.group} has no new consumer ${RENEWAL_MS_MAX} ms after the end of ` +
        'the last; the process must end so that another member can take over';
      this.#crash(new Error(says));
    }, RENEWAL_MS_MAX);
    this.#renewal.unref();
  }

  #crash(error: Error): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort();
    this.#crew.end();
    // Leaving lets others take the lanes before the session of this member ends.
    this.#stopping ??= this.#leave();
    if (this.#isStarted) this.#options.onCrash(error);
    else this.#onFailedStart(error);
  }

  async #stop(): Promise<void> {
    await this.#crew.drain(this.#crew.sessionTimeoutMs * STOP_SHARE);
    this.#ending.abort();
    this.#crew.end();
    this.#onFailedStart(logClosed());
    await this.#leave();
  }

  /** Whoever stops waits for no supervision that has come to a standstill. */
  async #leave(): Promise<void> {
    clearTimeout(this.#renewal);
    await this.#session?.close(LEAVE_TIMEOUT_MS);
    await waitAtMost(this.#supervision, LEAVE_TIMEOUT_MS);
  }
}

/** One kafkajs consumer from its start to its end; after a crash a new one takes its place. */
class Session {
  readonly #client: KafkaClient;
  readonly #consumer: Consumer;
  readonly #options: LaneOptions;
  readonly #member: KafkaMember;
  readonly #ended: Promise<SessionEnd>;
  #end: (end: SessionEnd) => void = () => {};
  #settled: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | null = null;
  #isRetriable = false;
  /** When each broker has last been asked for the first time, or has answered. */
  readonly #fetchedMs = new Map<number, number>();
  /** Of the run that is on; it has no retry and no other generation than its own. */
  commitOffsets: CommitOffsets | undefined;

  constructor(
    kafkaOptions: KafkaOptions,
    options: LaneOptions,
    laneCount: number,
    member: KafkaMember,
  ) {
    this.#options = options;
    this.#member = member;
    this.#ended = new Promise((resolve) => (this.#end = resolve));
    this.#client = openKafkaClient(kafkaOptions, ({ topic, partition }) =>
      member.onOffsetOutOfRange(topic, partition),
    );
    const sessionTimeout = options.sessionTimeoutMs ?? 10_000;
    this.#consumer = this.#client.kafka.consumer({
      groupId: options.group,
      partitionAssigners: [
        laneAssigner({
          laneCount,
          onJoining: () => member.onJoining(),
          onRefused: (error) => member.onRefused(error),
        }),
      ],
      sessionTimeout,
      // Turns do not hold up the fetch loop, so that every member is back within a heartbeat.
      rebalanceTimeout: sessionTimeout,
      heartbeatInterval: Math.min(HEARTBEAT_MS_MAX, sessionTimeout / HEARTBEAT_SHARE),
      metadataMaxAge: 60_000,
      allowAutoTopicCreation: false,
      maxBytesPerPartition: 64 * 1024,
      minBytes: 1,
      maxBytes: 512 * 1024,
      maxWaitTimeInMs: 500,
      retry: {
        initialRetryTime: 100,
        maxRetryTime: 1000,
        factor: 0.2,
        multiplier: 2,
        retries: 8,
        // kafkajs asks only when it would start again by itself. A new consumer object does it
        // instead: it has one owner, who can also stop it.
        restartOnFailure: async () => {
          this.#isRetriable = true;
          return false;
        },
      },
    });
  }

  /** Resolves when this consumer is beyond help, or when `close` has been called. */
  async run(): Promise<SessionEnd> {
    const consumer = this.#consumer;
    const { events } = consumer;
    consumer.on(events.CRASH, ({ payload }) =>
      this.#end({
        error: payload.error,
        retriable: this.#isRetriable || isRetriable(payload.error),
      }),
    );
    consumer.on(events.HEARTBEAT, () => this.#member.onProof());
    this.#listenToFetches();
    consumer.on(events.GROUP_JOIN, ({ payload }) => {
      const lanes = new Set(Object.values(payload.memberAssignment).flat());
      this.#member.onJoined([...lanes]);
    });
    const start = async (): Promise<void> => {
      await consumer.connect();
      await consumer.subscribe({ topics: [...this.#options.topics], fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        beforeFetch: () => this.#member.begun(),
        eachBatch: async (payload) => this.#take(payload),
      });
    };
    this.#settled = start().catch((error: Error) => {
      this.#end({ error, retriable: isRetriable(error) });
    });
    return this.#ended;
  }

  #listenToFetches(): void {
    const consumer = this.#consumer;
    const { events } = consumer;
    consumer.on(events.FETCH_START, ({ payload: { nodeId } }) => {
      if (!this.#fetchedMs.has(nodeId)) this.#fetchedMs.set(nodeId, performance.now());
    });
    consumer.on(events.FETCH, ({ payload: { nodeId } }) => {
      this.#fetchedMs.set(nodeId, performance.now());
    });
    consumer.on(events.END_BATCH_PROCESS, ({ payload }) => {
      // Nothing but ends of transactions: kafkajs hands out none, and reads on.
      if (payload.batchSize > 0) return;
      this.#member.hasRead(payload.topic, payload.partition, BigInt(payload.lastOffset) + 1n);
    });
  }

  /** Every broker answers fetches. */
  isReading(): boolean {
    const sinceMs = performance.now() - FETCH_MS_MAX;
    const answers = [...this.#fetchedMs.values()];
    return answers.length > 0 && answers.every((atMs) => atMs > sinceMs);
  }

  /** Ends `run`, so that another consumer takes the place of this one. */
  giveUp(error: Error): void {
    this.#end({ error, retriable: true });
  }

  pause(lane: number): void {
    this.#whileRunning(() => this.#consumer.pause(this.#places(lane)));
  }

  resume(lane: number): void {
    this.#whileRunning(() => this.#consumer.resume(this.#places(lane)));
  }

  /** Leaves the group if that can be done in time; the sockets are gone in any case. */
  close(timeoutMs: number): Promise<void> {
    this.#closing ??= this.#close(timeoutMs);
    return this.#closing;
  }

  async #close(timeoutMs: number): Promise<void> {
    // kafkajs can only stop what has started (trap 15).
    const leave = async (): Promise<void> => {
      await this.#settled;
      await this.#consumer.disconnect();
    };
    await waitAtMost(leave(), timeoutMs);
    this.#client.destroySockets();
    this.#end({ error: new Error('the consumer was closed'), retriable: false });
  }

  #take({ batch, resolveOffset, commitOffsetsIfNecessary }: EachBatchPayload): void {
    this.commitOffsets = commitOffsetsIfNecessary;
    // Not resolved, so fetched again in the epoch that is about to begin.
    if (this.#closing !== null || !this.#member.takes()) return;
    const { topic, partition, messages } = batch;
    this.#member.take(
      partition,
      messages.map((message) => incomingOf(topic, partition, message)),
    );
    this.#member.hasRead(topic, partition, BigInt(batch.lastOffset()) + 1n);
    resolveOffset(messages.at(-1)!.offset);
  }

  #whileRunning(action: () => void): void {
    try {
      action();
    } catch {
      // kafkajs has stopped meanwhile; whoever comes next starts with nothing paused.
    }
  }

  #places(lane: number): { topic: string; partitions: number[] }[] {
    return this.#options.topics.map((topic) => ({ topic, partitions: [lane] }));
  }
}

/**
 * As kafkajs judges, also for what it throws before it runs. But that it calls beyond retrying
 * that no broker says who coordinates a group, for whatever reason: one starts, or does not answer.
 */
function isRetriable(error: Error): boolean {
  if (error instanceof kafkajs.KafkaJSNumberOfRetriesExceeded) return true;
  let cause: Error & { readonly retriable?: boolean } = error;
  while (cause.cause instanceof Error) cause = cause.cause;
  if (cause instanceof kafkajs.KafkaJSGroupCoordinatorNotFound) return true;
  return cause.retriable === true || error instanceof kafkajs.KafkaJSConnectionError;
}

function typeOf(error: unknown): string | undefined {
  const { type, cause } = error as { readonly type?: string; readonly cause?: unknown };
  return type ?? (cause instanceof Error ? typeOf(cause) : undefined);
}
