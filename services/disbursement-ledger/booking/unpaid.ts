// Booked but unpaid: the alarm of a loan whose money has not reached its payees in time, and its end.
import { cny, sumFen } from '@saidao/values';
import type { NewTimer, Outgoing } from '@saidao/worker';
import {
  findLoan,
  identityOf,
  isOpen,
  withLoan,
  type BookOut,
  type BookRules,
  type Input,
  type Loan,
  type Payout,
  type Result,
} from './state.ts';

export const UNPAID = 'unpaid-alarm';

/** Rings for these payouts of the loan, if one of them is still open by then. */
export function unpaidTimer(
  { nowMs }: Input,
  { loanId }: Loan,
  payouts: readonly Payout[],
  { unpaidAlarmAfterMs }: BookRules,
): NewTimer {
  const detail = { loanId, payouts: payouts.map(({ payoutId }) => payoutId) };
  return { name: UNPAID, dueAtMs: nowMs + unpaidAlarmAfterMs, detail };
}

/** Told once, until all that is open is settled. */
export function unpaidDue(
  input: Input,
  detail: { readonly loanId?: unknown; readonly payouts?: unknown },
): Result {
  const booked = findLoan(input.state, String(detail.loanId));
  if (booked === undefined) return { ignored: 'stale-timer' };
  const { loan } = booked;
  const late = Array.isArray(detail.payouts) ? detail.payouts : [];
  const open = loan.payouts.filter(isOpen);
  if (!open.some(({ payoutId }) => late.includes(payoutId))) return { ignored: 'stale-timer' };
  if (loan.unpaidSinceMs !== null) return { ignored: 'told-already' };
  const next: Loan = { ...loan, unpaidSinceMs: Math.floor(input.nowMs) };
  return {
    state: withLoan(input.state, booked, next),
    events: [
      {
        type: 'LoanUnpaid',
        data: {
          ...identityOf(input, loan),
          loanId: loan.loanId,
          authorisationId: loan.authorisationId,
          unpaid: cny(sumFen(open.map(({ amountFen }) => amountFen))),
          bookedAt: BigInt(loan.bookedAtMs),
          payouts: open.map(({ payoutId }) => payoutId),
        },
      },
    ],
    rows: [{ kind: 'loan', loan: next, atMs: input.nowMs }],
  };
}

/** The end of the alarm, by the payout that was settled last. */
export function unpaidCleared(
  input: Input,
  { loanId, authorisationId, revision }: Loan,
  cause: 'PAID' | 'REJECTED',
): Outgoing<BookOut> {
  const identity = identityOf(input, { revision });
  return { type: 'LoanUnpaidCleared', data: { ...identity, loanId, authorisationId, cause } };
}
