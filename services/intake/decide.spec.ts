// What a submission becomes, and what an applicant may still do.
import { blankExpired, blankUndone, event, scenario } from '@saidao/testkit';
import type { EventMap, SubmissionJson } from '@saidao/schemas';
import { describe, expect, test } from 'vitest';
import type { InputName } from './decide.ts';
import { memorySources } from './kyc/sources.fixture.ts';
import { submission } from './submission.fixture.ts';
import { intake } from './worker.ts';

const APPLICATION = '019a0000-0000-7000-8000-000000000001';
const NAMES = { lenderId: 'boc-zj', channel: 'bank-portal', reference: 'R-1' };
const KEY = 'boc-zj/bank-portal/R-1';
const AT = Date.UTC(2026, 10, 20, 1);
const said = { applicationId: APPLICATION, revision: 1, lenderId: 'boc-zj' };

function line() {
  const claims = {
    claim: () => Promise.resolve([APPLICATION]),
    find: () => Promise.resolve(undefined),
    note: () => Promise.resolve(),
  };
  const reading = { ofDecisions: () => Promise.resolve(null) };
  // Nobody is waited for here: what is asked about persons is another spec's.
  const kyc = { waitMs: 0, ownersExemptCapitalFen: 0n };
  const options = {
    claims,
    record: () => Promise.resolve(),
    reading,
    sources: memorySources(),
    kyc,
  };
  return scenario(intake({ ...options, gatherMsMax: 1_000 }), {
    applicationId: APPLICATION,
    nowMs: AT,
  });
}

function door<N extends InputName>(type: N, data: EventMap[N], appendedAtMs = AT) {
  return event(type, data, { key: KEY, appendedAtMs });
}

const submit = (change?: (body: SubmissionJson) => void) =>
  door('ApplicationSubmitted', submission(change));
const accept = (appendedAtMs = AT) => door('OfferAcceptanceSubmitted', NAMES, appendedAtMs);
const types = (decision: { events?: readonly { type: string }[] }): string[] =>
  (decision.events ?? []).map(({ type }) => type);
const codeOf = (decision: { events?: readonly { data: unknown }[] }): unknown =>
  (decision.events?.[0]?.data as { code?: string } | undefined)?.code;

const amended = () => {
  const body = submission((sent) => (sent.enterprise.staff = 70));
  return door('AmendmentSubmitted', body as EventMap['AmendmentSubmitted']);
};

function approved(revision = 1) {
  const terms = { amount: { minor: 1n, currency: 'CNY' }, ratePpm: 34_500, termMonths: 12 };
  const data = {
    ...said,
    revision,
    approvalId: 'a1',
    terms,
    reasons: [],
    approvers: [],
    offerExpiresAt: BigInt(AT + 1_000),
  };
  return event('LoanApproved', data as unknown as EventMap['LoanApproved']);
}

describe('submitting', () => {
  test('a sound body becomes ApplicationReceived, revision 1, judged on the append date', () => {
    const decision = line().when(submit());
    expect(types(decision)).toEqual(['ApplicationReceived']);
    expect(decision.events?.[0]?.data).toMatchObject({
      ...said,
      channel: 'bank-portal',
      reference: 'R-1',
      businessDate: '2026-11-20',
    });
  });

  test('the same body again does nothing, another is a conflict', () => {
    const s = line().given(submit());
    expect(s.when(submit())).toEqual({ ignored: 'repeat' });
    const other = s.when(submit((body) => (body.enterprise.staff = 65)));
    expect(codeOf(other)).toBe('CONFLICT');
    expect(s.when(submit())).toEqual({ ignored: 'repeat' });
  });

  test('who submits is told on, and the same body from another is the same body', () => {
    const by = (submittedBy: string | null) =>
      door('ApplicationSubmitted', { ...submission(), submittedBy });
    const s = line();
    expect(s.when(by('web')).events?.[0]?.data).toMatchObject({ submittedBy: 'web' });
    expect(s.when(by(null))).toEqual({ ignored: 'repeat' });
    const amendedBy = (submittedBy: string | null) =>
      door('AmendmentSubmitted', {
        ...(submission((body) => (body.enterprise.staff = 70)) as EventMap['AmendmentSubmitted']),
        submittedBy,
      });
    expect(s.when(amendedBy('web')).events?.[0]?.data).toMatchObject({ submittedBy: 'web' });
    expect(s.when(amendedBy('another'))).toEqual({ ignored: 'repeat' });
  });

  test('a refused body frees the reference: the corrected one takes the same id', () => {
    const s = line();
    expect(codeOf(s.when(submit((body) => (body.request.termMonths = 0))))).toBe('INVALID');
    expect(types(s.when(submit()))).toEqual(['ApplicationReceived']);
  });

  test('a key that is not the body’s name is no submission at all', () => {
    const wrong = { ...submit(), key: 'boc-zj/bank-portal/R-2' };
    expect(() => line().when(wrong)).toThrow('key');
  });
});

describe('amending and withdrawing', () => {
  const amend = (change?: (body: SubmissionJson) => void) =>
    door('AmendmentSubmitted', submission(change) as EventMap['AmendmentSubmitted']);
  const more = (body: SubmissionJson): void => {
    body.enterprise.staff = 70;
  };

  test('an amendment is the next revision; the same content again does nothing', () => {
    const s = line().given(submit());
    const decision = s.when(amend(more));
    expect(decision.events?.[0]).toMatchObject({
      type: 'ApplicationAmended',
      data: { revision: 2 },
    });
    expect(s.when(amend(more))).toEqual({ ignored: 'repeat' });
  });

  test('nothing is amended before it was submitted, or once an offer is accepted', () => {
    expect(codeOf(line().when(amend(more)))).toBe('UNKNOWN_APPLICATION');
    const s = line().given(submit()).given(approved()).given(accept());
    expect(codeOf(s.when(amend(more)))).toBe('CLOSED');
  });

  test.each(['ApprovalUndone', 'OfferExpired'] as const)('after %s it may be again', (type) => {
    const s = line().given(submit()).given(approved()).given(accept());
    s.given(event(type, { ...said, approvalId: 'a1', cause: 'x' } as never));
    expect(types(s.when(amend(more)))).toEqual(['ApplicationAmended']);
  });

  test('a withdrawal goes on to decisioning once; what is paid cannot be withdrawn', () => {
    const withdrawal = door('WithdrawalSubmitted', { ...NAMES, reason: 'changed our mind' });
    const s = line().given(submit());
    expect(types(s.when(withdrawal))).toEqual(['ApplicationWithdrawn']);
    expect(s.when(withdrawal)).toEqual({ ignored: 'repeat' });
    const paid = line().given(submit());
    paid.given(
      event('LoanDisbursed', {
        ...said,
        loanId: 'l',
        authorisationId: 'x',
        amount: { minor: 1n, currency: 'CNY' },
        disbursedAt: 1n,
      }),
    );
    expect(codeOf(paid.when(withdrawal))).toBe('CLOSED');
  });
});

describe('withdrawing while officers want it undone', () => {
  const withdrawal = () => door('WithdrawalSubmitted', { ...NAMES, reason: 'changed our mind' });
  const requested = (cause: string) =>
    event('CancellationRequested', {
      ...said,
      authorisationId: 'x',
      cause,
      requestedBy: [],
    } as never);
  const accepted = () => line().given(submit()).given(approved()).given(accept());

  test('is told to decisioning, once', () => {
    const s = accepted().given(requested('UNDONE'));
    expect(types(s.when(withdrawal()))).toEqual(['ApplicationWithdrawn']);
    expect(s.state().status).toBe('cancelling');
    expect(s.when(withdrawal())).toEqual({ ignored: 'repeat' });
  });

  test('says nothing new where it is what is being cancelled for', () => {
    expect(accepted().given(requested('WITHDRAWN')).when(withdrawal())).toEqual({
      ignored: 'repeat',
    });
    const s = accepted().given(withdrawal()).given(requested('UNDONE'));
    expect(s.when(withdrawal())).toEqual({ ignored: 'repeat' });
  });

  test('may be said again of a loan that the ledger would not give back', () => {
    const s = accepted().given(requested('UNDONE')).given(withdrawal());
    s.given(
      event('CancellationRefused', { ...said, authorisationId: 'x', cause: 'paid' } as never),
    );
    expect(s.state()).toMatchObject({ status: 'booked', withdrawn: false });
    expect(codeOf(s.when(withdrawal()))).toBe('CLOSED');
  });
});

describe('answering an offer', () => {
  test('an acceptance carries the broker’s append time', () => {
    const s = line().given(submit()).given(approved());
    expect(s.when(accept(AT + 7)).events).toEqual([
      {
        type: 'OfferAccepted',
        data: { ...said, acceptedAt: BigInt(AT + 7), businessDate: '2026-11-20' },
      },
    ]);
    expect(s.when(accept(AT + 8))).toEqual({ ignored: 'repeat' });
  });

  test('an acceptance that outruns the offer waits for it', () => {
    const s = line().given(submit());
    const early = s.when(accept());
    expect(types(early)).toEqual([]);
    expect(early.timers?.[0]?.name).toBe('early-answer');
    expect(types(s.when(approved()))).toEqual(['OfferAccepted']);
  });

  const decline = () => door('OfferDeclineSubmitted', { ...NAMES, reason: 'too dear' });
  const rejected = (submission: string, code: string) => ({
    type: 'SubmissionRejected',
    data: expect.objectContaining({ code, submission }),
  });

  test('given an acceptance, a decline is refused aloud, before the offer is seen or after', () => {
    const closed = [rejected('OfferDeclineSubmitted', 'CLOSED')];
    const early = line().given(submit()).given(accept());
    expect(early.when(decline()).events).toEqual(closed);
    expect(types(early.when(approved()))).toEqual(['OfferAccepted']);
    const late = line().given(submit()).given(approved()).given(accept());
    expect(late.when(decline()).events).toEqual(closed);
    expect(late.when(accept())).toEqual({ ignored: 'repeat' });
  });

  test('given an early decline, an acceptance is refused aloud and the decline stands', () => {
    const s = line().given(submit()).given(decline());
    expect(s.when(decline())).toEqual({ ignored: 'repeat' });
    expect(s.when(accept()).events).toEqual([rejected('OfferAcceptanceSubmitted', 'CLOSED')]);
    expect(types(s.when(approved()))).toEqual(['OfferDeclined']);
  });

  test('given an early acceptance, an amendment or withdrawal refuses it aloud', () => {
    const withdrawal = door('WithdrawalSubmitted', { ...NAMES, reason: 'changed our mind' });
    for (const index of [0, 1]) {
      const s = line().given(submit()).given(accept());
      const decision = index === 0 ? s.when(amended()) : s.when(withdrawal);
      expect(decision.events).toEqual([
        rejected('OfferAcceptanceSubmitted', 'NO_OFFER'),
        expect.objectContaining({ type: ['ApplicationAmended', 'ApplicationWithdrawn'][index] }),
      ]);
      expect(decision.rows?.at(-1)).toMatchObject({
        status: ['received', 'withdrawn'][index],
        view: { rejection: { code: 'NO_OFFER' } },
      });
      expect(s.state().early).toBeNull();
    }
  });

  describe('without an offer', () => {
    const named = { timerId: 't', name: 'early-answer', dueAt: 1n, detail: 'null' };
    const due = event('TimerDue', { ...said, ...named });
    const read = (end: bigint, committed: bigint) => ({ decisions: { end, committed }, kyc: null });
    const early = () => line().given(submit()).given(accept());

    test('it is refused when its time is over and all decisions are read', () => {
      const s = early();
      expect(codeOf(s.when(due, read(7n, 7n)))).toBe('NO_OFFER');
      expect(s.when(due, read(7n, 7n))).toEqual({ ignored: 'stale-timer' });
    });

    // Issue 4: intake was away for longer than an answer waits, and refused what had been offered.
    test('it waits on while intake has not read as far as the decisions went then', () => {
      const s = early();
      const waits = s.when(due, read(7n, 5n));
      expect(types(waits)).toEqual([]);
      expect(waits.timers).toEqual([{ name: 'early-answer', dueAtMs: AT + 2_000 }]);
      expect(types(s.when(due, read(9n, 6n)))).toEqual([]);
      expect(s.state().early?.readTo).toBe(7n);
      // What came later need not be waited for: it came after the answer.
      expect(codeOf(s.when(due, read(9n, 7n)))).toBe('NO_OFFER');
    });

    test('it waits on while nobody can tell, and is taken when the offer comes', () => {
      const s = early();
      expect(types(s.when(due, { decisions: null, kyc: null }))).toEqual([]);
      expect(types(s.when(approved()))).toEqual(['OfferAccepted']);
      expect(s.when(due, read(7n, 7n))).toEqual({ ignored: 'stale-timer' });
    });
  });

  test('appended in time but read after expiry it is passed on; appended too late it is not', () => {
    const expired = event('OfferExpired', { ...said, approvalId: 'a1', ...blankExpired });
    const s = line().given(submit()).given(approved()).given(expired);
    expect(codeOf(s.when(accept(AT + 1_001)))).toBe('NO_OFFER');
    expect(types(s.when(accept(AT + 1_000)))).toEqual(['OfferAccepted']);
  });

  test('an offer of an older revision is no offer', () => {
    const s = line().given(submit());
    s.given(amended());
    expect(s.when(approved(1))).toEqual({ ignored: 'older-revision' });
    expect(types(s.when(accept()))).toEqual([]);
  });

  test('declining an offer', () => {
    const s = line().given(submit()).given(approved());
    const declined = s.when(door('OfferDeclineSubmitted', { ...NAMES, reason: 'too dear' }));
    expect(types(declined)).toEqual(['OfferDeclined']);
  });
});

describe('following what others decided', () => {
  const loan = { ...said, loanId: 'l', authorisationId: 'x' };
  const money = { minor: 1n, currency: 'CNY' };
  const events = {
    referred: event('LoanReferred', { ...said, reasons: [] } as never),
    approved: approved(),
    authorised: event('DisbursementAuthorised', said as never),
    requested: event('CancellationRequested', said as never),
    booked: event('LoanBooked', loan as never),
    paid: event('LoanDisbursed', { ...loan, amount: money, disbursedAt: 1n }),
    refused: event('CancellationRefused', { ...said, authorisationId: 'x', cause: 'LOAN_BOOKED' }),
    cancelled: event('AuthorisationCancelled', { ...said, authorisationId: 'x', cause: 'c' }),
    undone: event('ApprovalUndone', { ...said, approvalId: 'a1', cause: 'c', ...blankUndone }),
    failed: event('PayoutFailed', { ...loan, payoutId: 'p', cause: 'account closed' }),
    nothingPaid: event('AuthorisationCancelled', {
      ...{ ...said, authorisationId: 'x', cause: 'NOTHING_PAID' },
    }),
    repaid: event('LoanRepaid', { ...loan, repaidOn: '2027-11-20' }),
    reversed: event('RepaymentReversed', loan as never),
  };
  type Name = keyof typeof events;

  // Two topics with no order between them: every interleaving of the two ends alike.
  test.each<[Name[], Name[], string]>([
    [['approved', 'authorised'], ['booked', 'paid'], 'paid'],
    [['approved', 'authorised', 'requested'], ['booked', 'refused', 'paid'], 'paid'],
    [['approved', 'authorised', 'undone'], ['cancelled'], 'undone'],
    [['approved', 'authorised'], ['booked', 'failed'], 'payout-failed'],
    [['approved', 'authorised'], ['booked', 'failed', 'nothingPaid'], 'cancelled'],
    [['approved', 'authorised', 'requested'], ['booked', 'failed', 'nothingPaid'], 'cancelled'],
    [['approved', 'authorised', 'undone'], ['booked', 'failed', 'nothingPaid'], 'undone'],
    [['approved', 'authorised'], ['booked', 'paid', 'repaid'], 'repaid'],
    [['approved', 'authorised'], ['booked', 'paid', 'failed', 'repaid'], 'repaid'],
    [['approved', 'authorised'], ['booked', 'paid', 'repaid', 'reversed'], 'paid'],
    [['approved', 'authorised'], ['booked', 'paid', 'repaid', 'reversed', 'repaid'], 'repaid'],
  ])('%j and %j end as %s in every order', (decisions, disbursements, status) => {
    for (const order of interleavings(decisions, disbursements)) {
      const s = line().given(submit());
      for (const name of order) s.given(events[name] as never);
      expect(s.state().status, order.join(' ')).toBe(status);
    }
  });

  test('of which nothing was paid may be amended, and what was said of it before is history', () => {
    const s = line().given(submit()).given(approved()).given(accept());
    for (const name of ['authorised', 'booked', 'failed', 'nothingPaid', 'undone'] as const) {
      s.given(events[name] as never);
    }
    s.given(amended());
    expect(s.state()).toMatchObject({ revision: 2, status: 'received' });
    for (const name of ['booked', 'failed', 'nothingPaid'] as const) {
      expect(s.when(events[name] as never).ignored).toBe('overtaken');
    }
    expect(s.state()).toMatchObject({ revision: 2, status: 'received', accepted: false });
  });

  test('a loan that is repaid takes neither an amendment nor a withdrawal', () => {
    const s = line().given(submit()).given(events.repaid);
    expect(codeOf(s.when(amended()))).toBe('CLOSED');
    expect(codeOf(s.when(door('WithdrawalSubmitted', { ...NAMES, reason: 'r' })))).toBe('CLOSED');
  });

  test('a referral read after a withdrawal opens nothing', () => {
    const s = line().given(submit());
    s.given(door('WithdrawalSubmitted', { ...NAMES, reason: 'r' })).given(events.referred);
    expect(s.state().status).toBe('withdrawn');
  });
});

function interleavings<T>(first: readonly T[], second: readonly T[]): T[][] {
  const [a, ...restOfFirst] = first;
  const [b, ...restOfSecond] = second;
  if (a === undefined) return [[...second]];
  if (b === undefined) return [[...first]];
  return [
    ...interleavings(restOfFirst, second).map((rest) => [a, ...rest]),
    ...interleavings(first, restOfSecond).map((rest) => [b, ...rest]),
  ];
}
