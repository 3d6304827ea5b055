// How a line asks the register about several patents at once, within the time it has for gathering.
import type { Item, Reply } from './asking.ts';
import type { RegisterSays } from './patents/grounds.ts';
import type { PatentRegister, Question } from './ports.ts';

export interface RegisterReplies {
  readonly patents: ReadonlyMap<string, Reply<RegisterSays>>;
  readonly registerAnsweredAtMs: number | null;
}

/** The question's signal ends at the line's limit too: what is not asked by then is asked later. */
export function questionOf(lenderId: string, signal: AbortSignal, limitMs: number): Question {
  return { lenderId, signal: AbortSignal.any([signal, AbortSignal.timeout(limitMs)]) };
}

/**
 * Asks concurrently. Where an item failed before and nobody has been answered since, a control
 * question goes along: only the provider's answer to others makes silence about one item tell.
 */
export async function askRegister(
  register: PatentRegister,
  asked: readonly { readonly number: string; readonly item: Item<RegisterSays> }[],
  question: Question,
): Promise<RegisterReplies> {
  const patents = new Map<string, Reply<RegisterSays>>();
  const work = asked.map(async ({ number }) => {
    patents.set(number, await register.patent(number, question));
  });
  const failedAtMs = asked.flatMap(({ item }) =>
    item.kind === 'open' && item.tries !== null ? [item.tries.failedFirstAtMs] : [],
  );
  const answeredAtMs = register.answeredAtMs(question.lenderId) ?? -1;
  if (failedAtMs.some((atMs) => answeredAtMs <= atMs)) work.push(register.control(question));
  await Promise.all(work);
  return { patents, registerAnsweredAtMs: register.answeredAtMs(question.lenderId) };
}
