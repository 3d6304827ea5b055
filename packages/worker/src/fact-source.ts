// A provider of facts as a line sees it: questions, what is asked about, and the log of calls.
import type { Item, Reply } from './asking.ts';

/** One question, asked for a lender; the signal ends the waiting, not the deadline. */
export interface Question {
  readonly lenderId: string;
  /** Null where it is about no application: a control question. */
  readonly applicationId: string | null;
  /** Why it is asked, as it is written down with the call. */
  readonly purpose: string;
  /** The consent on which it is asked; null where none is needed. */
  readonly consentId: string | null;
  readonly signal: AbortSignal;
}

/** A provider of one kind of fact. */
export interface FactSource<Subject, Says> {
  ask(subject: Subject, question: Question): Promise<Reply<Says>>;
  /** A question that anybody is answered: does the provider answer at all? */
  control(question: Question): Promise<void>;
  /** When anybody was last answered for this lender; null: never. */
  answeredAtMs(lenderId: string): number | null;
}

/** A call that was really made, as it is written down. */
export interface ProviderCall {
  readonly provider: string;
  readonly lenderId: string;
  readonly applicationId: string | null;
  readonly subject: string;
  readonly purpose: string;
  readonly consentId: string | null;
  readonly askedAtMs: number;
  /** Null: no answer came. */
  readonly answeredAtMs: number | null;
  /** `answered`, or why there is no answer. */
  readonly outcome: string;
  /** Tries within the deadline. */
  readonly attempts: number;
  /** Seal of the answer's bytes, hex, and the answer as it was received; null: there is none. */
  readonly answerHash: string | null;
  readonly answer: string | null;
}

export interface CallLog {
  /** Writes the call down and says where; rejects when that is impossible. */
  note(call: ProviderCall): Promise<string>;
}

/** An item that is asked about, and the key under which its reply is found. */
export interface Asked<Subject, Says> {
  readonly key: string;
  readonly subject: Subject;
  /** Where it is asked on a consent of its own; else on the question's. */
  readonly consentId?: string;
  readonly item: Item<Says>;
}

export interface FactReplies<Says> {
  readonly replies: ReadonlyMap<string, Reply<Says>>;
  /** When the provider last answered anybody for this lender; null: never. */
  readonly answeredAtMs: number | null;
}

/** The question's signal ends at the line's limit too: what is not asked by then is asked later. */
export function questionOf(
  about: Pick<Question, 'lenderId' | 'applicationId' | 'purpose'>,
  signal: AbortSignal,
  limitMs: number,
): Question {
  const within = AbortSignal.any([signal, AbortSignal.timeout(limitMs)]);
  return { ...about, consentId: null, signal: within };
}

/**
 * Asks concurrently. Where an item failed before and nobody has been answered since, a control
 * question goes along: only the provider's answer to others makes silence about one item tell.
 */
export async function askFacts<Subject, Says>(
  source: FactSource<Subject, Says>,
  asked: readonly Asked<Subject, Says>[],
  question: Question,
): Promise<FactReplies<Says>> {
  const { lenderId } = question;
  const replies = new Map<string, Reply<Says>>();
  const work = asked.map(async ({ key, subject, consentId = question.consentId }) => {
    replies.set(key, await source.ask(subject, { ...question, consentId }));
  });
  const failedAtMs = asked.flatMap(({ item }) =>
    item.kind === 'open' && item.tries !== null ? [item.tries.failedFirstAtMs] : [],
  );
  const answeredAtMs = source.answeredAtMs(lenderId) ?? -1;
  if (failedAtMs.some((atMs) => answeredAtMs <= atMs)) work.push(source.control(question));
  await Promise.all(work);
  return { replies, answeredAtMs: source.answeredAtMs(lenderId) };
}
