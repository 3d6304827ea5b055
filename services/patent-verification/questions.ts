// How a line asks about several items at once, within the time it has for gathering.
import type { Item, Reply } from './asking.ts';
import type { FactSource, Question } from './ports.ts';

/** An item that is asked about, and the key under which its reply is found. */
export interface Asked<Subject, Says> {
  readonly key: string;
  readonly subject: Subject;
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
  const work = asked.map(async ({ key, subject }) => {
    replies.set(key, await source.ask(subject, question));
  });
  const failedAtMs = asked.flatMap(({ item }) =>
    item.kind === 'open' && item.tries !== null ? [item.tries.failedFirstAtMs] : [],
  );
  const answeredAtMs = source.answeredAtMs(lenderId) ?? -1;
  if (failedAtMs.some((atMs) => answeredAtMs <= atMs)) work.push(source.control(question));
  await Promise.all(work);
  return { replies, answeredAtMs: source.answeredAtMs(lenderId) };
}
