// Every pair of a phase and an event: a step with its outcome, or a refusal with its name.

import { event, blankBooked, blankRepaymentBooked } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import {
  amendTerms,
  applicationId,
  askUndo,
  asOf,
  caseNamed,
  claim,
  decided,
  giveBack,
  locked,
  note,
  reassign,
  received,
  scoredOf,
  start,
  verdict,
  yuan,
} from './cases.fixture.ts';
import {
  actionNames,
  inputs,
  phases,
  transitions,
  type ActionName,
  type Input,
  type Phase,
} from './transitions.ts';

const sensor = caseNamed('new-quality-8m');
const lock = caseNamed('smart-lock-ip-pledge');
const of = { applicationId, revision: 1, lenderId: 'boc-zj' };
const loan = { ...of, authorisationId: `${applicationId}-1`, loanId: 'L' };

/** Who holds the claim wherever the phase has one. */
const held = claim(sensor, 'officer-h');

const events = {
  ApplicationReceived: event('ApplicationReceived', received(sensor)),
  ApplicationAmended: event('ApplicationAmended', received(sensor)),
  ApplicationWithdrawn: event('ApplicationWithdrawn', { ...of, reason: 'r' }),
  OfferAccepted: event('OfferAccepted', { ...of, acceptedAt: 2_000n, businessDate: asOf }),
  OfferDeclined: event('OfferDeclined', { ...of, reason: 'r' }),
  EnterpriseScored: event('EnterpriseScored', scoredOf(sensor)),
  PledgeLocked: event('PledgeLocked', { ...locked(lock), lenderId: 'boc-zj' }),
  PledgeRefused: event('PledgeRefused', {
    ...of,
    authorisationId: null,
    stage: 'LOCK',
    evidence: [],
    refused: [],
  }),
  PledgeReleased: event('PledgeReleased', {
    ...of,
    patents: locked(lock).patents,
    cause: 'OfferExpired',
  }),
  ReviewClaimed: claim(sensor, 'officer-a'),
  ReviewReturned: giveBack(sensor, 'officer-h'),
  ReviewReassigned: reassign(sensor, 'officer-s', 'officer-b'),
  ReviewAmended: amendTerms(sensor, 'officer-c', { amount: yuan(7_000_000) }),
  ReviewNoted: note(sensor, 'officer-a'),
  ReviewSubmitted: verdict(sensor, 'officer-h'),
  UndoRequested: askUndo(sensor, 'officer-s'),
  LoanBooked: event('LoanBooked', {
    ...loan,
    principal: yuan(8_000_000),
    ratePpm: 31_500,
    termMonths: 12,
    repayment: 'EQUAL_INSTALMENT',
    bookedOn: asOf,
    maturesOn: asOf,
    ...blankBooked,
  }),
  LoanDisbursed: event('LoanDisbursed', { ...loan, amount: yuan(8_000_000), disbursedAt: 3n }),
  LimitReleased: event('LimitReleased', {
    ...loan,
    amount: yuan(1_000_000),
    cause: 'PAYOUT_REJECTED',
  }),
  AuthorisationCancelled: event('AuthorisationCancelled', { ...loan, cause: 'PLEDGE_REFUSED' }),
  CancellationRefused: event('CancellationRefused', { ...loan, cause: 'PAID' }),
  RepaymentBooked: event('RepaymentBooked', {
    ...loan,
    amount: yuan(1_000_000),
    principalBalance: yuan(7_000_000),
    bookedOn: asOf,
    ...blankRepaymentBooked,
  }),
  RepaymentReversed: event('RepaymentReversed', {
    ...loan,
    ...{ source: 'bank', reference: 'r', reason: 'x', reversedOn: asOf },
    ...{ amount: yuan(1_000_000), principalBalance: yuan(8_000_000), undrawn: null },
  }),
  GuaranteePaid: event('GuaranteePaid', {
    ...loan,
    ...{ source: 'guarantor', reference: 'g', institution: 'x', bookedOn: asOf, left: yuan(0) },
    held: null,
    ...{ amount: yuan(1_000_000), principalBalance: yuan(7_000_000), undrawn: null },
  }),
  LoanRepaid: event('LoanRepaid', { ...loan, repaidOn: asOf }),
  'offer-expiry': timer('offer-expiry', { approvalId: `${applicationId}-1-approval` }),
  'claim-lapse': timer('claim-lapse', { claimId: held.id }),
};

function timer(name: string, detail: unknown) {
  const due = { ...of, timerId: 't', name, dueAt: 0n, detail: JSON.stringify(detail) };
  return event('TimerDue', due);
}

const invalid = { ...received(sensor) };
const referredContent = {
  ...invalid.content,
  enterprise: { ...invalid.content.enterprise, usccValid: false },
};
const declinedContent = {
  ...invalid.content,
  request: { ...invalid.content.request, termMonths: 37 },
};

const reach: Readonly<Record<Phase, () => ReturnType<typeof start>>> = {
  open: () => start().given(events.PledgeReleased),
  referred: () => judgedWith(referredContent).given(held),
  declined: () => judgedWith(declinedContent),
  offered: () => decided(sensor).said,
  expired: () => reach.offered().given(events['offer-expiry']),
  authorised: () => reach.offered().given(events.OfferAccepted),
  booked: () => reach.authorised().given(events.LoanBooked),
  disbursed: () => reach.booked().given(events.LoanDisbursed),
  repaid: () => reach.disbursed().given(events.LoanRepaid),
  cancelling: () => reach.authorised().given(events.ApplicationWithdrawn),
  undone: () => reach.authorised().given(events.AuthorisationCancelled),
  closed: () => reach.offered().given(events.OfferDeclined),
};

function judgedWith(content: typeof referredContent) {
  return start()
    .given(event('ApplicationReceived', received(sensor, { content })))
    .given(events.EnterpriseScored);
}

type Expected = Readonly<Record<Input, string>>;

/** What officers do is answered in every phase. */
const decidedAlready: Readonly<Record<ActionName, string>> = {
  ReviewClaimed: 'ALREADY_DECIDED',
  ReviewReturned: 'ALREADY_DECIDED',
  ReviewReassigned: 'ALREADY_DECIDED',
  ReviewAmended: 'ALREADY_DECIDED',
  ReviewNoted: 'NOTED',
  ReviewSubmitted: 'ALREADY_DECIDED',
  UndoRequested: 'NOTHING_TO_UNDO',
};
const notReferred = Object.fromEntries(
  Object.keys(decidedAlready).map((name) => [name, 'NOT_REFERRED']),
) as Record<ActionName, string>;

const noLedger = {
  LoanBooked: 'not-authorised',
  LoanDisbursed: 'not-authorised',
  LimitReleased: 'not-booked',
  AuthorisationCancelled: 'not-authorised',
  CancellationRefused: 'nothing-to-cancel',
  RepaymentBooked: 'not-booked',
  RepaymentReversed: 'not-booked',
  GuaranteePaid: 'not-booked',
  LoanRepaid: 'not-booked',
};
const noOffer = { OfferAccepted: 'no-offer', OfferDeclined: 'no-offer' };
const accepted = { OfferAccepted: 'already-accepted', OfferDeclined: 'already-accepted' };
const noTimer = { 'offer-expiry': 'stale-timer', 'claim-lapse': 'stale-timer' };
const all = (reason: string) =>
  Object.fromEntries(inputs.map((input) => [input, reason])) as Expected;

/**
 * What each pair gives: `phase after: events`, or the name of the refusal; of officers' actions
 * the answer, behind the phase after where something came of it.
 */
const expected: Readonly<Record<Phase, Expected>> = {
  open: {
    ...{ ...notReferred, UndoRequested: 'NOTHING_TO_UNDO', ...noLedger, ...noOffer, ...noTimer },
    ApplicationReceived: 'open:',
    ApplicationAmended: 'open:',
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    EnterpriseScored: 'open:',
    PledgeLocked: 'open:',
    PledgeRefused: 'open:',
    PledgeReleased: 'open:',
  },
  referred: {
    ...{ ...all('already-referred'), ...noLedger, ...noOffer, ...noTimer },
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    EnterpriseScored: 'referred:',
    PledgeLocked: 'referred:',
    PledgeRefused: 'referred:',
    PledgeReleased: 'referred:',
    ReviewClaimed: 'CLAIMED_BY_OTHER',
    ReviewReturned: 'referred: RETURNED',
    ReviewReassigned: 'referred: REASSIGNED',
    ReviewAmended: 'referred: AMENDED',
    ReviewNoted: 'referred: NOTED',
    ReviewSubmitted: 'referred: APPROVED_FIRST',
    UndoRequested: 'NOTHING_TO_UNDO',
    'claim-lapse': 'referred: LAPSED',
  },
  declined: {
    ...{ ...all('already-declined'), ...decidedAlready, ReviewNoted: 'declined: NOTED' },
    ...{ ...noLedger, ...noOffer, ...noTimer },
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    PledgeLocked: 'declined:',
    PledgeReleased: 'declined:',
  },
  offered: {
    ...{ ...all('already-offered'), ...decidedAlready, ReviewNoted: 'offered: NOTED' },
    ...{ ...noLedger, ...noTimer },
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    OfferAccepted: 'authorised: DisbursementAuthorised',
    OfferDeclined: 'closed: ApplicationClosed',
    EnterpriseScored: 'offered:',
    PledgeLocked: 'offered:',
    PledgeReleased: 'offered:',
    UndoRequested: 'undone: ApprovalUndone, UNDO_REQUESTED',
    'offer-expiry': 'expired: OfferExpired',
  },
  expired: {
    ...{ ...all('offer-expired'), ...decidedAlready, ReviewNoted: 'expired: NOTED' },
    ...{ ...noLedger, ...noTimer },
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    OfferAccepted: 'authorised: DisbursementAuthorised',
    OfferDeclined: 'closed: ApplicationClosed',
    EnterpriseScored: 'expired:',
    PledgeLocked: 'expired:',
    PledgeReleased: 'expired:',
    UndoRequested: 'undone: ApprovalUndone, UNDO_REQUESTED',
  },
  authorised: {
    ...{ ...all('already-authorised'), ...decidedAlready, ReviewNoted: 'authorised: NOTED' },
    ...{ ...noLedger, ...accepted, ...noTimer },
    ApplicationWithdrawn: 'cancelling: CancellationRequested',
    PledgeLocked: 'authorised:',
    PledgeReleased: 'authorised:',
    UndoRequested: 'cancelling: CancellationRequested, UNDO_REQUESTED',
    LoanBooked: 'booked:',
    LoanDisbursed: 'disbursed:',
    AuthorisationCancelled: 'undone: ApprovalUndone',
  },
  booked: {
    ...{ ...all('already-booked'), ...decidedAlready, ReviewNoted: 'booked: NOTED' },
    ...{ ...accepted, ...noTimer },
    ApplicationWithdrawn: 'cancelling: CancellationRequested',
    PledgeLocked: 'booked:',
    PledgeReleased: 'booked:',
    UndoRequested: 'cancelling: CancellationRequested, UNDO_REQUESTED',
    LoanDisbursed: 'disbursed:',
    AuthorisationCancelled: 'undone: ApprovalUndone',
    CancellationRefused: 'nothing-to-cancel',
    LimitReleased: 'booked:',
    RepaymentBooked: 'booked:',
    RepaymentReversed: 'booked:',
    GuaranteePaid: 'booked:',
    LoanRepaid: 'repaid:',
  },
  disbursed: {
    ...{ ...all('already-disbursed'), ...decidedAlready, ReviewNoted: 'disbursed: NOTED' },
    ...{ ...accepted, ...noTimer },
    PledgeLocked: 'disbursed:',
    PledgeReleased: 'disbursed:',
    UndoRequested: 'ALREADY_PAID',
    LimitReleased: 'disbursed:',
    RepaymentBooked: 'disbursed:',
    RepaymentReversed: 'disbursed:',
    GuaranteePaid: 'disbursed:',
    LoanRepaid: 'repaid:',
  },
  repaid: {
    ...{ ...all('already-repaid'), ...decidedAlready, ReviewNoted: 'repaid: NOTED' },
    ...{ ...accepted, ...noTimer },
    RepaymentReversed: 'repaid:',
    PledgeLocked: 'repaid:',
    PledgeReleased: 'repaid:',
    UndoRequested: 'ALREADY_PAID',
  },
  cancelling: {
    ...{ ...all('already-cancelling'), ...decidedAlready, ReviewNoted: 'cancelling: NOTED' },
    ...{ ...accepted, ...noTimer },
    ApplicationWithdrawn: 'cancelling:',
    PledgeLocked: 'cancelling:',
    PledgeReleased: 'cancelling:',
    UndoRequested: 'ALREADY_CANCELLING',
    LoanBooked: 'cancelling:',
    LoanDisbursed: 'disbursed: UNDO_REFUSED',
    AuthorisationCancelled: 'closed: ApprovalUndone, ApplicationClosed',
    CancellationRefused: 'authorised: UNDO_REFUSED',
    LimitReleased: 'cancelling:',
    RepaymentBooked: 'cancelling:',
    RepaymentReversed: 'cancelling:',
    GuaranteePaid: 'cancelling:',
    LoanRepaid: 'repaid: UNDO_REFUSED',
  },
  undone: {
    ...{ ...all('already-undone'), ...decidedAlready, ReviewNoted: 'undone: NOTED' },
    ...{ ...noLedger, ...noOffer, ...noTimer },
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    PledgeLocked: 'undone:',
    PledgeReleased: 'undone:',
  },
  closed: {
    ...{ ...all('closed'), ...decidedAlready, ReviewNoted: 'closed: NOTED' },
    ...{ ...noLedger, ...noOffer, ...noTimer },
    PledgeLocked: 'closed:',
    PledgeReleased: 'closed:',
  },
};

type Outgoing = NonNullable<ReturnType<ReturnType<typeof start>['when']>['events']>[number];

/** Of an answer to an officer what it says; of everything else its name. */
function nameOf(one: Outgoing): string {
  if (one.type === 'ReviewRefused') return one.data.cause;
  return one.type === 'ReviewRecorded' ? one.data.action : one.type;
}

describe.each(phases)('in the phase %s', (phase) => {
  it.each(inputs)('%s', (input) => {
    const said = reach[phase]();
    expect(said.state().phase).toBe(phase);
    const before = said.state();
    const decision = said.when(events[input]);
    const produced = decision.events ?? [];
    const refused = produced.find(({ type }) => type === 'ReviewRefused');
    const seen =
      decision.ignored ??
      (refused && nameOf(refused)) ??
      `${said.state().phase}: ${produced.map(nameOf).join(', ')}`.trim();
    expect(seen).toBe(expected[phase][input]);
    // A refusal changes nothing at all; an officer is told of it.
    if (decision.ignored !== undefined) {
      expect(decision).toMatchObject({ events: [], timers: [], rows: [], held: {} });
    }
    if (decision.ignored !== undefined || refused !== undefined) {
      expect(said.state()).toEqual(before);
      expect(decision).toMatchObject({ timers: [], held: {} });
    }
    expect('ignored' in transitions[phase][input]).toBe(decision.ignored !== undefined);
  });

  it.each(actionNames)('answers %s once, with its outcome', (input) => {
    const decision = reach[phase]().when(events[input]);
    const answers = (decision.events ?? []).filter(({ type }) => type.startsWith('Review'));
    expect(answers).toHaveLength(1);
    const outcomes = (decision.rows ?? []).filter(({ kind }) => kind === 'outcome');
    expect(outcomes).toMatchObject([{ actionId: events[input].id, action: input }]);
  });
});
