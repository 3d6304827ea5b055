// What the doors of a loan need around them: its account, and what was asked of it.
import type { LoanAccount } from '../account.ts';
import type { ActionRow } from '../changes.ts';

/** Only loans of the given lenders are found. */
export interface LoanAccounts {
  find(loanId: string, lenders: readonly string[]): Promise<LoanAccount | undefined>;
  /** What came of repayments and actions, the newest first, no more than a page of them. */
  actionsOf(loanId: string): Promise<readonly ActionRow[]>;
}
