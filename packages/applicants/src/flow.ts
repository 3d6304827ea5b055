// Sends applicants through a running system at fixed times, plays them to their ends, counts the ends.
import { setTimeout as pause } from 'node:timers/promises';
import type { EventLog } from '@saidao/event-log';
import type { Applicant } from './applicant.ts';
import { nowMs, startBot, type BotHooks } from './bot.ts';
import type { Answer, Doors, Via } from './doors.ts';
import { kindOf, type Applicants } from './generate.ts';
import { submissionBody } from './samples.ts';
import type { Outcome } from './script.ts';

export interface Submitted {
  readonly applicant: Applicant;
  readonly answer: Answer;
  /** When it should have been sent: what an open loop counts from. */
  readonly intendedAtMs: number;
  readonly sentAtMs: number;
  readonly acknowledgedAtMs: number;
}

export interface SubmitOptions {
  readonly applicants: Iterable<Applicant>;
  readonly doors: Doors;
  viaOf(applicant: Applicant): Via;
  /** A second, each at a time fixed in advance; left out: as fast as they are taken. */
  readonly rate?: number | undefined;
  readonly signal: AbortSignal;
  /** Waited for before the next is sent, however late that is by the rate. */
  untilLetIn?(): Promise<void>;
  onSubmitted?(submitted: Submitted): void;
}

/** So many wait for their answers at once where no rate is given. */
const IN_FLIGHT_MAX: Readonly<Record<Via, number>> = { http: 32, kafka: 1_000 };
const MESSAGE_KEY = 'submission';

/** Resolves when all were answered; rejects with the first that could not be sent. */
export async function submitAll(options: SubmitOptions): Promise<void> {
  const { applicants, doors, viaOf, rate, signal, untilLetIn, onSubmitted } = options;
  const running = new Set<Promise<void>>();
  let oneIsDone = Promise.withResolvers<void>();
  const startedAtMs = nowMs();
  let failure: { readonly error: unknown } | undefined;
  let index = 0;
  for (const applicant of applicants) {
    const via = viaOf(applicant);
    const dueAtMs = rate === undefined ? nowMs() : startedAtMs + (index * 1_000) / rate;
    index += 1;
    // Late ones go at once, without a pause between them: the times stay what they were.
    const earlyMs = dueAtMs - nowMs();
    if (earlyMs > 0) await pause(earlyMs, undefined, { signal });
    if (untilLetIn !== undefined) await untilLetIn();
    while (rate === undefined && running.size >= IN_FLIGHT_MAX[via]) await oneIsDone.promise;
    signal.throwIfAborted();
    if (failure !== undefined) break;
    const sending = submit(applicant, via, dueAtMs)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => {
        running.delete(sending);
        oneIsDone.resolve();
        oneIsDone = Promise.withResolvers<void>();
      });
    running.add(sending);
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;

  async function submit(applicant: Applicant, via: Via, intendedAtMs: number): Promise<void> {
    const sentAtMs = nowMs();
    const body = submissionBody(applicant.submission, applicant.id);
    const answer = await doors.submit(body, via, MESSAGE_KEY);
    onSubmitted?.({ applicant, answer, intendedAtMs, sentAtMs, acknowledgedAtMs: nowMs() });
  }
}

export interface FlowOptions extends Omit<SubmitOptions, 'applicants'>, BotHooks {
  readonly applicants: Pick<Applicants, 'count' | 'byId'> & Iterable<Applicant>;
  readonly log: EventLog;
  readonly lenders: readonly string[];
  /** `earliest` also counts and plays on what was submitted before; default `next`. */
  readonly from?: 'earliest' | 'next';
  /** For so long after the last was sent the rest may take to come to their ends. */
  readonly timeoutMs: number;
}

export interface Otherwise {
  readonly id: string;
  readonly applicationId: string | null;
  readonly expected: Outcome;
  /** Null: not in time. */
  readonly outcome: Outcome | null;
  /** Of one that has not ended: the events that were seen. */
  readonly seen: readonly string[];
}

export interface FlowReport {
  readonly count: number;
  readonly asExpected: number;
  /** By kind, then by outcome; `open` for those that have not ended. */
  readonly kinds: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly otherwise: readonly Otherwise[];
}

/** Submits and plays them all; rejects when a door or the log is out of reach for too long. */
export async function playFlow(options: FlowOptions): Promise<FlowReport> {
  const { applicants, timeoutMs, onEnd, onSubmitted } = options;
  const ends = new Map<string, { outcome: Outcome; applicationId: string | null }>();
  const crash = Promise.withResolvers<never>();
  const all = Promise.withResolvers<void>();
  const note = (id: string, outcome: Outcome, applicationId: string | null) => {
    ends.set(id, { outcome, applicationId });
    if (ends.size === applicants.count) all.resolve();
  };
  crash.promise.catch(() => {});
  const bot = await startBot({
    ...options,
    applicantBy: (reference) => applicants.byId(reference),
    onEnd(ended) {
      note(ended.applicant.id, ended.outcome, ended.applicationId);
      onEnd?.(ended);
    },
    onCrash: crash.reject,
  });
  if (applicants.count === 0) all.resolve();
  const limit = new AbortController();
  try {
    const submitting = submitAll({
      ...options,
      onSubmitted(submitted) {
        const { answer, applicant } = submitted;
        if (answer.became !== 'taken') note(applicant.id, 'refused', answer.applicationId);
        onSubmitted?.(submitted);
      },
    });
    await Promise.race([submitting, crash.promise]);
    const signal = AbortSignal.any([options.signal, limit.signal]);
    await Promise.race([all.promise, pause(timeoutMs, undefined, { signal }), crash.promise]);
    const open = new Map(bot.open().map(({ id, seen }) => [id, seen]));
    return reportOf(applicants, ends, open);
  } finally {
    limit.abort();
    await bot.stop();
  }
}

function reportOf(
  applicants: FlowOptions['applicants'],
  ends: ReadonlyMap<string, { outcome: Outcome; applicationId: string | null }>,
  open: ReadonlyMap<string, readonly string[]>,
): FlowReport {
  const kinds: Record<string, Record<string, number>> = {};
  const otherwise: Otherwise[] = [];
  for (const { id, expect } of applicants) {
    const { outcome = null, applicationId = null } = ends.get(id) ?? {};
    const counts = (kinds[kindOf(id) ?? id] ??= {});
    const word = outcome ?? 'open';
    counts[word] = (counts[word] ?? 0) + 1;
    if (outcome === expect.outcome) continue;
    const seen = open.get(id) ?? [];
    otherwise.push({ id, applicationId, expected: expect.outcome, outcome, seen });
  }
  const { count } = applicants;
  return { count, asExpected: count - otherwise.length, kinds, otherwise };
}
