// What entries of a loan were booked upon, as JSON in their chain: its terms, and its facts.
import type { LoanFact } from '@saidao/loans';
import { fromJson, toJson } from '@saidao/values';
import type { LoanAccount } from './account.ts';

/** What of a loan is agreed at its booking and stands beside its contract. */
export interface BookedTerms {
  readonly approvalId: string;
  readonly borrower: string;
  readonly entrusted: boolean;
  readonly availableUntilMs: number;
  readonly bookedAtMs: number;
}

export interface Evidence {
  /** Of the entry that reserves its limit. */
  readonly terms?: BookedTerms & Pick<LoanAccount, 'contract' | 'identity'>;
  /** Those that no entry before has named. */
  readonly facts?: readonly LoanFact[];
}

/** The evidence of the entry that reserves a loan's limit. */
export function evidenceOfTerms({ contract, identity }: LoanAccount, loan: BookedTerms): string {
  const { approvalId, borrower, entrusted, availableUntilMs, bookedAtMs } = loan;
  const booked = { approvalId, borrower, entrusted, availableUntilMs, bookedAtMs };
  return toJson({ terms: { ...booked, contract, identity } } satisfies Evidence);
}

/** Text that is no JSON is a SyntaxError. */
export function readEvidence(text: string): Evidence {
  return fromJson(text) as Evidence;
}
