// An authorisation becomes a loan, its limit reserved and its payouts instructed; or it is cancelled.
import {
  addMonths,
  cny,
  startOfBusinessDateMs,
  toJson,
  type Fen,
  type RepaymentPlan,
} from '@saidao/values';
import type { DisbursementAuthorised, Payee } from '@saidao/schemas';
import type { NewTimer, Outgoing } from '@saidao/worker';
import { accountName, bookingDateOf, openAccount, type LoanAccount } from '../loan/account.ts';
import { loanOpened } from '../loan/changes.ts';
import { evidenceOfTerms } from '../loan/evidence.ts';
import { contractOf } from '../loan/products.ts';
import { conditionsOf, leftOf, payeesOf } from './conditions.ts';
import { entryRow } from './entries.ts';
import {
  findAuthorisation,
  identityOf,
  nextLoanId,
  withAuthorisation,
  type Authorisation,
  type BookOut,
  type BookRules,
  type Input,
  type Loan,
  type Payout,
  type Result,
} from './state.ts';
import { unpaidTimer } from './unpaid.ts';

export const VERIFICATION_OVER = 'verification-over';
export const AVAILABILITY_END = 'availability-end';

export function authorised(input: Input, data: DisbursementAuthorised, rules: BookRules): Result {
  const { authorisationId, revision, verifiedUntil } = data;
  const before = findAuthorisation(input.state, authorisationId);
  if (before !== undefined) return toldBefore(before, data);
  assertUsableAsKey(authorisationId);
  const waiting = { status: 'waiting', authorisationId, revision, authorised: data } as const;
  const state = withAuthorisation(input.state, waiting);
  const decided = judge({ ...input, state }, data, rules);
  const waits = findAuthorisation(decided.state ?? state, authorisationId)?.status === 'waiting';
  if (!waits || verifiedUntil === null) return decided;
  // What goes stale while it waits for its pledge is told then, not only when the pledge comes.
  const dueAtMs = Number(verifiedUntil) + 1;
  return {
    ...decided,
    timers: [{ name: VERIFICATION_OVER, dueAtMs, detail: { authorisationId } }],
  };
}

/** The first stands. What is told otherwise under its id is a dead letter, for somebody to see. */
function toldBefore(
  { authorisationId, authorised }: Authorisation,
  data: DisbursementAuthorised,
): Result {
  // Cancelled before it came it is paid in no case, whatever its terms.
  if (authorised === null || toJson(authorised) === toJson(data)) return { ignored: 'repeat' };
  const message = `The authorisation ${authorisationId} came before with other terms.`;
  throw Object.assign(new Error(message), { code: 'SAIDAO_LEDGER_TERMS_DIFFER' });
}

/** Books, cancels, or waits for what has not been said yet. */
export function judge(input: Input, data: DisbursementAuthorised, rules: BookRules): Result {
  const { state, nowMs } = input;
  const conditions = conditionsOf(data, state, rules, nowMs);
  switch (conditions.kind) {
    case 'met':
      return book(input, data, rules);
    case 'refused':
      return cancel(input, data, conditions.cause);
    case 'waits': {
      const { ignored } = conditions;
      return ignored === undefined ? { state } : { state, ignored };
    }
  }
}

/** What waited for its pledge until its checks had grown too old. */
export function verificationOver(
  input: Input,
  detail: { readonly authorisationId?: unknown },
): Result {
  const found = findAuthorisation(input.state, String(detail.authorisationId));
  if (found?.status !== 'waiting') return { ignored: 'stale-timer' };
  return cancel(input, found, 'VERIFICATION_STALE');
}

export function cancel(
  input: Input,
  about: { readonly authorisationId: string; readonly revision: number },
  cause: string,
): Result {
  const { authorisationId, revision } = about;
  const authorised = findAuthorisation(input.state, authorisationId)?.authorised ?? null;
  const cancelled = { status: 'cancelled', authorisationId, revision, authorised } as const;
  const data = { ...identityOf(input, about), authorisationId, cause };
  return {
    state: withAuthorisation(input.state, cancelled),
    events: [{ type: 'AuthorisationCancelled', data }],
  };
}

/** The limit is reserved off balance; nothing is owed before the rail has paid. */
function book(input: Input, data: DisbursementAuthorised, rules: BookRules): Result {
  const loan = loanOf(input, data, rules);
  const { loanId, authorisationId, revision, bookedOn, undrawnFen, payouts } = loan;
  const booked = { status: 'booked', authorisationId, revision, loan, authorised: data } as const;
  const account = accountOf(input, loan, data, rules);
  const bookingDate = bookingDateOf(account, Math.floor(input.nowMs));
  const on = { valueDate: bookedOn, bookingDate, evidence: evidenceOfTerms(account, loan) };
  return {
    state: withAuthorisation(input.state, booked),
    events: [
      {
        type: 'LoanBooked',
        data: {
          ...identityOf(input, loan),
          loanId,
          authorisationId,
          principal: cny(loan.principalFen),
          ratePpm: loan.ratePpm,
          termMonths: loan.termMonths,
          repayment: loan.repayment,
          bookedOn,
          maturesOn: loan.maturesOn,
          productId: loan.productId,
          guarantee: data.terms.guarantee,
          undrawn: undrawnFen > 0n ? cny(undrawnFen) : null,
        },
      },
      ...instructionsOf(input, loan, payouts, data),
    ],
    rows: [
      { kind: 'loan', loan, atMs: input.nowMs },
      entryRow(input, loan, 'RESERVATION', authorisationId, loan.principalFen, on),
      ...loanOpened(account, rules.world).rows,
    ],
    held: { [accountName(loanId)]: account },
    timers: [
      unpaidTimer(input, loan, payouts, rules),
      ...(undrawnFen > 0n ? [availabilityTimer(loan)] : []),
    ],
  };
}

export function instructionsOf(
  input: Input,
  loan: Loan,
  payouts: readonly Payout[],
  { terms }: DisbursementAuthorised,
): Outgoing<BookOut>[] {
  const { loanId, authorisationId, entrusted } = loan;
  return payouts.map(({ payoutId, payee, amountFen }) => ({
    type: 'PayoutInstructed',
    data: {
      ...identityOf(input, loan),
      loanId,
      authorisationId,
      payoutId,
      payee,
      amount: cny(amountFen),
      purpose: terms.purpose,
      entrusted,
    },
  }));
}

function accountOf(
  { lane }: Input,
  loan: Loan,
  { terms, inclusive }: DisbursementAuthorised,
  { products }: BookRules,
): LoanAccount {
  const { lenderId, applicationId, authorisationId, revision, productId } = loan;
  const contract = contractOf(products.of(lenderId, productId), {
    loanId: loan.loanId,
    limitFen: loan.principalFen,
    method: terms.repayment as RepaymentPlan,
    bookedOn: loan.bookedOn,
    termMonths: terms.termMonths,
    ratePpm: terms.ratePpm,
    lprPpm: terms.lprPpm,
    addOnPpm: terms.addOnPpm,
    guarantee: terms.guarantee,
    inclusive,
  });
  const debtorUscc = terms.beneficiaryUscc;
  return openAccount(contract, {
    ...{ lenderId, applicationId, authorisationId, revision, lane, debtorUscc, productId },
    inclusive,
  });
}

function availabilityTimer({ loanId, availableUntilMs }: Loan): NewTimer {
  return { name: AVAILABILITY_END, dueAtMs: availableUntilMs, detail: { loanId } };
}

function loanOf(
  { state, applicationId, nowMs }: Input,
  data: DisbursementAuthorised,
  { products }: BookRules,
): Loan {
  const { authorisationId, approvalId, lenderId, revision, terms, businessDate, about } = data;
  const productId = about?.productId ?? null;
  const { availabilityMonths } = products.of(lenderId, productId);
  const payees = payeesOf(terms);
  return {
    loanId: nextLoanId(state, applicationId),
    authorisationId,
    approvalId,
    applicationId,
    lenderId,
    revision,
    productId,
    borrower: terms.beneficiary,
    borrowerUscc: terms.beneficiaryUscc,
    principalFen: terms.amount.minor,
    ratePpm: terms.ratePpm,
    termMonths: terms.termMonths,
    repayment: terms.repayment,
    entrusted: terms.entrusted,
    bookedOn: businessDate,
    bookedAtMs: Math.floor(nowMs),
    maturesOn: addMonths(businessDate, terms.termMonths),
    status: 'booked',
    undrawnFen: leftOf(terms.amount.minor, payees),
    availableUntilMs: startOfBusinessDateMs(addMonths(businessDate, availabilityMonths)),
    disbursedFen: 0n,
    unpaidSinceMs: null,
    payouts: payoutsOf(authorisationId, 0, payees),
  };
}

/** Payouts to these, numbered on from those that the loan has already. */
export function payoutsOf(
  authorisationId: string,
  earlier: number,
  payees: readonly Payee[],
): Payout[] {
  return payees.map(({ name, amount }, index) => ({
    payoutId: `${authorisationId}/${earlier + index + 1}`,
    payee: name,
    amountFen: amount.minor satisfies Fen,
    status: 'instructed',
    railReference: null,
    paidAtMs: null,
    cause: null,
  }));
}

const KEY = /^[\x21-\x7e]{1,160}$/;

/** Payout ids are made of it: they go into headers and addresses at the rail. */
function assertUsableAsKey(authorisationId: string): void {
  if (KEY.test(authorisationId)) return;
  throw new Error('An authorisation id has to be 1 to 160 printable ASCII characters, no blanks.');
}
