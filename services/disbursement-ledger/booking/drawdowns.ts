// Tranches: a further part of the limit is asked for, and instructed if the agreement allows it.
import { sumFen } from '@saidao/values';
import type { DrawdownRequested, Payee } from '@saidao/schemas';
import type { Outgoing } from '@saidao/worker';
import { drawFaultOf } from '../loan/actions/drawing.ts';
import { mayAct } from '../loan/actions/four-eyes.ts';
import { freshnessFaultOf, isNamed, payeeFaultOf } from './conditions.ts';
import { instructionsOf, payoutsOf } from './reserve.ts';
import {
  accountIn,
  findLoan,
  identityOf,
  withLoan,
  type Booked,
  type BookOut,
  type BookRules,
  type Input,
  type Loan,
  type Result,
} from './state.ts';
import { unpaidTimer } from './unpaid.ts';

export function drawdownRequested(input: Input, data: DrawdownRequested, rules: BookRules): Result {
  const booked = findLoan(input.state, data.loanId);
  if (booked === undefined || booked.loan.lenderId !== data.lenderId) {
    const unknown = { authorisationId: '', revision: 0 };
    return { events: [recorded(input, data, unknown, 'LOAN_UNKNOWN')] };
  }
  const { loan, authorised } = booked;
  const payees = payeesAskedFor(booked, data);
  const fault =
    faultOf(input, data, booked, payees) ??
    drawFaultOf(accountIn(input, loan), input.nowMs, rules.world);
  if (fault !== undefined) return { events: [recorded(input, data, booked, fault)] };
  const payouts = payoutsOf(loan.authorisationId, loan.payouts.length, payees);
  const next: Loan = {
    ...loan,
    undrawnFen: loan.undrawnFen - data.amount.minor,
    payouts: [...loan.payouts, ...payouts],
    // What failed at first may be drawn after all.
    status: loan.status === 'payout-failed' ? 'booked' : loan.status,
  };
  return {
    state: withLoan(input.state, booked, next),
    events: [
      recorded(input, data, booked, null),
      ...instructionsOf(input, next, payouts, authorised),
    ],
    rows: [{ kind: 'loan', loan: next, atMs: input.nowMs }],
    timers: [unpaidTimer(input, next, payouts, rules)],
  };
}

function payeesAskedFor(
  { loan, authorised }: Booked,
  { payees, amount }: DrawdownRequested,
): readonly Payee[] {
  if (loan.entrusted || payees.length > 0) return payees;
  return [{ name: authorised.terms.beneficiary, amount }];
}

function faultOf(
  { nowMs }: Input,
  { amount, role }: DrawdownRequested,
  { loan, authorised }: Booked,
  payees: readonly Payee[],
): string | undefined {
  if (!mayAct(role)) return 'ROLE_NOT_ALLOWED';
  if (amount.currency !== 'CNY') return 'CURRENCY_NOT_CNY';
  if (amount.minor <= 0n) return 'AMOUNT_NOT_POSITIVE';
  // By the clock, not only by the timer: whichever of the two is read first.
  if (nowMs >= loan.availableUntilMs) return 'AVAILABILITY_ENDED';
  if (amount.minor > loan.undrawnFen) return 'ABOVE_LIMIT';
  const { terms } = authorised;
  const fault = freshnessFaultOf(authorised, nowMs) ?? payeeFaultOf(terms, payees);
  if (fault !== undefined) return fault;
  if (loan.entrusted && !payees.every(({ name }) => isNamed(terms, name))) {
    return 'PAYEE_NOT_NAMED';
  }
  const sum = sumFen(payees.map((payee) => payee.amount.minor));
  return sum === amount.minor ? undefined : 'PAYEES_DO_NOT_SUM_TO_AMOUNT';
}

function recorded(
  input: Input,
  { loanId, officer }: DrawdownRequested,
  about: { readonly authorisationId: string; readonly revision: number },
  cause: string | null,
): Outgoing<BookOut> {
  return {
    type: 'LoanActionRecorded',
    data: {
      ...identityOf(input, about),
      loanId,
      authorisationId: about.authorisationId,
      actionId: input.event.id,
      action: 'DrawdownRequested',
      officer,
      status: cause === null ? 'TAKEN' : 'REFUSED',
      cause,
    },
  };
}
