// Every phase and every input: the step that is taken, or the name of the refusal.
import type { RefusalCause } from './review/refusals.ts';

export const phases = [
  'open',
  'referred',
  'declined',
  'offered',
  'expired',
  'authorised',
  'booked',
  'disbursed',
  'repaid',
  'cancelling',
  'undone',
  'closed',
] as const;
export type Phase = (typeof phases)[number];

/** What officers do; each gets exactly one answer. */
export const actionNames = [
  'ReviewClaimed',
  'ReviewReturned',
  'ReviewReassigned',
  'ReviewAmended',
  'ReviewNoted',
  'ReviewSubmitted',
  'UndoRequested',
] as const;
export type ActionName = (typeof actionNames)[number];

export const timerNames = ['offer-expiry', 'claim-lapse'] as const;
export type TimerName = (typeof timerNames)[number];

/** Events, and of TimerDue the timers by their own names. */
export const inputs = [
  'ApplicationReceived',
  'ApplicationAmended',
  'ApplicationWithdrawn',
  'OfferAccepted',
  'OfferDeclined',
  'EnterpriseScored',
  'PledgeLocked',
  'PledgeRefused',
  'PledgeReleased',
  ...actionNames,
  'LoanBooked',
  'LoanDisbursed',
  'LimitReleased',
  'AuthorisationCancelled',
  'CancellationRefused',
  'RepaymentBooked',
  'RepaymentReversed',
  'GuaranteePaid',
  'LoanRepaid',
  ...timerNames,
] as const;
export type Input = (typeof inputs)[number];

/** The events that the line acts on. */
export type InputName = Exclude<Input, TimerName> | 'TimerDue';

export type Step =
  | 'take-application'
  | 'take-score'
  | 'take-score-again'
  | 'check-offer'
  | 'take-pledge-again'
  | 'take-release'
  | 'take-pledge'
  | 'note-pledge'
  | 'note-release'
  | 'claim'
  | 'return'
  | 'reassign'
  | 'lapse'
  | 'amend-terms'
  | 'note-file'
  | 'judge-review'
  | 'undo-offer'
  | 'undo-authorised'
  | 'accept'
  | 'accept-late'
  | 'decline-offer'
  | 'expire'
  | 'close'
  | 'request-cancellation'
  | 'note-withdrawal'
  | 'book'
  | 'disburse'
  | 'undo'
  | 'resume'
  | 'release'
  | 'repay'
  | 'end-loan';

export type Cell =
  | { readonly step: Step }
  | { readonly ignored: string }
  /** An officer is told why nothing comes of it. */
  | { readonly refused: RefusalCause };

const step = (name: Step): Cell => ({ step: name });
const ignored = (reason: string): Cell => ({ ignored: reason });
const refused = (cause: RefusalCause): Cell => ({ refused: cause });

type Row = Readonly<Record<Input, Cell>>;

/** A phase's row: what is not named is refused for the phase's own reason. */
function row(otherwise: string, cells: Partial<Record<Input, Cell>>): Row {
  const all = Object.fromEntries(inputs.map((input) => [input, ignored(otherwise)]));
  return {
    ...(all as Record<Input, Cell>),
    // Who holds a patent is kept in every phase: other applications are judged by it.
    PledgeLocked: step('note-pledge'),
    PledgeReleased: step('note-release'),
    'offer-expiry': ignored('stale-timer'),
    'claim-lapse': ignored('stale-timer'),
    ReviewClaimed: refused('ALREADY_DECIDED'),
    ReviewReturned: refused('ALREADY_DECIDED'),
    ReviewReassigned: refused('ALREADY_DECIDED'),
    ReviewAmended: refused('ALREADY_DECIDED'),
    ReviewSubmitted: refused('ALREADY_DECIDED'),
    ReviewNoted: step('note-file'),
    UndoRequested: refused('NOTHING_TO_UNDO'),
    OfferAccepted: ignored('no-offer'),
    OfferDeclined: ignored('no-offer'),
    LoanBooked: ignored('not-authorised'),
    LoanDisbursed: ignored('not-authorised'),
    LimitReleased: ignored('not-booked'),
    AuthorisationCancelled: ignored('not-authorised'),
    CancellationRefused: ignored('nothing-to-cancel'),
    RepaymentBooked: ignored('not-booked'),
    RepaymentReversed: ignored('not-booked'),
    GuaranteePaid: ignored('not-booked'),
    LoanRepaid: ignored('not-booked'),
    ...cells,
  };
}

/** From authorisation on the offer has been answered. */
const withLedger = {
  OfferAccepted: ignored('already-accepted'),
  OfferDeclined: ignored('already-accepted'),
} as const;

/** Once the money is out nothing is undone. */
const paid = {
  ...withLedger,
  UndoRequested: refused('ALREADY_PAID'),
} as const;

const lent = {
  LimitReleased: step('release'),
  RepaymentBooked: step('repay'),
  RepaymentReversed: step('repay'),
  GuaranteePaid: step('repay'),
  LoanRepaid: step('end-loan'),
} as const;

export const transitions: Readonly<Record<Phase, Row>> = {
  open: row('already-known', {
    ApplicationReceived: step('take-application'),
    ApplicationAmended: step('take-application'),
    ApplicationWithdrawn: step('close'),
    EnterpriseScored: step('take-score'),
    PledgeLocked: step('take-pledge'),
    PledgeRefused: step('take-pledge'),
    ReviewClaimed: refused('NOT_REFERRED'),
    ReviewReturned: refused('NOT_REFERRED'),
    ReviewReassigned: refused('NOT_REFERRED'),
    ReviewAmended: refused('NOT_REFERRED'),
    ReviewSubmitted: refused('NOT_REFERRED'),
    ReviewNoted: refused('NOT_REFERRED'),
  }),
  referred: row('already-referred', {
    ApplicationWithdrawn: step('close'),
    EnterpriseScored: step('take-score-again'),
    PledgeLocked: step('take-pledge-again'),
    PledgeRefused: step('take-pledge-again'),
    PledgeReleased: step('take-release'),
    ReviewClaimed: step('claim'),
    ReviewReturned: step('return'),
    ReviewReassigned: step('reassign'),
    ReviewAmended: step('amend-terms'),
    ReviewSubmitted: step('judge-review'),
    'claim-lapse': step('lapse'),
  }),
  declined: row('already-declined', { ApplicationWithdrawn: step('close') }),
  offered: row('already-offered', {
    ApplicationWithdrawn: step('close'),
    EnterpriseScored: step('check-offer'),
    UndoRequested: step('undo-offer'),
    OfferAccepted: step('accept'),
    OfferDeclined: step('decline-offer'),
    'offer-expiry': step('expire'),
  }),
  // An acceptance may still be on its way: what would undo an offer ends that too.
  expired: row('offer-expired', {
    ApplicationWithdrawn: step('close'),
    EnterpriseScored: step('check-offer'),
    UndoRequested: step('undo-offer'),
    OfferAccepted: step('accept-late'),
    OfferDeclined: step('decline-offer'),
  }),
  authorised: row('already-authorised', {
    ...withLedger,
    ApplicationWithdrawn: step('request-cancellation'),
    UndoRequested: step('undo-authorised'),
    LoanBooked: step('book'),
    LoanDisbursed: step('disburse'),
    AuthorisationCancelled: step('undo'),
  }),
  booked: row('already-booked', {
    ...withLedger,
    ...lent,
    ApplicationWithdrawn: step('request-cancellation'),
    UndoRequested: step('undo-authorised'),
    LoanBooked: ignored('already-booked'),
    LoanDisbursed: step('disburse'),
    AuthorisationCancelled: step('undo'),
  }),
  disbursed: row('already-disbursed', {
    ...paid,
    ...lent,
    LoanBooked: ignored('already-disbursed'),
    LoanDisbursed: ignored('already-disbursed'),
    AuthorisationCancelled: ignored('already-disbursed'),
    CancellationRefused: ignored('already-disbursed'),
  }),
  repaid: row('already-repaid', {
    ...paid,
    LoanBooked: ignored('already-repaid'),
    LoanDisbursed: ignored('already-repaid'),
    AuthorisationCancelled: ignored('already-repaid'),
    CancellationRefused: ignored('already-repaid'),
    LimitReleased: ignored('already-repaid'),
    RepaymentBooked: ignored('already-repaid'),
    // What was returned to the payer is owed again.
    RepaymentReversed: step('repay'),
    GuaranteePaid: ignored('already-repaid'),
    LoanRepaid: ignored('already-repaid'),
  }),
  cancelling: row('already-cancelling', {
    ...withLedger,
    ...lent,
    ApplicationWithdrawn: step('note-withdrawal'),
    UndoRequested: refused('ALREADY_CANCELLING'),
    LoanBooked: step('book'),
    LoanDisbursed: step('disburse'),
    AuthorisationCancelled: step('undo'),
    CancellationRefused: step('resume'),
  }),
  undone: row('already-undone', { ApplicationWithdrawn: step('close') }),
  closed: row('closed', {}),
};
