// Conditions precedent, each alone: what keeps a limit from being reserved, and what does not.
import type { DisbursementAuthorised, GuaranteeFinding, LoanTerms } from '@saidao/schemas';
import { event } from '@saidao/testkit';
import { describe, expect, it } from 'vitest';
import {
  APPLICATION,
  authorisationOf,
  authorised,
  book,
  chips,
  due,
  LENDER,
  motors,
  payee,
  plain,
  pledgeConfirmed,
  registered,
  rejected,
  terms,
  typesOf,
  waiting,
  yuan,
} from '../book.fixture.ts';
import { products, world } from '../loan/shipped.ts';
import { conditionsOf } from './conditions.ts';
import { initialBookState } from './state.ts';

const approvalId = `${APPLICATION}/approval/1`;
const identity = { applicationId: APPLICATION, revision: 1, lenderId: LENDER };

const undone = event('ApprovalUndone', { ...identity, approvalId, cause: 'UNDONE' } as never, {
  number: 2,
});

const asked = (change: Partial<DisbursementAuthorised>, of: LoanTerms = plain()) =>
  book().when(authorised({ terms: of, ...change }));
const causeOf = (decision: ReturnType<typeof asked>) =>
  (decision.events?.[0]?.data as { cause?: string } | undefined)?.cause;

describe('the approval', () => {
  it('has to cover the amount, as the authorisation carries it', () => {
    expect(causeOf(asked({ approved: yuan('9999999.99') }))).toBe('ABOVE_APPROVAL');
    expect(typesOf(asked({ approved: yuan('10000000') }))).toContain('LoanBooked');
  });

  it.each([
    ['of half of it, thrice', '5000000', ['LoanBooked', 'LoanBooked', 'AuthorisationCancelled']],
    ['of all of it, twice', '10000000', ['LoanBooked', 'AuthorisationCancelled']],
  ])('is good for its amount in all: authorisations %s', (_, amount, expected) => {
    const story = book();
    const of = plain({ amount: yuan(amount) });
    const told = expected.map((_type, index) => {
      const authorisationId = `${APPLICATION}/authorisation/${index + 1}`;
      const change = { authorisationId, approved: yuan('10000000'), terms: of };
      return story.when(authorised(change));
    });
    expect(told.map((one) => typesOf(one)[0])).toEqual(expected);
    expect(causeOf(told.at(-1) as (typeof told)[number])).toBe('ABOVE_APPROVAL');
  });

  it('counts no loan on which nothing can be paid any more', () => {
    const story = book().given(authorised({ terms: plain(), approved: yuan('10000000') }));
    const second = { authorisationId: `${APPLICATION}/authorisation/2` };
    story.given(rejected(1));
    const again = authorised({ ...second, terms: plain(), approved: yuan('10000000') });
    expect(typesOf(story.when(again))).toContain('LoanBooked');
  });

  it('has to be alive', () => {
    const story = book().given(undone);
    expect(story.when(undone).ignored).toBe('repeat');
    expect(causeOf(story.when(authorised({ terms: plain() })))).toBe('APPROVAL_UNDONE');
  });

  it('that is undone while its pledge is awaited cancels the authorisation', () => {
    const story = waiting();
    expect(causeOf(story.when(undone))).toBe('APPROVAL_UNDONE');
    expect(story.when(registered()).ignored).toBe('authorisation-cancelled');
  });

  it('says for which bases of inclusive lending the loan counts', () => {
    const story = book().given(authorised({ terms: plain(), inclusive: ['nfra_1000w'] }));
    expect(story.held()[`loan/${APPLICATION}-L1`]).toMatchObject({
      identity: { inclusive: ['nfra_1000w'] },
    });
  });
});

describe('the guarantee', () => {
  const guarantee = { institution: '浙江示例融资担保有限公司', sharePpm: 700_000 };
  const said = (change: Partial<GuaranteeFinding> = {}): GuaranteeFinding => ({
    ...guarantee,
    result: 'CLEAR',
    reference: 'G-1',
    evidence: null,
    ...change,
  });
  const given = (guaranteed: GuaranteeFinding | null) =>
    asked({ guaranteed }, plain({ guarantee }));

  it('is confirmed by the institution of the terms, for their share or more', () => {
    expect(typesOf(given(said()))).toContain('LoanBooked');
    expect(typesOf(given(said({ sharePpm: 800_000 })))).toContain('LoanBooked');
  });

  it.each<[string, GuaranteeFinding | null]>([
    ['nobody was asked', null],
    ['it said no', said({ result: 'ADVERSE' })],
    ['it said nothing', said({ result: 'UNKNOWN' })],
    ['another said yes', said({ institution: 'another' })],
    ['it said yes to less', said({ sharePpm: 699_999 })],
  ])('is missing where %s', (_, finding) => {
    expect(causeOf(given(finding))).toBe('GUARANTEE_NOT_CONFIRMED');
  });
});

describe('the checks', () => {
  it('have to be fresh when the loan is booked: to the last millisecond', () => {
    expect(typesOf(asked({ verifiedUntil: 1_000n }))).toContain('LoanBooked');
    expect(causeOf(asked({ verifiedUntil: 999n }))).toBe('VERIFICATION_STALE');
  });

  it('may not grow stale while the pledge is awaited', () => {
    const story = book();
    const { timers } = story.when(authorised({ verifiedUntil: 1_500n }));
    expect(timers).toMatchObject([{ name: 'verification-over', dueAtMs: 1_501 }]);
    story.given(registered());
    const late = story.when(pledgeConfirmed(3_000n), undefined, { nowMs: 1_501 });
    expect(causeOf(late)).toBe('VERIFICATION_STALE');
  });

  it('that do cancel it at their end, and say nothing to what is booked or cancelled', () => {
    const { authorisationId } = authorisationOf();
    const over = due('verification-over', { authorisationId });
    const story = book().given(authorised({ verifiedUntil: 1_500n }));
    expect(causeOf(story.when(over))).toBe('VERIFICATION_STALE');
    expect(story.when(over).ignored).toBe('stale-timer');
    const booked = waiting().given(registered()).given(pledgeConfirmed());
    expect(booked.when(over).ignored).toBe('stale-timer');
    expect(book().when(over).ignored).toBe('stale-timer');
  });
});

describe('entrusted payment', () => {
  const conditions = (operator: '>' | '>=', of: LoanTerms) => {
    const product = products.of(LENDER, null);
    const entrusted = { amountFen: 1_000_000_000n, operator };
    const one = { all: [product], of: () => ({ ...product, entrusted }) };
    const rules = { products: one, world, unpaidAlarmAfterMs: 1 };
    return conditionsOf(authorisationOf({ terms: of }), initialBookState, rules, 0);
  };
  const required = { kind: 'refused', cause: 'ENTRUSTED_PAYMENT_REQUIRED' };

  it('is required above the amount, or from it on, as the product says', () => {
    expect(conditions('>', plain())).toEqual({ kind: 'met' });
    expect(conditions('>=', plain())).toEqual(required);
    expect(conditions('>=', plain({ amount: yuan('9999999.99') }))).toEqual({ kind: 'met' });
    expect(conditions('>', plain({ amount: yuan('10000000.01') }))).toEqual(required);
  });

  it('may be agreed below it', () => {
    const few = plain({ amount: yuan('5'), entrusted: true, payees: [payee('x', '5')] });
    expect(conditions('>', few)).toEqual({ kind: 'met' });
  });

  it('never goes to the borrower itself, however its name is written', () => {
    for (const name of ['浙江示例智能锁科技有限公司', ' 浙江示例 智能锁科技有限公司　']) {
      const of = plain({ amount: yuan('5'), entrusted: true, payees: [payee(name, '5')] });
      expect(conditions('>', of)).toEqual({ kind: 'refused', cause: 'PAYEE_IS_BORROWER' });
    }
  });
});

it('take payees that are paid less than the amount: the rest is drawn later', () => {
  const decision = asked({}, plain({ ...terms({ pledgeRequired: false, payees: [motors] }) }));
  expect(decision.events?.[0]?.data).toMatchObject({ undrawn: yuan('38000000') });
  expect(typesOf(decision)).toEqual(['LoanBooked', 'PayoutInstructed']);
  const more = terms({ pledgeRequired: false, payees: [motors, chips, payee('x', '0.01')] });
  expect(causeOf(asked({}, more))).toBe('PAYEES_ABOVE_AMOUNT');
});
