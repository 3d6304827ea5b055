// Timers: rows that a turn wrote, published as TimerDue by whoever owns the lane when they are due.
import type { EventLog } from '@saidao/event-log';
import { encode, workerTopics } from '@saidao/schemas';
import type { Database } from './database.ts';
import { writeRecord } from './envelope.ts';

const BATCH_MAX = 500;
/** A row that is still there so long after it was published is published again. */
const REPUBLISH_MS = 30_000;
/** Rows that another member wrote, or that a clock hides, are found at least this often. */
const LOOK_MS = 30_000;
/** Well above what a statement and an append may take: only what is never answered takes longer. */
const LOOK_MS_MAX = 60_000;
/** Half of what a process has for its end: a look that waits for the broker may be under way. */
const PUBLISH_MS_MAX = 5_000;

export interface Timers {
  /** Publishes for these lanes from now on. */
  own(lanes: readonly number[]): void;
  /** A timer was written that is due at this time. */
  wake(dueAtMs: number): void;
  stop(): Promise<void>;
}

export interface TimersOptions {
  readonly line: string;
  readonly database: Database;
  readonly log: EventLog;
  readonly clock: () => number;
  /** Looks at least so often; default 30 s. */
  readonly lookMs?: number | undefined;
  /** A look that has not ended by then is told of, and another begins; default 60 s. */
  readonly lookMsMax?: number;
  readonly onError: (error: Error) => void;
}

interface DueRow {
  readonly id: string;
  readonly application_id: string;
  readonly lane: number;
  readonly name: string;
  readonly due_at_ms: bigint;
  readonly revision: number;
  readonly lender_id: string;
  readonly correlation_id: string;
  readonly detail: string;
  /** Null in a row of before traces were kept. */
  readonly traceparent: string | null;
}

/** Starts with no lanes. A row is deleted by the turn that takes its TimerDue, never here. */
export function startTimers(options: TimersOptions): Timers {
  const { line, database, log, clock, lookMs = LOOK_MS, lookMsMax = LOOK_MS_MAX } = options;
  const topic = workerTopics(line).timers;
  const publishedAt = new Map<string, number>();
  let lanes: readonly number[] = [];
  let wakeAtMs = Number.POSITIVE_INFINITY;
  let timeout: NodeJS.Timeout | undefined;
  let looking: Promise<void> | undefined;
  let stopped = false;

  return { own, wake, stop };

  function own(owned: readonly number[]): void {
    lanes = owned;
    schedule(clock());
  }

  function wake(dueAtMs: number): void {
    if (dueAtMs < wakeAtMs) schedule(dueAtMs);
  }

  function schedule(atMs: number): void {
    if (stopped) return;
    clearTimeout(timeout);
    wakeAtMs = atMs;
    const waitMs = Math.min(lookMs, Math.max(0, atMs - clock()));
    timeout = setTimeout(() => {
      // One look at a time: a second would publish the same rows.
      if (looking === undefined) look();
    }, waitMs);
  }

  /** Is over in time, whatever becomes of it: a row that two looks publish is taken once. */
  function look(): void {
    wakeAtMs = Number.POSITIVE_INFINITY;
    const { promise, resolve } = Promise.withResolvers<void>();
    looking = promise;
    const end = (nextMs: number): void => {
      if (looking !== promise) return;
      clearTimeout(limit);
      looking = undefined;
      resolve();
      schedule(Math.min(nextMs, wakeAtMs));
    };
    const fail = (error: Error): void => {
      if (looking !== promise) return;
      options.onError(error);
      end(clock() + 1_000);
    };
    const limit = setTimeout(
      () => fail(new Error(`a look has not ended within ${lookMsMax} ms`)),
      lookMsMax,
    );
    publishDue().then(end, fail);
  }

  /** Returns when to look again. */
  async function publishDue(): Promise<number> {
    const nowMs = clock();
    for (const [id, atMs] of publishedAt) {
      if (atMs < nowMs - REPUBLISH_MS) publishedAt.delete(id);
    }
    if (lanes.length === 0) return nowMs + lookMs;
    const due = await dueRows(nowMs);
    if (due.length > 0) await publish(due);
    return due.length === BATCH_MAX ? clock() : await nextDueMs(nowMs);
  }

  async function dueRows(nowMs: number): Promise<DueRow[]> {
    const found = await database.prepared<DueRow & Record<string, unknown>>(
      `${line}.due-timers`,
      `select id, application_id, lane, name, revision, lender_id, correlation_id, detail, traceparent,
         (extract(epoch from due_at) * 1000)::bigint as due_at_ms
       from ${line}.timers
       where lane = any($1::int[]) and due_at <= to_timestamp($2::bigint / 1000.0)
         and not id = any($3::text[])
       order by due_at limit ${BATCH_MAX}`,
      [lanes, Math.floor(nowMs), [...publishedAt.keys()]],
    );
    return found.rows;
  }

  async function publish(due: readonly DueRow[]): Promise<void> {
    await log.send(
      due.map((row) =>
        writeRecord(
          {
            line,
            topic,
            partition: row.lane,
            applicationId: row.application_id,
            number: undefined,
            id: row.id,
            type: 'TimerDue',
            lenderId: row.lender_id,
            time: new Date(Number(row.due_at_ms)).toISOString(),
            correlationId: row.correlation_id,
            causationId: row.id,
            traceparent: row.traceparent ?? undefined,
          },
          encode(
            'TimerDue',
            {
              applicationId: row.application_id,
              revision: row.revision,
              lenderId: row.lender_id,
              timerId: row.id,
              name: row.name,
              dueAt: row.due_at_ms,
              detail: row.detail,
            },
            topic,
          ),
        ),
      ),
      { timeoutMs: PUBLISH_MS_MAX },
    );
    const nowMs = clock();
    for (const { id } of due) publishedAt.set(id, nowMs);
  }

  async function nextDueMs(nowMs: number): Promise<number> {
    const next = await database.prepared<{ next: bigint | null }>(
      `${line}.next-timer`,
      `select (extract(epoch from min(due_at)) * 1000)::bigint as next from ${line}.timers
       where lane = any($1::int[]) and due_at > to_timestamp($2::bigint / 1000.0)`,
      [lanes, Math.floor(nowMs)],
    );
    const found = next.rows[0]?.next ?? null;
    return found === null ? Number.POSITIVE_INFINITY : Number(found);
  }

  async function stop(): Promise<void> {
    stopped = true;
    clearTimeout(timeout);
    await looking;
  }
}
