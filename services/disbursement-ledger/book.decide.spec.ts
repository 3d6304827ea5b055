// The book, rule by rule: given what came before, when an event is read, then the loan stands so.
import fc from 'fast-check';
import { encode, topics } from '@saidao/schemas';
import { event } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import {
  APPLICATION,
  AUTHORISATION,
  authorisationOf,
  authorised,
  book,
  booked,
  cancellation,
  chips,
  collateralChanged,
  confirmed,
  entriesOf,
  LENDER,
  LOAN,
  motors,
  PAID_AT,
  payee,
  payoutId,
  plain,
  pledgeConfirmed,
  pledged,
  refused,
  registered,
  rejected,
  terms,
  toldBy,
  typesOf,
  unknown,
  waiting,
  yuan,
} from './book.fixture.ts';
import type { BookOut } from './booking/state.ts';
import type { LoanTerms } from '@saidao/schemas';

const BOOKED = ['LoanBooked', 'PayoutInstructed', 'PayoutInstructed'];

describe('an authorisation', () => {
  it('that needs a pledge waits for its registration and for the word that it stands', () => {
    expect(book().when(authorised())).toMatchObject({
      state: { revision: 0, authorisations: [{ status: 'waiting' }] },
    });
    expect(typesOf(waiting().when(registered()))).toEqual([]);
    const decision = pledged().when(pledgeConfirmed());
    expect(typesOf(decision)).toEqual(BOOKED);
    expect(decision.state?.pledges).toEqual([]);
    const confirmedFirst = waiting().given(pledgeConfirmed());
    expect(typesOf(confirmedFirst.when(registered()))).toEqual(BOOKED);
  });

  it('is booked at once when both were read before it', () => {
    const decision = book().given(registered()).given(pledgeConfirmed()).when(authorised());
    expect(typesOf(decision)).toEqual(BOOKED);
    expect(decision.state?.pledges).toEqual([]);
    expect(typesOf(book().given(registered()).when(authorised()))).toEqual([]);
  });

  it('is booked up to the last moment of a confirmation, and then on a newer one only', () => {
    const last = { nowMs: 2_000 };
    expect(typesOf(pledged().when(pledgeConfirmed(2_000n), undefined, last))).toEqual(BOOKED);
    const late = { nowMs: 2_001 };
    const story = pledged();
    const decision = story.when(pledgeConfirmed(2_000n), undefined, late);
    expect(decision).toMatchObject({ ignored: 'confirmation-over' });
    expect(typesOf(decision)).toEqual([]);
    expect(typesOf(story.when(pledgeConfirmed(3_000n), undefined, late))).toEqual(BOOKED);
    const early = book().given(registered()).given(pledgeConfirmed(2_000n));
    expect(early.when(authorised(), undefined, late).ignored).toBe('confirmation-over');
    expect(typesOf(early.when(pledgeConfirmed(3_000n), undefined, late))).toEqual(BOOKED);
  });

  it('is not booked on a confirmation that leaves a patent out', () => {
    const some = pledgeConfirmed(undefined, ['201610345678.2']);
    const story = pledged();
    expect(typesOf(story.when(some))).toEqual([]);
    expect(typesOf(story.when(pledgeConfirmed()))).toEqual(BOOKED);
  });

  it('that needs none is booked at once', () => {
    const decision = book().when(authorised({ terms: plain() }));
    expect(typesOf(decision)).toEqual(['LoanBooked', 'PayoutInstructed']);
  });

  it('becomes a loan from the business date on, for its term', () => {
    const [loan] = pledged().when(pledgeConfirmed()).events ?? [];
    expect(loan?.data).toEqual({
      applicationId: APPLICATION,
      revision: 1,
      lenderId: LENDER,
      loanId: `${APPLICATION}-L1`,
      authorisationId: AUTHORISATION,
      principal: yuan('100000000'),
      ratePpm: 30_000,
      termMonths: 24,
      repayment: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
      bookedOn: '2026-11-20',
      maturesOn: '2028-11-20',
      productId: null,
      guarantee: null,
      undrawn: null,
    });
  });

  it('matures on the last day of a month that has no such day', () => {
    const decision = book().when(
      authorised({ businessDate: '2027-08-31', terms: plain({ termMonths: 6 }) }),
    );
    expect(decision.events?.[0]?.data).toMatchObject({ maturesOn: '2028-02-29' });
  });

  it('pays the named payees where payment is entrusted', () => {
    const [, first, second] = pledged().when(pledgeConfirmed()).events ?? [];
    expect([first?.data, second?.data]).toMatchObject([
      {
        payoutId: `${AUTHORISATION}/1`,
        payee: motors.name,
        amount: motors.amount,
        purpose: terms().purpose,
        entrusted: true,
      },
      { payoutId: `${AUTHORISATION}/2`, payee: chips.name, amount: chips.amount, entrusted: true },
    ]);
  });

  it('pays the borrower alone otherwise', () => {
    const decision = book().when(authorised({ terms: plain() }));
    expect(decision.events?.slice(1)).toMatchObject([
      {
        data: {
          payoutId: `${AUTHORISATION}/1`,
          payee: terms().beneficiary,
          amount: yuan('10000000'),
          entrusted: false,
        },
      },
    ]);
  });

  it('is taken once, whatever became of it', () => {
    expect(waiting().when(authorised()).ignored).toBe('repeat');
    expect(booked().when(authorised()).ignored).toBe('repeat');
    expect(waiting().given(cancellation()).when(authorised()).ignored).toBe('repeat');
  });

  it.each([
    ['another amount', { terms: terms({ amount: yuan('100000000.01') }) }],
    ['another payee', { terms: terms({ payees: [motors, payee('another', '38000000')] }) }],
    ['another approval', { approvalId: 'another' }],
    ['checks that hold longer', { verifiedUntil: 1n }],
  ])('told again with %s is a fault that is seen; the first stands', (_, change) => {
    const again = authorised(change);
    const code = 'SAIDAO_LEDGER_TERMS_DIFFER';
    for (const story of [waiting(), booked(), waiting().given(cancellation())]) {
      const before = story.state();
      expect(() => story.when(again)).toThrow(expect.objectContaining({ code }));
      expect(story.state()).toEqual(before);
    }
    // Cancelled before it came: there is nothing to compare it with, and it is paid in no case.
    expect(book().given(cancellation()).when(again).ignored).toBe('repeat');
  });

  it.each<[string, Partial<LoanTerms>]>([
    ['PAYEES_ABOVE_AMOUNT', { payees: [motors, payee('x', '38000000.01')] }],
    ['PAYEE_AMOUNT_NOT_POSITIVE', { payees: [motors, chips, payee('x', '0')] }],
    ['PAYEE_AMOUNT_NOT_POSITIVE', { payees: [motors, payee('x', '-5'), payee('y', '38000005')] }],
    ['NO_PAYEE', { payees: [] }],
    ['AMOUNT_NOT_POSITIVE', { amount: yuan('0'), payees: [] }],
    ['CURRENCY_NOT_CNY', { amount: { minor: 100n, currency: 'USD' } }],
    [
      'CURRENCY_NOT_CNY',
      { payees: [motors, { ...chips, amount: { ...chips.amount, currency: 'USD' } }] },
    ],
    ['TERM_OUT_OF_RANGE', { termMonths: 0 }],
    ['TERM_OUT_OF_RANGE', { termMonths: 361 }],
    ['RATE_OUT_OF_RANGE', { ratePpm: -1 }],
    ['REPAYMENT_UNKNOWN', { repayment: 'SOMETIME' }],
    ['PAYEE_IS_BORROWER', { payees: [motors, payee(` ${terms().beneficiary}`, '38000000')] }],
    ['ENTRUSTED_PAYMENT_REQUIRED', { entrusted: false, payees: [] }],
    [
      'PAYEE_NOT_BORROWER',
      { entrusted: false, amount: yuan('1'), payees: [payee('another', '1')] },
    ],
  ])('is cancelled for %s', (cause, change) => {
    const decision = book().when(authorised({ terms: terms(change) }));
    expect(decision.events).toEqual([
      {
        type: 'AuthorisationCancelled',
        data: {
          applicationId: APPLICATION,
          revision: 1,
          lenderId: LENDER,
          authorisationId: AUTHORISATION,
          cause,
        },
      },
    ]);
    expect(decision.rows).toBeUndefined();
  });

  it('is cancelled for a date that does not exist', () => {
    const decision = book().when(authorised({ businessDate: '2026-02-30' }));
    expect(decision.events?.[0]?.data).toMatchObject({ cause: 'BUSINESS_DATE_INVALID' });
  });

  it('is cancelled if not every patent of the terms was registered, in either order', () => {
    const cause = 'PLEDGE_INCOMPLETE: 201810456789.X, 202010567891.4';
    const some = registered(['201610345678.2']);
    expect(waiting().when(some).events?.[0]?.data).toMatchObject({ cause });
    expect(book().given(some).when(authorised()).events?.[0]?.data).toMatchObject({ cause });
  });

  it('whose id could not be a key at the rail is a fault, not a decision', () => {
    const odd = authorised({ authorisationId: 'authorisation\r\nx: 1' });
    expect(() => book().when(odd)).toThrow('printable ASCII');
  });
});

describe('a refused pledge', () => {
  it('cancels the authorisation that waits for it', () => {
    const decision = waiting().when(refused());
    expect(decision.events).toMatchObject([
      {
        type: 'AuthorisationCancelled',
        data: { authorisationId: AUTHORISATION, cause: 'PLEDGE_REFUSED: PL09 201610345678.2' },
      },
    ]);
  });

  it('cancels one that waits on a confirmation that is over', () => {
    const late = { nowMs: 2_001 };
    const story = pledged().given(pledgeConfirmed(2_000n), undefined, late);
    expect(typesOf(story.when(refused(), undefined, late))).toEqual(['AuthorisationCancelled']);
  });

  it('cancels it too when read before it', () => {
    const decision = book().given(refused()).when(authorised());
    expect(typesOf(decision)).toEqual(['AuthorisationCancelled']);
    expect(decision.state?.pledges).toEqual([]);
  });

  it('at the lock is about no disbursement', () => {
    expect(waiting().when(refused(null)).ignored).toBe('not-about-a-disbursement');
    expect(typesOf(pledged().given(refused(null)).when(pledgeConfirmed()))).toEqual(BOOKED);
  });

  it('at the registration has to name its authorisation', () => {
    const nameless = refused();
    const data = { ...nameless.data, authorisationId: null };
    expect(() => waiting().when({ ...nameless, data })).toThrow('name the authorisation');
  });

  it('is about the authorisation that it names, and about no other', () => {
    const next = `${APPLICATION}/authorisation/2`;
    const again = authorised({ authorisationId: next });
    const story = waiting().given(cancellation());
    expect(story.when(refused()).ignored).toBe('authorisation-cancelled');
    expect(typesOf(story.when(again))).toEqual([]);
    expect(story.when(refused()).ignored).toBe('authorisation-cancelled');
    story.given(registered(undefined, next));
    expect(typesOf(story.when(pledgeConfirmed(undefined, undefined, next)))).toEqual(BOOKED);

    const early = pledged().given(refused(next));
    expect(typesOf(early.when(pledgeConfirmed()))).toEqual(BOOKED);
    expect(typesOf(early.when(again))).toEqual(['AuthorisationCancelled']);
  });

  it('that comes after the loan was booked, or twice before it, changes nothing', () => {
    expect(booked().when(refused()).ignored).toBe('loan-booked');
    expect(book().given(refused()).when(refused()).ignored).toBe('repeat');
  });

  it('stands, whatever is said later', () => {
    const story = book().given(refused()).given(registered()).given(pledgeConfirmed());
    expect(typesOf(story.when(authorised()))).toEqual(['AuthorisationCancelled']);
  });
});

describe('changed collateral', () => {
  const cause = 'COLLATERAL_CHANGED: PL01 201610345678.2';

  it('before the loan is booked cancels the authorisation', () => {
    for (const story of [waiting(), pledged()]) {
      expect(story.when(collateralChanged()).events).toMatchObject([
        { type: 'AuthorisationCancelled', data: { authorisationId: AUTHORISATION, cause } },
      ]);
      expect(story.when(pledgeConfirmed()).ignored).toBe('authorisation-cancelled');
    }
  });

  it('cancels it too when read before it, also after a registration', () => {
    const story = book().given(registered()).given(pledgeConfirmed()).given(collateralChanged());
    expect(story.when(authorised()).events).toMatchObject([{ data: { cause } }]);
  });

  it('stops nothing once the loan is booked: its payouts were instructed with it', () => {
    expect(booked().when(collateralChanged())).toEqual({ ignored: 'loan-booked' });
  });

  it('that is mended, or of patents that are only kept, is about no disbursement', () => {
    expect(pledged().when(collateralChanged('CLEAR')).ignored).toBe('nothing-adverse');
    expect(pledged().when(collateralChanged('WAIVED')).ignored).toBe('nothing-adverse');
    expect(pledged().when(collateralChanged('ADVERSE', null)).ignored).toBe(
      'not-about-a-disbursement',
    );
  });
});

describe('a cancellation', () => {
  it('before the loan is booked cancels the authorisation with its cause', () => {
    const decision = waiting().when(cancellation());
    expect(decision.events).toMatchObject([
      { type: 'AuthorisationCancelled', data: { cause: 'WITHDRAWN' } },
    ]);
  });

  it('leaves nothing for a registration that comes later', () => {
    const story = waiting().given(cancellation());
    expect(story.when(registered())).toMatchObject({ ignored: 'authorisation-cancelled' });
  });

  it('after the loan is booked is refused', () => {
    expect(booked().when(cancellation()).events).toMatchObject([
      {
        type: 'CancellationRefused',
        data: { authorisationId: AUTHORISATION, cause: 'LOAN_BOOKED' },
      },
    ]);
  });

  it('while a payout is unknown is refused as well', () => {
    const story = booked().given(unknown(1));
    expect(typesOf(story.when(cancellation()))).toEqual(['CancellationRefused']);
  });

  it('of what is cancelled already says nothing again', () => {
    expect(waiting().given(refused()).when(cancellation()).ignored).toBe('repeat');
  });

  it('of an authorisation never seen cancels it for good', () => {
    const story = book();
    expect(typesOf(story.when(cancellation()))).toEqual(['AuthorisationCancelled']);
    expect(story.given(registered()).when(authorised()).ignored).toBe('repeat');
  });
});

describe('every order', () => {
  const steps = {
    authorise: authorised(),
    register: registered(),
    confirm: pledgeConfirmed(),
    cancel: cancellation(),
    refuse: refused(),
    change: collateralChanged(),
  };
  type Step = keyof typeof steps;

  // Decisions keep their own order, and so do pledges; across the two any order may come.
  const orders: [Step[], BookOut[]][] = [
    [['authorise', 'register', 'confirm'], ['LoanBooked']],
    [['register', 'authorise', 'confirm'], ['LoanBooked']],
    [['register', 'confirm', 'authorise'], ['LoanBooked']],
    [['authorise', 'register'], []],
    [['authorise', 'refuse'], ['AuthorisationCancelled']],
    [['refuse', 'authorise'], ['AuthorisationCancelled']],
    [
      ['authorise', 'register', 'confirm', 'cancel'],
      ['LoanBooked', 'CancellationRefused'],
    ],
    [
      ['register', 'confirm', 'authorise', 'cancel'],
      ['LoanBooked', 'CancellationRefused'],
    ],
    [['authorise', 'register', 'cancel', 'confirm'], ['AuthorisationCancelled']],
    [['authorise', 'cancel', 'register', 'confirm'], ['AuthorisationCancelled']],
    [['authorise', 'register', 'change', 'confirm'], ['AuthorisationCancelled']],
    [['register', 'confirm', 'change', 'authorise'], ['AuthorisationCancelled']],
    [['authorise', 'register', 'confirm', 'change'], ['LoanBooked']],
    [['authorise', 'refuse', 'cancel'], ['AuthorisationCancelled']],
    [['refuse', 'authorise', 'cancel'], ['AuthorisationCancelled']],
    [['authorise', 'cancel', 'refuse'], ['AuthorisationCancelled']],
    // The authorisation was discarded as a dead letter, and replayed after all.
    [['cancel', 'authorise', 'register', 'confirm'], ['AuthorisationCancelled']],
    [['cancel', 'register', 'confirm', 'authorise'], ['AuthorisationCancelled']],
    [['register', 'confirm', 'cancel', 'authorise'], ['AuthorisationCancelled']],
  ];

  it.each(orders)('%s gives %s', (order, expected) => {
    const story = book();
    const told = order.flatMap((step) => typesOf(story.when(steps[step])));
    expect(told.filter((type) => type !== 'PayoutInstructed')).toEqual(expected);
  });

  it('books or cancels once, however events are repeated and mixed', () => {
    const any = fc.constantFrom(...(Object.keys(steps) as Step[]));
    const mixed = fc.array(any, { maxLength: 14 });
    fc.assert(
      fc.property(mixed, (order) => {
        const story = book();
        const told = order.flatMap((step) => typesOf(story.when(steps[step])));
        const ends = told.filter((type) => ['LoanBooked', 'AuthorisationCancelled'].includes(type));
        expect(ends.length).toBeLessThanOrEqual(1);
        const isBooked = ends[0] === 'LoanBooked';
        expect(told.filter((type) => type === 'PayoutInstructed').length).toBe(isBooked ? 2 : 0);
        if (!isBooked) expect(told).not.toContain('CancellationRefused');
      }),
    );
  });
});

describe('payouts', () => {
  it('that are all confirmed make the loan disbursed, at the time of the last', () => {
    const story = booked();
    expect(typesOf(story.when(confirmed(2, '38000000', PAID_AT + 5_000n)))).toEqual([]);
    expect(toldBy(story.when(confirmed(1, '62000000')))).toEqual([
      {
        type: 'LoanDisbursed',
        data: {
          applicationId: APPLICATION,
          revision: 1,
          lenderId: LENDER,
          loanId: `${APPLICATION}-L1`,
          authorisationId: AUTHORISATION,
          amount: yuan('100000000'),
          disbursedAt: PAID_AT + 5_000n,
        },
      },
    ]);
  });

  it('are booked on the day they were paid in Shanghai, under the event’s identity', () => {
    const late = BigInt(Date.UTC(2026, 10, 20, 16, 30));
    const entries = entriesOf(booked().when(confirmed(1, '62000000', late)));
    expect(entries.map(({ id }) => id).filter((id) => !id.startsWith('allowance/'))).toEqual([
      `release/${payoutId(1)}`,
      `disbursement/${payoutId(1)}`,
      `payout/${payoutId(1)}`,
    ]);
    for (const entry of entries) {
      expect(entry).toMatchObject({
        eventId: `${APPLICATION}/saidao.payout-results.v1/1`,
        valueDate: '2026-11-21',
        bookedAtMs: 1_000,
        lane: 3,
      });
    }
  });

  it('are not booked before the loan, where a sample’s day lies ahead of the clock', () => {
    const early = BigInt(Date.UTC(2026, 9, 1));
    for (const entry of entriesOf(booked().when(confirmed(1, '62000000', early)))) {
      expect(entry).toMatchObject({ valueDate: '2026-11-20', bookingDate: '2026-11-20' });
    }
  });

  it('that are rejected give their part of the limit back, and the rest is what is lent', () => {
    const story = booked();
    const failed = story.when(rejected(1));
    expect(failed.events).toMatchObject([
      { type: 'PayoutFailed', data: { payoutId: payoutId(1), cause: 'account closed' } },
      {
        type: 'LimitReleased',
        data: { loanId: LOAN, amount: yuan('62000000'), cause: 'PAYOUT_REJECTED' },
      },
    ]);
    expect(entriesOf(failed).map(({ id }) => id)).toEqual([`release/${payoutId(1)}`]);
    const last = story.when(confirmed(2, '38000000'));
    expect(toldBy(last)).toMatchObject([
      { type: 'LoanDisbursed', data: { amount: yuan('38000000') } },
    ]);
    expect(last.rows?.[0]).toMatchObject({ kind: 'loan', loan: { status: 'disbursed' } });
  });

  it('that are all rejected leave a loan on which nothing is owed', () => {
    const story = booked().given(rejected(1));
    const last = story.when(rejected(2));
    expect(typesOf(last)).toEqual(['PayoutFailed', 'LimitReleased', 'AuthorisationCancelled']);
    expect(last.events?.[2]?.data).toMatchObject({ cause: 'NOTHING_PAID' });
    expect(last.rows?.[0]).toMatchObject({ kind: 'loan', loan: { status: 'payout-failed' } });
    expect(story.when(cancellation()).ignored).toBe('repeat');
    expect(story.held()[`loan/${LOAN}`]).toMatchObject({
      reservedFen: 0n,
      posted: { drawnFen: 0n },
    });
  });

  it('that are unknown change nothing but what a reader sees', () => {
    const decision = booked().when(unknown(1));
    expect(decision.events).toBeUndefined();
    expect(decision.rows).toMatchObject([
      { kind: 'loan', loan: { status: 'booked', payouts: [{ status: 'unknown' }, {}] } },
    ]);
    const story = booked().given(unknown(1)).given(unknown(2)).given(confirmed(2, '38000000'));
    expect(typesOf(story.when(confirmed(1, '62000000')))).toEqual(['LoanDisbursed']);
    expect(story.when(unknown(1)).ignored).toBe('repeat');
  });

  it('that are told twice count once', () => {
    const story = booked().given(confirmed(1, '62000000'));
    expect(story.when(confirmed(1, '62000000')).ignored).toBe('repeat');
    const failed = booked().given(rejected(1));
    expect(failed.when(rejected(1)).ignored).toBe('repeat');
  });

  it('break the books if the rail says both, another amount, or a payout of nobody', () => {
    expect(() => booked().given(rejected(1)).when(confirmed(1, '62000000'))).toThrow('rejected');
    expect(() => booked().given(confirmed(1, '62000000')).when(rejected(1))).toThrow('confirmed');
    expect(() => booked().when(confirmed(1, '61999999.99'))).toThrow('another amount');
    expect(() => booked().when(confirmed(3, '1'))).toThrow('never instructed');
    expect(() => waiting().when(confirmed(1, '62000000'))).toThrow('never instructed');
  });
});

describe('the state', () => {
  it('keeps loans and what waits through a newer revision', () => {
    const amended = event('CancellationRequested', {
      applicationId: APPLICATION,
      revision: 2,
      lenderId: LENDER,
      authorisationId: AUTHORISATION,
      cause: 'WITHDRAWN',
      about: null,
      requestedBy: [],
    });
    const story = booked().given(amended);
    // Its timers bear the state's revision, and must not go stale with an amendment.
    expect(story.state().revision).toBe(0);
    const done = story.given(confirmed(1, '62000000')).when(confirmed(2, '38000000'));
    expect(toldBy(done)).toMatchObject([{ type: 'LoanDisbursed', data: { revision: 1 } }]);
  });

  it('numbers the loans of an application', () => {
    const story = booked().given(confirmed(1, '62000000'));
    const again = authorisationOf({
      revision: 2,
      authorisationId: `${APPLICATION}/authorisation/2`,
      approvalId: `${APPLICATION}/approval/2`,
      terms: plain(),
    });
    const decision = story.when(event('DisbursementAuthorised', again));
    expect(decision.events?.[0]?.data).toMatchObject({ loanId: `${APPLICATION}-L2`, revision: 2 });
  });

  it('gives events that the topic’s schemas take', () => {
    const story = book();
    const all = [
      authorised(),
      registered(),
      pledgeConfirmed(),
      cancellation(),
      rejected(1),
      confirmed(2, '38000000'),
    ];
    for (const step of all) {
      for (const { type, data } of story.when(step).events ?? []) {
        expect(encode(type, data, topics.disbursements.name).length).toBeGreaterThan(5);
      }
    }
  });
});
