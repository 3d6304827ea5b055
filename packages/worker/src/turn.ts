// The turn: decode, look up, gather, decide and write in one transaction, publish, commit.
import {
  partitionName,
  type EventLog,
  type IncomingRecord,
  type LaneTurn,
} from '@saidao/event-log';
import { encode, topicName, topicOf, type EventName } from '@saidao/schemas';
import { isDataError, type Database } from './database.ts';
import { placeOf } from './dead-letter.ts';
import { isGatheredFor, type Incoming, type Line } from './define.ts';
import {
  isUnreadable,
  writeRecord,
  type Envelope,
  type EnvelopeReader,
  type InputTopic,
  type Unreadable,
} from './envelope.ts';
import { codeOfConstraint } from './errors.ts';
import { gatherPlanned, type Gathered } from './gathering.ts';
import { GIVEN_UP, OTHER_BYTES, PLACE, takenMark } from './journal-marks.ts';
import type { Observer, Outcome } from './observe.ts';
import { errorTypeOf, type Tracing } from './tracing.ts';
import { TurnSpans, type CommittedSteps } from './turn-spans.ts';
import { loadSnapshot, readForTurn, readGiven, writeTurn, type Wanted } from './turn-store.ts';
import {
  decoded,
  originalOf,
  PlanOutdated,
  walk,
  type Changes,
  type Failures,
  type Item,
  type Loaded,
  type Mode,
  type Touched,
} from './walk.ts';

/** Snapshots that proved outdated before a turn is left to a later try. */
const PLANS_MAX = 6;
/** Applications of which a member remembers what it has appended last. */
const APPENDED_MAX = 20_000;

export interface TurnOptions {
  readonly line: Line;
  readonly database: Database;
  readonly log: EventLog;
  readonly inputs: ReadonlyMap<string, InputTopic>;
  readonly reader: EnvelopeReader;
  readonly partitions: number;
  readonly observer: Observer;
  readonly clock: () => number;
  /** For all gathering of one turn, however often it has to be planned anew. */
  readonly gatherBudgetMs: number;
  /** How long an append may take before the turn is given up, to be tried again. */
  readonly publishBudgetMs: number;
  /** Left out: no span is made, and every trace is passed on as it came. */
  readonly tracing?: Tracing | undefined;
  /** Called after a commit with the earliest time at which one of the new timers is due. */
  readonly onTimers: (dueAtMs: number) => void;
}

export interface TurnRunner {
  run(turn: LaneTurn): Promise<{ readonly taken: number }>;
}

/** The record that a replay, a discard or a redelivery is of. */
interface AskedAgain {
  readonly isRedelivery: boolean;
  readonly original: Envelope | Unreadable;
}

/** What a settled part of the turn yields. */
interface Settled {
  readonly changes: Changes;
  readonly nowMs: number;
  /** Of its transaction, by `performance.now()`. */
  readonly startedMs: number;
  readonly endedMs: number;
}

export function createTurnRunner(options: TurnOptions): TurnRunner {
  const { line, database, log, observer, clock } = options;
  let failures: Failures = { signature: '', count: 0 };
  // By application, the newest last: what is forgotten is only said once more.
  const appended = new Map<string, string>();

  return { run };

  async function run(turn: LaneTurn): Promise<{ readonly taken: number }> {
    const startedMs = performance.now();
    const spans = options.tracing && new TurnSpans(options.tracing, line.name);
    const items = await identify(turn.records);
    const spent = { gatherMs: 0, transactionMs: 0 };
    const settled = await settleAsPlanned(turn, items, spent).catch((error: unknown) => {
      spans?.failed(turn, items, error);
      throw error;
    });
    let failure: string | undefined = 'lanes-lost';
    try {
      const publishedMs = performance.now();
      const published = await publish(turn, settled.parts, spans);
      // Another member has this lane by now, or will soon: it reads the journal and publishes.
      if (published === undefined) return { taken: 0 };
      failure = undefined;
      const publishMs = performance.now() - publishedMs;
      tell(turn, settled, { startedMs, publishMs, published, ...spent });
      return { taken: settled.taken };
    } catch (error) {
      failure = errorTypeOf(error);
      throw error;
    } finally {
      spans?.settled(settled.parts.map(committedIn), failure);
    }
  }

  /** Reads the envelopes; for topics keyed otherwise, asks the line whose application each is. */
  async function identify(records: readonly IncomingRecord[]): Promise<Item[]> {
    const items = records.map((record) => ({ record, read: options.reader.read(record) }));
    if (line.identify === undefined) return items;
    const nameless: { readonly named: Envelope; readonly event: Incoming<EventName> }[] = [];
    for (const { read } of items) {
      if (isUnreadable(read)) continue;
      const inner = read.input.kind === 'replay' ? replayed(read) : read;
      if (inner === undefined || inner.input.keyedByApplication) continue;
      const event = decoded(inner);
      if (!(event instanceof Error)) nameless.push({ named: read, event });
    }
    if (nameless.length > 0) {
      const ids = await line.identify(nameless.map(({ event }) => event));
      nameless.forEach(({ named }, index) => {
        named.applicationId = ids[index];
      });
    }
    return items;
  }

  /** What a request of a replay speaks of; undefined where it cannot be told. */
  function askedAgain(envelope: Envelope): AskedAgain | undefined {
    const event = decoded(envelope);
    if (event instanceof Error) return undefined;
    const request = event as Incoming<'ReplayRequested'>;
    const isRedelivery = request.data.action === 'REDELIVER';
    return { isRedelivery, original: options.reader.read(originalOf(request)) };
  }

  /** The envelope that a replay speaks of; undefined where it has none. */
  function replayed(envelope: Envelope): Envelope | undefined {
    const original = askedAgain(envelope)?.original;
    return original === undefined || isUnreadable(original) ? undefined : original;
  }

  async function settleAsPlanned(
    turn: LaneTurn,
    items: readonly Item[],
    spent: { gatherMs: number; transactionMs: number },
  ): Promise<{ readonly parts: Settled[]; readonly taken: number }> {
    for (let plans = 1; ; plans += 1) {
      const gatherStartedMs = performance.now();
      // The budget is the turn's, not each plan's: a turn that outlives its session ends the process.
      // What was parked may be released by this turn, and want gathering: an outdated plan says so.
      const asks = plans === 1 ? items.some(wantsGathering) : line.gather !== undefined;
      const gathered = asks
        ? await gather(turn, items, options.gatherBudgetMs - spent.gatherMs)
        : { complete: items.length, answers: new Map<string, unknown>() };
      spent.gatherMs += performance.now() - gatherStartedMs;
      const prefix = items.slice(0, gathered.complete);
      const transactionStartedMs = performance.now();
      try {
        const parts = await settle(prefix, gathered.answers);
        return { parts, taken: prefix.length };
      } catch (error) {
        if (!(error instanceof PlanOutdated) || plans >= PLANS_MAX) throw error;
        if (spent.gatherMs >= options.gatherBudgetMs) throw error;
      } finally {
        spent.transactionMs += performance.now() - transactionStartedMs;
      }
    }
  }

  /** A replay may bring back any event. */
  function wantsGathering({ read }: Item): boolean {
    if (line.gather === undefined || isUnreadable(read)) return false;
    return read.input.kind === 'replay' || isGatheredFor(line, read.type);
  }

  async function gather(
    turn: LaneTurn,
    items: readonly Item[],
    budgetMs: number,
  ): Promise<Gathered> {
    const loaded = await loadSnapshot(database, line.name, wantedBy(items, askedAgain));
    const truncated = await truncatedPartitions(items, loaded);
    const plan = walkOver(items, { ...loaded, truncated }, { kind: 'plan' }, clock());
    return gatherPlanned({
      line,
      planned: plan.planned,
      items: items.length,
      budgetMs,
      signal: turn.signal,
      nowMs: clock(),
    });
  }

  /**
   * Commits the items; a data error halves them until the one that causes it is found. A broken
   * invariant comes through: of the part that it is in nothing is committed.
   */
  async function settle(
    items: readonly Item[],
    answers: ReadonlyMap<string, unknown>,
  ): Promise<Settled[]> {
    if (items.length === 0) return [];
    try {
      return [await commit(items, { kind: 'decide', gathered: answers })];
    } catch (error) {
      if (!isDataError(error)) throw error;
      if (items.length === 1) return [await settleOne(items, answers)];
      const half = Math.ceil(items.length / 2);
      const first = await settle(items.slice(0, half), answers);
      const second = await settle(items.slice(half), answers);
      return [...first, ...second];
    }
  }

  /** What the data causes is refused again, by itself; only then is a record to blame. */
  async function settleOne(
    items: readonly Item[],
    answers: ReadonlyMap<string, unknown>,
  ): Promise<Settled> {
    try {
      return await commit(items, { kind: 'decide', gathered: answers });
    } catch (error) {
      if (!isDataError(error)) throw error;
      return await buryCulprit(items, answers, error as Error);
    }
  }

  /** One record, and what it released: the last take that can be held back is the culprit. */
  async function buryCulprit(
    items: readonly Item[],
    answers: ReadonlyMap<string, unknown>,
    error: Error,
  ): Promise<Settled> {
    const code = codeOfConstraint(error);
    // A named refusal says what is wrong in its own words; others may hold contents of the row.
    const says = code === undefined ? sqlOf(error) : error.message;
    const named = Object.assign(new Error(`The database refused it: ${says}.`), {
      code: code ?? 'SAIDAO_DATA_REFUSED',
    });
    const takes = takesOf.get(error) ?? 1;
    for (let take = takes - 1; take >= 0; take -= 1) {
      try {
        const forced = { take, error: named };
        return await commit(items, { kind: 'decide', gathered: answers, forced });
      } catch (again) {
        if (!isDataError(again) || take === 0) throw again;
      }
    }
    throw error;
  }

  async function commit(items: readonly Item[], mode: Mode): Promise<Settled> {
    const wanted = wantedBy(items, askedAgain);
    const extraLocks = new Set<string>();
    for (let plans = 1; ; plans += 1) {
      const nowMs = clock();
      const startedMs = performance.now();
      try {
        const changes = await database.transaction(async (transaction) => {
          const read = await readForTurn(transaction, line.name, wanted);
          const truncated = await truncatedPartitions(items, read);
          const rows = { ...read, truncated };
          const lockNames = new Set(extraLocks);
          if (line.locks !== undefined) {
            const plan = walkOver(items, read.copy(truncated), { kind: 'plan' }, nowMs);
            for (const name of plan.lockNames) lockNames.add(name);
          }
          const shared = await read.lockShared([...lockNames]);
          const made = walkOver(items, { ...rows, shared }, mode, nowMs);
          try {
            await writeTurn(transaction, line, rows.applications, made);
          } catch (error) {
            if (isDataError(error)) takesOf.set(error as Error, made.takes);
            throw error;
          }
          return made;
        });
        failures = changes.failures;
        // The rows are there, whatever becomes of the publishing: told later, timers would be late.
        const due = changes.timers.map(({ dueAtMs }) => dueAtMs);
        if (due.length > 0) options.onTimers(Math.min(...due));
        if (changes.rows.length > 0) line.observes?.(changes.rows);
        return { changes, nowMs, startedMs, endedMs: performance.now() };
      } catch (error) {
        // A lock that only the deciding walk asked for is taken from the start the next time.
        if (!(error instanceof PlanOutdated) || error.lockNames.length === 0) throw error;
        // Each round names at least one lock more; a take asks for its own.
        if (plans >= PLANS_MAX + items.length) throw error;
        for (const name of error.lockNames) extraLocks.add(name);
      }
    }
  }

  function walkOver(items: readonly Item[], loaded: Loaded, mode: Mode, nowMs: number): Changes {
    return walk({
      line,
      partitions: options.partitions,
      reader: options.reader,
      inputs: options.inputs,
      loaded,
      items,
      mode,
      nowMs,
      failures,
      appended,
      traced: options.tracing !== undefined,
    });
  }

  /** Those that have lost their beginning: only there is a first number above 1 no gap. */
  async function truncatedPartitions(
    items: readonly Item[],
    loaded: Pick<Loaded, 'applications'>,
  ): Promise<ReadonlySet<string>> {
    const asked = new Map<string, IncomingRecord>();
    const begun = new Set<string>();
    for (const { read: met } of items) {
      if (isUnreadable(met)) continue;
      const read = met.input.kind === 'replay' ? replayed(met) : met;
      if (read?.number === undefined) continue;
      const { record } = read;
      const stream = `${record.topic} ${read.applicationId}`;
      if (read.number === 1) begun.add(stream);
      if (begun.has(stream)) continue;
      const head = loaded.applications.get(read.applicationId ?? '')?.heads[record.topic] ?? 0;
      if (head === 0) asked.set(partitionName(record.topic, record.partition), record);
    }
    const truncated = new Set<string>();
    for (const [name, { topic, partition }] of asked) {
      const range = (await log.ranges(topic)).find((one) => one.partition === partition);
      if (range !== undefined && range.earliest > 0n) truncated.add(name);
    }
    return truncated;
  }

  /** How many outputs were sent; undefined where the lanes were lost before all was. */
  async function publish(
    turn: LaneTurn,
    parts: readonly Settled[],
    spans: TurnSpans | undefined,
  ): Promise<number | undefined> {
    const unsure = parts.flatMap(({ changes }) => changes.unsure);
    const outputs = [
      ...(unsure.length === 0 ? [] : await readGiven(database, line.name, unsure)),
      ...parts.flatMap(({ changes }) => changes.outputs.flat()),
    ];
    if (!turn.isOwned()) return undefined;
    const timeoutMs = options.publishBudgetMs;
    if (outputs.length > 0) {
      await log.send(outputs, { timeoutMs });
      spans?.published(outputs.length);
    }
    for (const { changes } of parts) changes.givenLast.forEach(remember);
    const touched = new Map(parts.flatMap(({ changes }) => [...changes.touched]));
    if (line.presents === undefined || touched.size === 0) return outputs.length;
    if (!(await present(touched, () => turn.isOwned()))) return undefined;
    spans?.presented();
    return outputs.length;
  }

  function remember(place: string, applicationId: string): void {
    appended.delete(applicationId);
    appended.set(applicationId, place);
    if (appended.size <= APPENDED_MAX) return;
    const [oldest] = appended.keys();
    appended.delete(oldest!);
  }

  /**
   * Sent while the rows are locked, so that a later state is never overtaken by an earlier one.
   * PostgreSQL takes the lock from a process that is frozen for a minute, and by then another has
   * the lanes and tells what is newer. One that freezes between this look and its append still
   * sets the topic back, as nothing fences it: the checker sees that, and its `--repair` mends it.
   */
  async function present(
    touched: ReadonlyMap<string, Touched>,
    isOwned: () => boolean,
  ): Promise<boolean> {
    return await database.transaction(async (transaction) => {
      const presented = (await line.presents?.(transaction, [...touched.keys()].sort())) ?? [];
      const time = new Date(clock()).toISOString();
      const records = presented.map((one) => {
        const data = one.event.data as unknown as { lenderId: string };
        const topic = topicName(topicOf(one.event.type), data.lenderId);
        return writeRecord(
          {
            line: line.name,
            topic,
            partition: touched.get(one.applicationId)!.lane,
            applicationId: one.applicationId,
            number: undefined,
            id: `${one.applicationId}/${topic}/${one.sequence}`,
            type: one.event.type,
            lenderId: data.lenderId,
            time,
            correlationId: one.correlationId,
            causationId: one.causationId,
            traceparent: touched.get(one.applicationId)!.traceparent,
            sequence: one.sequence,
          },
          encode(one.event.type, one.event.data as never, topic),
        );
      });
      if (!isOwned()) return false;
      const timeoutMs = options.publishBudgetMs;
      if (records.length > 0) await log.send(records, { timeoutMs });
      return true;
    });
  }

  function tell(
    turn: LaneTurn,
    settled: { readonly parts: readonly Settled[]; readonly taken: number },
    spent: {
      readonly startedMs: number;
      readonly gatherMs: number;
      readonly transactionMs: number;
      readonly publishMs: number;
      readonly published: number;
    },
  ): void {
    const outcomes = new Map<string, Map<Outcome, number>>();
    let index = 0;
    for (const { changes } of settled.parts) {
      for (const outcome of changes.outcomes) {
        const topic = turn.records[index]?.topic ?? '';
        const counts = outcomes.get(topic) ?? new Map<Outcome, number>();
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        outcomes.set(topic, counts);
        index += 1;
      }
      for (const decided of changes.decided) observer.emit('decided', decided);
      for (const dead of changes.deadLettered) observer.emit('deadLettered', dead);
      for (const alarm of changes.alarms) observer.emit('alarm', alarm);
    }
    observer.emit('turn', {
      line: line.name,
      lanes: turn.lanes,
      records: turn.records.length,
      taken: settled.taken,
      published: spent.published,
      durationMs: performance.now() - spent.startedMs,
      gatherMs: spent.gatherMs,
      transactionMs: spent.transactionMs,
      publishMs: spent.publishMs,
      outcomes,
    });
  }
}

function committedIn({ changes, startedMs, endedMs }: Settled): CommittedSteps {
  return { steps: changes.steps, startedMs, endedMs };
}

// How many takes a refused transaction had made, to find the one that was refused.
const takesOf = new WeakMap<Error, number>();

function sqlOf(error: Error): string {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return constraint === undefined ? `SQLSTATE ${code}` : `SQLSTATE ${code}, ${constraint}`;
}

/** The rows that a turn's items may need, and those that it may create. */
function wantedBy(
  items: readonly Item[],
  askedAgain: (envelope: Envelope) => AskedAgain | undefined,
): Wanted {
  const applications = new Set<string>();
  const created = new Set<string>();
  const journal: [string, string, string][] = [];
  for (const { read, record } of items) {
    if (isUnreadable(read)) {
      journal.push([placeOf(record), record.topic, PLACE]);
      continue;
    }
    journal.push([read.key, record.topic, read.identity]);
    const { applicationId } = read;
    // Also for a door's message of an application unknown here, which stays unknown: who parks it
    // has something to lock, so that one that has lost its lane does not park it again.
    let createsRow = read.input.kind !== 'timers';
    if (read.input.kind === 'replay') {
      // Read like any record: what its bytes say may be nothing that a database takes.
      const asked = askedAgain(read);
      if (asked === undefined) continue;
      const { isRedelivery, original } = asked;
      const { topic } = original.record;
      const place = placeOf(original.record);
      if (!isRedelivery) journal.push([place, topic, OTHER_BYTES], [place, topic, GIVEN_UP]);
      if (isUnreadable(original)) {
        if (isRedelivery) journal.push([place, topic, PLACE]);
        continue;
      }
      const { number, key, identity } = original;
      journal.push([key, topic, identity]);
      if (number === undefined) journal.push([key, topic, takenMark(original)]);
      // Its key names the application only where the line has just identified it anew.
      createsRow = applicationId !== read.key || isRedelivery;
    }
    if (applicationId === undefined) continue;
    applications.add(applicationId);
    if (createsRow) created.add(applicationId);
  }
  return { applications: [...applications].sort(), created: [...created].sort(), journal };
}
