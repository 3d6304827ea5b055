// What the doors of a loan need around them: its account, what was asked of it, and answered keys.
import type { LoanAccount } from '../account.ts';
import type { ActionRow } from '../changes.ts';

/** Only loans of the given lenders are found. */
export interface LoanAccounts {
  find(loanId: string, lenders: readonly string[]): Promise<LoanAccount | undefined>;
  /** What came of repayments and actions, the newest first, no more than a page of them. */
  actionsOf(loanId: string): Promise<readonly ActionRow[]>;
}

/** Idempotency-Keys that a door has answered, each with what was asked under it. */
export interface AnsweredKeys {
  askedOf(messageId: string): Promise<string | undefined>;
  keep(messageId: string, asked: string): Promise<void>;
}
