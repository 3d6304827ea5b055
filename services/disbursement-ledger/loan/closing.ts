// One day of one loan closed: what is booked, where it stands, and whether readers have to be told.
import type { LoanWorld, Standing } from '@saidao/loans';
import type { Entry } from '../postings.ts';
import { closeDay, lastAfter, tierOf, type DayClosing, type LoanAccount } from './account.ts';
import { positionOf, type Position } from './positions.ts';
import { isNews } from './told.ts';

export interface ClosedLoanDay {
  readonly account: LoanAccount;
  readonly entries: readonly Entry[];
  readonly position: Position;
  /** The book line has to be woken by its timer `loan-changed`, to tell it. */
  readonly changed: boolean;
}

/**
 * Closes a day of a loan; one that is closed already changes nothing. The caller closes each day in
 * its turn. `standing` may be given where the caller has it: the account's own at the end of the
 * day, by `standingAt`.
 */
export function closeLoanDay(
  account: LoanAccount,
  closing: DayClosing,
  world: LoanWorld,
  standing?: Standing,
): ClosedLoanDay {
  const closed = closeDay(account, closing, world, standing);
  const tier = tierOf(closed.account, closed.standing);
  // What happened after a day that is closed late is in the books, and the loan is no less open.
  const last = lastAfter(closed.account, closed.standing, world);
  return {
    account: closed.account,
    entries: closed.entries,
    position: positionOf(closed.account, last),
    changed: isNews(closed.account, closed.standing, tier, last),
  };
}
