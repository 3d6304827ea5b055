// Every pair of a phase and an event: a step with its outcome, or a refusal with its name.
import type { EventName } from '@saidao/schemas';
import { event } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import {
  applicationId,
  asOf,
  caseNamed,
  decided,
  locked,
  received,
  review,
  scoredOf,
  start,
  yuan,
} from './cases.fixture.ts';
import { inputs, phases, transitions, type InputName, type Phase } from './transitions.ts';

const sensor = caseNamed('new-quality-8m');
const lock = caseNamed('smart-lock-ip-pledge');
const of = { applicationId, revision: 1, lenderId: 'boc-zj' };
const loan = { ...of, authorisationId: `${applicationId}-1`, loanId: 'L' };

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
  ReviewSubmitted: event('ReviewSubmitted', review(sensor, 'officer-a')),
  LoanBooked: event('LoanBooked', {
    ...loan,
    principal: yuan(8_000_000),
    ratePpm: 31_500,
    termMonths: 12,
    repayment: 'EQUAL_INSTALMENT',
    bookedOn: asOf,
    maturesOn: asOf,
  }),
  LoanDisbursed: event('LoanDisbursed', { ...loan, amount: yuan(8_000_000), disbursedAt: 3n }),
  AuthorisationCancelled: event('AuthorisationCancelled', { ...loan, cause: 'PLEDGE_REFUSED' }),
  CancellationRefused: event('CancellationRefused', { ...loan, cause: 'PAID' }),
  TimerDue: event('TimerDue', {
    ...of,
    timerId: 't',
    name: 'offer-expiry',
    dueAt: 0n,
    detail: JSON.stringify({ approvalId: `${applicationId}-1-approval` }),
  }),
};

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
  referred: () => judgedWith(referredContent),
  declined: () => judgedWith(declinedContent),
  offered: () => decided(sensor).said,
  expired: () => reach.offered().given(events.TimerDue),
  authorised: () => reach.offered().given(events.OfferAccepted),
  booked: () => reach.authorised().given(events.LoanBooked),
  disbursed: () => reach.booked().given(events.LoanDisbursed),
  cancelling: () => reach.authorised().given(events.ApplicationWithdrawn),
  undone: () => reach.authorised().given(events.AuthorisationCancelled),
  closed: () => reach.offered().given(events.OfferDeclined),
};

function judgedWith(content: typeof referredContent) {
  return start()
    .given(event('ApplicationReceived', received(sensor, { content })))
    .given(events.EnterpriseScored);
}

/** What each pair gives: `phase after: events`, or the name of the refusal. */
const expected: Readonly<Record<Phase, Readonly<Record<InputName, string>>>> = {
  open: {
    ApplicationReceived: 'open:',
    ApplicationAmended: 'open:',
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    OfferAccepted: 'no-offer',
    OfferDeclined: 'no-offer',
    EnterpriseScored: 'open:',
    PledgeLocked: 'open:',
    PledgeRefused: 'open:',
    PledgeReleased: 'open:',
    ReviewSubmitted: 'not-referred',
    LoanBooked: 'not-authorised',
    LoanDisbursed: 'not-authorised',
    AuthorisationCancelled: 'not-authorised',
    CancellationRefused: 'nothing-to-cancel',
    TimerDue: 'stale-timer',
  },
  referred: {
    ApplicationReceived: 'already-referred',
    ApplicationAmended: 'already-referred',
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    OfferAccepted: 'no-offer',
    OfferDeclined: 'no-offer',
    EnterpriseScored: 'referred:',
    PledgeLocked: 'referred:',
    PledgeRefused: 'referred:',
    PledgeReleased: 'referred:',
    ReviewSubmitted: 'referred:',
    LoanBooked: 'not-authorised',
    LoanDisbursed: 'not-authorised',
    AuthorisationCancelled: 'not-authorised',
    CancellationRefused: 'nothing-to-cancel',
    TimerDue: 'stale-timer',
  },
  declined: {
    ApplicationReceived: 'already-declined',
    ApplicationAmended: 'already-declined',
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    OfferAccepted: 'no-offer',
    OfferDeclined: 'no-offer',
    EnterpriseScored: 'already-declined',
    PledgeLocked: 'declined:',
    PledgeRefused: 'already-declined',
    PledgeReleased: 'declined:',
    ReviewSubmitted: 'not-referred',
    LoanBooked: 'not-authorised',
    LoanDisbursed: 'not-authorised',
    AuthorisationCancelled: 'not-authorised',
    CancellationRefused: 'nothing-to-cancel',
    TimerDue: 'stale-timer',
  },
  offered: {
    ApplicationReceived: 'already-offered',
    ApplicationAmended: 'already-offered',
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    OfferAccepted: 'authorised: DisbursementAuthorised',
    OfferDeclined: 'closed: ApplicationClosed',
    EnterpriseScored: 'offered:',
    PledgeLocked: 'offered:',
    PledgeRefused: 'already-offered',
    PledgeReleased: 'offered:',
    ReviewSubmitted: 'not-referred',
    LoanBooked: 'not-authorised',
    LoanDisbursed: 'not-authorised',
    AuthorisationCancelled: 'not-authorised',
    CancellationRefused: 'nothing-to-cancel',
    TimerDue: 'expired: OfferExpired',
  },
  expired: {
    ApplicationReceived: 'offer-expired',
    ApplicationAmended: 'offer-expired',
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    OfferAccepted: 'authorised: DisbursementAuthorised',
    OfferDeclined: 'closed: ApplicationClosed',
    EnterpriseScored: 'offer-expired',
    PledgeLocked: 'expired:',
    PledgeRefused: 'offer-expired',
    PledgeReleased: 'expired:',
    ReviewSubmitted: 'not-referred',
    LoanBooked: 'not-authorised',
    LoanDisbursed: 'not-authorised',
    AuthorisationCancelled: 'not-authorised',
    CancellationRefused: 'nothing-to-cancel',
    TimerDue: 'stale-timer',
  },
  authorised: {
    ApplicationReceived: 'already-authorised',
    ApplicationAmended: 'already-authorised',
    ApplicationWithdrawn: 'cancelling: CancellationRequested',
    OfferAccepted: 'already-accepted',
    OfferDeclined: 'already-accepted',
    EnterpriseScored: 'already-authorised',
    PledgeLocked: 'authorised:',
    PledgeRefused: 'already-authorised',
    PledgeReleased: 'authorised:',
    ReviewSubmitted: 'not-referred',
    LoanBooked: 'booked:',
    LoanDisbursed: 'disbursed:',
    AuthorisationCancelled: 'undone: ApprovalUndone',
    CancellationRefused: 'nothing-to-cancel',
    TimerDue: 'stale-timer',
  },
  booked: {
    ApplicationReceived: 'already-booked',
    ApplicationAmended: 'already-booked',
    ApplicationWithdrawn: 'cancelling: CancellationRequested',
    OfferAccepted: 'already-accepted',
    OfferDeclined: 'already-accepted',
    EnterpriseScored: 'already-booked',
    PledgeLocked: 'booked:',
    PledgeRefused: 'already-booked',
    PledgeReleased: 'booked:',
    ReviewSubmitted: 'not-referred',
    LoanBooked: 'already-booked',
    LoanDisbursed: 'disbursed:',
    AuthorisationCancelled: 'undone: ApprovalUndone',
    CancellationRefused: 'nothing-to-cancel',
    TimerDue: 'stale-timer',
  },
  disbursed: {
    ApplicationReceived: 'already-disbursed',
    ApplicationAmended: 'already-disbursed',
    ApplicationWithdrawn: 'already-disbursed',
    OfferAccepted: 'already-accepted',
    OfferDeclined: 'already-accepted',
    EnterpriseScored: 'already-disbursed',
    PledgeLocked: 'disbursed:',
    PledgeRefused: 'already-disbursed',
    PledgeReleased: 'disbursed:',
    ReviewSubmitted: 'not-referred',
    LoanBooked: 'already-disbursed',
    LoanDisbursed: 'already-disbursed',
    AuthorisationCancelled: 'already-disbursed',
    CancellationRefused: 'already-disbursed',
    TimerDue: 'stale-timer',
  },
  cancelling: {
    ApplicationReceived: 'already-cancelling',
    ApplicationAmended: 'already-cancelling',
    ApplicationWithdrawn: 'already-cancelling',
    OfferAccepted: 'already-accepted',
    OfferDeclined: 'already-accepted',
    EnterpriseScored: 'already-cancelling',
    PledgeLocked: 'cancelling:',
    PledgeRefused: 'already-cancelling',
    PledgeReleased: 'cancelling:',
    ReviewSubmitted: 'not-referred',
    LoanBooked: 'cancelling:',
    LoanDisbursed: 'disbursed:',
    AuthorisationCancelled: 'closed: ApprovalUndone, ApplicationClosed',
    CancellationRefused: 'authorised:',
    TimerDue: 'stale-timer',
  },
  undone: {
    ApplicationReceived: 'already-undone',
    ApplicationAmended: 'already-undone',
    ApplicationWithdrawn: 'closed: ApplicationClosed',
    OfferAccepted: 'no-offer',
    OfferDeclined: 'no-offer',
    EnterpriseScored: 'already-undone',
    PledgeLocked: 'undone:',
    PledgeRefused: 'already-undone',
    PledgeReleased: 'undone:',
    ReviewSubmitted: 'not-referred',
    LoanBooked: 'not-authorised',
    LoanDisbursed: 'not-authorised',
    AuthorisationCancelled: 'not-authorised',
    CancellationRefused: 'nothing-to-cancel',
    TimerDue: 'stale-timer',
  },
  closed: {
    ApplicationReceived: 'closed',
    ApplicationAmended: 'closed',
    ApplicationWithdrawn: 'closed',
    OfferAccepted: 'no-offer',
    OfferDeclined: 'no-offer',
    EnterpriseScored: 'closed',
    PledgeLocked: 'closed:',
    PledgeRefused: 'closed',
    PledgeReleased: 'closed:',
    ReviewSubmitted: 'not-referred',
    LoanBooked: 'not-authorised',
    LoanDisbursed: 'not-authorised',
    AuthorisationCancelled: 'not-authorised',
    CancellationRefused: 'nothing-to-cancel',
    TimerDue: 'stale-timer',
  },
};

describe.each(phases)('in the phase %s', (phase) => {
  it.each(inputs)('%s', (input) => {
    const said = reach[phase]();
    expect(said.state().phase).toBe(phase);
    const before = said.state();
    const decision = said.when(events[input]);
    const produced = (decision.events ?? []).map(({ type }): EventName => type);
    const seen = decision.ignored ?? `${said.state().phase}: ${produced.join(', ')}`.trim();
    expect(seen).toBe(expected[phase][input]);
    // A refusal changes nothing at all.
    if (decision.ignored !== undefined) {
      expect(decision).toMatchObject({ events: [], timers: [], rows: [], held: {} });
      expect(said.state()).toEqual(before);
    }
    expect('ignored' in transitions[phase][input]).toBe(decision.ignored !== undefined);
  });
});
