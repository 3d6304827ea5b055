// Tranches: what is drawn of a limit later, by whom it may be had, and when it ends.
import type { DrawdownRequested, Payee } from '@saidao/schemas';
import { event } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import {
  APPLICATION,
  authorised,
  book,
  booked,
  collateralChanged,
  confirmed,
  due,
  entriesOf,
  LENDER,
  LOAN,
  motors,
  chips,
  payee,
  payoutId,
  plain,
  rejected,
  terms,
  toldBy,
  typesOf,
  yuan,
} from '../book.fixture.ts';

const SIX_MONTHS_MS = Date.UTC(2027, 4, 19, 16);
const first = payee(motors.name, '20000000');
const second = payee(chips.name, '30000000');

/** Of 100 million, 50 are paid at once. */
const drawable = () =>
  book().given(authorised({ terms: terms({ pledgeRequired: false, payees: [first, second] }) }));

const drawdown = (
  amount: string,
  payees: readonly Payee[],
  change: Partial<DrawdownRequested> = {},
) =>
  event(
    'DrawdownRequested',
    {
      applicationId: APPLICATION,
      lenderId: LENDER,
      loanId: LOAN,
      officer: 'chen',
      role: 'officer',
      amount: yuan(amount),
      payees: [...payees],
      ...change,
    },
    { id: `drawdown of ${amount}` },
  );

const answerOf = (decision: { readonly events?: readonly { data: object }[] }) =>
  decision.events?.[0]?.data;

describe('a drawdown', () => {
  it('is instructed and numbered on from the payouts before it', () => {
    const story = drawable();
    const decision = story.when(drawdown('10000000', [payee(motors.name, '10000000')]));
    expect(decision.events).toMatchObject([
      {
        type: 'LoanActionRecorded',
        data: {
          loanId: LOAN,
          actionId: 'drawdown of 10000000',
          action: 'DrawdownRequested',
          officer: 'chen',
          status: 'TAKEN',
          cause: null,
        },
      },
      {
        type: 'PayoutInstructed',
        data: { payoutId: payoutId(3), payee: motors.name, amount: yuan('10000000') },
      },
    ]);
    expect(decision.timers).toMatchObject([
      { name: 'unpaid-alarm', detail: { loanId: LOAN, payouts: [payoutId(3)] } },
    ]);
    expect(entriesOf(decision)).toEqual([]);
    expect(decision.rows?.[0]).toMatchObject({ loan: { undrawnFen: 4_000_000_000n } });
  });

  it.each(['auditor', 'channel', 'operator', 'king'])('is refused to the role %s', (role) => {
    const asked = drawdown('10000000', [payee(motors.name, '10000000')], { role });
    const decision = drawable().when(asked);
    expect(typesOf(decision)).toEqual(['LoanActionRecorded']);
    expect(answerOf(decision)).toMatchObject({ status: 'REFUSED', cause: 'ROLE_NOT_ALLOWED' });
  });

  it('adds to what was disbursed, and no more than the limit is ever drawn', () => {
    const story = drawable().given(confirmed(1, '20000000'));
    expect(toldBy(story.when(confirmed(2, '30000000')))).toMatchObject([
      { type: 'LoanDisbursed', data: { amount: yuan('50000000') } },
    ]);
    story.given(drawdown('50000000', [payee(chips.name, '50000000')]));
    expect(answerOf(story.when(drawdown('0.01', [payee(chips.name, '0.01')])))).toMatchObject({
      status: 'REFUSED',
      cause: 'ABOVE_LIMIT',
    });
    expect(toldBy(story.when(confirmed(3, '50000000')))).toMatchObject([
      { type: 'LoanDisbursed', data: { amount: yuan('100000000') } },
    ]);
    expect(story.held()[`loan/${LOAN}`]).toMatchObject({
      reservedFen: 0n,
      posted: { drawnFen: 10_000_000_000n },
    });
  });

  it('that is rejected tells of nothing disbursed again', () => {
    const story = drawable().given(confirmed(1, '20000000')).given(confirmed(2, '30000000'));
    story.given(drawdown('1', [payee(motors.name, '1')]));
    expect(typesOf(story.when(rejected(3)))).toEqual(['PayoutFailed', 'LimitReleased']);
  });

  it('goes to the borrower where payment is not entrusted', () => {
    const self = plain({ payees: [payee(terms().beneficiary, '4000000')] });
    const story = book().given(authorised({ terms: self }));
    const decision = story.when(drawdown('6000000', []));
    expect(decision.events?.[1]?.data).toMatchObject({
      payee: terms().beneficiary,
      amount: yuan('6000000'),
    });
    const other = book().given(authorised({ terms: self }));
    expect(answerOf(other.when(drawdown('1', [payee('another', '1')])))).toMatchObject({
      cause: 'PAYEE_NOT_BORROWER',
    });
  });

  it('is refused once its checks have grown too old, though the first part was paid on them', () => {
    const few = [payee(motors.name, '15')];
    const of = terms({ pledgeRequired: false, payees: [first] });
    const story = book().given(authorised({ terms: of, verifiedUntil: 5_000n }));
    expect(answerOf(story.when(drawdown('15', few), undefined, { nowMs: 5_000 }))).toMatchObject({
      status: 'TAKEN',
    });
    const late = story.when(drawdown('15', few), undefined, { nowMs: 5_001 });
    expect(typesOf(late)).toEqual(['LoanActionRecorded']);
    expect(answerOf(late)).toMatchObject({ status: 'REFUSED', cause: 'VERIFICATION_STALE' });
    expect(late.state).toBeUndefined();
  });

  const many = [payee(motors.name, '10'), payee(chips.name, '5')];
  it.each<[string, ReturnType<typeof drawdown>, number?]>([
    ['ABOVE_LIMIT', drawdown('50000000.01', [payee(motors.name, '50000000.01')])],
    ['AMOUNT_NOT_POSITIVE', drawdown('0', [])],
    ['AMOUNT_NOT_POSITIVE', drawdown('-1', [payee(motors.name, '-1')])],
    ['CURRENCY_NOT_CNY', drawdown('1', many, { amount: { minor: 1n, currency: 'USD' } })],
    ['NO_PAYEE', drawdown('1', [])],
    ['PAYEES_DO_NOT_SUM_TO_AMOUNT', drawdown('16', many)],
    ['PAYEE_NOT_NAMED', drawdown('1', [payee('somebody else', '1')])],
    ['PAYEE_IS_BORROWER', drawdown('1', [payee(terms().beneficiary, '1')])],
    ['AVAILABILITY_ENDED', drawdown('15', many), SIX_MONTHS_MS],
    ['LOAN_UNKNOWN', drawdown('15', many, { loanId: 'another' })],
    ['LOAN_UNKNOWN', drawdown('15', many, { lenderId: 'boc-zj' })],
  ])('is refused: %s', (cause, request, nowMs = 1_000) => {
    const decision = drawable().when(request, undefined, { nowMs });
    expect(typesOf(decision)).toEqual(['LoanActionRecorded']);
    expect(answerOf(decision)).toMatchObject({ status: 'REFUSED', cause });
    expect(decision.state).toBeUndefined();
  });
});

describe('what is not drawn', () => {
  it('is given back at the end of its availability', () => {
    const story = book();
    const asked = terms({ pledgeRequired: false, payees: [first, second] });
    const { timers } = story.when(authorised({ terms: asked }));
    expect(timers?.[1]).toMatchObject({ name: 'availability-end', dueAtMs: SIX_MONTHS_MS });
    story.given(drawdown('15', [payee(motors.name, '15')]));
    const decision = story.when(due('availability-end', { loanId: LOAN }));
    expect(decision.events).toMatchObject([
      {
        type: 'LimitReleased',
        data: { loanId: LOAN, amount: yuan('49999985'), cause: 'AVAILABILITY_ENDED' },
      },
    ]);
    expect(entriesOf(decision)).toMatchObject([{ id: `release/${LOAN}`, movement: 'RELEASE' }]);
    expect(story.when(due('availability-end', { loanId: LOAN })).ignored).toBe('nothing-undrawn');
    expect(answerOf(story.when(drawdown('1', [payee(motors.name, '1')])))).toMatchObject({
      cause: 'ABOVE_LIMIT',
    });
  });

  it('is given back when its collateral changes; what was instructed goes on', () => {
    const story = drawable();
    const decision = story.when(collateralChanged());
    expect(decision.events).toMatchObject([
      { type: 'LimitReleased', data: { cause: 'COLLATERAL_CHANGED: PL01 201610345678.2' } },
    ]);
    expect(typesOf(story.when(confirmed(1, '20000000')))).toEqual([]);
    expect(typesOf(story.when(confirmed(2, '30000000')))).toEqual(['LoanDisbursed']);
  });

  it('is nothing where all was instructed with the booking', () => {
    expect(booked().when(due('availability-end', { loanId: LOAN })).ignored).toBe(
      'nothing-undrawn',
    );
    expect(book().when(due('availability-end', { loanId: LOAN })).ignored).toBe('stale-timer');
  });

  it('ends a loan of which nothing was paid, and the authorisation with it', () => {
    const story = drawable().given(rejected(1));
    expect(typesOf(story.when(rejected(2)))).toEqual(['PayoutFailed', 'LimitReleased']);
    const decision = story.when(due('availability-end', { loanId: LOAN }));
    expect(typesOf(decision)).toEqual(['LimitReleased', 'AuthorisationCancelled']);
    expect(decision.rows?.[0]).toMatchObject({ loan: { status: 'payout-failed' } });
  });
});
