// What changes a plan on the way: early repayment, re-scheduling, reversal.
import { fenOfYuan, sumFen } from '@saidao/values';
import { describe, expect, it } from 'vitest';
import type { LoanFact } from './facts.ts';
import { contractOf, drawn, repaid, standing, world } from './loan.fixture.ts';
import { payoffOn } from './payoff.ts';

const contract = contractOf();
const lent = drawn('2026-01-05', '1000000.00');
const rowFen = (row: { principalFen: bigint; interestFen: bigint } | undefined) =>
  row!.principalFen + row!.interestFen;
const planOf = (facts: readonly LoanFact[], date: string) =>
  standing(contract, facts, date).instalments;
const inTime = (count: number) =>
  planOf([lent], '2026-01-05')
    .slice(0, count)
    .map((row) => repaid(row.dueOn, rowFen(row)));

describe('repaid early in part', () => {
  const early = (effect: 'SHORTEN' | 'LOWER') => [
    lent,
    ...inTime(3),
    repaid('2026-04-20', '200000.00', effect),
  ];

  it('pays the interest until that day, then principal, as a row of its own', () => {
    const row = planOf(early('LOWER'), '2026-04-20')[3]!;
    // 753,220.41 × 3.45 % ÷ 12 × 15 ÷ 30
    expect(row).toMatchObject({
      number: 4,
      from: '2026-04-05',
      to: '2026-04-20',
      dueOn: '2026-04-20',
      interestFen: fenOfYuan('1082.75'),
      principalFen: fenOfYuan('198917.25'),
    });
    expect([row.paidPrincipalFen, row.paidInterestFen]).toEqual([
      row.principalFen,
      row.interestFen,
    ]);
  });

  it('bears interest for the actual time afterwards', () => {
    const row = planOf(early('LOWER'), '2026-04-20')[4]!;
    // 554,303.16 × 3.45 % ÷ 12 × 15 ÷ 30
    expect(row).toMatchObject({ from: '2026-04-20', to: '2026-05-05', interestFen: 79_681n });
  });

  it('lowers the instalments and keeps the last day', () => {
    const rows = planOf(early('LOWER'), '2026-04-20');
    expect(rows.at(-1)!.to).toBe('2027-01-05');
    const levels = rows.slice(4, -1).map(rowFen);
    expect(new Set(levels).size).toBe(1);
    expect(levels[0]! < fenOfYuan('84898.82')).toBe(true);
  });

  it('or keeps the instalments and ends earlier', () => {
    const rows = planOf(early('SHORTEN'), '2026-04-20');
    expect(rows.at(-1)!.to).toBe('2026-11-05');
    for (const row of rows.slice(4, -1)) expect(rowFen(row)).toBe(fenOfYuan('84898.82'));
    expect(rowFen(rows.at(-1)) < fenOfYuan('84898.82')).toBe(true);
    expect(standing(contract, early('SHORTEN'), '2026-04-20').maturesOn).toBe('2026-11-05');
  });

  it('meets what is due first', () => {
    const facts = [lent, repaid('2026-02-05', '100000.00', 'SHORTEN')];
    const after = standing(contract, facts, '2026-02-05');
    expect(after.instalments.slice(0, 2)).toMatchObject([
      { number: 1, paidPrincipalFen: fenOfYuan('82023.82'), paidInterestFen: 287_500n },
      { number: 2, principalFen: fenOfYuan('15101.18'), interestFen: 0n, dueOn: '2026-02-05' },
    ]);
    expect(after.suspenseFen).toBe(0n);
  });

  it('that is no more than the interest so far waits in suspense', () => {
    const facts = [lent, repaid('2026-01-20', '1000.00', 'LOWER')];
    expect(standing(contract, facts, '2026-01-20')).toMatchObject({
      suspenseFen: fenOfYuan('1000.00'),
      principalFen: fenOfYuan('1000000.00'),
    });
  });

  it('takes nothing where it is just that interest', () => {
    const facts = [lent, repaid('2026-01-20', '1391.13', 'LOWER')];
    expect(standing(contract, facts, '2026-01-20')).toMatchObject({
      suspenseFen: fenOfYuan('1391.13'),
      paid: { interestFen: 0n },
    });
  });

  it('leaves in suspense what was kept there', () => {
    const facts = [
      lent,
      repaid('2026-01-10', '700.00'),
      repaid('2026-01-20', '200000.00', 'LOWER'),
    ];
    expect(standing(contract, facts, '2026-01-20')).toMatchObject({
      suspenseFen: fenOfYuan('700.00'),
      principalFen: fenOfYuan('801391.13'),
    });
  });

  it('sets off the night that a due date before the end of its period counted in advance', () => {
    // 4 July 2026 is a Saturday: what is due on the 3rd has interest for 30 nights, 100.00 each.
    const monthly = contractOf({
      method: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
      bookedOn: '2026-06-04',
      counting: { dayCount: 'ACT_360', interestDay: null },
      convention: 'PRECEDING',
      ratePpm: 100_000,
    });
    const facts = [drawn('2026-06-04', '360000.00'), repaid('2026-07-03', '163000.00', 'LOWER')];
    expect(standing(monthly, facts, '2026-07-03').instalments.slice(0, 3)).toMatchObject([
      { to: '2026-07-04', dueOn: '2026-07-03', interestFen: fenOfYuan('3000.00') },
      { from: '2026-07-03', to: '2026-07-03', principalFen: 16_000_000n, interestFen: 0n },
      // 200,000 for 31 nights, less the one on 160,000.
      { from: '2026-07-04', to: '2026-08-04', interestFen: fenOfYuan('1677.78') },
    ]);
  });

  it('spreads what is left over the fewer instalments where more changes later', () => {
    const facts = [...early('SHORTEN'), drawn('2026-05-20', '100000.00')];
    const rows = planOf(facts, '2026-05-20');
    expect(rows.at(-1)!.to).toBe('2026-11-05');
    const levels = rows.slice(5, -1).map(rowFen);
    expect(new Set(levels).size).toBe(1);
    expect(rowFen(rows.at(-1)) - levels[0]! < 100n).toBe(true);
  });

  it('equal principal ends earlier by as many parts as it pays', () => {
    const equal = contractOf({ method: 'EQUAL_PRINCIPAL' });
    const facts = [drawn('2026-01-05', '120000.00'), repaid('2026-01-05', '25000.00', 'SHORTEN')];
    const { instalments } = standing(equal, facts, '2026-01-05');
    expect(instalments.slice(1).map((row) => row.principalFen)).toEqual([
      ...Array.from({ length: 9 }, () => fenOfYuan('10000.00')),
      fenOfYuan('5000.00'),
    ]);
  });
});

describe('repaid early in whole', () => {
  const bullet = contractOf({ method: 'BULLET' });

  it('takes principal, and interest for the actual time only', () => {
    // 100 nights of 365: 1,000,000 × 3.45 % × 100 ÷ 360.
    const { parts, missingFen } = payoffOn(bullet, [lent], '2026-04-15', world);
    expect(parts).toMatchObject({ interestFen: fenOfYuan('9583.33') });
    expect(missingFen).toBe(fenOfYuan('1009583.33'));
    const after = standing(bullet, [lent, repaid('2026-04-15', missingFen, 'LOWER')], '2026-04-15');
    expect(after).toMatchObject({
      settled: true,
      maturesOn: '2026-04-15',
      accruedFen: fenOfYuan('9583.33'),
    });
  });

  it('uses what is in suspense, and keeps there what is too much', () => {
    const facts = [
      lent,
      repaid('2026-03-01', '500.00'),
      repaid('2026-04-15', '1009183.33', 'SHORTEN'),
    ];
    expect(standing(bullet, facts, '2026-04-15')).toMatchObject({
      settled: true,
      suspenseFen: fenOfYuan('100.00'),
    });
  });

  it.each(['LOWER', 'SHORTEN'] as const)('%s: a later part is repaid as agreed', (effect) => {
    const facts = [
      drawn('2026-01-05', '400000.00'),
      repaid('2026-02-05', '500000.00', effect),
      drawn('2026-06-20', '300000.00'),
    ];
    const after = standing(contract, facts, '2026-06-20');
    expect(after).toMatchObject({ settled: false, maturesOn: '2027-01-05' });
    expect(sumFen(after.instalments.map((row) => row.principalFen))).toBe(fenOfYuan('700000.00'));
    const last = after.instalments.slice(-7);
    expect(last.every((row) => rowFen(row) > fenOfYuan('20000.00'))).toBe(true);
    // What was too much waits for the first instalment of the new part.
    expect(after.suspenseFen).toBe(fenOfYuan('98850.00'));
  });
});

describe('re-scheduled', () => {
  const again: LoanFact = {
    id: 'again',
    kind: 'RESCHEDULED',
    on: '2026-06-20',
    termMonths: 18,
    method: 'EQUAL_PRINCIPAL',
  };

  it('spreads all principal anew, the overdue too; interest until then falls due', () => {
    // Three instalments are paid, that of 5 May and of 5 June are not.
    const facts = [lent, ...inTime(3), again];
    const after = standing(contract, facts, '2026-06-20');
    const rows = after.instalments;
    expect(rows[3]).toMatchObject({ dueOn: '2026-05-05', principalFen: 0n, interestFen: 216_551n });
    expect(rows[5]).toMatchObject({
      from: '2026-06-05',
      dueOn: '2026-06-20',
      principalFen: 0n,
      // 587,515.93 × 3.45 % ÷ 12 × 15 ÷ 30
      interestFen: fenOfYuan('844.55'),
    });
    expect(rows[6]).toMatchObject({
      openingFen: fenOfYuan('753220.41'),
      principalFen: fenOfYuan('41845.58'),
      dueOn: '2026-07-20',
    });
    expect(after).toMatchObject({
      overduePrincipalFen: 0n,
      dueInterestFen: 216_551n + 192_765n + 84_455n,
      oldestDueOn: '2026-05-05',
      maturesOn: '2027-12-20',
    });
    // What overdue principal bore until then stays owed, and grows no more.
    const before = standing(contract, [lent, ...inTime(3)], '2026-06-19');
    expect(after.penaltyFen).toBe(before.penaltyFen);
    expect(standing(contract, facts, '2026-07-10').penaltyFen).toBe(before.penaltyFen);
  });

  it('is watched for a year: special mention at least, and no better than it was', () => {
    const paid = [lent, ...inTime(5), again, repaid('2026-06-20', '900.00')];
    expect(standing(contract, paid, '2026-06-20')).toMatchObject({
      daysPastDue: 0,
      ownTier: 'special-mention',
    });
    const late = { ...again, on: '2026-09-01' };
    const settled = repaid('2026-09-02', '900000.00');
    const watched = [lent, ...inTime(1), late, settled];
    expect(
      ['2026-09-02', '2027-08-31', '2027-09-01'].map(
        (date) => standing(contract, watched, date).ownTier,
      ),
    ).toEqual(['substandard', 'substandard', 'normal']);
  });

  it('changes nothing of a loan that was written off', () => {
    const lost: LoanFact = { id: 'lost', kind: 'WRITTEN_OFF', on: '2026-06-01' };
    expect(standing(contract, [lent, lost, again], '2026-08-01')).toEqual(
      standing(contract, [lent, lost], '2026-08-01'),
    );
  });

  it('has no term of no months', () => {
    const none: LoanFact = { ...again, termMonths: 0 } as LoanFact;
    expect(() => standing(contract, [lent, none], '2026-06-20')).toThrow(RangeError);
  });
});

describe('told late', () => {
  const paid = repaid('2026-02-05', '84898.82');

  it('counts from its value date: what it would have spared is spared', () => {
    const before = standing(contract, [lent], '2026-03-01');
    expect(before).toMatchObject({ daysPastDue: 24, penaltyFen: 29_477n });
    expect(standing(contract, [lent, paid], '2026-03-01')).toMatchObject({
      daysPastDue: 0,
      penaltyFen: 0n,
      compoundFen: 0n,
      paid: { penaltyFen: 0n, principalFen: fenOfYuan('82023.82') },
    });
  });

  it('before others, it is taken before them', () => {
    const later = repaid('2026-03-05', '84898.82');
    expect(standing(contract, [lent, later, paid], '2026-03-05')).toEqual(
      standing(contract, [lent, paid, later], '2026-03-05'),
    );
  });
});

it.each([0n, -1n])('an amount of %s fen is none', (amountFen) => {
  expect(() => standing(contract, [lent, repaid('2026-02-05', amountFen)], '2026-02-05')).toThrow(
    `REPAID of ${amountFen} fen (repaid-2026-02-05) is none`,
  );
});

describe('reversed', () => {
  const paid = repaid('2026-02-05', '84898.82');
  const reversal: LoanFact = { id: 'back', kind: 'REVERSED', on: '2026-03-01', reverses: paid.id };

  it('counts until the day of the reversal, and from then on never did', () => {
    const facts = [lent, paid, reversal];
    expect(standing(contract, facts, '2026-02-28')).toEqual(
      standing(contract, [lent, paid], '2026-02-28'),
    );
    expect(standing(contract, facts, '2026-03-01')).toEqual(
      standing(contract, [lent], '2026-03-01'),
    );
  });

  it('may be told before what it reverses', () => {
    expect(standing(contract, [reversal, lent, paid], '2026-03-01').receivedFen).toBe(0n);
  });
});
