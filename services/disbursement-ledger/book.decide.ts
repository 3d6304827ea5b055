// The book's decision: when an authorised loan is booked, cancelled, paid out, and counts as disbursed.
import {
  addMonths,
  businessDateOf,
  cny,
  isBusinessDate,
  sumFen,
  type BusinessDate,
  type Fen,
} from '@saidao/values';
import type {
  CancellationRequested,
  CollateralChanged,
  DisbursementAuthorised,
  LoanTerms,
  Payee,
  PayoutConfirmed,
  PayoutInstructed,
  PayoutRejected,
  PayoutUnknown,
  PledgeConfirmed,
  PledgeRefused,
  PledgeRegistered,
} from '@saidao/schemas';
import type { DecideInput, Decision, LineState, Outgoing } from '@saidao/worker';
import { entryId, postingsOf, type Entry, type Transfer } from './postings.ts';

export type BookIn =
  | 'DisbursementAuthorised'
  | 'CancellationRequested'
  | 'PledgeRegistered'
  | 'PledgeConfirmed'
  | 'PledgeRefused'
  | 'CollateralChanged'
  | 'PayoutConfirmed'
  | 'PayoutRejected'
  | 'PayoutUnknown'
  | 'TimerDue';
export type BookOut =
  | 'LoanBooked'
  | 'PayoutInstructed'
  | 'LoanDisbursed'
  | 'PayoutFailed'
  | 'AuthorisationCancelled'
  | 'CancellationRefused';

export interface Payout {
  /** Also the rail's idempotency key. */
  readonly payoutId: string;
  readonly payee: string;
  readonly amountFen: Fen;
  readonly status: 'instructed' | 'unknown' | 'paid' | 'rejected';
  readonly railReference: string | null;
  readonly paidAtMs: number | null;
  readonly cause: string | null;
}

export interface Loan {
  readonly loanId: string;
  readonly authorisationId: string;
  readonly approvalId: string;
  readonly applicationId: string;
  readonly lenderId: string;
  readonly revision: number;
  readonly borrower: string;
  readonly borrowerUscc: string;
  readonly principalFen: Fen;
  readonly ratePpm: number;
  readonly termMonths: number;
  readonly repayment: string;
  readonly entrusted: boolean;
  readonly bookedOn: BusinessDate;
  readonly maturesOn: BusinessDate;
  readonly status: 'booked' | 'disbursed' | 'payout-failed';
  readonly payouts: readonly Payout[];
}

/** What became of an authorisation; one that was cancelled or booked is never taken up again. */
export type Authorisation =
  | {
      readonly status: 'waiting';
      readonly authorisationId: string;
      readonly revision: number;
      readonly authorised: DisbursementAuthorised;
    }
  | {
      readonly status: 'cancelled';
      readonly authorisationId: string;
      readonly revision: number;
    }
  | {
      readonly status: 'booked';
      readonly authorisationId: string;
      readonly revision: number;
      readonly loan: Loan;
    };

/** What the pledge line has said of an authorisation that is neither booked nor cancelled. */
export interface PledgeSaid {
  readonly authorisationId: string;
  readonly registered: readonly string[] | null;
  readonly confirmed: { readonly patents: readonly string[]; readonly untilMs: number } | null;
  /** Why nothing can be paid on it; it stands, whatever is said later. */
  readonly refused: string | null;
}

export interface BookState extends LineState {
  readonly authorisations: readonly Authorisation[];
  /** Also of authorisations that have not been seen here yet. */
  readonly pledges: readonly PledgeSaid[];
}

export const initialBookState: BookState = { revision: 0, authorisations: [], pledges: [] };

/** Money that has moved is not undone by an amendment: all is kept. */
export function bookStateAt(state: BookState, revision: number): BookState {
  return { ...state, revision };
}

export type BookRow =
  | { readonly kind: 'loan'; readonly loan: Loan; readonly atMs: number }
  | { readonly kind: 'entry'; readonly entry: Entry };

type Input = DecideInput<BookIn, BookState, undefined>;
type Result = Decision<BookOut, BookState, BookRow>;

export function decideBook(input: Input): Result {
  const { event } = input;
  switch (event.type) {
    case 'DisbursementAuthorised':
      return authorised(input, event.data);
    case 'CancellationRequested':
      return cancellationRequested(input, event.data);
    case 'PledgeRegistered':
      return pledgeRegistered(input, event.data);
    case 'PledgeConfirmed':
      return pledgeConfirmed(input, event.data);
    case 'PledgeRefused':
      return pledgeRefused(input, event.data);
    case 'CollateralChanged':
      return collateralChanged(input, event.data);
    case 'PayoutConfirmed':
      return payoutConfirmed(input, event.data);
    case 'PayoutRejected':
      return payoutRejected(input, event.data);
    case 'PayoutUnknown':
      return payoutUnknown(input, event.data);
    case 'TimerDue':
      return { ignored: 'stale-timer' };
  }
}

function authorised(input: Input, data: DisbursementAuthorised): Result {
  const { authorisationId, revision, terms } = data;
  if (findAuthorisation(input.state, authorisationId) !== undefined) return { ignored: 'repeat' };
  assertUsableAsKey(authorisationId);
  const fault = faultOf(data);
  if (fault !== undefined) return cancel(input, data, fault);
  if (!terms.pledgeRequired) return book(input, data);

  const state = withAuthorisation(input.state, {
    status: 'waiting',
    authorisationId,
    revision,
    authorised: data,
  });
  const pledge = findPledge(state, authorisationId);
  return pledge === undefined ? { state } : bookIfPledged({ ...input, state }, data, pledge);
}

function pledgeRegistered(input: Input, { authorisationId, patents }: PledgeRegistered): Result {
  return pledgeSaid(input, authorisationId, { registered: patents });
}

function pledgeConfirmed(input: Input, data: PledgeConfirmed): Result {
  const { authorisationId, patents, validUntil } = data;
  return pledgeSaid(input, authorisationId, {
    confirmed: { patents, untilMs: Number(validUntil) },
  });
}

function pledgeRefused(input: Input, { stage, authorisationId, refused }: PledgeRefused): Result {
  if (stage !== 'REGISTRATION') return { ignored: 'not-about-a-disbursement' };
  if (authorisationId === null) {
    throw new Error('A refused registration has to name the authorisation that waits for it.');
  }
  return pledgeSaid(input, authorisationId, { refused: causeOf('PLEDGE_REFUSED', refused) });
}

/** Before the loan is booked it stops it; its payouts are instructed with the booking. */
function collateralChanged(input: Input, { authorisationId, changes }: CollateralChanged): Result {
  if (authorisationId === null) return { ignored: 'not-about-a-disbursement' };
  const adverse = changes.filter(({ result }) => result === 'ADVERSE');
  if (adverse.length === 0) return { ignored: 'nothing-adverse' };
  return pledgeSaid(input, authorisationId, { refused: causeOf('COLLATERAL_CHANGED', adverse) });
}

function pledgeSaid(input: Input, authorisationId: string, said: Partial<PledgeSaid>): Result {
  const found = findAuthorisation(input.state, authorisationId);
  if (found?.status === 'cancelled') return { ignored: 'authorisation-cancelled' };
  if (found?.status === 'booked') return { ignored: 'loan-booked' };
  const before = findPledge(input.state, authorisationId) ?? { ...unsaid, authorisationId };
  if (before.refused !== null) return { ignored: 'repeat' };
  const pledge = { ...before, ...said };
  const state = withPledge(input.state, pledge);
  if (found === undefined) return { state };
  return bookIfPledged({ ...input, state }, found.authorised, pledge);
}

const unsaid = { registered: null, confirmed: null, refused: null };

/** Once the loan is booked its payouts are under way, and an unknown one cannot be called back. */
function cancellationRequested(input: Input, data: CancellationRequested): Result {
  const { authorisationId, cause } = data;
  const found = findAuthorisation(input.state, authorisationId);
  switch (found?.status) {
    case 'waiting':
      return cancel(input, found, cause);
    // The authorisation itself was discarded as a dead letter; it is not paid if it comes later.
    case undefined:
      return cancel(input, data, cause);
    case 'cancelled':
      return { ignored: 'repeat' };
    case 'booked': {
      const refused = { ...identityOf(input, found), authorisationId, cause: 'LOAN_BOOKED' };
      return { events: [{ type: 'CancellationRefused', data: refused }] };
    }
  }
}

/**
 * Every patent of the terms has to be registered, with nothing that stands against it lately: the
 * approval stands on the whole bundle. The pledge line itself renews a confirmation that is over.
 */
function bookIfPledged(input: Input, data: DisbursementAuthorised, pledge: PledgeSaid): Result {
  const { registered, confirmed, refused } = pledge;
  const { state, nowMs } = input;
  if (refused !== null) return cancel(input, data, refused);
  if (registered === null) return { state };
  const { pledgedPatents } = data.terms;
  const missing = pledgedPatents.filter((number) => !registered.includes(number));
  if (missing.length > 0) return cancel(input, data, `PLEDGE_INCOMPLETE: ${missing.join(', ')}`);
  if (!pledgedPatents.every((number) => confirmed?.patents.includes(number))) return { state };
  if (confirmed === null || nowMs > confirmed.untilMs) {
    return { state, ignored: 'confirmation-over' };
  }
  return book(input, data);
}

function book(input: Input, data: DisbursementAuthorised): Result {
  const loan = loanOf(input, data);
  const { loanId, authorisationId, revision, bookedOn } = loan;
  const identity = identityOf(input, loan);
  const booked: Outgoing<BookOut> = {
    type: 'LoanBooked',
    data: {
      ...identity,
      loanId,
      authorisationId,
      principal: cny(loan.principalFen),
      ratePpm: loan.ratePpm,
      termMonths: loan.termMonths,
      repayment: loan.repayment,
      bookedOn,
      maturesOn: loan.maturesOn,
      productId: data.about?.productId ?? null,
      guarantee: data.terms.guarantee,
      undrawn: null,
    },
  };
  const instructed = loan.payouts.map(({ payoutId, payee, amountFen }): Outgoing<BookOut> => {
    const instruction: PayoutInstructed = {
      ...identity,
      loanId,
      authorisationId,
      payoutId,
      payee,
      amount: cny(amountFen),
      purpose: data.terms.purpose,
      entrusted: loan.entrusted,
    };
    return { type: 'PayoutInstructed', data: instruction };
  });
  return {
    state: withAuthorisation(input.state, { status: 'booked', authorisationId, revision, loan }),
    events: [booked, ...instructed],
    rows: [
      { kind: 'loan', loan, atMs: input.nowMs },
      entryRow(input, loan, 'DISBURSEMENT', authorisationId, loan.principalFen, bookedOn),
    ],
  };
}

function loanOf({ state, applicationId }: Input, data: DisbursementAuthorised): Loan {
  const { authorisationId, approvalId, lenderId, revision, terms, businessDate } = data;
  const earlier = state.authorisations.filter(({ status }) => status === 'booked').length;
  return {
    loanId: `${applicationId}-L${earlier + 1}`,
    authorisationId,
    approvalId,
    applicationId,
    lenderId,
    revision,
    borrower: terms.beneficiary,
    borrowerUscc: terms.beneficiaryUscc,
    principalFen: terms.amount.minor,
    ratePpm: terms.ratePpm,
    termMonths: terms.termMonths,
    repayment: terms.repayment,
    entrusted: terms.entrusted,
    bookedOn: businessDate,
    maturesOn: addMonths(businessDate, terms.termMonths),
    status: 'booked',
    payouts: payeesOf(terms).map(({ name, amount }, index) => ({
      payoutId: `${authorisationId}/${index + 1}`,
      payee: name,
      amountFen: amount.minor,
      status: 'instructed',
      railReference: null,
      paidAtMs: null,
      cause: null,
    })),
  };
}

function payeesOf(terms: LoanTerms): readonly Payee[] {
  return terms.entrusted ? terms.payees : [{ name: terms.beneficiary, amount: terms.amount }];
}

function payoutConfirmed(input: Input, data: PayoutConfirmed): Result {
  const { loan, payout } = payoutIn(input.state, data.payoutId);
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
  const paid = withPayout(loan, { ...payout, status: 'paid', railReference, paidAtMs });
  const isDisbursed = paid.payouts.every(({ status }) => status === 'paid');
  const next: Loan = isDisbursed ? { ...paid, status: 'disbursed' } : paid;
  // A sample's business date may lie ahead of the rail's clock; money leaves no deposit before it
  // was put in.
  const paidOn = businessDateOf(paidAtMs);
  const valueDate = paidOn > loan.bookedOn ? paidOn : loan.bookedOn;
  return {
    state: withLoan(input.state, next),
    events: isDisbursed ? [disbursed(input, next)] : [],
    rows: [
      { kind: 'loan', loan: next, atMs: input.nowMs },
      entryRow(input, loan, 'PAYOUT', payout.payoutId, payout.amountFen, valueDate),
    ],
  };
}

function disbursed(input: Input, loan: Loan): Outgoing<BookOut> {
  const { loanId, authorisationId, principalFen, payouts } = loan;
  const disbursedAtMs = Math.max(...payouts.map(({ paidAtMs }) => paidAtMs ?? 0));
  return {
    type: 'LoanDisbursed',
    data: {
      ...identityOf(input, loan),
      loanId,
      authorisationId,
      amount: cny(principalFen),
      disbursedAt: BigInt(disbursedAtMs),
    },
  };
}

/** Nothing is posted: the money stays in the borrower's deposit until an officer settles it. */
function payoutRejected(input: Input, data: PayoutRejected): Result {
  const { loan, payout } = payoutIn(input.state, data.payoutId);
  if (payout.status === 'rejected') return { ignored: 'repeat' };
  if (payout.status === 'paid') {
    throw new Error(`The payout ${payout.payoutId} is rejected after the rail had confirmed it.`);
  }
  const { cause } = data;
  const next: Loan = {
    ...withPayout(loan, { ...payout, status: 'rejected', cause }),
    status: 'payout-failed',
  };
  const { loanId } = loan;
  const failed = { ...identityOf(input, loan), loanId, payoutId: payout.payoutId, cause };
  return {
    state: withLoan(input.state, next),
    events: [{ type: 'PayoutFailed', data: failed }],
    rows: [{ kind: 'loan', loan: next, atMs: input.nowMs }],
  };
}

/** Shown to readers only; the payout line goes on asking. */
function payoutUnknown(input: Input, data: PayoutUnknown): Result {
  const { loan, payout } = payoutIn(input.state, data.payoutId);
  if (payout.status !== 'instructed') return { ignored: 'repeat' };
  const next = withPayout(loan, { ...payout, status: 'unknown' });
  return {
    state: withLoan(input.state, next),
    rows: [{ kind: 'loan', loan: next, atMs: input.nowMs }],
  };
}

function cancel(
  input: Input,
  about: { readonly authorisationId: string; readonly revision: number },
  cause: string,
): Result {
  const { authorisationId, revision } = about;
  const cancelled = { ...identityOf(input, about), authorisationId, cause };
  return {
    state: withAuthorisation(input.state, { status: 'cancelled', authorisationId, revision }),
    events: [{ type: 'AuthorisationCancelled', data: cancelled }],
  };
}

/** Our policy: a loan runs for at least a month, and for 30 years at most. */
const TERM_MONTHS_MAX = 360;

/** Why nothing can be paid on these terms; undefined if all can. */
function faultOf({ terms, businessDate }: DisbursementAuthorised): string | undefined {
  const { amount, termMonths, entrusted } = terms;
  const payees = payeesOf(terms);
  if ([amount, ...payees.map((payee) => payee.amount)].some(({ currency }) => currency !== 'CNY')) {
    return 'CURRENCY_NOT_CNY';
  }
  if (amount.minor <= 0n) return 'AMOUNT_NOT_POSITIVE';
  if (termMonths < 1 || termMonths > TERM_MONTHS_MAX) return 'TERM_OUT_OF_RANGE';
  if (!isBusinessDate(businessDate)) return 'BUSINESS_DATE_INVALID';
  if (entrusted && payees.length === 0) return 'NO_PAYEE';
  if (payees.some((payee) => payee.amount.minor <= 0n)) return 'PAYEE_AMOUNT_NOT_POSITIVE';
  if (sumFen(payees.map((payee) => payee.amount.minor)) !== amount.minor) {
    return 'PAYEES_DO_NOT_SUM_TO_AMOUNT';
  }
  return undefined;
}

const KEY = /^[\x21-\x7e]{1,160}$/;

/** Payout ids are made of it: they go into headers and addresses at the rail. */
function assertUsableAsKey(authorisationId: string): void {
  if (KEY.test(authorisationId)) return;
  throw new Error('An authorisation id has to be 1 to 160 printable ASCII characters, no blanks.');
}

const PLEDGE_CAUSE_LENGTH_MAX = 500;

function causeOf(
  code: 'PLEDGE_REFUSED' | 'COLLATERAL_CHANGED',
  grounds: readonly { readonly number: string; readonly ground: string }[],
): string {
  if (grounds.length === 0) return code;
  const named = grounds.map(({ number, ground }) => `${ground} ${number}`).join(', ');
  return `${code}: ${named}`.slice(0, PLEDGE_CAUSE_LENGTH_MAX);
}

function entryRow(
  input: Input,
  loan: Loan,
  movement: Transfer,
  subject: string,
  amountFen: Fen,
  valueDate: BusinessDate,
): BookRow {
  const { applicationId, lenderId, loanId } = loan;
  const entry: Entry = {
    id: entryId(movement, subject),
    movement,
    eventId: input.event.id,
    lenderId,
    applicationId,
    loanId,
    lane: input.lane,
    valueDate,
    bookingDate: businessDateOf(input.nowMs),
    bookedAtMs: input.nowMs,
    reverses: null,
    postings: postingsOf(movement, amountFen),
  };
  return { kind: 'entry', entry };
}

/** Events about money bear the revision of the authorisation, whatever came since. */
function identityOf({ applicationId, event }: Input, { revision }: { readonly revision: number }) {
  return { applicationId, revision, lenderId: event.lenderId };
}

function findAuthorisation(state: BookState, authorisationId: string): Authorisation | undefined {
  return state.authorisations.find((one) => one.authorisationId === authorisationId);
}

function withAuthorisation(state: BookState, next: Authorisation): BookState {
  const others = state.authorisations.filter(
    ({ authorisationId }) => authorisationId !== next.authorisationId,
  );
  // What was said of its pledge has done its work.
  const pledges =
    next.status === 'waiting'
      ? state.pledges
      : state.pledges.filter(({ authorisationId }) => authorisationId !== next.authorisationId);
  return { ...state, authorisations: [...others, next], pledges };
}

function findPledge(state: BookState, authorisationId: string): PledgeSaid | undefined {
  return state.pledges.find((one) => one.authorisationId === authorisationId);
}

function withPledge(state: BookState, next: PledgeSaid): BookState {
  const others = state.pledges.filter(
    ({ authorisationId }) => authorisationId !== next.authorisationId,
  );
  return { ...state, pledges: [...others, next] };
}

function payoutIn(state: BookState, payoutId: string): { loan: Loan; payout: Payout } {
  for (const authorisation of state.authorisations) {
    if (authorisation.status !== 'booked') continue;
    const { loan } = authorisation;
    const payout = loan.payouts.find((one) => one.payoutId === payoutId);
    if (payout !== undefined) return { loan, payout };
  }
  throw new Error(`The payout ${payoutId} was never instructed: its money is not in the books.`);
}

function withPayout(loan: Loan, next: Payout): Loan {
  const payouts = loan.payouts.map((one) => (one.payoutId === next.payoutId ? next : one));
  return { ...loan, payouts };
}

function withLoan(state: BookState, loan: Loan): BookState {
  const { authorisationId, revision } = loan;
  return withAuthorisation(state, { status: 'booked', authorisationId, revision, loan });
}
