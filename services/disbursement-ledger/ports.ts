// What the payout line and the door need around them: the rail that moves money, halts, and loans.
import type { BusinessDate, Fen } from '@saidao/values';
import type { Loan, Payout } from './booking/state.ts';
import type { DaysOf, LaneStanding } from './days.decide.ts';
import type { Instruction, RailAnswer } from './payout.decide.ts';
import type { Movement, Nature, Side } from './postings.ts';

/**
 * Moves money once for each key, however often it is asked. Rejects only where the call could not
 * even begin before the signal was aborted: then the event waits for the next turn. With an open
 * breaker it answers that nothing was asked.
 */
export interface PayoutRail {
  /** Tells it to pay; told again under the same key it answers as before. */
  instruct(instruction: Instruction, signal: AbortSignal): Promise<RailAnswer>;
  /** Asks what became of the key; if the rail has never seen it, tells it to pay, under the key. */
  find(instruction: Instruction, signal: AbortSignal): Promise<RailAnswer>;
}

/** Lenders whose books are broken: until somebody has looked, none of their money may move. */
export interface Halts {
  isHalted(lenderId: string): Promise<boolean>;
}

/** What was last told as disbursed is the line's own; its payouts say what was paid. */
export interface LoanSummary extends Omit<Loan, 'payouts' | 'revision' | 'disbursedFen'> {
  readonly changedAtMs: number;
}

export interface PostedEntry {
  readonly id: string;
  readonly movement: Movement;
  readonly valueDate: BusinessDate;
  readonly bookedAtMs: number;
  readonly postings: readonly {
    readonly account: string;
    readonly side: Side;
    readonly amountFen: Fen;
    readonly currency: string;
  }[];
}

/** What a loan's postings add up to on one account. */
export interface LoanBalance {
  readonly account: string;
  readonly name: string;
  readonly nature: Nature;
  /** The side on which its balance grows. */
  readonly grows: Side;
  readonly currency: string;
  readonly debitFen: Fen;
  readonly creditFen: Fen;
}

export interface LoanInBooks extends LoanSummary {
  readonly payouts: readonly Payout[];
  readonly entries: readonly PostedEntry[];
  readonly balances: readonly LoanBalance[];
}

/** Only loans of the given lenders are found. */
export interface Loans {
  find(loanId: string, lenders: readonly string[]): Promise<LoanInBooks | undefined>;
  ofApplication(applicationId: string, lenders: readonly string[]): Promise<readonly LoanSummary[]>;
}

/** What of days and loans of a lane stands in the books, as of now. */
export interface Lanes {
  standingOf(of: DaysOf): Promise<LaneStanding>;
  /** The first day that a lender closed, or on which a loan of it was booked; null: neither. */
  since(lenderId: string): Promise<BusinessDate | null>;
}

/** How far a day of a lender is, for readers. */
export interface ClosedDays extends Pick<Lanes, 'since'> {
  find(
    lenderId: string,
    businessDate: BusinessDate,
  ): Promise<{ readonly lanesClosed: number; readonly digest: string | null }>;
}
