// A source of facts behind a cache: what it said lately is not asked again.
import type { FactSource } from '@saidao/worker';
import type { Reply } from '@saidao/worker/asking';
import type { FactCache } from '../ports.ts';

type Answered<Says> = Reply<Says> & { readonly kind: 'answered' };

export interface KeepOptions<Subject, Says> {
  /** Names the sort of fact in the cache's keys, with the version of its shape. */
  readonly kind: string;
  readonly version: number;
  readonly keepMs: number;
  /** For answers that speak against: what was mended is soon seen. 0 keeps none. */
  readonly negativeKeepMs: number;
  readonly keyOf: (subject: Subject) => string;
  readonly speaksFor: (says: Says) => boolean;
}

/**
 * Keeps answers with whom they came from and when, so that a kept one is as good evidence as it
 * was. Failures are never kept. Lock, registration and watch do not use this one at all.
 */
export function factCached<Subject, Says>(
  source: FactSource<Subject, Says>,
  cache: FactCache,
  { kind, version, keepMs, negativeKeepMs, keyOf, speaksFor }: KeepOptions<Subject, Says>,
): FactSource<Subject, Says> {
  return {
    ...source,
    async ask(subject, question) {
      // A lender is served by its own access to the provider, and so by its own answers.
      const key = `${kind}/${version}/${question.lenderId}/${keyOf(subject)}`;
      const kept = (await cache.get(key)) as Answered<Says> | undefined;
      if (kept !== undefined) return { ...kept, evidence: { ...kept.evidence, fromCache: true } };
      const reply = await source.ask(subject, question);
      if (reply.kind === 'answered') {
        await cache.set(key, reply, speaksFor(reply.value) ? keepMs : negativeKeepMs);
      }
      return reply;
    },
  };
}
