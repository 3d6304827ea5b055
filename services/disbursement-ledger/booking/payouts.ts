// What the rail said of a payout: the loan is drawn by it, or its part of the limit is given back.
import { businessDateOf, cny } from '@saidao/values';
import type { PayoutConfirmed, PayoutRejected, PayoutUnknown } from '@saidao/schemas';
import type { Outgoing } from '@saidao/worker';
import { accountName, bookingDateOf } from '../loan/account.ts';
import { loanDrawn } from '../loan/changes.ts';
import { entryRow, laterOf } from './entries.ts';
import { isVoid, limitReleased, voided } from './release.ts';
import {
  accountIn,
  identityOf,
  isOpen,
  paidFen,
  payoutIn,
  withLoan,
  type Booked,
  type BookOut,
  type BookRow,
  type BookRules,
  type Input,
  type Loan,
  type Payout,
  type Result,
} from './state.ts';
import { unpaidCleared } from './unpaid.ts';

/** Owed from now on: the loan goes into the borrower's deposit and from there to the payee. */
export function payoutConfirmed(input: Input, data: PayoutConfirmed, rules: BookRules): Result {
  const { booked, payout } = instructedIn(input, data);
  const { loan } = booked;
  if (payout.status === 'paid') return { ignored: 'repeat' };
  if (payout.status === 'rejected') {
    throw new Error(`The payout ${payout.payoutId} is confirmed after the rail had rejected it.`);
  }
  const { amount, railReference } = data;
  if (amount.minor !== payout.amountFen || amount.currency !== 'CNY') {
    throw new Error(
      `The payout ${payout.payoutId} is confirmed with another amount than instructed.`,
    );
  }
  const paidAtMs = Number(data.paidAt);
  const { payoutId, amountFen } = payout;
  // A sample's business date may lie ahead of the rail's clock; money leaves no deposit before it
  // was put in.
  const valueDate = laterOf(businessDateOf(paidAtMs), loan.bookedOn);
  const account = accountIn(input, loan);
  const nowMs = Math.floor(input.nowMs);
  const part = { payoutId, on: valueDate, amountFen };
  const drawn = loanDrawn(account, part, { eventId: input.event.id, nowMs }, rules.world);
  const dates = { valueDate, bookingDate: bookingDateOf(account, nowMs) };
  const own = (movement: 'RELEASE' | 'PAYOUT') =>
    entryRow(input, loan, movement, payoutId, amountFen, dates);
  const paid = withPayout(loan, { ...payout, status: 'paid', railReference, paidAtMs });
  return settled(input, booked, paid, {
    cause: 'PAID',
    events: drawn.events,
    rows: [own('RELEASE'), ...drawn.rows, own('PAYOUT')],
    held: { [accountName(loan.loanId)]: drawn.account },
  });
}

/** Nothing was owed, and nothing is: the part that was reserved for it is given back for good. */
export function payoutRejected(input: Input, data: PayoutRejected, rules: BookRules): Result {
  const { booked, payout } = instructedIn(input, data);
  const { loan } = booked;
  if (payout.status === 'rejected') return { ignored: 'repeat' };
  if (payout.status === 'paid') {
    throw new Error(`The payout ${payout.payoutId} is rejected after the rail had confirmed it.`);
  }
  const { cause } = data;
  const { payoutId, amountFen } = payout;
  const next = withPayout(loan, { ...payout, status: 'rejected', cause });
  const failed = { ...identityOf(input, loan), loanId: loan.loanId, payoutId, cause };
  const release = limitReleased(input, loan, payoutId, amountFen, 'PAYOUT_REJECTED', rules);
  return settled(input, booked, next, {
    cause: 'REJECTED',
    events: [{ type: 'PayoutFailed', data: failed }, ...release.events],
    rows: release.rows,
    held: release.held,
  });
}

/** Shown to readers only; the payout line goes on asking. */
export function payoutUnknown(input: Input, data: PayoutUnknown): Result {
  const { booked, payout } = instructedIn(input, data);
  if (payout.status !== 'instructed') return { ignored: 'repeat' };
  const next = withPayout(booked.loan, { ...payout, status: 'unknown' });
  return {
    state: withLoan(input.state, booked, next),
    rows: [{ kind: 'loan', loan: next, atMs: input.nowMs }],
  };
}

/** One payout less is open: once none is, the loan is disbursed with what was paid of it. */
function settled(
  input: Input,
  booked: Booked,
  loan: Loan,
  made: {
    readonly cause: 'PAID' | 'REJECTED';
    readonly events: readonly Outgoing<BookOut>[];
    readonly rows: readonly BookRow[];
    readonly held: Readonly<Record<string, unknown>>;
  },
): Result {
  const isOver = !loan.payouts.some(isOpen);
  const allFen = paidFen(loan);
  const tells = isOver && allFen > loan.disbursedFen;
  const next: Loan = {
    ...loan,
    ...(isOver && { status: allFen > 0n ? 'disbursed' : 'payout-failed', unpaidSinceMs: null }),
    ...(tells && { disbursedFen: allFen }),
  };
  return {
    state: withLoan(input.state, booked, next),
    events: [
      ...made.events,
      ...(tells ? [disbursed(input, next)] : []),
      ...(isOver && loan.unpaidSinceMs !== null ? [unpaidCleared(input, next, made.cause)] : []),
      ...(isVoid(next) ? [voided(input, next)] : []),
    ],
    rows: [{ kind: 'loan', loan: next, atMs: input.nowMs }, ...made.rows],
    held: made.held,
  };
}

function disbursed(input: Input, loan: Loan): Outgoing<BookOut> {
  const { loanId, authorisationId, payouts } = loan;
  const disbursedAtMs = Math.max(...payouts.map(({ paidAtMs }) => paidAtMs ?? 0));
  return {
    type: 'LoanDisbursed',
    data: {
      ...identityOf(input, loan),
      loanId,
      authorisationId,
      amount: cny(paidFen(loan)),
      disbursedAt: BigInt(disbursedAtMs),
    },
  };
}

function instructedIn(
  { state }: Input,
  { payoutId }: { readonly payoutId: string },
): { readonly booked: Booked; readonly payout: Payout } {
  const found = payoutIn(state, payoutId);
  if (found !== undefined) return found;
  throw new Error(`The payout ${payoutId} was never instructed: its money is not in the books.`);
}

function withPayout(loan: Loan, next: Payout): Loan {
  const payouts = loan.payouts.map((one) => (one.payoutId === next.payoutId ? next : one));
  return { ...loan, payouts };
}
