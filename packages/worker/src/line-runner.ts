// Runs a line: its lanes, its turns, its timers, its pauses; one for each process and line.
import {
  EventLogError,
  type EventLog,
  type IncomingRecord,
  type LaneConsumer,
  type LaneTurn,
} from '@saidao/event-log';
import { topicName, workerTopics } from '@saidao/schemas';
import { brokenInvariantOf, type BrokenInvariant } from './broken-invariant.ts';
import type { Database } from './database.ts';
import type { AnyTopic, BrokenLane, Line } from './define.ts';
import { createEnvelopeReader, type InputTopic } from './envelope.ts';
import { assertLineName } from './line-name.ts';
import { Observer } from './observe.ts';
import { startTimers } from './timers.ts';
import type { Tracing } from './tracing.ts';
import { createTurnRunner } from './turn.ts';
import { FailsAlike } from './walk.ts';

export const SESSION_TIMEOUT_MS = 10_000;
/** What only a new release can cure is broken each time. */
const BROKEN_TIMES = 3;
const PURGE_EVERY_MS = 3_600_000;
const PURGE_ROWS_MAX = 10_000;
const DAY_MS = 86_400_000;

export interface StartLineOptions {
  readonly line: Line;
  readonly log: EventLog;
  readonly database: Database;
  readonly lenders: readonly string[];
  readonly partitions: number;
  readonly observer?: Observer;
  readonly clock?: () => number;
  readonly sessionTimeoutMs?: number;
  readonly tracing?: Tracing | undefined;
  /** Called when the consumer is dead for good; the process should end with an error. */
  readonly onCrash?: (error: Error) => void;
}

export interface LineStatus {
  readonly joined: boolean;
  readonly lanes: readonly number[];
  /** Why it takes nothing at present; undefined while it does. */
  readonly paused: string | undefined;
  /** Lanes of this process that a broken invariant has stopped; they start again with it. */
  readonly broken: readonly number[];
  readonly oldestTurnMs: number;
}

export interface LineBacklog {
  readonly parked: number;
  /** Age of the oldest parked record, in milliseconds; 0 when none is parked. */
  readonly oldestParkedMs: number;
  /** Applications that wait for a replay or discard. */
  readonly blocked: number;
  readonly timers: number;
  readonly timersDue: number;
  /** For how long the one that is longest due has been, in milliseconds; 0 when none is. */
  readonly oldestDueMs: number;
}

export interface RunningLine {
  readonly line: Line;
  readonly observer: Observer;
  readonly group: string;
  readonly topics: readonly string[];
  status(): LineStatus;
  backlog(): Promise<LineBacklog>;
  pause(reason: string): void;
  resume(reason: string): void;
  stop(): Promise<void>;
}

/** The topics that a line reads, with how it treats each. */
export function inputsOf(line: Line, lenders: readonly string[]): Map<string, InputTopic> {
  const inputs = new Map<string, InputTopic>();
  const add = (name: string, topic: AnyTopic, lenderId: string | undefined): void => {
    inputs.set(name, {
      name,
      kind: topic.numbered ? 'numbered' : 'door',
      topic,
      lenderId,
      keyedByApplication: topic.key === 'applications',
    });
  };
  for (const topic of line.consumes as readonly AnyTopic[]) {
    if (!topic.perLender) add(topicName(topic), topic, undefined);
    else for (const lenderId of lenders) add(topicName(topic, lenderId), topic, lenderId);
  }
  const own = workerTopics(line.name);
  const ownTopic = { topic: undefined, lenderId: undefined, keyedByApplication: true };
  inputs.set(own.timers, { name: own.timers, kind: 'timers', ...ownTopic });
  inputs.set(own.replay, { name: own.replay, kind: 'replay', ...ownTopic });
  return inputs;
}

/** Joins the line's group; its tables (migrateLine) and topics must be there. */
export async function startLine(options: StartLineOptions): Promise<RunningLine> {
  const { line, log, database } = options;
  assertLineName(line.name);
  const clock = options.clock ?? Date.now;
  const observer = options.observer ?? new Observer();
  const sessionTimeoutMs = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
  const group = `saidao.${line.name}`;
  const inputs = inputsOf(line, options.lenders);
  const topics = [...inputs.keys()];
  const reasons = new Set<string>();
  let stopped = false;
  // Kept until the process ends, also when a lane goes away and comes back.
  const brokenLanes = new Map<number, BrokenLane & { noted: boolean }>();
  /** How often in turn each has broken an invariant. */
  const suspectLanes = new Map<number, number>();
  await assertPartitions(log, topics, options.partitions);

  const timers = startTimers({
    line: line.name,
    database,
    log,
    clock,
    lookMs: line.findsTimersMs,
    onError: (error) =>
      observer.emit('alarm', {
        line: line.name,
        kind: 'turn-failed',
        message: `Timers could not be published, trying again: ${error.message}`,
        error,
      }),
  });
  const runner = createTurnRunner({
    line,
    database,
    log,
    inputs,
    reader: createEnvelopeReader({
      inputs,
      partitions: options.partitions,
      lenders: options.lenders,
      samples: options.tracing?.samples,
    }),
    tracing: options.tracing,
    partitions: options.partitions,
    observer,
    clock,
    // Together well within the session: a turn that outlives it ends the process.
    gatherBudgetMs: sessionTimeoutMs / 3,
    publishBudgetMs: sessionTimeoutMs / 4,
    onTimers: timers.wake,
  });
  // A turn may pause the line before the call that starts the consumer has come back.
  const started: { consumer?: LaneConsumer } = {};
  const consumer = await log.consumeLanes({
    group,
    topics,
    sessionTimeoutMs,
    onTurn,
    onLanes(lanes) {
      timers.own(lanes);
      observer.emit('lanes', { line: line.name, lanes });
    },
    onAlarm: ({ kind, message }) => observer.emit('alarm', { line: line.name, kind, message }),
    onCrash: options.onCrash ?? (() => undefined),
  });
  started.consumer = consumer;
  if (reasons.size > 0) consumer.pause();
  const purging = setInterval(() => void purge(), PURGE_EVERY_MS);
  purging.unref();

  return {
    line,
    observer,
    group,
    topics,
    status: () => ({
      joined: consumer.joined(),
      lanes: consumer.lanes(),
      paused: reasons.size === 0 ? undefined : [...reasons].join('; '),
      broken: consumer.lanes().filter((lane) => brokenLanes.has(lane)),
      oldestTurnMs: consumer.oldestTurnMs(),
    }),
    backlog,
    pause,
    resume,
    async stop() {
      stopped = true;
      clearInterval(purging);
      // At once: a look at timers may wait for a broker that is away, and so may the consumer.
      await Promise.all([timers.stop(), consumer.stop()]);
    },
  };

  async function onTurn(turn: LaneTurn): Promise<{ readonly taken: number }> {
    const stop = turn.records.findIndex(({ partition }) => brokenLanes.has(partition));
    if (stop === 0) {
      await noteBroken(turn.records[0]!.partition);
      return { taken: 0 };
    }
    try {
      const given = stop < 0 ? turn : { ...turn, records: turn.records.slice(0, stop) };
      const done = await runner.run(given);
      for (const lane of turn.lanes) suspectLanes.delete(lane);
      return done;
    } catch (error) {
      // It may have been committed all the same: then there are timers of which nobody was told.
      timers.wake(clock());
      if (error instanceof FailsAlike) pause(error.message);
      const broken = brokenInvariantOf(error);
      const [lane, ...others] = turn.lanes;
      // Of several lanes each is given its records again by itself: the broken one shows itself.
      if (broken === undefined || lane === undefined || others.length > 0) throw error;
      const times = (suspectLanes.get(lane) ?? 0) + 1;
      suspectLanes.set(lane, times);
      if (times < BROKEN_TIMES) throw error;
      breakLane(lane, turn.records, broken);
      await noteBroken(lane);
      return { taken: 0 };
    }
  }

  function breakLane(
    lane: number,
    records: readonly IncomingRecord[],
    error: BrokenInvariant,
  ): void {
    const { message, lenderId, applicationId } = error;
    const lenders =
      lenderId === undefined
        ? options.lenders.filter((one) =>
            records.some(({ headers }) => headers['ce_lenderid']?.toString() === one),
          )
        : [lenderId];
    brokenLanes.set(lane, { lane, reason: message, lenders, applicationId, noted: false });
    observer.emit('alarm', {
      line: line.name,
      kind: 'broken-invariant',
      message: `Lane ${lane} is stopped: ${message}`,
      ...(applicationId !== undefined && { applicationId }),
      error,
    });
  }

  /** A rejection is an alarm of the consumer's, which gives the turn again: so it is tried again. */
  async function noteBroken(lane: number): Promise<void> {
    const broken = brokenLanes.get(lane);
    if (broken === undefined || broken.noted) return;
    await database.transaction(async (transaction) => line.onBroken?.(transaction, broken));
    broken.noted = true;
  }

  function pause(reason: string): void {
    if (reasons.has(reason)) return;
    reasons.add(reason);
    started.consumer?.pause();
    observer.emit('paused', { line: line.name, reason });
    observer.emit('alarm', { line: line.name, kind: 'paused', message: reason });
  }

  function resume(reason: string): void {
    if (!reasons.delete(reason) || reasons.size > 0) return;
    started.consumer?.resume();
    observer.emit('paused', { line: line.name, reason: undefined });
  }

  async function backlog(): Promise<LineBacklog> {
    // Timers are due by the clock of the process, which a test may have set.
    const now = 'to_timestamp($1::bigint / 1000.0)';
    const { rows } = await database.query<{
      parked: bigint;
      oldest_ms: bigint | null;
      blocked: bigint;
      timers: bigint;
      due: bigint;
      due_ms: bigint | null;
    }>(
      `select (select count(*) from ${line.name}.parked) as parked,
         (select (extract(epoch from now() - min(parked_at)) * 1000)::bigint
          from ${line.name}.parked) as oldest_ms,
         (select count(*) from ${line.name}.applications
          where blocked_topic is not null) as blocked,
         (select count(*) from ${line.name}.timers) as timers,
         (select count(*) from ${line.name}.timers where due_at <= ${now}) as due,
         (select (extract(epoch from ${now} - min(due_at)) * 1000)::bigint
          from ${line.name}.timers where due_at <= ${now}) as due_ms`,
      [Math.floor(clock())],
    );
    return {
      parked: Number(rows[0]?.parked ?? 0n),
      oldestParkedMs: Number(rows[0]?.oldest_ms ?? 0n),
      blocked: Number(rows[0]?.blocked ?? 0n),
      timers: Number(rows[0]?.timers ?? 0n),
      timersDue: Number(rows[0]?.due ?? 0n),
      oldestDueMs: Number(rows[0]?.due_ms ?? 0n),
    };
  }

  /**
   * A journal row is of no use once no redelivery can ask for it: retention and thirty days. Where
   * a topic is kept for good, heads tell repeats when the rows are gone.
   */
  async function purge(): Promise<void> {
    const retentionMs = Math.max(
      ...[...inputs.values()].map(({ topic }) => topic?.retentionMs ?? 30 * DAY_MS),
    );
    try {
      const { rowCount } = await database.query(
        `delete from ${line.name}.journal where (key, topic, identity) in (
           select key, topic, identity from ${line.name}.journal
           where written_at < to_timestamp($1::bigint / 1000.0) limit ${PURGE_ROWS_MAX})`,
        [Math.floor(clock() - retentionMs - 30 * DAY_MS)],
      );
      if (rowCount === PURGE_ROWS_MAX && !stopped) await purge();
    } catch (error) {
      const message = `Old journal rows could not be dropped: ${(error as Error).message}`;
      observer.emit('alarm', { line: line.name, kind: 'turn-failed', message });
    }
  }
}

async function assertPartitions(
  log: EventLog,
  topics: readonly string[],
  partitions: number,
): Promise<void> {
  for (const topic of topics) {
    const found = (await log.ranges(topic)).length;
    if (found !== partitions) {
      throw new EventLogError(
        'SAIDAO_TOPIC_PARTITIONS',
        `${topic} has ${found} partitions, this worker is set to ${partitions}: set PARTITIONS, ` +
          'or make new topics; a topic must never be given more partitions in place.',
      );
    }
  }
}
