// Intake's decision: what a submission becomes, and what an applicant may still do.
import { businessDateOf, type BusinessDate } from '@saidao/values';
import type { Fault, LoanApproved, Reason, RejectionCode } from '@saidao/schemas';
import type { DecideInput, Decision, Incoming, LineState } from '@saidao/worker';
import { againAfterMs, wakeOf } from '@saidao/worker/asking';
import {
  beginChecks,
  isAnyOpen,
  settleChecks,
  type CheckReplies,
  type Checks,
} from './kyc/checks.ts';
import { kycOf, type KycPolicy } from './kyc/findings.ts';
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
  | 'LoanRepaid'
  | 'RepaymentReversed'
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
  | 'paid'
  | 'repaid';

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

/** A submission that is taken but not passed on: somebody has yet to answer about its persons. */
export interface Checking {
  readonly type: 'ApplicationReceived' | 'ApplicationAmended';
  readonly businessDate: BusinessDate;
  readonly submitted: Submitted;
  readonly checks: Checks;
  readonly sinceMs: number;
  readonly rounds: number;
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
  /** The revision whose approval was undone last: what the ledger says of it is past. 0: none. */
  readonly undone: number;
  /** While it is being cancelled: the applicant wants it too, not officers alone. */
  readonly withdrawn: boolean;
  readonly early: EarlyAnswer | null;
  readonly checking: Checking | null;
  /** Of the timer that asks again; an older one is stale. */
  readonly wake: number;
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
  undone: 0,
  withdrawn: false,
  early: null,
  checking: null,
  wake: 0,
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
  /** What came back about papers and persons; null: nobody was asked. */
  readonly kyc: CheckReplies | null;
}

/** How long an answer waits for its offer to be seen here: the decisions topic may lag behind. */
export const EARLY_ANSWER_MS = 10_000;
const EARLY_ANSWER_AGAIN_MS = 2_000;
const EARLY_ANSWER = 'early-answer';

type Input = DecideInput<InputName, IntakeState, Gathered | undefined>;
type Result = Decision<OutputName, IntakeState, StatusRow>;

export interface DecideOptions {
  /** SHA-256 of a submitted body, as the door notes it. */
  readonly bodyHashOf: (data: object) => string;
  /** Fixes the day on which all is judged, for samples; else the append time says it. */
  readonly businessDate?: BusinessDate | undefined;
  readonly kyc: KycPolicy & {
    /** How long answers are waited for; what is open then is unknown. */
    readonly waitMs: number;
  };
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
        const date = dateOf(event, options);
        if (event.type === 'ApplicationSubmitted') {
          return submit(input, known, event.data, date, options);
        }
        if (state.revision === 0) {
          return reject(input, known, 'UNKNOWN_APPLICATION', event.type, [
            fault('reference', 'Nothing has been submitted under this reference.'),
          ]);
        }
        if (event.type === 'AmendmentSubmitted') {
          return amend(input, known, event.data, date, options);
        }
        if (event.type === 'WithdrawalSubmitted') {
          return withdraw(input, known, event.data.reason, options);
        }
        return answer(input, known, {
          type: event.type,
          appendedAtMs: event.appendedAtMs,
          businessDate: date,
          reason: 'reason' in event.data ? event.data.reason : '',
          readTo: null,
        });
      }
      case 'TimerDue':
        return event.data.name === CHECK
          ? checkAgain(input, wakeOf(event.data.detail), options)
          : offerNeverCame(input, event.data.name);
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
        return decided(input, {
          status: 'cancelling',
          withdrawn: state.withdrawn || event.data.cause === 'WITHDRAWN',
        });
      case 'ApprovalUndone':
        return decided(input, {
          ...{ status: 'undone', accepted: false, offer: null, withdrawn: false },
          undone: event.data.revision,
        });
      case 'ApplicationClosed':
        return decided(input, {
          status: event.data.cause === 'WITHDRAWN' ? 'withdrawn' : 'offer-declined',
        });
      case 'LoanBooked':
      case 'LoanDisbursed':
      case 'LoanRepaid':
      case 'PayoutFailed':
        return moved(input, MONEY[event.type], event.data);
      case 'RepaymentReversed':
        // What was given back to the payer is owed again.
        return state.status === 'repaid'
          ? follow(input, { status: 'paid' }, null)
          : { ignored: 'not-repaid' };
      case 'AuthorisationCancelled':
        return cancelled(input, event.data.revision);
      case 'CancellationRefused':
        return state.status === 'cancelling'
          ? follow(input, { status: 'booked', withdrawn: false }, null)
          : { ignored: 'overtaken' };
      default:
        return unreachable(event, applicationId, nowMs);
    }
  };
}

/** What an event asks to be found out: a sound submission to be taken, or one that waits. */
export function checkedBy(
  event: Incoming<InputName>,
  state: IntakeState,
  options: Pick<DecideOptions, 'businessDate'>,
): Pick<Checking, 'submitted' | 'checks'> | null {
  if (event.type === 'TimerDue') {
    const { name, detail } = event.data;
    return name === CHECK && wakeOf(detail) === state.wake ? state.checking : null;
  }
  if (event.type !== 'ApplicationSubmitted' && event.type !== 'AmendmentSubmitted') return null;
  const isAwaited =
    event.type === 'ApplicationSubmitted'
      ? state.revision === 0
      : state.revision > 0 && !state.accepted && !isOver(state.status);
  // Nobody is asked about the persons of what will be refused.
  if (!isAwaited || !validate(event.data, dateOf(event, options)).ok) return null;
  return { submitted: event.data, checks: beginChecks(event.data) };
}

function dateOf(
  { appendedAtMs }: Incoming<InputName>,
  { businessDate }: Pick<DecideOptions, 'businessDate'>,
): BusinessDate {
  return businessDate ?? businessDateOf(appendedAtMs);
}

function submit(
  input: Input,
  state: IntakeState,
  submitted: Submitted,
  businessDate: BusinessDate,
  options: DecideOptions,
): Result {
  const bodyHash = options.bodyHashOf(submitted);
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
    { type: 'ApplicationReceived', businessDate, submitted },
    options,
  );
}

function amend(
  input: Input,
  state: IntakeState,
  submitted: Submitted,
  businessDate: BusinessDate,
  options: DecideOptions,
): Result {
  const bodyHash = options.bodyHashOf(submitted);
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
  return afterPassingOn(input, state, options, (passed) => {
    const next = {
      ...passed,
      revision: passed.revision + 1,
      contentHash: bodyHash,
      offer: null,
      early: null,
    };
    const as = { type: 'ApplicationAmended', businessDate, submitted } as const;
    return dropEarly(input, passed, take(input, next, as, options));
  });
}

function take(
  input: Input,
  state: IntakeState,
  as: Pick<Checking, 'type' | 'businessDate' | 'submitted'>,
  options: DecideOptions,
): Result {
  const checking = {
    ...as,
    checks: settledBy(input, beginChecks(as.submitted)),
    sinceMs: input.nowMs,
    rounds: 0,
  };
  const { productId, request } = as.submitted;
  const view: StatusView = {
    productId,
    amountFen: request.amount.minor,
    termMonths: request.termMonths,
    reasons: [],
    rejection: null,
  };
  const next: IntakeState = { ...state, status: 'received' };
  return { ...passOrWait(input, next, checking, options), rows: [rowOf(input, next, view)] };
}

const settledBy = ({ gathered }: Input, checks: Checks): Checks =>
  gathered?.kyc ? settleChecks(checks, gathered.kyc) : checks;

/** The timer by which is asked again. */
const CHECK = 'check-persons';

/** Passes a submission on once all is answered, or waited for long enough. */
function passOrWait(
  input: Input,
  state: IntakeState,
  checking: Checking,
  options: DecideOptions,
): Result {
  const { applicationId, nowMs } = input;
  const { checks, rounds, sinceMs } = checking;
  if (!isAnyOpen(checks) || nowMs >= sinceMs + options.kyc.waitMs) {
    return pass(input, state, checking, options);
  }
  const wake = state.wake + 1;
  const dueAtMs = nowMs + againAfterMs(rounds + 1, applicationId);
  return {
    state: { ...state, wake, checking: { ...checking, rounds: rounds + 1 } },
    timers: [{ name: CHECK, dueAtMs, detail: { wake } }],
  };
}

function checkAgain(input: Input, wake: number | undefined, options: DecideOptions): Result {
  const { state } = input;
  const { checking } = state;
  if (checking === null || wake !== state.wake) return { ignored: 'stale-timer' };
  const checks = settledBy(input, checking.checks);
  return passOrWait(input, state, { ...checking, checks }, options);
}

/** On its way, with what was found; what is still open is unknown. */
function pass(
  input: Input,
  state: IntakeState,
  { type, businessDate, submitted, checks }: Checking,
  { kyc: policy }: DecideOptions,
): Result & { readonly state: IntakeState } {
  const validation = validate(submitted, businessDate);
  if (!validation.ok) throw new Error('A submission that was sound is no longer.');
  const { content } = validation;
  const { findings, talents } = kycOf(submitted, checks, businessDate, policy);
  const { channel, reference } = state;
  return {
    state: { ...state, checking: null },
    events: [
      {
        type,
        data: {
          ...nameOf(input, state),
          channel,
          reference,
          businessDate,
          content: {
            ...content,
            enterprise: { ...content.enterprise, talents },
            kyc: findings,
          },
          submittedBy: submitted.submittedBy,
        },
      },
    ],
  };
}

/** What waits goes first, as it stands: nobody is told of a change of what they never saw. */
function afterPassingOn(
  input: Input,
  state: IntakeState,
  options: DecideOptions,
  then: (passed: IntakeState) => Result,
): Result {
  if (state.checking === null) return then(state);
  const passed = pass(input, state, state.checking, options);
  const result = then(passed.state);
  return { ...result, events: [...(passed.events ?? []), ...(result.events ?? [])] };
}

function withdraw(
  input: Input,
  state: IntakeState,
  reason: string,
  options: DecideOptions,
): Result {
  const isUndoing = state.status === 'cancelling' && !state.withdrawn;
  if (state.status === 'withdrawn' || (state.status === 'cancelling' && !isUndoing)) {
    return { ignored: 'repeat' };
  }
  // Officers want it undone: whatever the ledger says of that, the applicant's wish is told too.
  if (isUndoing) {
    const next: IntakeState = { ...state, withdrawn: true };
    return { state: next, events: [withdrawal(input, next, reason)] };
  }
  if (isOver(state.status)) {
    return reject(input, state, 'CLOSED', 'WithdrawalSubmitted', [
      fault('', `An application that is ${state.status} cannot be withdrawn.`),
    ]);
  }
  return afterPassingOn(input, state, options, (passed) => {
    const next: IntakeState = { ...passed, status: 'withdrawn', withdrawn: true, early: null };
    return dropEarly(input, passed, {
      state: next,
      events: [withdrawal(input, next, reason)],
      rows: [rowOf(input, next, null)],
    });
  });
}

function withdrawal(input: Input, state: IntakeState, reason: string) {
  return { type: 'ApplicationWithdrawn', data: { ...nameOf(input, state), reason } } as const;
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
      timers: [{ name: EARLY_ANSWER, dueAtMs: input.nowMs + EARLY_ANSWER_MS }],
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
  if (['withdrawn', 'cancelled', ...MONEY_RANK].includes(state.status)) {
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
  if (name !== EARLY_ANSWER || early === null) return { ignored: 'stale-timer' };
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
  LoanRepaid: 'repaid',
} as const;
const MONEY_RANK: readonly Status[] = ['booked', 'payout-failed', 'paid', 'repaid'];
/** Nothing was paid so far, and it may turn out that nothing is. */
const MONEY_OPEN: readonly Status[] = ['booked', 'payout-failed'];
const OVER_BY_HAND: readonly Status[] = ['withdrawn', 'undone'];

/**
 * What decisioning says. Decisions and disbursements come on two topics with no order between them:
 * once money has moved no decision changes the status; a withdrawal stands until it is answered. An
 * approval that is undone after its booking is one of which nothing was paid.
 */
function decided(
  input: Input,
  change: Partial<IntakeState> & { readonly status: Status },
  view: StatusView | null = null,
): Result {
  const { status: before } = input.state;
  const { status } = change;
  const late =
    (MONEY_RANK.includes(before) && !(status === 'undone' && MONEY_OPEN.includes(before))) ||
    (before === 'cancelled' && (status === 'authorised' || status === 'cancelling')) ||
    (before === 'withdrawn' && status !== 'cancelling');
  return follow(input, late ? { ...change, status: before } : change, view);
}

/** What the ledger says of the money: it never goes back. */
function moved(
  input: Input,
  status: Status,
  { loanId, revision }: { readonly loanId: string; readonly revision: number },
): Result {
  const { status: before, undone } = input.state;
  if (revision <= undone) return { ignored: 'overtaken' };
  const isLater = MONEY_RANK.indexOf(status) > MONEY_RANK.indexOf(before);
  return follow(input, { status: isLater ? status : before, accepted: true }, { loanId });
}

/** Before anything is booked, or once nothing that was booked is or can be paid. */
function cancelled(input: Input, revision: number): Result {
  const { state } = input;
  // Of an older revision, or already followed by what decisioning made of it.
  const isHistory = revision < state.revision || OVER_BY_HAND.includes(state.status);
  return isHistory ? { ignored: 'overtaken' } : follow(input, { status: 'cancelled' }, null);
}

/** A change that others made, in the state and in the row that GET answers from. */
function follow(input: Input, change: Partial<IntakeState>, view: StatusView | null): Result {
  const next: IntakeState = { ...input.state, ...change };
  return { state: next, rows: [rowOf(input, next, view)] };
}

function isOver(status: Status): boolean {
  return ['withdrawn', 'offer-declined', 'cancelling', ...MONEY_RANK].includes(status);
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
