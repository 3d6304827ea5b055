// The bot: reads what becomes of applications, and plays applicants and officers by their scripts.
import type { EventLog, IncomingRecord } from '@saidao/event-log';
import { decode, topicName, topics, type EventName, type EventOf } from '@saidao/schemas';
import type { Applicant } from './applicant.ts';
import { verdictOf } from './door-records.ts';
import type { Doors, Via } from './doors.ts';
import { submissionBody, type Step } from './samples.ts';
import { dueStep, onceOf, outcomeOf, referralIn, type Outcome, type StoryEvent } from './script.ts';

/** An event of an applicant's case, each once; times in milliseconds since 1970, with fractions. */
export interface SeenEvent {
  readonly applicant: Applicant;
  readonly applicationId: string;
  readonly type: EventName;
  /** When the broker took it, and when it was read here. */
  readonly appendedAtMs: number;
  readonly seenAtMs: number;
}

export interface SentAction {
  readonly applicant: Applicant;
  readonly applicationId: string;
  readonly step: Step;
  readonly via: Via;
  readonly sentAtMs: number;
  readonly acknowledgedAtMs: number;
}

export interface EndedCase {
  readonly applicant: Applicant;
  readonly applicationId: string;
  readonly outcome: Outcome;
  readonly seenAtMs: number;
}

export interface BotHooks {
  onDecision?(event: SeenEvent): void;
  /** The loan is booked and committed. */
  onBooked?(event: SeenEvent): void;
  onActionSent?(action: SentAction): void;
  onEnd?(ended: EndedCase): void;
}

export interface BotOptions extends BotHooks {
  readonly log: EventLog;
  readonly lenders: readonly string[];
  readonly doors: Doors;
  /** Who applied under this reference; undefined: a stranger, who is left alone. */
  applicantBy(reference: string): Applicant | undefined;
  /** The door that an applicant's steps and the reviews of its officers go through. */
  viaOf(applicant: Applicant): Via;
  /** `earliest` also plays what was submitted before the bot started. */
  readonly from?: 'earliest' | 'next';
  /** The topics can no longer be followed, or a step could not be sent: nothing more is played. */
  onCrash(error: unknown): void;
}

export interface Bot {
  /** How many cases have come to their end. */
  readonly ended: number;
  /** Cases that are known and have not ended, with the types of what was seen of each. */
  open(): readonly { readonly id: string; readonly seen: readonly EventName[] }[];
  stop(): Promise<void>;
}

interface PlayedCase {
  readonly applicant: Applicant;
  readonly applicationId: string;
  readonly events: StoryEvent[];
  /** The last number taken on each topic: what is read again is no news. */
  readonly heads: Map<string, number>;
  /** By `onceOf`. */
  readonly done: Set<string>;
  isActing: boolean;
}

const APPLICATIONS = topicName(topics.applications);
const DISBURSEMENTS = topicName(topics.disbursements);
/** Events that came before what says whose they are; the oldest are let go. */
const STRANGERS_MAX = 100_000;

export async function startBot(options: BotOptions): Promise<Bot> {
  const { log, lenders, from = 'next' } = options;
  const player = new Player(options);
  const follower = await log.follow({
    topics: [
      APPLICATIONS,
      DISBURSEMENTS,
      ...lenders.map((one) => topicName(topics.decisions, one)),
    ],
    from,
    onRecords: (records) => player.take(records),
    onCrash: (error) => player.crash(error),
  });
  return {
    get ended() {
      return player.ended;
    },
    open: () => player.open(),
    stop: () => follower.stop(),
  };
}

class Player {
  ended = 0;
  readonly #options: BotOptions;
  /** Null: has ended, or is a stranger's. */
  readonly #cases = new Map<string, PlayedCase | null>();
  readonly #early = new Map<string, IncomingRecord[]>();
  #earlyCount = 0;
  #hasCrashed = false;

  constructor(options: BotOptions) {
    this.#options = options;
  }

  open(): { id: string; seen: EventName[] }[] {
    return [...this.#cases.values()].flatMap((one) =>
      one === null ? [] : [{ id: one.applicant.id, seen: one.events.map(({ type }) => type) }],
    );
  }

  crash(error: unknown): void {
    if (this.#hasCrashed) return;
    this.#hasCrashed = true;
    this.#options.onCrash(error);
  }

  /** All of a fetch before anything is done: what was answered long ago is not answered again. */
  take(records: readonly IncomingRecord[]): void {
    const seenAtMs = nowMs();
    const touched = new Set<PlayedCase>();
    for (const record of records) {
      const applicationId = record.key?.toString('utf8') ?? '';
      const known = this.#cases.get(applicationId) ?? this.#meet(applicationId, record);
      if (known === null) continue;
      if (known === undefined) {
        this.#keepEarly(applicationId, record);
        continue;
      }
      for (const one of [...this.#takeEarly(applicationId), record]) {
        this.#note(known, one, seenAtMs);
      }
      touched.add(known);
    }
    for (const one of touched) this.#goOn(one, seenAtMs);
  }

  /** Null for a stranger's application; undefined as long as nothing has said whose it is. */
  #meet(applicationId: string, record: IncomingRecord): PlayedCase | null | undefined {
    if (this.#cases.has(applicationId)) return null;
    if (record.topic !== APPLICATIONS) return undefined;
    const event = eventIn(record);
    if (event === undefined || !('reference' in event.data)) return undefined;
    if (event.data.reference === null) return undefined;
    const applicant = this.#options.applicantBy(event.data.reference);
    const met =
      applicant === undefined
        ? null
        : {
            applicant,
            applicationId,
            events: [],
            heads: new Map<string, number>(),
            done: new Set<string>(),
            isActing: false,
          };
    this.#cases.set(applicationId, met);
    if (met === null) this.#takeEarly(applicationId);
    return met;
  }

  #note(one: PlayedCase, record: IncomingRecord, seenAtMs: number): void {
    const number = numberOf(record);
    if (number <= (one.heads.get(record.topic) ?? 0)) return;
    one.heads.set(record.topic, number);
    const event = eventIn(record);
    if (event === undefined) return;
    one.events.push(asStory(event));
    const { applicant, applicationId } = one;
    const { type } = event;
    const seen = { applicant, applicationId, type, appendedAtMs: record.timestampMs, seenAtMs };
    if (isDecision(type)) this.#options.onDecision?.(seen);
    if (type === 'LoanBooked') this.#options.onBooked?.(seen);
  }

  #goOn(one: PlayedCase, seenAtMs: number): void {
    if (this.#hasCrashed || one.isActing || this.#cases.get(one.applicationId) !== one) return;
    const { applicant, applicationId } = one;
    const outcome = outcomeOf(applicant.script, one);
    if (outcome !== undefined) {
      this.#cases.set(applicationId, null);
      this.ended += 1;
      this.#options.onEnd?.({ applicant, applicationId, outcome, seenAtMs });
      return;
    }
    const step = dueStep(applicant.script, one);
    if (step === undefined) return;
    const once = onceOf(step, one);
    if (one.done.has(once)) return;
    one.done.add(once);
    one.isActing = true;
    this.#act(one, step).then(
      () => {
        one.isActing = false;
        this.#goOn(one, nowMs());
      },
      (error: unknown) => this.crash(error),
    );
  }

  async #act(one: PlayedCase, step: Step): Promise<void> {
    const { applicant, applicationId, events } = one;
    const { doors, viaOf, onActionSent } = this.#options;
    const via = viaOf(applicant);
    const sentAtMs = nowMs();
    const referral = { applicationId, lenderId: applicant.lender, ...referralIn(step, one) };
    // Said of what is known now: what becomes known while it is being sent comes after it.
    events.push(saidBy(step));
    if (step.actor === 'applicant') {
      const body = submissionBody(applicant.submission, applicant.id);
      await doors.act(step, body, applicationId, via);
    } else {
      await doors.review(step, referral, via);
    }
    onActionSent?.({ applicant, applicationId, step, via, sentAtMs, acknowledgedAtMs: nowMs() });
  }

  #keepEarly(applicationId: string, record: IncomingRecord): void {
    const kept = this.#early.get(applicationId);
    if (kept === undefined) this.#early.set(applicationId, [record]);
    else kept.push(record);
    this.#earlyCount += 1;
    while (this.#earlyCount > STRANGERS_MAX) {
      const oldest = this.#early.keys().next().value;
      if (oldest === undefined) return;
      this.#takeEarly(oldest);
    }
  }

  #takeEarly(applicationId: string): readonly IncomingRecord[] {
    const kept = this.#early.get(applicationId);
    if (kept === undefined) return [];
    this.#early.delete(applicationId);
    this.#earlyCount -= kept.length;
    return kept;
  }
}

/** Milliseconds since 1970, finer than Date. */
export function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

/** Undefined for what cannot be read as an event of its topic. */
function eventIn(record: IncomingRecord): EventOf | undefined {
  try {
    return decode(record.value, record.topic);
  } catch {
    return undefined;
  }
}

/** 0 for what has no number: no line wrote it. */
function numberOf({ headers }: IncomingRecord): number {
  const sequence = headers['ce_sequence'];
  const number = Buffer.isBuffer(sequence) ? Number(sequence.toString('latin1')) : 0;
  return Number.isSafeInteger(number) ? number : 0;
}

/** As little as a script reads: many cases are open at once. */
function asStory({ type, data }: EventOf): StoryEvent {
  return {
    type,
    data: {
      ...('revision' in data && { revision: data.revision }),
      ...('cause' in data && { cause: data.cause }),
      ...('officer' in data && { officer: data.officer }),
      ...('action' in data && { action: data.action }),
    },
  };
}

function saidBy(step: Step): StoryEvent {
  switch (step.does) {
    case 'approve':
    case 'decline': {
      const { verdict } = verdictOf(step);
      return { type: 'ReviewSubmitted', data: { officer: step.actor, verdict } };
    }
    case 'accept':
      return { type: 'OfferAcceptanceSubmitted', data: {} };
    case 'decline-offer':
      return { type: 'OfferDeclineSubmitted', data: {} };
    case 'withdraw':
      return { type: 'WithdrawalSubmitted', data: {} };
    case 'amend':
      return { type: 'AmendmentSubmitted', data: {} };
  }
}

const isDecision = (type: EventName) =>
  type === 'LoanApproved' || type === 'LoanReferred' || type === 'LoanDeclined';
