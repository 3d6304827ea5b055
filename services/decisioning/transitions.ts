// Every phase and every event: the step that is taken, or the name of the refusal.

export const phases = [
  'open',
  'referred',
  'declined',
  'offered',
  'expired',
  'authorised',
  'booked',
  'disbursed',
  'cancelling',
  'undone',
  'closed',
] as const;
export type Phase = (typeof phases)[number];

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
  'ReviewSubmitted',
  'LoanBooked',
  'LoanDisbursed',
  'AuthorisationCancelled',
  'CancellationRefused',
  'TimerDue',
] as const;
export type InputName = (typeof inputs)[number];

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
  | 'review'
  | 'accept'
  | 'accept-late'
  | 'decline-offer'
  | 'expire'
  | 'close'
  | 'request-cancellation'
  | 'book'
  | 'disburse'
  | 'undo'
  | 'resume';

export type Cell = { readonly step: Step } | { readonly ignored: string };

const step = (name: Step): Cell => ({ step: name });
const ignored = (reason: string): Cell => ({ ignored: reason });

type Row = Readonly<Record<InputName, Cell>>;

/** A phase's row: what is not named is refused for the phase's own reason. */
function row(otherwise: string, cells: Partial<Record<InputName, Cell>>): Row {
  const all = Object.fromEntries(inputs.map((input) => [input, ignored(otherwise)]));
  return {
    ...(all as Record<InputName, Cell>),
    // Who holds a patent is kept in every phase: other applications are judged by it.
    PledgeLocked: step('note-pledge'),
    PledgeReleased: step('note-release'),
    TimerDue: ignored('stale-timer'),
    ReviewSubmitted: ignored('not-referred'),
    OfferAccepted: ignored('no-offer'),
    OfferDeclined: ignored('no-offer'),
    LoanBooked: ignored('not-authorised'),
    LoanDisbursed: ignored('not-authorised'),
    AuthorisationCancelled: ignored('not-authorised'),
    CancellationRefused: ignored('nothing-to-cancel'),
    ...cells,
  };
}

/** From authorisation on the offer has been answered. */
const withLedger = {
  OfferAccepted: ignored('already-accepted'),
  OfferDeclined: ignored('already-accepted'),
} as const;

export const transitions: Readonly<Record<Phase, Row>> = {
  open: row('already-known', {
    ApplicationReceived: step('take-application'),
    ApplicationAmended: step('take-application'),
    ApplicationWithdrawn: step('close'),
    EnterpriseScored: step('take-score'),
    PledgeLocked: step('take-pledge'),
    PledgeRefused: step('take-pledge'),
  }),
  referred: row('already-referred', {
    ApplicationWithdrawn: step('close'),
    EnterpriseScored: step('take-score-again'),
    PledgeLocked: step('take-pledge-again'),
    PledgeRefused: step('take-pledge-again'),
    PledgeReleased: step('take-release'),
    ReviewSubmitted: step('review'),
  }),
  declined: row('already-declined', { ApplicationWithdrawn: step('close') }),
  offered: row('already-offered', {
    ApplicationWithdrawn: step('close'),
    EnterpriseScored: step('check-offer'),
    OfferAccepted: step('accept'),
    OfferDeclined: step('decline-offer'),
    TimerDue: step('expire'),
  }),
  expired: row('offer-expired', {
    ApplicationWithdrawn: step('close'),
    OfferAccepted: step('accept-late'),
    OfferDeclined: step('decline-offer'),
  }),
  authorised: row('already-authorised', {
    ...withLedger,
    ApplicationWithdrawn: step('request-cancellation'),
    LoanBooked: step('book'),
    LoanDisbursed: step('disburse'),
    AuthorisationCancelled: step('undo'),
  }),
  booked: row('already-booked', {
    ...withLedger,
    ApplicationWithdrawn: step('request-cancellation'),
    LoanBooked: ignored('already-booked'),
    LoanDisbursed: step('disburse'),
    AuthorisationCancelled: step('undo'),
  }),
  disbursed: row('already-disbursed', {
    ...withLedger,
    LoanBooked: ignored('already-disbursed'),
    LoanDisbursed: ignored('already-disbursed'),
    AuthorisationCancelled: ignored('already-disbursed'),
    CancellationRefused: ignored('already-disbursed'),
  }),
  cancelling: row('already-cancelling', {
    ...withLedger,
    LoanBooked: step('book'),
    LoanDisbursed: step('disburse'),
    AuthorisationCancelled: step('undo'),
    CancellationRefused: step('resume'),
  }),
  undone: row('already-undone', { ApplicationWithdrawn: step('close') }),
  closed: row('closed', {}),
};
