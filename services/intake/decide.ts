// Intake's decision: what a submission becomes, and what an applicant may still do.
import { businessDateOf, type BusinessDate } from '@saidao/values';
import type { Fault, LoanApproved, Reason, RejectionCode } from '@saidao/schemas';
import type { DecideInput, Decision, LineState } from '@saidao/worker';
import { validate, type Submitted } from './validate.ts';

export type InputName =
  | 'ApplicationSubmitted'
  | 'AmendmentSubmitted'
  | 'WithdrawalSubmitted'
  | 'OfferAcceptanceSubmitted'
  | 'OfferDeclineSubmitted'
  | 'LoanApproved'
  | 'LoanReferred'
  | 'LoanDeclined'
  | 'OfferExpired'
  | 'DisbursementAuthorised'
  | 'CancellationRequested'
  | 'ApprovalUndone'
  | 'ApplicationClosed'
  | 'LoanBooked'
  | 'LoanDisbursed'
  | 'PayoutFailed'
  | 'AuthorisationCancelled'
  | 'CancellationRefused'
  | 'TimerDue';

export type OutputName =
  | 'ApplicationReceived'
  | 'ApplicationAmended'
  | 'ApplicationWithdrawn'
  | 'OfferAccepted'
  | 'OfferDeclined'
  | 'SubmissionRejected';

/** How far an application has come, as its applicant sees it. */
export type Status =
  | 'refused'
  | 'received'
  | 'referred'
  | 'approved'
  | 'declined'
  | 'expired'
  | 'undone'
  | 'withdrawn'
  | 'offer-declined'
  | 'authorised'
  | 'cancelling'
  | 'cancelled'
  | 'booked'
  | 'payout-failed'
  | 'paid';

export interface Offer {
  readonly approvalId: string;
  readonly expiresAtMs: number;
  readonly live: boolean;
}

/** An answer to an offer that has not been seen here yet. */
export interface EarlyAnswer {
  readonly type: 'OfferAcceptanceSubmitted' | 'OfferDeclineSubmitted';
  readonly appendedAtMs: number;
  /** The day of that. */
  readonly businessDate: BusinessDate;
  readonly reason: string;
  /** Where the decisions ended when it had waited; null: it has not waited yet. */
  readonly readTo: bigint | null;
}

/** Offsets of the partition that an application's decisions are on. */
export interface DecisionsRead {
  /** The next decision will get it. */
  readonly end: bigint;
  /** All before it have been taken. */
  readonly committed: bigint;
}

export interface IntakeState extends LineState {
  /** 0 until a submission has been taken. */
  readonly revision: number;
  readonly status: Status;
  readonly lenderId: string;
  readonly channel: string;
  readonly reference: string;
  /** Digest of the body that the reference stands for; empty while it is free. */
  readonly bodyHash: string;
  /** Digest of the content of the present revision. */
  readonly contentHash: string;
  readonly offer: Offer | null;
  /** From acceptance on nothing is amended, until the approval is undone or the offer expires. */
  readonly accepted: boolean;
  readonly early: EarlyAnswer | null;
}

export const initialState: IntakeState = {
  revision: 0,
  status: 'refused',
  lenderId: '',
  channel: '',
  reference: '',
  bodyHash: '',
  contentHash: '',
  offer: null,
  accepted: false,
  early: null,
};

/** A change of the row that GET answers from; left out: as it was. */
export interface StatusRow {
  readonly applicationId: string;
  readonly revision: number;
  readonly status: Status;
  readonly bodyHash: string;
  readonly atMs: number;
  readonly lenderId: string;
  readonly channel: string;
  readonly reference: string;
  readonly view: StatusView | null;
}

/** What the row shows beside the status; null leaves the former view. */
export interface StatusView {
  readonly productId?: string;
  readonly amountFen?: bigint;
  readonly ratePpm?: number;
  readonly termMonths?: number;
  readonly reasons?: readonly Reason[];
  readonly offerExpiresAtMs?: number;
  readonly loanId?: string;
  /** Null once a corrected submission has been taken. */
  readonly rejection?: { readonly code: RejectionCode; readonly faults: readonly Fault[] } | null;
}

export interface Gathered {
  /** For the timer of an early answer; null: it cannot be told. */
  readonly decisions: DecisionsRead | null;
}

/** How long an answer waits for its offer to be seen here: the decisions topic may lag behind. */
export const EARLY_ANSWER_MS = 10_000;
const EARLY_ANSWER_AGAIN_MS = 2_000;

type Input = DecideInput<InputName, IntakeState, Gathered | undefined>;
type Result = Decision<OutputName, IntakeState, StatusRow>;

export interface DecideOptions {
  /** SHA-256 of a submitted body, as the door notes it. */
  readonly bodyHashOf: (data: object) => string;
  /** Fixes the day on which all is judged, for samples; else the append time says it. */
  readonly businessDate?: BusinessDate | undefined;
}

export function decideWith(options: DecideOptions) {
  return function decide(input: Input): Result {
    const { event, state, applicationId, nowMs } = input;
    switch (event.type) {
      case 'ApplicationSubmitted':
      case 'AmendmentSubmitted':
      case 'WithdrawalSubmitted':
      case 'OfferAcceptanceSubmitted':
      case 'OfferDeclineSubmitted': {
        const { lenderId, channel, reference } = event.data;
        if (event.key !== `${lenderId}/${channel}/${reference}`) {
          throw Object.assign(new Error('The key is not <lender>/<channel>/<reference>.'), {
            code: 'SAIDAO_KEY_MISMATCH',
          });
        }
        const known = { ...state, lenderId, channel, reference };
        const date = options.businessDate ?? businessDateOf(event.appendedAtMs);
        if (event.type === 'ApplicationSubmitted') {
          return submit(input, known, event.data, date, options.bodyHashOf(event.data));
        }
        if (state.revision === 0) {
          return reject(input, known, 'UNKNOWN_APPLICATION', event.type, [
            fault('reference', 'Nothing has been submitted under this reference.'),
          ]);
        }
        if (event.type === 'AmendmentSubmitted') {
          return amend(input, known, event.data, date, options.bodyHashOf(event.data));
        }
        if (event.type === 'WithdrawalSubmitted') return withdraw(input, known, event.data.reason);
        return answer(input, known, {
          type: event.type,
          appendedAtMs: event.appendedAtMs,
          businessDate: date,
          reason: 'reason' in event.data ? event.data.reason : '',
          readTo: null,
        });
      }
      case 'TimerDue':
        return offerNeverCame(input, event.data.name);
      case 'LoanApproved':
        return offered(input, event.data);
      case 'LoanReferred':
        return decided(input, { status: 'referred', offer: null }, { reasons: event.data.reasons });
      case 'LoanDeclined':
        return decided(input, { status: 'declined', offer: null }, { reasons: event.data.reasons });
      case 'OfferExpired':
        return decided(input, {
          status: 'expired',
          accepted: false,
          offer: state.offer === null ? null : { ...state.offer, live: false },
        });
      case 'DisbursementAuthorised':
        return decided(input, { status: 'authorised', accepted: true });
      case 'CancellationRequested':
        return decided(input, { status: 'cancelling' });
      case 'ApprovalUndone':
        return decided(input, { status: 'undone', accepted: false, offer: null });
      case 'ApplicationClosed':
        return decided(input, {
          status: event.data.cause === 'WITHDRAWN' ? 'withdrawn' : 'offer-declined',
        });
      case 'LoanBooked':
      case 'LoanDisbursed':
      case 'PayoutFailed':
        return moved(input, MONEY[event.type], event.data.loanId);
      case 'AuthorisationCancelled':
        return cancelled(input, event.data.revision);
      case 'CancellationRefused':
        return state.status === 'cancelling'
          ? follow(input, { status: 'booked' }, null)
          : { ignored: 'overtaken' };
      default:
        return unreachable(event, applicationId, nowMs);
    }
  };
}

function submit(
  input: Input,
  state: IntakeState,
  submitted: Submitted,
  businessDate: BusinessDate,
  bodyHash: string,
): Result {
  if (state.revision > 0) {
    if (bodyHash === state.bodyHash) return { ignored: 'repeat' };
    return reject(input, state, 'CONFLICT', 'ApplicationSubmitted', [
      fault('reference', 'Another body has been submitted under this reference.'),
    ]);
  }
  const validation = validate(submitted, businessDate);
  if (!validation.ok) {
    return reject(input, state, 'INVALID', 'ApplicationSubmitted', validation.faults);
  }
  return take(
    input,
    { ...state, revision: 1, bodyHash, contentHash: bodyHash },
    validation.content,
    {
      type: 'ApplicationReceived',
      businessDate,
      submittedBy: submitted.submittedBy,
    },
  );
}

function amend(
  input: Input,
  state: IntakeState,
  submitted: Submitted,
  businessDate: BusinessDate,
  bodyHash: string,
): Result {
  if (bodyHash === state.contentHash) return { ignored: 'repeat' };
  if (state.accepted || isOver(state.status)) {
    return reject(input, state, 'CLOSED', 'AmendmentSubmitted', [
      fault('', `An application that is ${state.status} takes no amendment.`),
    ]);
  }
  const validation = validate(submitted, businessDate);
  if (!validation.ok) {
    return reject(input, state, 'INVALID', 'AmendmentSubmitted', validation.faults);
  }
  const next = {
    ...state,
    revision: state.revision + 1,
    contentHash: bodyHash,
    offer: null,
    early: null,
  };
  const { submittedBy } = submitted;
  const as = { type: 'ApplicationAmended', businessDate, submittedBy } as const;
  return dropEarly(input, state, take(input, next, validation.content, as));
}

function take(
  input: Input,
  state: IntakeState,
  content: Extract<ReturnType<typeof validate>, { ok: true }>['content'],
  as: {
    readonly type: 'ApplicationReceived' | 'ApplicationAmended';
    readonly businessDate: BusinessDate;
    readonly submittedBy: string | null;
  },
): Result {
  const next: IntakeState = { ...state, status: 'received' };
  return {
    state: next,
    events: [
      {
        type: as.type,
        data: {
          applicationId: input.applicationId,
          revision: next.revision,
          lenderId: next.lenderId,
          channel: next.channel,
          reference: next.reference,
          businessDate: as.businessDate,
          content,
          submittedBy: as.submittedBy,
        },
      },
    ],
    rows: [
      rowOf(input, next, {
        productId: content.productId,
        amountFen: content.request.amount.minor,
        termMonths: content.request.termMonths,
        reasons: [],
        rejection: null,
      }),
    ],
  };
}

function withdraw(input: Input, state: IntakeState, reason: string): Result {
  if (state.status === 'withdrawn' || state.status === 'cancelling') return { ignored: 'repeat' };
  if (isOver(state.status)) {
    return reject(input, state, 'CLOSED', 'WithdrawalSubmitted', [
      fault('', `An application that is ${state.status} cannot be withdrawn.`),
    ]);
  }
  const next: IntakeState = { ...state, status: 'withdrawn', early: null };
  return dropEarly(input, state, {
    state: next,
    events: [{ type: 'ApplicationWithdrawn', data: { ...nameOf(input, next), reason } }],
    rows: [rowOf(input, next, null)],
  });
}

/** An early answer whose offer can no longer come is refused aloud. */
function dropEarly(input: Input, before: IntakeState, result: Result): Result {
  const { early } = before;
  if (early === null) return result;
  const refused = reject(input, before, 'NO_OFFER', early.type, [
    fault('', 'The application was amended or withdrawn before there was an offer to answer.'),
  ]);
  const { state = before } = result;
  const rows = (refused.rows ?? []).map(({ view }) => rowOf(input, state, view));
  return {
    ...result,
    events: [...(refused.events ?? []), ...(result.events ?? [])],
    rows: [...(result.rows ?? []), ...rows],
  };
}

/** An acceptance or refusal of an offer; whether it came in time is for decisioning to judge. */
function answer(input: Input, state: IntakeState, given: EarlyAnswer): Result {
  const { offer } = state;
  const before = state.accepted ? 'OfferAcceptanceSubmitted' : state.early?.type;
  if (before === given.type) return { ignored: 'repeat' };
  // The first word stands, whether its offer has been seen here or not: who accepted is bound.
  if (before !== undefined) {
    return reject(input, state, 'CLOSED', given.type, [
      fault('', 'The offer has been answered otherwise already.'),
    ]);
  }
  if (isOver(state.status)) {
    return reject(input, state, 'CLOSED', given.type, [
      fault('', `An application that is ${state.status} has no offer to answer.`),
    ]);
  }
  if (offer === null) {
    return {
      state: { ...state, early: given },
      timers: [{ name: 'early-answer', dueAtMs: input.nowMs + EARLY_ANSWER_MS }],
    };
  }
  if (!offer.live && given.appendedAtMs > offer.expiresAtMs) {
    return reject(input, state, 'NO_OFFER', given.type, [fault('', 'The offer has expired.')]);
  }
  return passOn(input, state, given);
}

function passOn(input: Input, state: IntakeState, given: EarlyAnswer): Result {
  if (given.type === 'OfferDeclineSubmitted') {
    const next: IntakeState = { ...state, early: null, offer: null, status: 'offer-declined' };
    return {
      state: next,
      events: [{ type: 'OfferDeclined', data: { ...nameOf(input, next), reason: given.reason } }],
      rows: [rowOf(input, next, null)],
    };
  }
  const next: IntakeState = { ...state, early: null, accepted: true };
  return {
    state: next,
    events: [
      {
        type: 'OfferAccepted',
        data: {
          ...nameOf(input, next),
          acceptedAt: BigInt(Math.floor(given.appendedAtMs)),
          businessDate: given.businessDate,
        },
      },
    ],
  };
}

function offered(input: Input, approved: LoanApproved): Result {
  const { state } = input;
  const offer: Offer = {
    approvalId: approved.approvalId,
    expiresAtMs: Number(approved.offerExpiresAt),
    live: true,
  };
  const view: StatusView = {
    amountFen: approved.terms.amount.minor,
    ratePpm: approved.terms.ratePpm,
    termMonths: approved.terms.termMonths,
    reasons: approved.reasons,
    offerExpiresAtMs: offer.expiresAtMs,
  };
  // A withdrawal on its way to decisioning outruns this approval there too; and where money has
  // moved already, this is the approval that led to it, read late.
  if (state.status === 'withdrawn' || MONEY_RANK.includes(state.status)) {
    return { state: { ...state, offer }, ignored: 'overtaken' };
  }
  const next: IntakeState = { ...state, status: 'approved', offer };
  if (state.early === null) return { state: next, rows: [rowOf(input, next, view)] };
  const passed = passOn({ ...input, state: next }, next, state.early);
  const last = passed.state ?? next;
  return { ...passed, rows: [rowOf(input, last, view)] };
}

function offerNeverCame(input: Input, name: string): Result {
  const { state } = input;
  const { early } = state;
  if (name !== 'early-answer' || early === null) return { ignored: 'stale-timer' };
  const decisions = input.gathered?.decisions ?? null;
  const readTo = early.readTo ?? decisions?.end ?? null;
  // Intake itself may have been away, or may be behind: the offer may stand where it has not read.
  if (decisions === null || readTo === null || decisions.committed < readTo) {
    return {
      state: { ...state, early: { ...early, readTo } },
      timers: [{ name, dueAtMs: input.nowMs + EARLY_ANSWER_AGAIN_MS }],
    };
  }
  return reject(input, { ...state, early: null }, 'NO_OFFER', early.type, [
    fault('', 'There is no offer to answer.'),
  ]);
}

function reject(
  input: Input,
  state: IntakeState,
  code: RejectionCode,
  submission: string,
  faults: Fault[],
): Result {
  const { lenderId, channel, reference } = state;
  return {
    state,
    events: [
      {
        type: 'SubmissionRejected',
        data: { ...nameOf(input, state), lenderId, channel, reference, code, submission, faults },
      },
    ],
    rows: [rowOf(input, state, { rejection: { code, faults } })],
  };
}

const MONEY = {
  LoanBooked: 'booked',
  PayoutFailed: 'payout-failed',
  LoanDisbursed: 'paid',
} as const;
const MONEY_RANK: readonly Status[] = ['booked', 'payout-failed', 'paid'];
const OVER_BY_HAND: readonly Status[] = ['withdrawn', 'undone'];

/**
 * What decisioning says. Decisions and disbursements come on two topics with no order between them:
 * once money has moved no decision changes the status; a withdrawal stands until it is answered.
 */
function decided(
  input: Input,
  change: Partial<IntakeState> & { readonly status: Status },
  view: StatusView | null = null,
): Result {
  const { status: before } = input.state;
  const late =
    MONEY_RANK.includes(before) ||
    (before === 'cancelled' && change.status === 'authorised') ||
    (before === 'withdrawn' && change.status !== 'cancelling');
  return follow(input, late ? { ...change, status: before } : change, view);
}

/** What the ledger says of the money: it never goes back. */
function moved(input: Input, status: Status, loanId: string): Result {
  const { status: before } = input.state;
  const isLater = MONEY_RANK.indexOf(status) > MONEY_RANK.indexOf(before);
  return follow(input, { status: isLater ? status : before, accepted: true }, { loanId });
}

function cancelled(input: Input, revision: number): Result {
  const { state } = input;
  // Of an older revision, or already followed by what decisioning made of it.
  if (revision < state.revision || OVER_BY_HAND.includes(state.status)) {
    return { ignored: 'overtaken' };
  }
  return MONEY_RANK.includes(state.status)
    ? { ignored: 'overtaken' }
    : follow(input, { status: 'cancelled' }, null);
}

/** A change that others made, in the state and in the row that GET answers from. */
function follow(input: Input, change: Partial<IntakeState>, view: StatusView | null): Result {
  const next: IntakeState = { ...input.state, ...change };
  return { state: next, rows: [rowOf(input, next, view)] };
}

function isOver(status: Status): boolean {
  return ['withdrawn', 'offer-declined', 'cancelling', 'booked', 'payout-failed', 'paid'].includes(
    status,
  );
}

function nameOf(input: Input, state: IntakeState) {
  return {
    applicationId: input.applicationId,
    revision: state.revision,
    lenderId: state.lenderId,
  };
}

function rowOf(input: Input, state: IntakeState, view: StatusView | null): StatusRow {
  const { revision, status, bodyHash, lenderId, channel, reference } = state;
  const { applicationId, nowMs: atMs } = input;
  return { applicationId, revision, status, bodyHash, lenderId, channel, reference, view, atMs };
}

function fault(path: string, message: string): Fault {
  return { path, code: 'STATE', message };
}

function unreachable(event: never, applicationId: string, nowMs: number): never {
  throw new Error(`No rule for ${JSON.stringify(event)} of ${applicationId} at ${nowMs}.`);
}
