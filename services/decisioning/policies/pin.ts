// Which version an application is pinned to as it enters: the champion, or the challenger's share.
import { championOn, isInForceOn } from '@saidao/register';
import type { Digest } from '../assessment/rules.ts';
import type { Entry, PinnedPolicy } from '../policies.ts';
import type { Versioned } from './register.ts';

const PPM = 1_000_000n;
const HASH_DIGITS = 8;
const HASH_SIZE = 16n ** BigInt(HASH_DIGITS);

/** The same entry always gets the same, in every process. */
export function pinned(
  versions: readonly Versioned[],
  { lenderId, applicationId, businessDate }: Entry,
  digest: Digest,
): PinnedPolicy {
  const own = versions.filter((one) => one.lenderId === lenderId);
  const champion = championOn(own, businessDate);
  if (champion === undefined) throw policyMissing(lenderId, businessDate);
  const challenger = own.find((one) => one.role === 'challenger' && isInForceOn(one, businessDate));
  if (challenger !== undefined && isChosen(challenger, applicationId, digest)) {
    return { ref: challenger.ref, role: 'challenger' };
  }
  return { ref: champion.ref, role: 'champion' };
}

/** By the challenger's name too, so that the next one gets other applications. */
function isChosen({ ref, sharePpm }: Versioned, applicationId: string, digest: Digest): boolean {
  const drawn = BigInt(`0x${digest(`${ref}/${applicationId}`).slice(0, HASH_DIGITS)}`);
  return drawn * PPM < BigInt(sharePpm ?? 0) * HASH_SIZE;
}

function policyMissing(lenderId: string, businessDate: string): Error {
  const message = `${lenderId} has no policy on ${businessDate}.`;
  return Object.assign(new Error(message), { code: 'SAIDAO_POLICY_MISSING' });
}

/** The line stops rather than judge by another version. */
export function policyUnknown(ref: string, known: readonly string[]): Error {
  const message = `There is no policy ${ref} among the files; there are ${known.join(', ')}.`;
  return Object.assign(new Error(message), { code: 'SAIDAO_POLICY_UNKNOWN' });
}
