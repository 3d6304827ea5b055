// Parts of a limit that will not be drawn: given back with an entry, and told.
import { cny, type Fen } from '@saidao/values';
import type { Outgoing } from '@saidao/worker';
import { accountName, bookingDateOf, releaseLimit, standingNow } from '../loan/account.ts';
import { positionOf } from '../loan/positions.ts';
import { entryRow } from './entries.ts';
import {
  accountIn,
  findLoan,
  identityOf,
  isOpen,
  paidFen,
  withLoan,
  type Booked,
  type BookOut,
  type BookRow,
  type BookRules,
  type Input,
  type Loan,
  type Result,
} from './state.ts';

interface Released {
  readonly event: Outgoing<BookOut>;
  readonly rows: readonly BookRow[];
  readonly held: Readonly<Record<string, unknown>>;
}

/** One release for a payout, and one for what is never drawn: whatever comes first stands. */
export function limitReleased(
  input: Input,
  loan: Loan,
  subject: string,
  amountFen: Fen,
  cause: string,
  { world }: BookRules,
): Released {
  const { loanId, authorisationId } = loan;
  const amount = cny(amountFen);
  const account = accountIn(input, loan);
  const bookingDate = bookingDateOf(account, Math.floor(input.nowMs));
  const dates = { valueDate: bookingDate, bookingDate };
  const released = releaseLimit(account, amountFen);
  return {
    event: {
      type: 'LimitReleased',
      data: { ...identityOf(input, loan), loanId, authorisationId, amount, cause },
    },
    rows: [
      entryRow(input, loan, 'RELEASE', subject, amountFen, dates),
      { kind: 'position', position: positionOf(released, standingNow(released, world)) },
    ],
    held: { [accountName(loanId)]: released },
  };
}

/** What was never drawn can be drawn no more. */
export function releaseUndrawn(
  input: Input,
  booked: Booked,
  cause: string,
  rules: BookRules,
): Result {
  const { loan } = booked;
  if (loan.undrawnFen === 0n) return { ignored: 'nothing-undrawn' };
  const { loanId, undrawnFen } = loan;
  const { event, rows, held } = limitReleased(input, loan, loanId, undrawnFen, cause, rules);
  const isOver = !loan.payouts.some(isOpen) && paidFen(loan) === 0n;
  const status = isOver ? 'payout-failed' : loan.status;
  const next: Loan = { ...loan, undrawnFen: 0n, status };
  return {
    state: withLoan(input.state, booked, next),
    events: [event],
    rows: [{ kind: 'loan', loan: next, atMs: input.nowMs }, ...rows],
    held,
  };
}

export function availabilityEnded(
  input: Input,
  detail: { readonly loanId?: unknown },
  rules: BookRules,
): Result {
  const booked = findLoan(input.state, String(detail.loanId));
  if (booked === undefined) return { ignored: 'stale-timer' };
  return releaseUndrawn(input, booked, 'AVAILABILITY_ENDED', rules);
}
