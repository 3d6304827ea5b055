// The script of a case: who acts when, and when a case has come to its end.
import { describe, expect, it } from 'vitest';
import type { EventName } from '@saidao/schemas';
import type { Step } from './samples.ts';
import {
  dueStep,
  onceOf,
  outcomeOf,
  referralIn,
  standingOf,
  type Story,
  type StoryEvent,
} from './script.ts';

const step = (actor: string, does: Step['does']): Step => ({ actor, does });
const event = (type: EventName, data: object = {}): StoryEvent => ({
  type,
  data: { revision: 1, ...data },
});
const historyOf = (...events: readonly (EventName | StoryEvent)[]): Story => ({
  events: events.map((one) => (typeof one === 'string' ? event(one) : one)),
});

const approvals = [step('officer-a', 'approve'), step('officer-b', 'approve')];
const accept = step('applicant', 'accept');
const full = [...approvals, accept];
const withdraw = step('applicant', 'withdraw');
const amend = step('applicant', 'amend');
const review = (officer: string) => event('ReviewSubmitted', { officer, verdict: 'APPROVE' });

describe('the step that is due', () => {
  it('is none before its time', () => {
    expect(dueStep(full, historyOf('ApplicationReceived'))).toBeUndefined();
    expect(dueStep([accept], historyOf('ApplicationReceived', 'LoanReferred'))).toBeUndefined();
  });

  it('goes from one officer to the next, then to the applicant', () => {
    const referred = ['ApplicationReceived', 'LoanReferred'] as const;
    expect(dueStep(full, historyOf(...referred))).toBe(approvals[0]);
    expect(dueStep(full, historyOf(...referred, review('officer-a')))).toBe(approvals[1]);
    const reviewed = [...referred, review('officer-a'), review('officer-b')];
    expect(dueStep(full, historyOf(...reviewed))).toBeUndefined();
    expect(dueStep(full, historyOf(...reviewed, 'LoanApproved'))).toBe(accept);
  });

  it('is not the same one twice: what was done in an earlier run stands in the topics', () => {
    const accepted = ['LoanApproved', 'OfferAcceptanceSubmitted'] as const;
    expect(dueStep([accept], historyOf(...accepted))).toBeUndefined();
  });

  it('leaves officers out who are no longer asked', () => {
    expect(dueStep(full, historyOf('LoanApproved'))).toBe(accept);
  });

  it('lets the applicant withdraw once the application is received', () => {
    expect(dueStep([withdraw], historyOf('ApplicationSubmitted'))).toBeUndefined();
    expect(dueStep([withdraw], historyOf('ApplicationReceived'))).toBe(withdraw);
  });

  it('lets the applicant amend what was decided, and then all begins anew', () => {
    const script = [amend, ...approvals];
    expect(dueStep(script, historyOf('ApplicationReceived'))).toBeUndefined();
    expect(dueStep(script, historyOf('LoanReferred'))).toBe(amend);
    expect(dueStep(script, historyOf('LoanReferred', 'AmendmentSubmitted'))).toBeUndefined();
    const again = event('LoanReferred', { revision: 2 });
    const amended = ['LoanReferred', 'AmendmentSubmitted', 'ApprovalUndone'] as const;
    expect(dueStep(script, historyOf(...amended, again))).toBe(approvals[0]);
  });
});

describe('a review', () => {
  const recorded = (officer: string, action: string) =>
    event('ReviewRecorded', { officer, action });

  it('is known by what decisioning says of it, too', () => {
    const first = historyOf('LoanReferred', recorded('officer-a', 'APPROVED_FIRST'));
    expect(dueStep(full, first)).toBe(approvals[1]);
    const claimed = historyOf('LoanReferred', recorded('officer-a', 'CLAIMED'));
    expect(dueStep(full, claimed)).toBe(approvals[0]);
    const refused = event('ReviewRefused', { officer: 'officer-a', action: 'ReviewSubmitted' });
    expect(dueStep(full, historyOf('LoanReferred', refused))).toBe(approvals[1]);
  });

  it('has to be given anew where the application was judged anew', () => {
    const again = historyOf('LoanReferred', review('officer-a'), 'LoanReferred');
    expect(dueStep(full, again)).toBe(approvals[0]);
    expect(referralIn(approvals[0]!, again)).toEqual({ revision: 1, time: 2, claim: true });
    expect(onceOf(approvals[0]!, again)).not.toBe(onceOf(approvals[0]!, historyOf('LoanReferred')));
    expect(onceOf(accept, again)).toBe(onceOf(accept, historyOf()));
  });

  it('needs a claim first, but for the second approval', () => {
    const claimFor = (does: Step['does'], ...events: StoryEvent[]) =>
      referralIn(step('officer-b', does), historyOf('LoanReferred', ...events)).claim;
    expect(claimFor('approve')).toBe(true);
    expect(claimFor('approve', review('officer-a'))).toBe(false);
    expect(claimFor('approve', recorded('officer-a', 'APPROVED_FIRST'))).toBe(false);
    expect(claimFor('decline', review('officer-a'))).toBe(true);
  });
});

describe('the outcome', () => {
  it.each([
    ['nothing yet', [], ['ApplicationReceived', 'EnterpriseScored'], undefined],
    ['paid', full, ['LoanReferred', 'LoanApproved', 'LoanDisbursed'], 'paid'],
    ['referred, and nobody reviews', [accept], ['LoanReferred'], 'referred'],
    ['referred, and officers will review', full, ['LoanReferred'], undefined],
    ['approved, and nobody accepts', [], ['LoanApproved'], 'approved'],
    ['approved, and the applicant will accept', [accept], ['LoanApproved'], undefined],
    [
      'accepted, and the loan is on its way',
      [accept],
      ['LoanApproved', 'OfferAccepted'],
      undefined,
    ],
    ['declined', full, ['LoanDeclined'], 'declined'],
    ['withdrawn', [], ['ApplicationReceived', 'ApplicationClosed'], 'withdrawn'],
    ['referred, and the applicant will amend', [amend], ['LoanReferred'], undefined],
    ['referred before it was amended', [amend], ['LoanReferred', 'ApplicationAmended'], undefined],
    [
      'an offer undone by an amendment',
      [amend],
      ['ApprovalUndone', 'ApplicationAmended'],
      undefined,
    ],
    [
      'approved while the withdrawal is on its way',
      [withdraw],
      ['ApplicationReceived', 'WithdrawalSubmitted', 'LoanApproved'],
      undefined,
    ],
    [
      'referred while the withdrawal is on its way',
      [withdraw],
      ['ApplicationReceived', 'WithdrawalSubmitted', 'LoanReferred'],
      undefined,
    ],
    ['refused at the door', [], ['SubmissionRejected'], 'refused'],
    [
      'one more submission refused, which ends nothing',
      [],
      ['ApplicationReceived', 'SubmissionRejected'],
      undefined,
    ],
  ] as const)('%s', (_, script, events, outcome) => {
    expect(outcomeOf(script, historyOf(...events))).toBe(outcome);
  });

  it('stands at referred when reviews have led to nothing', () => {
    const before = historyOf('LoanReferred', review('officer-a'));
    expect(standingOf(full, before)).toBeUndefined();
    const all = historyOf('LoanReferred', review('officer-a'), review('officer-b'));
    expect(outcomeOf(full, all)).toBeUndefined();
    expect(standingOf(full, all)).toBe('referred');
  });
});
