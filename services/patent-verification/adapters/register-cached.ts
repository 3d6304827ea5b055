// The register behind a cache: what it said lately and in the applicant's favour is not asked again.
import type { Reply } from '../asking.ts';
import type { RegisterSays } from '../patents/grounds.ts';
import type { FactCache, PatentRegister } from '../ports.ts';

type Answered = Reply<RegisterSays> & { readonly kind: 'answered' };

/**
 * Keeps answers with whom they came from and when. An answer that speaks against a patent is never
 * taken from the cache, so a defect that was mended is seen at once; and lock and registration do
 * not use this one at all. So results are the same with and without the cache, only slower without.
 */
export function registerCached(
  register: PatentRegister,
  cache: FactCache,
  keepMs: number,
): PatentRegister {
  return {
    async patent(number, question) {
      // A lender is served by its own access to the register, and so by its own answers.
      const key = `register/1/${question.lenderId}/${number}`;
      const kept = (await cache.get(key)) as Answered | undefined;
      if (kept !== undefined) return { ...kept, evidence: { ...kept.evidence, fromCache: true } };
      const reply = await register.patent(number, question);
      if (reply.kind === 'answered' && speaksFor(reply.value)) {
        await cache.set(key, reply, keepMs);
      }
      return reply;
    },
    control: (question) => register.control(question),
    answeredAtMs: (lenderId) => register.answeredAtMs(lenderId),
  };
}

function speaksFor(says: RegisterSays): boolean {
  if (!says.known) return false;
  const { status, annuity, pledged, preserved, owners, coOwnersConsent } = says.entry;
  const consented = owners.length === 1 || coOwnersConsent === true;
  return status === 'granted' && annuity === 'paid' && !pledged && !preserved && consented;
}
