// What the book keeps of an application: its approvals, authorisations, pledges and loans.
import type { LoanWorld } from '@saidao/loans';
import type { BusinessDate, Fen } from '@saidao/values';
import type { DisbursementAuthorised } from '@saidao/schemas';
import type { DecideInput, Decision, LineState } from '@saidao/worker';
import { accountName, type LoanAccount } from '../loan/account.ts';
import type { LoanRow, LoanTold } from '../loan/changes.ts';
import type { LoanIn } from '../loan/input.ts';
import type { Products } from '../loan/products.ts';

export type BookIn =
  | 'ApprovalUndone'
  | 'DisbursementAuthorised'
  | 'CancellationRequested'
  | 'PledgeRegistered'
  | 'PledgeConfirmed'
  | 'PledgeRefused'
  | 'CollateralChanged'
  | 'DrawdownRequested'
  | Exclude<LoanIn, 'TimerDue'>
  | 'PayoutConfirmed'
  | 'PayoutRejected'
  | 'PayoutUnknown'
  | 'TimerDue';
export type BookOut =
  | 'LoanBooked'
  | 'PayoutInstructed'
  | 'LoanDisbursed'
  | 'PayoutFailed'
  | 'LimitReleased'
  | 'LoanUnpaid'
  | 'LoanUnpaidCleared'
  | 'AuthorisationCancelled'
  | 'CancellationRefused'
  | LoanTold;

/** What the service was told of its products, and when it has to say that money is late. */
export interface BookRules {
  readonly products: Products;
  readonly world: LoanWorld;
  readonly unpaidAlarmAfterMs: number;
}

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
  readonly productId: string | null;
  readonly borrower: string;
  readonly borrowerUscc: string;
  /** The limit: no more than this is paid out in all. Owed is what was paid of it. */
  readonly principalFen: Fen;
  readonly ratePpm: number;
  readonly termMonths: number;
  readonly repayment: string;
  readonly entrusted: boolean;
  readonly bookedOn: BusinessDate;
  readonly bookedAtMs: number;
  readonly maturesOn: BusinessDate;
  /** Disbursed: all that was instructed is settled and some was paid; payout-failed: none was. */
  readonly status: 'booked' | 'disbursed' | 'payout-failed';
  /** Of the limit: reserved, and neither instructed nor given back yet. */
  readonly undrawnFen: Fen;
  /** It may be drawn before this. */
  readonly availableUntilMs: number;
  /** What was last told as disbursed. */
  readonly disbursedFen: Fen;
  /** Since when it is told as booked and not paid; null: it is not. */
  readonly unpaidSinceMs: number | null;
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
      /** Null: it was cancelled before it came. */
      readonly authorised: DisbursementAuthorised | null;
    }
  | Booked;

export interface Booked {
  readonly status: 'booked';
  readonly authorisationId: string;
  readonly revision: number;
  readonly loan: Loan;
  /** As it was told; later draws are judged by it. */
  readonly authorised: DisbursementAuthorised;
}

/** What the pledge line has said of an authorisation that is neither booked nor cancelled. */
export interface PledgeSaid {
  readonly authorisationId: string;
  readonly registered: readonly string[] | null;
  readonly confirmed: { readonly patents: readonly string[]; readonly untilMs: number } | null;
  /** Why nothing can be paid on it; it stands, whatever is said later. */
  readonly refused: string | null;
}

export interface BookState extends LineState {
  /** Approvals that were undone: nothing is booked on them any more. */
  readonly undone: readonly string[];
  readonly authorisations: readonly Authorisation[];
  /** Also of authorisations that have not been seen here yet. */
  readonly pledges: readonly PledgeSaid[];
}

export const initialBookState: BookState = {
  revision: 0,
  undone: [],
  authorisations: [],
  pledges: [],
};

/**
 * The revision stays 0: money that has moved is not undone by an amendment, and the timers of a
 * loan must not go stale with one. What an event is about it says by the id of its authorisation.
 */
export function bookStateAt(state: BookState): BookState {
  return state;
}

export type BookRow =
  { readonly kind: 'loan'; readonly loan: Loan; readonly atMs: number } | LoanRow;

export type Input = DecideInput<BookIn, BookState, undefined>;
export type Result = Decision<BookOut, BookState, BookRow>;

/** Events about money bear the revision of the authorisation, whatever came since. */
export function identityOf(
  { applicationId, event }: Pick<Input, 'applicationId' | 'event'>,
  { revision }: { readonly revision: number },
) {
  return { applicationId, revision, lenderId: event.lenderId };
}

export function findAuthorisation(
  state: BookState,
  authorisationId: string,
): Authorisation | undefined {
  return state.authorisations.find((one) => one.authorisationId === authorisationId);
}

export function withAuthorisation(state: BookState, next: Authorisation): BookState {
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

export function findPledge(state: BookState, authorisationId: string): PledgeSaid | undefined {
  return state.pledges.find((one) => one.authorisationId === authorisationId);
}

export function withPledge(state: BookState, next: PledgeSaid): BookState {
  const others = state.pledges.filter(
    ({ authorisationId }) => authorisationId !== next.authorisationId,
  );
  return { ...state, pledges: [...others, next] };
}

/** The booked authorisation of a loan; undefined where the application has none of that name. */
export function findLoan(state: BookState, loanId: string): Booked | undefined {
  return state.authorisations.find(
    (one): one is Booked => one.status === 'booked' && one.loan.loanId === loanId,
  );
}

export function withLoan(state: BookState, booked: Booked, loan: Loan): BookState {
  return withAuthorisation(state, { ...booked, loan });
}

/** Where money is still on its way, or where nobody knows whether it is. */
export function isOpen({ status }: Payout): boolean {
  return status === 'instructed' || status === 'unknown';
}

export function paidFen({ payouts }: Loan): Fen {
  return payouts.reduce((sum, one) => (one.status === 'paid' ? sum + one.amountFen : sum), 0n);
}

/** The id of the next loan of the application. */
export function nextLoanId(state: BookState, applicationId: string): string {
  const earlier = state.authorisations.filter(({ status }) => status === 'booked').length;
  return `${applicationId}-L${earlier + 1}`;
}

/** The account of a booked loan, in the shared row that `locks` named. */
export function accountIn({ held }: Pick<Input, 'held'>, { loanId }: Loan): LoanAccount {
  const account = held[accountName(loanId)] as LoanAccount | undefined;
  if (account === undefined) throw new Error(`The loan ${loanId} is booked and has no account.`);
  return account;
}

export function payoutIn(
  state: BookState,
  payoutId: string,
): { readonly booked: Booked; readonly payout: Payout } | undefined {
  for (const one of state.authorisations) {
    if (one.status !== 'booked') continue;
    const payout = one.loan.payouts.find((found) => found.payoutId === payoutId);
    if (payout !== undefined) return { booked: one, payout };
  }
  return undefined;
}
