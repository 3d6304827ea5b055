// The lenders' policies: which one an application is pinned to as it enters, and each by its name.
import type { Assessor } from './assessment/assess.ts';
import type { LprRates } from './assessment/price.ts';
import type { Digest } from './assessment/rules.ts';

/** Of two policies that run side by side most applications go to the champion. */
export type PolicyRole = 'champion' | 'challenger';

export interface PinnedPolicy {
  /** Lender and version, as `czb-hz@1`. */
  readonly ref: string;
  readonly role: PolicyRole;
}

/** What an application is pinned by. */
export interface Entry {
  readonly lenderId: string;
  readonly applicationId: string;
  /** The day on which it entered. */
  readonly businessDate: string;
}

export interface Policies {
  /** Every version that there is. */
  readonly refs: readonly string[];
  readonly digest: Digest;
  /** The policy of an application that enters; the same entry always gets the same. */
  pin(entry: Entry): PinnedPolicy;
  /** Throws for one that is not among the files: the line stops rather than judge by another. */
  of(ref: string): Assessor;
  /** The loan prime rates in force on a day; null: not known, which refers. */
  lprOn(businessDate: string): LprRates | null;
}

/** Every code that some version has a text for. */
export function reasonCodesOf(policies: Policies): string[] {
  const codes = policies.refs.flatMap((ref) =>
    Object.keys(policies.of(ref).policy.reasons.reasons),
  );
  return [...new Set(codes)].sort();
}
