// The walk: one turn's records taken in order against loaded rows; no I/O, so a retry is free.
import {
  HEADERS_MAX,
  partitionName,
  partitionOf,
  type IncomingRecord,
  type OutgoingRecord,
} from '@saidao/event-log';
import { decode, encode, topicName, topicOf, type EventMap, type EventName } from '@saidao/schemas';
import { uuidV7 } from '@saidao/values';
import { mayHaveLostEvents } from './beginning.ts';
import { brokenInvariantOf } from './broken-invariant.ts';
import { randomBytesPooled } from './chance.ts';
import { deadLetterOf, isLetterOf, placeOf } from './dead-letter.ts';
import { isGatheredFor } from './define.ts';
import type { Decision, Incoming, Line, LineState, Outgoing } from './define.ts';
import {
  isUnreadable,
  writeRecord,
  type Envelope,
  type EnvelopeFault,
  type EnvelopeReader,
  type InputTopic,
  type Unreadable,
} from './envelope.ts';
import { GIVEN_UP, OTHER_BYTES, PLACE, takenMark } from './journal-marks.ts';
import {
  GAP,
  PARKED_DOOR,
  timerFault,
  type GapDetail,
  type ParkedDoorDetail,
} from './own-timers.ts';
import { withInput } from './stored-records.ts';
import { isSampled } from './trace-context.ts';
import { traceOfTaking } from './turn-spans.ts';
import type { Alarm, EventDecided, DeadLettered, Outcome } from './observe.ts';

/** A door message for an application that is unknown here waits this long. */
export const PARKED_DOOR_MS = 60_000;
/** A gap older than this alarms. */
export const GAP_ALARM_MS = 60_000;
/** So many members may die one after another between commit and append; nobody counts more. */
const GIVEN_MAX = 100;
/** More inputs than this in a row failing alike in `decide` pause the worker. */
export const FAILURES_ALIKE_MAX = 10;

const NO_DIGEST = Buffer.alloc(0);
const FIRST_STANDS = 'The same identity came before with other bytes; the first stands.';

/** Key, topic and identity of an input: where the journal has what it led to. */
export type Place = readonly [key: string, topic: string, identity: string];

export interface ApplicationRow {
  readonly applicationId: string;
  readonly heads: Record<string, number>;
  state: LineState | undefined;
  correlationId: string | undefined;
  lenderId: string | undefined;
  blockedTopic: string | undefined;
  blockedNumber: number | undefined;
  /** The inputs whose outputs may not be on the log yet, the last one always; oldest first. */
  given: readonly Place[];
  changed: boolean;
}

export interface JournalRow {
  readonly key: string;
  readonly topic: string;
  readonly identity: string;
  readonly digest: Buffer;
  readonly outputs: readonly OutgoingRecord[];
  /** The value of the record that the row is of, which is not kept; null in a row that was read. */
  readonly inputValue: Buffer | null;
}

/** That somebody had a record given again, or given up: who, why, and what came of it. */
export interface ReplayRow {
  /** Of the request. */
  readonly key: string;
  readonly id: string;
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly applicationId: string | undefined;
  readonly outcome: Outcome;
}

export interface ParkedRow {
  readonly key: string;
  readonly topic: string;
  readonly identity: string;
  readonly applicationId: string;
  readonly number: number | undefined;
  readonly digest: Buffer;
  readonly record: IncomingRecord;
}

export interface TimerRow {
  readonly id: string;
  readonly applicationId: string;
  /** Whose owner publishes it. */
  readonly lane: number;
  readonly name: string;
  readonly dueAtMs: number;
  readonly revision: number;
  readonly lenderId: string;
  readonly correlationId: string;
  readonly detail: string;
  readonly traceparent: string;
}

/** One record of the turn, and what became of it. */
export interface Item {
  readonly record: IncomingRecord;
  readonly read: Envelope | Unreadable;
}

/** What was done with a record of a sampled trace. */
export interface Step {
  readonly envelope: Envelope;
  readonly outcome: Outcome;
  /** True if the line took it; what it did for it hangs below that span. */
  readonly isTaken: boolean;
  /** The record of the turn that led to it: itself, or what released or replayed it. */
  readonly by: Envelope;
}

/** An application with outputs. */
export interface Touched {
  /** That it came by. */
  readonly lane: number;
  readonly traceparent: string;
}

export interface Loaded {
  readonly applications: ReadonlyMap<string, ApplicationRow>;
  readonly journal: ReadonlyMap<string, JournalRow>;
  readonly parked: ReadonlyMap<string, readonly ParkedRow[]>;
  readonly shared: ReadonlyMap<string, unknown>;
  /** Partitions (`partitionName`) that have lost their beginning. */
  readonly truncated: ReadonlySet<string>;
}

/** An event that will be taken, for gathering and locking before it is decided. */
export interface Planned {
  readonly itemIndex: number;
  readonly gatherKey: string;
  readonly applicationId: string;
  readonly event: Incoming<EventName>;
  readonly state: LineState;
  /** What its gathering hangs below; undefined where that is not traced. */
  readonly trace: string | undefined;
}

export type Mode =
  | { readonly kind: 'plan' }
  | {
      readonly kind: 'decide';
      readonly gathered: ReadonlyMap<string, unknown>;
      /** The n-th take (from 0) is dead-lettered for this data error instead of decided. */
      readonly forced?: { readonly take: number; readonly error: Error };
    };

export interface Failures {
  readonly signature: string;
  readonly count: number;
}

export interface Changes {
  readonly planned: Planned[];
  readonly lockNames: Set<string>;
  /** By item: what is published for it, in order. */
  readonly outputs: OutgoingRecord[][];
  readonly outcomes: Outcome[];
  readonly journal: JournalRow[];
  readonly parked: ParkedRow[];
  readonly unparked: ParkedRow[];
  readonly timers: TimerRow[];
  readonly timersDone: string[];
  readonly shared: Map<string, unknown>;
  readonly rows: unknown[];
  readonly replays: ReplayRow[];
  readonly decided: EventDecided[];
  readonly deadLettered: DeadLettered[];
  readonly alarms: Alarm[];
  /** Applications with outputs, fresh or repeated. */
  readonly touched: Map<string, Touched>;
  /** Empty where nothing is traced. */
  readonly steps: Step[];
  /** Inputs of before whose outputs have to be on the log before these. */
  readonly unsure: Place[];
  /** By application: the last input that gave it outputs, by `journalKey`. */
  readonly givenLast: Map<string, string>;
  takes: number;
  failures: Failures;
}

/** The snapshot that the plan was made on is no longer true: plan, gather and lock again. */
export class PlanOutdated extends Error {
  readonly lockNames: readonly string[];
  constructor(message: string, lockNames: readonly string[] = []) {
    super(message);
    this.name = 'PlanOutdated';
    this.lockNames = lockNames;
  }
}

/** So many inputs failed alike that the release, not the inputs, must be broken. */
export class FailsAlike extends Error {
  constructor(kind: string, options: { cause: unknown }) {
    // The kind only: what an error says may quote what the event holds, and this is shown to all.
    super(`More than ${FAILURES_ALIKE_MAX} inputs in a row failed alike: ${kind}.`, options);
    this.name = 'FailsAlike';
  }
}

export interface WalkOptions {
  readonly line: Line;
  readonly partitions: number;
  readonly reader: EnvelopeReader;
  readonly inputs: ReadonlyMap<string, InputTopic>;
  readonly loaded: Loaded;
  readonly items: readonly Item[];
  readonly mode: Mode;
  readonly nowMs: number;
  readonly failures: Failures;
  /** By application: the last input whose outputs this member knows to be on the log. */
  readonly appended: ReadonlyMap<string, string>;
  /** True where spans are recorded; else every trace is passed on as it came. */
  readonly traced: boolean;
}

export function journalKey(key: string, topic: string, identity: string): string {
  return `${key}\u0000${topic}\u0000${identity}`;
}

/** Walks the items; mutates the loaded application rows, so each walk is given its own. */
export function walk(options: WalkOptions): Changes {
  const { line, loaded, items, mode, nowMs } = options;
  const time = new Date(nowMs).toISOString();
  const when = new Set<string>([...line.when, 'TimerDue']);
  const journaled = new Map(loaded.journal);
  const parkedOf = new Map<string, ParkedRow[]>();
  for (const [applicationId, rows] of loaded.parked) parkedOf.set(applicationId, [...rows]);
  const changes: Changes = {
    planned: [],
    lockNames: new Set(),
    outputs: items.map(() => []),
    outcomes: [],
    journal: [],
    parked: [],
    unparked: [],
    timers: [],
    timersDone: [],
    shared: new Map(),
    rows: [],
    replays: [],
    decided: [],
    deadLettered: [],
    alarms: [],
    touched: new Map(),
    steps: [],
    unsure: [],
    givenLast: new Map(),
    takes: 0,
    failures: options.failures,
  };
  // The item whose outputs a take adds to: a released event yields under what released it.
  let current = 0;

  // A name that is missing ends the walk, but only when all have been found: a turn that asked for
  // them one by one would outlive its session. What is decided meanwhile is thrown away.
  const missing = new Set<string>();
  const undecided = new Set<string>();
  items.forEach((item, index) => {
    current = index;
    const outcome = settle(item);
    changes.outcomes[index] = outcome;
    if (options.traced && !isUnreadable(item.read) && changes.steps.at(-1)?.by !== item.read) {
      step(item.read, outcome, false);
    }
  });
  if (missing.size > 0) throw new PlanOutdated('Locks are missing.', [...missing]);
  return changes;

  function settle(item: Item): Outcome {
    if (isUnreadable(item.read)) return settleUnreadable(item.read);
    const envelope = item.read;
    const place = journalKey(envelope.key, envelope.record.topic, envelope.identity);
    const known = journaled.get(place);
    if (known !== undefined) {
      if (!known.digest.equals(envelope.digest)) return refuseOtherBytes(envelope);
      changes.outputs[current]?.push(...withInput(known.outputs, envelope.record.value));
      if (envelope.applicationId !== undefined && known.outputs.length > 0) {
        touch(envelope.applicationId, envelope);
        const again = loaded.applications.get(envelope.applicationId);
        if (again !== undefined) give(again, envelope, true);
      }
      return 'repeated';
    }
    const row =
      envelope.applicationId === undefined
        ? undefined
        : loaded.applications.get(envelope.applicationId);
    const outcome = settleNew(envelope, row);
    // The identity is the first one's, which waits here.
    if (hasMark(envelope.record, OTHER_BYTES)) return outcome;
    // A numbered event that was only counted is known by its head; a parked one by its row.
    const counted = outcome === 'passed-over' && changes.outputs[current]?.length === 0;
    if (outcome !== 'parked' && outcome !== 'repeated' && !(counted && envelope.number)) {
      keep(envelope.key, envelope.record.topic, envelope.identity, envelope.digest);
    }
    return outcome;
  }

  function settleUnreadable(unreadable: Unreadable): Outcome {
    const place = placeOf(unreadable.record);
    const known = journaled.get(journalKey(place, unreadable.record.topic, PLACE));
    if (known !== undefined) {
      changes.outputs[current]?.push(...withInput(known.outputs, unreadable.record.value));
      return 'repeated';
    }
    bury(unreadable.record, unreadable.code, unreadable.reason, place, undefined, false);
    keep(place, unreadable.record.topic, PLACE, NO_DIGEST);
    return 'dead-lettered';
  }

  function settleNew(envelope: Envelope, row: ApplicationRow | undefined): Outcome {
    switch (envelope.input.kind) {
      case 'numbered':
        return settleNumbered(envelope, row as ApplicationRow);
      case 'door':
        if (envelope.input.keyedByApplication && isUnknown(row)) return parkUnknown(envelope);
        if (row?.blockedTopic !== undefined) return park(envelope);
        return takeAndRelease(envelope, row);
      case 'timers':
        return settleTimer(envelope, row);
      case 'replay':
        return settleReplay(envelope);
    }
  }

  function settleNumbered(envelope: Envelope, row: ApplicationRow): Outcome {
    const number = envelope.number as number;
    const head = row.heads[envelope.record.topic] ?? 0;
    if (number <= head) return 'repeated';
    if (row.blockedTopic !== undefined) return park(envelope);
    const { topic } = envelope.record;
    if (number > head + 1 && !(head === 0 && isFirstLeft(envelope))) {
      return park(envelope, [GAP, GAP_ALARM_MS, { topic, number }]);
    }
    if (number > head + 1) {
      const says = 'is the first that is left of it: those before it count as taken.';
      changes.alarms.push(alarm('gap', `Number ${number} of ${topic} ${says}`, row.applicationId));
    }
    return takeAndRelease(envelope, row);
  }

  /** What was before it may have gone with the partition's beginning, and is not here either. */
  function isFirstLeft({ key, record, number, input }: Envelope): boolean {
    const { topic, partition } = record;
    if (!loaded.truncated.has(partitionName(topic, partition))) return false;
    const isLower = (one: ParkedRow) => one.topic === topic && one.number! < number!;
    if (parkedOf.get(key)?.some(isLower)) return false;
    return mayHaveLostEvents(key, input.topic?.retentionMs ?? null, nowMs);
  }

  /** What came while its application was blocked has no timer: what is left of it now has a gap. */
  function watchGaps(envelope: Envelope, row: ApplicationRow): void {
    if (row.blockedTopic !== undefined) return;
    const last = new Map<string, number>();
    for (const { topic, number } of parkedOf.get(row.applicationId) ?? []) {
      if (number !== undefined) last.set(topic, Math.max(number, last.get(topic) ?? 0));
    }
    for (const [topic, number] of last) timer(envelope, GAP, GAP_ALARM_MS, { topic, number });
  }

  /** Keeps the bytes; the timer is set with them, so a redelivery sets no second one. */
  function park(envelope: Envelope, timerOf?: [string, number, unknown]): Outcome {
    const applicationId = envelope.applicationId as string;
    const before = parkedOf.get(applicationId) ?? [];
    const same = parkedAs(envelope);
    if (same !== undefined) {
      return same.digest.equals(envelope.digest) ? 'parked' : refuseOtherBytes(envelope);
    }
    const row: ParkedRow = {
      key: envelope.key,
      topic: envelope.record.topic,
      identity: envelope.identity,
      applicationId,
      number: envelope.number,
      digest: envelope.digest,
      record: envelope.record,
    };
    parkedOf.set(applicationId, [...before, row]);
    changes.parked.push(row);
    if (timerOf !== undefined) timer(envelope, ...timerOf);
    return 'parked';
  }

  function parkedAs({ applicationId, key, record, identity }: Envelope): ParkedRow | undefined {
    return parkedOf
      .get(applicationId ?? '')
      ?.find((one) => one.key === key && one.topic === record.topic && one.identity === identity);
  }

  function parkUnknown(envelope: Envelope): Outcome {
    const detail = {
      key: envelope.key,
      topic: envelope.record.topic,
      identity: envelope.identity,
    };
    return park(envelope, [PARKED_DOOR, PARKED_DOOR_MS, detail]);
  }

  function settleTimer(envelope: Envelope, row: ApplicationRow | undefined): Outcome {
    const event = decoded(envelope);
    // Also of one that cannot be read: its row would be published again for ever. A replay has it.
    changes.timersDone.push(envelope.id);
    // The machinery's own speak for no lender: the event that they are about may name a stranger's.
    if (envelope.fault !== undefined && !isOwnTimer(event)) {
      return failOf(envelope, row, envelope.fault);
    }
    if (event instanceof Error) return fail(envelope, row, event);
    const due = event as Incoming<'TimerDue'>;
    if (due.data.name === GAP) return alarmGap(due, row);
    if (due.data.name === PARKED_DOOR) return buryParked(due, row);
    if (isUnknown(row)) return 'ignored';
    if (row?.blockedTopic !== undefined) return park(envelope);
    return takeAndRelease(envelope, row);
  }

  function alarmGap(due: Incoming<'TimerDue'>, row: ApplicationRow | undefined): Outcome {
    const { topic, number } = JSON.parse(due.data.detail) as GapDetail;
    const head = row?.heads[topic] ?? 0;
    if (head >= number) return 'ignored';
    const message = `Number ${head + 1} of ${topic} is missing; ${number} has waited for a minute.`;
    changes.alarms.push(alarm('gap', message, due.data.applicationId));
    return 'decided';
  }

  function buryParked(due: Incoming<'TimerDue'>, row: ApplicationRow | undefined): Outcome {
    const wanted = JSON.parse(due.data.detail) as ParkedDoorDetail;
    const parked = (parkedOf.get(due.data.applicationId) ?? []).find(
      (one) =>
        one.key === wanted.key && one.topic === wanted.topic && one.identity === wanted.identity,
    );
    if (parked === undefined || !isUnknown(row)) return 'ignored';
    unpark(parked);
    bury(
      parked.record,
      'SAIDAO_APPLICATION_UNKNOWN',
      'No event of this application reached the line within a minute.',
      parked.identity,
      parked.applicationId,
      false,
    );
    return 'dead-lettered';
  }

  function settleReplay(envelope: Envelope): Outcome {
    const event = decoded(envelope);
    if (event instanceof Error) return fail(envelope, undefined, event);
    const { data } = event as Incoming<'ReplayRequested'>;
    if (data.action === 'UNKNOWN') {
      const reason = 'It asks for what this release does not know.';
      return failOf(envelope, undefined, { code: 'SAIDAO_REPLAY_ACTION', reason });
    }
    if (isBlank(data.actor) || isBlank(data.reason)) {
      const reason = 'It does not say who asks, or why.';
      return failOf(envelope, undefined, { code: 'SAIDAO_REPLAY_UNSIGNED', reason });
    }
    const original = originalOf(event as Incoming<'ReplayRequested'>);
    const read = options.reader.read(original);
    const outcome =
      data.action === 'REDELIVER'
        ? redeliver(read, envelope)
        : replay(read, envelope, data.action === 'DISCARD');
    const { action, actor, reason, topic, partition, offset } = data;
    changes.replays.push({
      ...{ key: envelope.key, id: envelope.id, action, actor, reason },
      ...{ topic, partition, offset, applicationId: envelope.applicationId, outcome },
    });
    return outcome;
  }

  /**
   * As Kafka would give it again, but that what was met before yields nothing, not even the same
   * records once more. A dead letter was met: only `replay` has it taken again.
   */
  function redeliver(read: Envelope | Unreadable, envelope: Envelope): Outcome {
    const { topic, partition } = read.record;
    if (isUnreadable(read)) {
      const place = placeOf(read.record);
      if (journaled.has(journalKey(place, topic, PLACE))) return 'repeated';
      bury(read.record, read.code, read.reason, place, undefined, false);
      mark(read.record, PLACE);
      return 'dead-lettered';
    }
    if (read.input.kind === 'replay') return 'ignored';
    const { applicationId } = envelope;
    read.applicationId ??= applicationId;
    if (read.applicationId !== applicationId || partition !== laneNow()) {
      const reason = 'The request has another key or lane than the record that it speaks of.';
      return failOf(envelope, undefined, { code: 'SAIDAO_KEY', reason });
    }
    if (journaled.has(journalKey(read.key, topic, read.identity))) return 'repeated';
    if (parkedAs(read) !== undefined) return 'parked';
    const row = loaded.applications.get(applicationId ?? '');
    const outcome = settleNew(read, row);
    // What came of it is the request's to publish again; a later delivery of it is a repeat.
    if (outcome !== 'parked' && outcome !== 'repeated') {
      keepKnown({ key: read.key, topic, digest: read.digest }, read.identity);
    }
    return outcome;
  }

  /** Of a dead letter: its line takes it again, or goes on without it. */
  function replay(read: Envelope | Unreadable, envelope: Envelope, isDiscard: boolean): Outcome {
    const original = read.record;
    // Given up: asked twice, or by two at once, it has one effect.
    if (hasMark(original, GIVEN_UP)) return 'repeated';
    if (isUnreadable(read)) {
      if (isDiscard) return giveUp(original);
      bury(original, read.code, read.reason, placeOf(original), undefined, false);
      return 'dead-lettered';
    }
    read.applicationId ??= envelope.applicationId;
    if (hasMark(original, OTHER_BYTES)) {
      // Its identity is another's: that one is neither taken for it nor given up with it.
      return isDiscard ? giveUp(original) : refuseAgain(read);
    }
    const row =
      read.applicationId === undefined ? undefined : loaded.applications.get(read.applicationId);
    if (read.number !== undefined) {
      const refused = (code: string, reason: string): Outcome => {
        bury(original, code, reason, read.id, read.applicationId, false);
        return 'dead-lettered';
      };
      if (row === undefined) return refused('SAIDAO_APPLICATION_UNKNOWN', 'It is unknown here.');
      const head = row.heads[read.record.topic] ?? 0;
      // Taken or given up meanwhile: asked twice it has one effect.
      if (read.number <= head) return 'ignored';
      const isBlocker = row.blockedTopic === read.record.topic && row.blockedNumber === read.number;
      if (!isBlocker && (row.blockedTopic !== undefined || read.number !== head + 1)) {
        const first =
          row.blockedTopic === undefined
            ? `number ${head + 1} has to come`
            : `number ${row.blockedNumber} of ${row.blockedTopic} has to be replayed or discarded`;
        return refused('SAIDAO_REPLAY_EARLY', `It is not its turn: first ${first}.`);
      }
      unblock(row);
      if (isDiscard) {
        row.heads[read.record.topic] = read.number;
        row.changed = true;
        release(row);
        watchGaps(read, row);
        return 'decided';
      }
      const outcome = takeAndRelease(read, row);
      watchGaps(read, row);
      return outcome;
    }
    return replayUnnumbered(read, row, isDiscard);
  }

  /** A door's message or a timer: its journal row tells that it was met, a mark that it was taken. */
  function replayUnnumbered(
    read: Envelope,
    row: ApplicationRow | undefined,
    isDiscard: boolean,
  ): Outcome {
    const { topic } = read.record;
    if (journaled.has(journalKey(read.key, topic, takenMark(read)))) return 'repeated';
    // One that was replayed while its application is blocked: it will be taken after that.
    if (parkedAs(read) !== undefined) return 'parked';
    if (isDiscard) return giveUp(read.record);
    const isDoor = read.input.kind === 'door';
    const first = journaled.get(journalKey(read.key, topic, read.identity));
    if (isDoor && first?.digest.equals(read.digest) === false) return refuseAgain(read);
    // It led to something when it came: whoever asks, it is no dead letter.
    const given = first?.outputs ?? [];
    if (given.length > 0 && !given.some((one) => isLetterOf(one, read.record))) return 'repeated';
    if (read.input.keyedByApplication && isUnknown(row)) {
      return fail(read, row, codedError('SAIDAO_APPLICATION_UNKNOWN', 'It is still unknown here.'));
    }
    const outcome = isDoor ? settleNew(read, row) : settleTimer(read, row);
    if (outcome !== 'dead-lettered' && outcome !== 'parked') keepTaken(read);
    return outcome;
  }

  function takeAndRelease(envelope: Envelope, row: ApplicationRow | undefined): Outcome {
    const outcome = take(envelope, row);
    if (row !== undefined) release(row);
    return outcome;
  }

  /** Takes what was parked and can go on now, until nothing more can. */
  function release(row: ApplicationRow): void {
    for (let progress = true; progress && row.blockedTopic === undefined;) {
      progress = false;
      for (const parked of parkedOf.get(row.applicationId) ?? []) {
        const head = row.heads[parked.topic] ?? 0;
        if (parked.number !== undefined && parked.number > head + 1) continue;
        unpark(parked);
        progress = true;
        if (parked.number !== undefined && parked.number <= head) break;
        const read = options.reader.read(parked.record);
        if (isUnreadable(read)) {
          bury(parked.record, read.code, read.reason, placeOf(parked.record), undefined, false);
        } else {
          read.applicationId = row.applicationId;
          const outcome = take(read, row);
          // A replay may have brought it here: another has no effect any more.
          if (read.number === undefined && outcome !== 'dead-lettered') keepTaken(read);
        }
        break;
      }
    }
  }

  function take(envelope: Envelope, row: ApplicationRow | undefined): Outcome {
    const outcome = decideOn(envelope, row);
    if (options.traced) step(envelope, outcome, true);
    return outcome;
  }

  function decideOn(envelope: Envelope, row: ApplicationRow | undefined): Outcome {
    const takeNumber = changes.takes;
    changes.takes += 1;
    if (envelope.fault !== undefined) return failOf(envelope, row, envelope.fault);
    const event = decoded(envelope);
    if (event instanceof Error) return fail(envelope, row, event);
    if (mode.kind === 'decide' && mode.forced?.take === takeNumber) {
      return fail(envelope, row, mode.forced.error);
    }
    if (row === undefined) {
      return fail(
        envelope,
        row,
        codedError('SAIDAO_APPLICATION_UNKNOWN', 'It has no application.'),
      );
    }
    if (!when.has(event.type)) {
      advance(envelope, row);
      return 'passed-over';
    }
    let state: LineState = row.state ?? line.initialState;
    const revision = revisionOf(event, envelope);
    if (revision !== undefined && revision < state.revision) {
      advance(envelope, row);
      tell(envelope, row, 'ignored', [], 'older-revision');
      return 'ignored';
    }
    // A timer is set at the revision that the state has: one of a later is no line's own.
    if (event.type === 'TimerDue' && (revision as number) > state.revision) {
      const reason = 'The timer is of a revision that the application has not come to.';
      return failOf(envelope, row, { code: 'SAIDAO_TIMER', reason });
    }
    let lockNames: readonly string[];
    try {
      if (revision !== undefined && revision > state.revision) {
        state = line.newRevision?.(state, revision) ?? { ...line.initialState, revision };
      }
      lockNames = line.locks?.(event as never, state) ?? [];
    } catch (error) {
      return failDecide(envelope, row, error as Error);
    }
    const gatherKey = journalKey(envelope.key, envelope.record.topic, envelope.identity);
    if (mode.kind === 'plan') {
      if (isGatheredFor(line, event.type)) {
        changes.planned.push({
          itemIndex: current,
          gatherKey,
          applicationId: row.applicationId,
          event: event as Incoming<EventName>,
          state,
          trace: isTraced(envelope) ? traceOf(envelope) : undefined,
        });
      }
      for (const name of lockNames) changes.lockNames.add(name);
      advance(envelope, row);
      return 'decided';
    }
    if (isGatheredFor(line, event.type) && !mode.gathered.has(gatherKey)) {
      throw new PlanOutdated(`Nothing was gathered for ${envelope.id}.`);
    }
    const lacks = lockNames.filter((name) => !loaded.shared.has(name));
    if (lacks.length > 0 || undecided.has(row.applicationId)) {
      for (const name of lacks) missing.add(name);
      undecided.add(row.applicationId);
      advance(envelope, row);
      return 'decided';
    }

    let decision: Decision<EventName, LineState, unknown> | undefined;
    let produced: OutgoingRecord[];
    let heads: Record<string, number>;
    try {
      decision = line.decide({
        event: event as never,
        state,
        gathered: mode.gathered.get(gatherKey),
        held: Object.fromEntries(lockNames.map((name) => [name, contentOf(name)])),
        applicationId: row.applicationId,
        lane: laneNow(),
        nowMs,
      });
      ({ produced, heads } = produce(envelope, row, decision.events ?? []));
    } catch (error) {
      if (missing.size > 0) {
        // It may have been decided on what an undecided event would have changed.
        undecided.add(row.applicationId);
        advance(envelope, row);
        return 'decided';
      }
      const { lenderId } = envelope;
      const broken = brokenInvariantOf(error, { lenderId, applicationId: row.applicationId });
      if (broken !== undefined) throw broken;
      // What the line refuses by a code speaks against the record, never against the release.
      if (decision === undefined && codeOf(error as Error) !== undefined) {
        return fail(envelope, row, error as Error);
      }
      return failDecide(envelope, row, error as Error);
    }
    changes.failures = { signature: '', count: 0 };
    advance(envelope, row);
    Object.assign(row.heads, heads);
    row.changed = true;
    row.state = decision.state ?? state;
    for (const [name, content] of Object.entries(decision.held ?? {})) {
      if (!lockNames.includes(name)) {
        throw new Error(`The line ${line.name} changed "${name}" without naming it in locks.`);
      }
      changes.shared.set(name, content);
    }
    changes.rows.push(...(decision.rows ?? []));
    for (const { name, dueAtMs, detail } of decision.timers ?? []) {
      changes.timers.push({
        id: newId(),
        applicationId: row.applicationId,
        lane: laneNow(),
        name,
        dueAtMs,
        revision: row.state.revision,
        lenderId: envelope.lenderId,
        correlationId: row.correlationId ?? envelope.correlationId,
        detail: JSON.stringify(detail ?? null),
        traceparent: traceOf(envelope),
      });
    }
    changes.outputs[current]?.push(...produced);
    if (produced.length > 0) {
      touch(row.applicationId, envelope);
      give(row, items[current]!.read as Envelope, false);
    }
    const outcome: Outcome = decision.ignored === undefined ? 'decided' : 'ignored';
    tell(
      envelope,
      row,
      outcome,
      (decision.events ?? []).map(({ type }) => type),
      decision.ignored,
    );
    return outcome;
  }

  /**
   * Notes that the item gives outputs. Who gave before may have died before they were on the log;
   * its records come again beside those of other topics, in any order: what it gave goes first.
   */
  function give(row: ApplicationRow, { key, record, identity }: Envelope, isAgain: boolean): void {
    const place: Place = [key, record.topic, identity];
    const name = journalKey(...place);
    const last = lastOf(row);
    if (!changes.givenLast.has(row.applicationId)) {
      const isKnown = last === undefined || options.appended.get(row.applicationId) === last;
      const isAlone = isAgain && row.given.length === 1 && last === name;
      if (!isKnown && !isAlone) changes.unsure.push(...row.given);
      if (!isAgain && isKnown) row.given = [];
    }
    if (!isAgain && lastOf(row) !== name) row.given = [...row.given, place].slice(-GIVEN_MAX);
    changes.givenLast.set(row.applicationId, lastOf(row) ?? name);
  }

  /** A shared row as this turn has left it so far; undefined where it is empty. */
  function contentOf(name: string): unknown {
    if (!changes.shared.has(name)) return loaded.shared.get(name);
    return changes.shared.get(name) ?? undefined;
  }

  /** Numbers and encodes what a decision yields; nothing is changed if one cannot be encoded. */
  function produce(
    envelope: Envelope,
    row: ApplicationRow,
    events: readonly Outgoing<EventName>[],
  ): { produced: OutgoingRecord[]; heads: Record<string, number> } {
    const heads: Record<string, number> = {};
    const produced = events.map(({ type, data }) => {
      const topic = topicOf(type);
      const lenderId = (data as { lenderId: string }).lenderId;
      const name = topicName(topic, lenderId);
      const number = (heads[name] ?? row.heads[name] ?? 0) + 1;
      heads[name] = number;
      // Only a line whose lanes hold other keys must hash; else the lane is the partition.
      const partition =
        line.identify === undefined
          ? laneNow()
          : partitionOf(Buffer.from(row.applicationId), options.partitions);
      return writeRecord(
        {
          line: line.name,
          topic: name,
          partition,
          applicationId: row.applicationId,
          number,
          type,
          lenderId,
          time,
          correlationId: row.correlationId ?? envelope.correlationId,
          causationId: envelope.id,
          traceparent: traceOf(envelope),
        },
        encode(type, data as never, name),
      );
    });
    return { produced, heads };
  }

  function advance(envelope: Envelope, row: ApplicationRow): void {
    if (envelope.number !== undefined) {
      row.heads[envelope.record.topic] = envelope.number;
      row.changed = true;
    }
    if (row.correlationId === undefined) {
      row.correlationId = envelope.correlationId;
      row.lenderId = envelope.lenderId;
      row.changed = true;
    }
  }

  function failDecide(envelope: Envelope, row: ApplicationRow, error: Error): Outcome {
    const kind = codeOf(error) ?? error.name;
    const signature = `${kind}: ${error.message}`;
    const count = changes.failures.signature === signature ? changes.failures.count + 1 : 1;
    if (count > FAILURES_ALIKE_MAX) throw new FailsAlike(kind, { cause: error });
    changes.failures = { signature, count };
    changes.alarms.push({
      ...alarm('turn-failed', `${kind} in decide`, row.applicationId),
      error,
    });
    return fail(envelope, row, error);
  }

  /** A dead letter; one of a number not yet taken blocks its application here. */
  function fail(envelope: Envelope, row: ApplicationRow | undefined, error: Error): Outcome {
    const blocks = envelope.number !== undefined && row !== undefined;
    if (blocks) {
      row.blockedTopic = envelope.record.topic;
      row.blockedNumber = envelope.number;
      row.changed = true;
      changes.alarms.push(
        alarm('blocked', `${envelope.id} waits for a replay or discard.`, row.applicationId),
      );
    }
    const code = codeOf(error);
    bury(
      envelope.record,
      code ?? 'SAIDAO_DECIDE_FAILED',
      // What an unknown error says may hold what the event holds; the log of the worker has it.
      code === undefined ? `${error.name} in decide; the worker's log has more.` : error.message,
      envelope.id,
      envelope.applicationId,
      blocks,
    );
    return 'dead-lettered';
  }

  function failOf(
    envelope: Envelope,
    row: ApplicationRow | undefined,
    { code, reason }: EnvelopeFault,
  ): Outcome {
    return fail(envelope, row, codedError(code, reason));
  }

  function refuseOtherBytes(envelope: Envelope): Outcome {
    const { id, applicationId } = envelope;
    const kind = 'same-identity-other-bytes';
    changes.alarms.push(alarm(kind, `${id}: ${FIRST_STANDS}`, applicationId));
    buryOtherBytes(envelope);
    mark(envelope.record, OTHER_BYTES);
    return 'dead-lettered';
  }

  /** A replay of it: a second effect under one identity. */
  function refuseAgain(envelope: Envelope): Outcome {
    buryOtherBytes(envelope);
    return 'refused';
  }

  function buryOtherBytes({ record, applicationId }: Envelope): void {
    bury(record, 'SAIDAO_OTHER_BYTES', FIRST_STANDS, placeOf(record), applicationId, false);
  }

  function giveUp(original: IncomingRecord): Outcome {
    mark(original, GIVEN_UP);
    return 'decided';
  }

  function bury(
    record: IncomingRecord,
    code: string,
    reason: string,
    identity: string,
    applicationId: string | undefined,
    blocks: boolean,
  ): void {
    changes.outputs[current]?.push(
      deadLetterOf(line.name, laneNow(), record, { code, reason, identity, applicationId, blocks }),
    );
    changes.deadLettered.push({
      line: line.name,
      code,
      reason,
      topic: record.topic,
      partition: record.partition,
      offset: record.offset,
      ...(applicationId === undefined ? {} : { applicationId }),
    });
  }

  function keep(key: string, topic: string, identity: string, digest: Buffer): void {
    const row: JournalRow = {
      key,
      topic,
      identity,
      digest,
      outputs: changes.outputs[current] ?? [],
      inputValue: items[current]?.record.value ?? null,
    };
    journaled.set(journalKey(key, topic, identity), row);
    changes.journal.push(row);
  }

  /** A row that yields nothing of its own: what came of it is journaled elsewhere. */
  function keepKnown(known: Pick<JournalRow, 'key' | 'topic' | 'digest'>, identity: string): void {
    const { key, topic, digest } = known;
    const place = journalKey(key, topic, identity);
    if (journaled.has(place)) return;
    const row: JournalRow = { key, topic, identity, digest, outputs: [], inputValue: null };
    journaled.set(place, row);
    changes.journal.push(row);
  }

  function keepTaken(read: Envelope): void {
    const { key, record, digest } = read;
    keepKnown({ key, topic: record.topic, digest }, takenMark(read));
  }

  /** Of a topic that the line reads: what a request calls one may be longer than an index takes. */
  function mark(record: IncomingRecord, identity: string): void {
    if (!options.inputs.has(record.topic)) return;
    keepKnown({ key: placeOf(record), topic: record.topic, digest: NO_DIGEST }, identity);
  }

  function hasMark(record: IncomingRecord, identity: string): boolean {
    return journaled.has(journalKey(placeOf(record), record.topic, identity));
  }

  function unblock(row: ApplicationRow): void {
    row.blockedTopic = undefined;
    row.blockedNumber = undefined;
    row.changed = true;
  }

  function unpark(parked: ParkedRow): void {
    const rows = parkedOf.get(parked.applicationId) ?? [];
    parkedOf.set(
      parked.applicationId,
      rows.filter((row) => row !== parked),
    );
    const fresh = changes.parked.indexOf(parked);
    if (fresh >= 0) changes.parked.splice(fresh, 1);
    else changes.unparked.push(parked);
    // So that it is known again by its bytes: its head would take a forged one for a repeat.
    keepKnown(parked, parked.identity);
  }

  function timer(envelope: Envelope, name: string, afterMs: number, detail: unknown): void {
    changes.timers.push({
      id: newId(),
      applicationId: envelope.applicationId as string,
      lane: laneNow(),
      name,
      dueAtMs: nowMs + afterMs,
      revision: 0,
      lenderId: envelope.lenderId,
      correlationId: envelope.correlationId,
      detail: JSON.stringify(detail),
      traceparent: traceOf(envelope),
    });
  }

  function tell(
    envelope: Envelope,
    row: ApplicationRow,
    outcome: Outcome,
    produced: readonly string[],
    ignored: string | undefined,
  ): void {
    changes.decided.push({
      line: line.name,
      type: envelope.type,
      applicationId: row.applicationId,
      id: envelope.id,
      outcome,
      produced,
      ...(ignored === undefined ? {} : { ignored }),
      traceparent: envelope.traceparent,
    });
  }

  function alarm(kind: Alarm['kind'], message: string, applicationId?: string): Alarm {
    return {
      line: line.name,
      kind,
      message,
      ...(applicationId === undefined ? {} : { applicationId }),
    };
  }

  function touch(applicationId: string, envelope: Envelope): void {
    const traceparent = traceOf(envelope);
    changes.touched.set(applicationId, { lane: laneNow(), traceparent });
  }

  /** Once for each record; one that was only counted is not worth a span. */
  function step(envelope: Envelope, outcome: Outcome, isTaken: boolean): void {
    const by = items[current]?.read;
    if (outcome === 'passed-over' || !isSampled(envelope.traceparent)) return;
    changes.steps.push({ envelope, outcome, isTaken, by: by as Envelope });
  }

  function isTraced(envelope: Envelope): boolean {
    return options.traced && isSampled(envelope.traceparent);
  }

  function traceOf(envelope: Envelope): string {
    return options.traced ? traceOfTaking(line.name, envelope) : envelope.traceparent;
  }

  /** A lane is the partition, of the same number, of each topic that the line reads. */
  function laneNow(): number {
    return items[current]!.record.partition;
  }

  function newId(): string {
    return uuidV7(nowMs, randomBytesPooled(10));
  }
}

function lastOf({ given }: ApplicationRow): string | undefined {
  const last = given.at(-1);
  return last && journalKey(...last);
}

/** The record that a replay or discard speaks of, as it was first met. */
export function originalOf({ data }: Pick<Incoming<'ReplayRequested'>, 'data'>): IncomingRecord {
  const headers: Record<string, Buffer | Buffer[]> = Object.create(null);
  // One given twice stays so: it was refused for that, and would be taken now.
  for (const { name, value } of data.headers.slice(0, HEADERS_MAX)) {
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [before, value];
  }
  return {
    topic: data.topic,
    partition: data.partition,
    offset: data.offset,
    timestampMs: Number(data.timestamp),
    key: data.key,
    value: data.value,
    headers,
  };
}

const decodedOnce = new WeakMap<Envelope, Incoming<EventName> | Error>();

/** The event of an envelope, or the error of its bytes; decoded once for plan and decide. */
export function decoded(envelope: Envelope): Incoming<EventName> | Error {
  const before = decodedOnce.get(envelope);
  if (before !== undefined) return before;
  let result: Incoming<EventName> | Error;
  try {
    const { type, data } = decode(envelope.record.value ?? Buffer.alloc(0), envelope.record.topic);
    const faults = disagreement(envelope, type, data as unknown as Record<string, unknown>);
    result =
      faults === undefined
        ? ({
            type,
            data,
            topic: envelope.record.topic,
            number: envelope.number,
            id: envelope.id,
            key: envelope.key,
            lenderId: envelope.lenderId,
            correlationId: envelope.correlationId,
            appendedAtMs: envelope.record.timestampMs,
          } as Incoming<EventName>)
        : codedError('SAIDAO_ENVELOPE', faults);
    if (faults === undefined && type === 'TimerDue') {
      const fault = timerFault(data as EventMap['TimerDue']);
      if (fault !== undefined) result = codedError('SAIDAO_TIMER', fault);
    }
  } catch (error) {
    result = error as Error;
  }
  decodedOnce.set(envelope, result);
  return result;
}

/** Where envelope and data say different things; undefined where they agree. */
function disagreement(
  envelope: Envelope,
  type: string,
  data: Record<string, unknown>,
): string | undefined {
  if (type !== envelope.type) return `ce_type says ${envelope.type}, the value is a ${type}.`;
  if ('lenderId' in data && data['lenderId'] !== envelope.lenderId) {
    return 'ce_lenderid and the value’s lenderId differ.';
  }
  if (envelope.input.keyedByApplication && 'applicationId' in data) {
    if (data['applicationId'] !== envelope.key)
      return 'The key and the value’s applicationId differ.';
  }
  return undefined;
}

/**
 * Nothing of the application has been taken here; a row may be there for what is parked. A line
 * that only reads doors and writes no events has no heads, but a state.
 */
function isUnknown(row: ApplicationRow | undefined): boolean {
  return row === undefined || (Object.keys(row.heads).length === 0 && row.state === undefined);
}

function isBlank(text: string): boolean {
  return text.trim() === '';
}

function isOwnTimer(event: Incoming<EventName> | Error): boolean {
  if (event instanceof Error) return false;
  const { name } = (event as Incoming<'TimerDue'>).data;
  return name === GAP || name === PARKED_DOOR;
}

function revisionOf(event: Incoming<EventName>, envelope: Envelope): number | undefined {
  if (event.type === 'TimerDue') return (event as Incoming<'TimerDue'>).data.revision;
  if (envelope.input.topic?.revisioned !== true) return undefined;
  return (event.data as unknown as { revision?: number }).revision;
}

function codeOf(error: Error): string | undefined {
  const code = (error as { code?: unknown }).code;
  return typeof code === 'string' && code.startsWith('SAIDAO_') ? code : undefined;
}

function codedError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
