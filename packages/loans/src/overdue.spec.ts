// What is paid late or used wrongly: penalty, compound interest, days past due, tiers.
import { readFileSync } from 'node:fs';
import { addDays, fenOfYuan, ppmOf } from '@saidao/values';
import { describe, expect, it, test } from 'vitest';
import type { LoanContract, PenaltyTerms } from './contract.ts';
import type { LoanFact } from './facts.ts';
import { contractOf, drawn, repaid, standing } from './loan.fixture.ts';
import { waterfallDefault } from './waterfall.ts';

const { penalty: penalties } = published<{ penalty: PenaltyVector[] }>('interest.json');
const { fiveTier } = published<{ fiveTier: Record<string, Record<string, string>> }>('rules.json');

interface PenaltyVector {
  readonly overdue?: string;
  readonly overdueInterest?: string;
  readonly annualRate: string;
  readonly days: number;
  readonly factor: string;
  readonly amount: string;
}

function published<T>(name: string): T {
  const url = new URL(`../../values/fixtures/${name}`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as T;
}

const penalty = (change: Partial<PenaltyTerms> = {}): PenaltyTerms => ({
  ...contractOf().penalty,
  ...change,
});
const bullet = (change: Partial<LoanContract> = {}) => contractOf({ method: 'BULLET', ...change });
/** The bullet's only due date. */
const due = '2027-01-05';
const lent = drawn('2026-01-05', '500000.00');

describe('published figures', () => {
  const [high, low, compound] = penalties;

  test.each([high!, low!])('$days nights at $factor times the rate', (vector) => {
    const contract = bullet({
      ratePpm: ppmOf(vector.annualRate),
      penalty: penalty({ overdueTimesPpm: ppmOf(vector.factor) }),
    });
    const facts = [drawn('2026-01-05', vector.overdue!)];
    const lastNight = addDays(due, vector.days - 1);
    expect(standing(contract, facts, lastNight).penaltyFen).toBe(fenOfYuan(vector.amount));
  });

  test('unpaid interest compounds', () => {
    // 500,000.00 for one month at 3.45 % is 1,437.50.
    const contract = contractOf({
      method: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
      ratePpm: ppmOf(compound!.annualRate),
      counting: { dayCount: 'MONTHS_12', interestDay: null },
    });
    const lastNight = addDays('2026-02-05', compound!.days - 1);
    const [first] = standing(contract, [lent], lastNight).instalments;
    expect(first).toMatchObject({
      interestFen: fenOfYuan(compound!.overdueInterest!),
      compoundFen: fenOfYuan(compound!.amount),
      penaltyFen: 0n,
    });
  });
});

describe('penalty', () => {
  it('counts the night of the due date, and none where the payment comes on it', () => {
    const paid = [lent, repaid(due, fenOfYuan('500000.00') + fenOfYuan('17489.58'))];
    expect(standing(bullet(), paid, due)).toMatchObject({ penaltyFen: 0n, settled: true });
    // 500,000 × 3.45 % × 1.5 ÷ 360 and 17,489.58 of interest likewise.
    expect(standing(bullet(), [lent], due)).toMatchObject({
      penaltyFen: 7_188n,
      compoundFen: 251n,
      daysPastDue: 0,
    });
  });

  it('is rounded once for all nights of an instalment, however it is paid', () => {
    const interest = fenOfYuan('17489.58');
    // Interest is paid in time and principal in three parts; 10 nights on each.
    const facts = [
      lent,
      repaid(due, interest),
      repaid(addDays(due, 10), fenOfYuan('100000.00')),
      repaid(addDays(due, 20), fenOfYuan('100000.00')),
    ];
    // The first part met 718.75 of penalty, so 400,718.75 bore the next ten nights.
    const after = standing(bullet(), facts, addDays(due, 29));
    // (500,000.00 + 400,718.75 + 301,294.78) × 10 × 3.45 % × 1.5 ÷ 360
    expect(after.penaltyFen).toBe(fenOfYuan('1727.89'));
    expect(after.paid.penaltyFen).toBe(fenOfYuan('1294.78'));
    expect(after.compoundFen).toBe(0n);
  });

  it('does not compound where the contract says so', () => {
    const contract = bullet({ penalty: penalty({ compounds: false }) });
    expect(standing(contract, [lent], addDays(due, 50)).compoundFen).toBe(0n);
  });

  it('follows a rate that is reset', () => {
    const contract = bullet({
      ratePpm: 36_000,
      bookedOn: '2025-03-02',
      lpr: { addOnPpm: 5_000, tenor: '1Y', reset: 'QUARTERLY' },
    });
    const facts = [drawn('2025-03-02', '500000.00')];
    // From 2026-03-02 30 nights at 3.50 % and then 10 at 3.40 %, each 1.5 times.
    expect(standing(contract, facts, '2026-04-10').penaltyFen).toBe(fenOfYuan('2895.83'));
  });
});

describe('days of grace', () => {
  const contract = bullet({ penalty: penalty({ graceDays: 3 }) });
  const all = fenOfYuan('517489.58');

  it('spare whoever pays within them', () => {
    const facts = [lent, repaid(addDays(due, 3), all)];
    expect(standing(contract, facts, addDays(due, 2)).penaltyFen).toBe(0n);
    expect(standing(contract, facts, addDays(due, 3))).toMatchObject({
      settled: true,
      penaltyFen: 0n,
    });
  });

  it('and count from the due date once they have passed', () => {
    // At the end of the third day, 4 nights; of a part paid in time none.
    expect(standing(contract, [lent], addDays(due, 3)).penaltyFen).toBe(28_750n);
    const half = [lent, repaid(addDays(due, 1), fenOfYuan('267489.58'))];
    expect(standing(contract, half, addDays(due, 3)).penaltyFen).toBe(14_375n);
  });
});

describe('misuse', () => {
  const misused = (on: string, until: string | null): LoanFact => ({
    id: `misused-${on}`,
    kind: 'MISUSED',
    on,
    until,
  });

  it('bears on all principal from its day until it is cured, in all twice the rate', () => {
    const facts = [lent, misused('2026-03-01', '2026-04-10')];
    const after = standing(bullet(), facts, '2026-06-30');
    // 500,000 × 3.45 % × 40 ÷ 360: once by contract and once more.
    expect(after.penaltyFen).toBe(fenOfYuan('1916.67'));
    expect(after.accruedFen).toBe(standing(bullet(), [lent], '2026-06-30').accruedFen);
  });

  it('and overdue are never both: the heavier one holds', () => {
    const facts = [lent, misused('2026-12-26', null)];
    // 10 nights of the rate once more before the due date, then 10 of twice the rate.
    const penaltyFen = fenOfYuan('479.17') + fenOfYuan('958.33');
    expect(standing(bullet(), facts, addDays(due, 9)).penaltyFen).toBe(penaltyFen);
    const mild = bullet({ penalty: penalty({ misuseTimesPpm: 1_200_000 }) });
    expect(standing(mild, facts, addDays(due, 9)).penaltyFen).toBe(
      fenOfYuan('95.83') + fenOfYuan('718.75'),
    );
  });

  it('counts each day once, however often it is told', () => {
    const twice = [lent, misused('2026-03-01', '2026-04-10'), misused('2026-03-11', '2026-04-01')];
    expect(standing(bullet(), twice, '2026-06-30').penaltyFen).toBe(fenOfYuan('1916.67'));
  });

  it('bears on what is left where some is repaid meanwhile', () => {
    const early = repaid('2026-03-11', '204750.00', 'LOWER');
    const facts = [lent, misused('2026-03-01', '2026-04-10'), early];
    const after = standing(bullet(), facts, '2026-06-30');
    // 479.17 of penalty and 3,114.58 of interest go first: 10 nights on all, 30 on the rest.
    expect(after.principalFen).toBe(fenOfYuan('298843.75'));
    expect(after.penaltyFen).toBe(fenOfYuan('1338.34'));
  });

  it('bears on what is drawn meanwhile from its own day', () => {
    const facts = [lent, misused('2026-03-01', '2026-04-10'), drawn('2026-03-31', '100000.00')];
    // 500,000 for 40 nights and 100,000 for 10.
    expect(standing(bullet(), facts, '2026-06-30').penaltyFen).toBe(fenOfYuan('2012.50'));
  });

  it('is paid from suspense before a repayment is taken', () => {
    const facts = [
      lent,
      repaid('2026-01-06', '1000.00'),
      misused('2026-03-01', null),
      repaid('2026-03-11', '200000.00', 'LOWER'),
    ];
    expect(standing(bullet(), facts, '2026-03-11')).toMatchObject({
      suspenseFen: fenOfYuan('520.83'),
      paid: { penaltyFen: fenOfYuan('479.17'), principalFen: fenOfYuan('196885.42') },
    });
  });

  it('makes the loan at least special mention while it lasts', () => {
    const facts = [lent, misused('2026-03-01', '2026-04-10')];
    const tiers = ['2026-02-28', '2026-03-01', '2026-04-09', '2026-04-10'].map(
      (date) => standing(bullet(), facts, date).ownTier,
    );
    expect(tiers).toEqual(['normal', 'special-mention', 'special-mention', 'normal']);
  });
});

describe('tiers by days past due', () => {
  it.each(Object.entries(fiveTier.daysPastDue!))('%s days: %s', (days, tier) => {
    expect(standing(bullet(), [lent], addDays(due, Number(days)))).toMatchObject({
      daysPastDue: Number(days),
      ownTier: tier,
    });
  });

  it.each(Object.entries(fiveTier.technicalOverdue!))(
    '%s days where 7 count as technical: %s',
    (days, tier) => {
      const contract = bullet({ technicalDays: 7 });
      expect(standing(contract, [lent], addDays(due, Number(days))).ownTier).toBe(tier);
    },
  );
});

describe('interest that is no longer taken as earned', () => {
  const monthly = contractOf({ method: 'EQUAL_PRINCIPAL' });
  const facts = [drawn('2026-01-05', '1200000.00')];

  it('begins on the 91st day', () => {
    const on90 = standing(monthly, facts, addDays('2026-02-05', 90));
    expect(on90).toMatchObject({
      daysPastDue: 90,
      nonAccrualFrom: null,
      ownTier: 'special-mention',
    });
    const from = addDays('2026-02-05', 91);
    expect(standing(monthly, facts, addDays(from, 20))).toMatchObject({ nonAccrualFrom: from });
  });

  it('lasts until nothing is past due, though fewer than 90 days are', () => {
    const from = addDays('2026-02-05', 91);
    const some = [...facts, repaid('2026-05-20', '320000.00')];
    expect(standing(monthly, some, '2026-05-20')).toMatchObject({
      oldestDueOn: '2026-05-05',
      daysPastDue: 15,
      nonAccrualFrom: from,
      ownTier: 'special-mention',
    });
    const all = [...some, repaid('2026-05-30', '120000.00')];
    expect(standing(monthly, all, '2026-05-30')).toMatchObject({
      daysPastDue: 0,
      nonAccrualFrom: null,
      ownTier: 'normal',
    });
    // And begins anew with the next that is not paid.
    expect(standing(monthly, all, '2026-06-20')).toMatchObject({
      daysPastDue: 15,
      nonAccrualFrom: null,
    });
  });

  it('does not begin where all is paid on that very day', () => {
    const on91 = addDays('2026-02-05', 91);
    const paid = [...facts, repaid(on91, '500000.00')];
    expect(standing(monthly, paid, addDays(on91, 1)).nonAccrualFrom).toBeNull();
    const costs = { id: 'costs', kind: 'COSTS', on: on91, amountFen: 500n } as const;
    const oldest = [...facts, costs, repaid(on91, '120000.00')];
    expect(standing(monthly, oldest, on91)).toMatchObject({
      oldestDueOn: '2026-03-05',
      nonAccrualFrom: null,
    });
  });

  it('ends where only what fell due that day is unpaid', () => {
    const paid = [...facts, repaid('2026-06-05', '420000.00')];
    expect(standing(monthly, paid, '2026-06-05')).toMatchObject({
      oldestDueOn: '2026-06-05',
      daysPastDue: 0,
      nonAccrualFrom: null,
    });
  });
});

describe('the order in which a late payment is taken', () => {
  const facts = [
    lent,
    { id: 'costs', kind: 'COSTS', on: due, amountFen: 10_000n } as const,
    repaid(addDays(due, 100), '5000.00'),
  ];

  it('is costs, penalty, compound interest, interest and principal', () => {
    const { paid } = standing(bullet(), facts, addDays(due, 100));
    // 100 nights: 7,187.50 of penalty take what costs leave.
    expect(paid).toEqual({
      costsFen: 10_000n,
      penaltyFen: fenOfYuan('4900.00'),
      compoundFen: 0n,
      interestFen: 0n,
      principalFen: 0n,
    });
  });

  it('is principal first beyond 90 days for a lender that says so', () => {
    const order = ['COSTS', 'PRINCIPAL', 'INTEREST', 'PENALTY', 'COMPOUND'] as const;
    const waterfall = { ...waterfallDefault, afterDays: { beyondDays: 90, order } };
    const { paid } = standing(bullet({ waterfall }), facts, addDays(due, 100));
    expect(paid).toMatchObject({ costsFen: 10_000n, penaltyFen: 0n, principalFen: 490_000n });
  });
});
