// Plays cases through the running system: sends them, follows each to its end, acts as the script says.
import {
  changedSubmission,
  dueStep,
  keyOf,
  onceOf,
  outcomeOf,
  referralIn,
  standingOf,
  submissionBody,
} from '@saidao/applicants';
import type { Answer, CaseName, Doors, Outcome, Sample, Step, Via } from '@saidao/applicants';
import type { EventLog, IncomingRecord } from '@saidao/event-log';
import { topicName, topics } from '@saidao/schemas';
import type { SubmissionJson } from '@saidao/schemas';
import { CaseBook, caseTopics } from './case-book.ts';
import type { CaseHistory } from './case-history.ts';
import { decidedMsOf, differencesOf, paidTo } from './expectation.ts';
import type { OutsideWorld, RailPayout } from './outside-world.ts';
import { stageOf } from './stages.ts';
import type { Stage } from './stages.ts';
import { Told } from './told.ts';

export interface Delivery {
  readonly via: Via;
  readonly body: SubmissionJson;
}

export interface CaseTask {
  /** How it is called on the screen. */
  readonly id: string;
  readonly name: CaseName;
  /** Null for a bare submission, of which nothing is expected. */
  readonly sample: Sample | null;
  readonly deliveries: readonly Delivery[];
  readonly script: readonly Step[];
}

export interface CaseResult {
  readonly id: string;
  readonly name: CaseName;
  readonly applicationId: string | null;
  /** Undefined: it had not come to an end in time. */
  readonly outcome: Outcome | undefined;
  readonly expected: Outcome | null;
  readonly ok: boolean;
  readonly differences: readonly string[];
  /** A delivery that was neither taken nor refused as a conflict. */
  readonly refusal: Answer | undefined;
  /** From the submission to the last event of its way. */
  readonly tookMs: number;
  /** It had come to its end before this run sent it again. */
  readonly endedEarlier: boolean;
}

export interface PlayOptions {
  readonly log: EventLog;
  readonly lenders: readonly string[];
  readonly doors: Doors;
  /** Null: cases are played without telling or asking it. */
  readonly world: OutsideWorld | null;
  /** Whether references may have been used before: then all that was said of them is read first. */
  readonly withHistory: boolean;
  /** Part of every message's key: a later run is another sending. */
  readonly runTag: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  onStage(task: CaseTask, stage: Stage): void;
  onNote(task: CaseTask, note: string): void;
}

const SUBMISSIONS = topicName(topics.submissions);
const RELEASE_EVERY_MS = 200;
/** After its end a sample is watched on for so long: what must not happen would happen now. */
const SETTLE_MS = 750;
/** So long without an event, and reviews have led to nothing. */
const QUIET_MS = 5_000;

interface Played {
  readonly task: CaseTask;
  readonly history: CaseHistory;
  readonly outcome: Outcome | undefined;
  readonly answers: readonly Answer[];
  readonly endedEarlier: boolean;
}

/** A sample's deliveries under one reference; `via` is for a sample that names none or both. */
export function deliveriesOf(sample: Sample, reference: string, via: Via): Delivery[] {
  const planned = sample.deliveries ?? [{ via, times: 1 }];
  return planned.flatMap(({ via: door, times, change }) =>
    Array.from({ length: times }, () => ({
      via: door,
      body: submissionBody(changedSubmission(sample.submission, change), reference),
    })),
  );
}

/** All at once; the results come in the order of the tasks. */
export async function playCases(
  tasks: readonly CaseTask[],
  options: PlayOptions,
): Promise<CaseResult[]> {
  const watch = await openWatch(tasks, options);
  // Of bare submissions nothing is expected, so nobody is asked.
  const world = tasks.some(({ sample }) => sample !== null) ? options.world : null;
  try {
    const railBefore = options.withHistory ? [] : await world?.railBook();
    const played = await Promise.race([
      Promise.all(tasks.map((task) => playCase(task, options, watch))),
      watch.crashed,
    ]);
    const railBook = (await world?.railBook()) ?? null;
    return played.map((one) => resultOf(one, played, newIn(railBook, railBefore), watch.book));
  } finally {
    await watch.close();
  }
}

interface Watch {
  readonly book: CaseBook;
  /** Rejects when the topics can no longer be followed. */
  readonly crashed: Promise<never>;
  /** Resolves at the next event of the case, or after so long. */
  change(history: CaseHistory, timeoutMs: number): Promise<void>;
  close(): Promise<void>;
}

async function openWatch(tasks: readonly CaseTask[], options: PlayOptions): Promise<Watch> {
  const { log, lenders, withHistory } = options;
  const taskOf = new Map(tasks.map((task) => [keyOf(task.name), task]));
  const waiting = new Map<CaseHistory, Set<() => void>>();
  const book = new CaseBook([...taskOf.keys()], (history, events) => {
    const task = taskOf.get(history.key)!;
    for (const event of events) {
      const stage = stageOf(history, event);
      if (stage !== undefined) options.onStage(task, stage);
    }
    for (const wake of waiting.get(history) ?? []) wake();
  });
  const crash = Promise.withResolvers<never>();
  crash.promise.catch(() => {});
  let early: IncomingRecord[] | null = [];
  const follower = await log.follow({
    topics: caseTopics(lenders),
    from: 'next',
    onRecords: (records) => {
      if (early === null) book.add(records, performance.now());
      else early.push(...records);
    },
    onCrash: crash.reject,
  });
  const past: IncomingRecord[] = [];
  if (withHistory) await log.scan(caseTopics(lenders), (record) => past.push(record));
  book.add([...past, ...early], performance.now());
  early = null;
  const releasing = setInterval(() => book.release(performance.now()), RELEASE_EVERY_MS);
  return {
    book,
    crashed: crash.promise,
    change: (history, timeoutMs) =>
      new Promise<void>((resolve, reject) => {
        options.signal.throwIfAborted();
        const set = waiting.get(history) ?? new Set();
        waiting.set(history, set.add(done));
        const timer = setTimeout(done, Math.max(timeoutMs, 0));
        options.signal.addEventListener('abort', done, { once: true });
        function done(): void {
          clearTimeout(timer);
          set.delete(done);
          options.signal.removeEventListener('abort', done);
          if (options.signal.aborted) reject(options.signal.reason as Error);
          else resolve();
        }
      }),
    close: async () => {
      clearInterval(releasing);
      await follower.stop();
    },
  };
}

async function playCase(task: CaseTask, options: PlayOptions, watch: Watch): Promise<Played> {
  const { world, signal } = options;
  const history = watch.book.historyOf(keyOf(task.name));
  const endedEarlier = outcomeOf(task.script, history) !== undefined;
  const untilMs = performance.now() + options.timeoutMs;
  signal.throwIfAborted();
  if (endedEarlier) options.onNote(task, 'ended in an earlier run; sent again, to no effect');
  else if (task.sample !== null) await world?.prepare(task.sample);
  try {
    const { answers, refused } = await deliver(task, options);
    const outcome = refused ? 'refused' : await follow(task, history, answers, untilMs);
    if (task.sample !== null) {
      const settledMs = performance.now() + SETTLE_MS;
      while (performance.now() < settledMs) {
        await watch.change(history, settledMs - performance.now());
      }
    }
    return { task, history, outcome, answers, endedEarlier };
  } finally {
    if (task.sample !== null && !endedEarlier && !signal.aborted) await world?.calm(task.sample);
  }

  /** Until its end, doing what the script has for the moment. */
  async function follow(
    { script, name, deliveries }: CaseTask,
    seen: CaseHistory,
    answers: readonly Answer[],
    endMs: number,
  ): Promise<Outcome | undefined> {
    const done = new Set<string>();
    const body = deliveries[0]?.body;
    for (;;) {
      const outcome = outcomeOf(script, seen);
      if (outcome !== undefined) return outcome;
      const leftMs = endMs - performance.now();
      if (leftMs <= 0) return undefined;
      const step = dueStep(script, seen);
      const [applicationId] = seen.applicationIds;
      const once = step && onceOf(step, seen);
      if (step && once && !done.has(once) && applicationId !== undefined && body !== undefined) {
        done.add(once);
        if (step.actor !== 'applicant') {
          const referral = { applicationId, lenderId: name.lender, ...referralIn(step, seen) };
          await options.doors.review(step, referral, 'http');
        } else {
          const via = answers[0]?.via ?? 'http';
          await options.doors.act(step, body, applicationId, via);
        }
        continue;
      }
      const before = seen.events.length;
      const standing = standingOf(script, seen);
      await watch.change(seen, standing === undefined ? leftMs : Math.min(leftMs, QUIET_MS));
      if (standing !== undefined && seen.events.length === before) return standing;
    }
  }
}

async function deliver(
  task: CaseTask,
  { doors, runTag }: PlayOptions,
): Promise<{ answers: Answer[]; refused: boolean }> {
  const answers: Answer[] = [];
  for (const [at, { via, body }] of task.deliveries.entries()) {
    answers.push(await doors.submit(body, via, `${task.name.reference}-${runTag}-${at + 1}`));
  }
  return { answers, refused: answers.every(({ became }) => became !== 'taken') };
}

function resultOf(
  { task, history, outcome, answers, endedEarlier }: Played,
  played: readonly Played[],
  railBook: readonly RailPayout[] | null,
  book: CaseBook,
): CaseResult {
  const { sample } = task;
  const others = played.filter(({ task: { id } }) => id !== task.id);
  const differences =
    sample === null
      ? []
      : differencesOf(sample, {
          history,
          outcome,
          answers,
          paidByRail: railBook && paidTo(railBook, sample, history, book.payoutsOf),
          othersDecidedMs: new Map(others.map((one) => [one.task.id, decidedMsOf(one.history)])),
        });
  const refusal = answers.find(({ became }) => became === 'refused' || isBareConflict(became));
  // What was sent again later is not its way.
  const last = history.events.findLast(({ topic }) => topic !== SUBMISSIONS);
  const lastAtMs = last?.appendedAtMs ?? 0;
  return {
    id: task.id,
    name: task.name,
    applicationId: [...history.applicationIds][0] ?? answers[0]?.applicationId ?? null,
    outcome,
    expected: sample?.expect.outcome ?? null,
    ok: hasEnded(outcome) && differences.length === 0 && refusal === undefined,
    differences,
    refusal,
    tookMs: Math.max(0, lastAtMs - (history.submittedAtMs ?? lastAtMs)),
    endedEarlier,
  };

  /** A bare submission may end as it likes, once it was taken in. */
  function hasEnded(end: Outcome | undefined): boolean {
    return end !== undefined && (end !== 'refused' || sample?.expect !== undefined);
  }

  function isBareConflict(became: Answer['became']): boolean {
    return became === 'conflict' && sample?.expect.conflictRefused !== true;
  }
}

function newIn(
  book: readonly RailPayout[] | null,
  before: readonly RailPayout[] | undefined,
): readonly RailPayout[] | null {
  if (book === null) return null;
  const known = new Set(before?.map(({ payoutId }) => payoutId));
  return book.filter(({ payoutId }) => !known.has(payoutId));
}

/** What a person reads of a submission that was not taken. */
export function refusalLines({ message, faults, status }: Answer): string[] {
  const lines = faults.map(({ path, message: says }) => `  ${path} ${says}`);
  return [`${status ?? ''} ${message}`.trim(), ...lines];
}

/** A bare submission of a file: everything but the reference has to be there. */
export function bareTask(id: string, given: object, reference: string, via: Via): CaseTask {
  const body = { ...given, reference } as SubmissionJson;
  for (const field of ['lender', 'channel'] as const) {
    if (typeof body[field] !== 'string' || body[field] === '') {
      throw new Told(`${id} is no submission: its ${field} is missing.`, 2);
    }
  }
  const { lender, channel } = body;
  return {
    id,
    name: { lender, channel, reference },
    sample: null,
    deliveries: [{ via, body }],
    script: [],
  };
}
