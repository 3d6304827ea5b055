// Parts of a limit that will not be drawn: given back with an entry, and told.
import { cny, type Fen } from '@saidao/values';
import type { Outgoing } from '@saidao/worker';
import { accountName, bookingDateOf } from '../loan/account.ts';
import { loanReleased } from '../loan/changes.ts';
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
  readonly events: readonly Outgoing<BookOut>[];
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
  const nowMs = Math.floor(input.nowMs);
  const bookingDate = bookingDateOf(account, nowMs);
  const dates = { valueDate: bookingDate, bookingDate };
  const change = loanReleased(account, amountFen, { eventId: input.event.id, nowMs }, world);
  return {
    events: [
      {
        type: 'LimitReleased',
        data: { ...identityOf(input, loan), loanId, authorisationId, amount, cause },
      },
      ...change.events,
    ],
    rows: [entryRow(input, loan, 'RELEASE', subject, amountFen, dates), ...change.rows],
    held: { [accountName(loanId)]: change.account },
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
  const { loanId, undrawnFen } = loan;
  if (undrawnFen === 0n) return { ignored: 'nothing-undrawn' };
  const { events, rows, held } = limitReleased(input, loan, loanId, undrawnFen, cause, rules);
  const next: Loan = { ...loan, undrawnFen: 0n };
  return {
    state: withLoan(input.state, booked, next),
    events: [...events, ...(isVoid(next) ? [voided(input, next)] : [])],
    rows: [{ kind: 'loan', loan: next, atMs: input.nowMs }, ...rows],
    held,
  };
}

/** Nothing was paid, and nothing can be any more. */
export function isVoid(loan: Loan): boolean {
  return loan.undrawnFen === 0n && !loan.payouts.some(isOpen) && paidFen(loan) === 0n;
}

/** Its approval falls with it, and what secured it is let go. */
export function voided(input: Input, loan: Loan): Outgoing<BookOut> {
  const { authorisationId } = loan;
  const data = { ...identityOf(input, loan), authorisationId, cause: 'NOTHING_PAID' };
  return { type: 'AuthorisationCancelled', data };
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
