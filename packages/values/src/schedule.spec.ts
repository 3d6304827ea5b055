// Repayment schedules: the vectors of the fixtures and what holds for every schedule.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import vectors from '../fixtures/schedules.json' with { type: 'json' };
import { addMonths, businessDateOf, daysBetween } from './dates.ts';
import { fenOfYuan, formatYuan, sumFen } from './money.ts';
import { ppmOf } from './rates.ts';
import {
  interestTotalFen,
  levelInstalmentFen,
  repaymentPlans,
  scheduleOf,
  type DayCount,
  type ScheduleTerms,
} from './schedule.ts';

const drawnOn = '2025-10-22';

describe('vectors', () => {
  test.each(vectors.equalInstalment)('equal instalment of $principal', (vector) => {
    const principalFen = fenOfYuan(vector.principal);
    const ratePpm = ppmOf(vector.annualRate);
    const termMonths = vector.months;
    const instalments = scheduleOf({
      plan: 'EQUAL_INSTALMENT',
      principalFen,
      ratePpm,
      termMonths,
      drawnOn,
    });
    expect(formatYuan(levelInstalmentFen(principalFen, ratePpm, termMonths))).toBe(
      vector.instalment,
    );
    expect(instalments).toHaveLength(termMonths);
    for (const instalment of instalments.slice(0, -1)) {
      expect(formatYuan(instalment.amountFen)).toBe(vector.instalment);
    }
    expect(formatYuan(instalments.at(-1)?.amountFen ?? 0n)).toBe(vector.last);
    expect(formatYuan(interestTotalFen(instalments))).toBe(vector.interestTotal);
    if (vector.first !== undefined) {
      expect(formatYuan(instalments[0]?.interestFen ?? 0n)).toBe(vector.first.interest);
      expect(formatYuan(instalments[0]?.principalFen ?? 0n)).toBe(vector.first.principal);
    }
  });

  test.each(vectors.equalPrincipal)('equal principal of $principal', (vector) => {
    const instalments = scheduleOf({
      plan: 'EQUAL_PRINCIPAL',
      principalFen: fenOfYuan(vector.principal),
      ratePpm: ppmOf(vector.annualRate),
      termMonths: vector.months,
      drawnOn,
    });
    const amounts = instalments.map((instalment) => formatYuan(instalment.amountFen));
    expect([amounts[0], amounts[1], amounts.at(-1)]).toEqual([
      vector.first,
      vector.second,
      vector.last,
    ]);
    expect(formatYuan(interestTotalFen(instalments))).toBe(vector.interestTotal);
  });

  test.each(vectors.interestMonthlyPrincipalAtEnd)('interest monthly of $principal', (vector) => {
    const instalments = scheduleOf({
      plan: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
      principalFen: fenOfYuan(vector.principal),
      ratePpm: ppmOf(vector.annualRate),
      termMonths: 12,
      drawnOn: vector.from,
      interestDay: vector.interestDayOfMonth,
    });
    const byDays: Record<number, string> = {
      30: vector.days30,
      31: vector.days31,
      28: vector.days28,
      1: vector.stub1Day,
    };
    for (const { from, dueOn, interestFen } of instalments) {
      expect(formatYuan(interestFen)).toBe(byDays[daysBetween(from, dueOn)]);
    }
    expect(instalments.map((instalment) => instalment.dueOn).slice(0, 2)).toEqual([
      '2025-11-21',
      '2025-12-21',
    ]);
    expect(instalments.at(-1)).toMatchObject({ from: '2026-10-21', dueOn: vector.to });
    expect(formatYuan(interestTotalFen(instalments))).toBe(vector.interestTotal);
  });

  test.each(vectors.bullet)('bullet of $principal', (vector) => {
    const instalments = scheduleOf({
      plan: 'BULLET',
      principalFen: fenOfYuan(vector.principal),
      ratePpm: ppmOf(vector.annualRate),
      termMonths: 12,
      drawnOn,
    });
    expect(instalments).toHaveLength(1);
    expect(formatYuan(interestTotalFen(instalments))).toBe(vector.interest);
  });
});

describe('due dates', () => {
  const base = { principalFen: 1_000_000n, ratePpm: 36_000, termMonths: 4 };

  it('keep the day of drawdown, shortened where the month has no such day', () => {
    const plan = 'EQUAL_PRINCIPAL';
    const dates = scheduleOf({ ...base, plan, drawnOn: '2025-12-31' }).map(({ dueOn }) => dueOn);
    expect(dates).toEqual(['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']);
  });

  test.each([
    ['2026-01-10', ['2026-01-21', '2026-02-21', '2026-03-21', '2026-04-21', '2026-05-10']],
    ['2026-01-21', ['2026-02-21', '2026-03-21', '2026-04-21', '2026-05-21']],
    ['2026-01-31', ['2026-02-21', '2026-03-21', '2026-04-21', '2026-05-21', '2026-05-31']],
  ])('of monthly interest are the 21st, drawn on %s', (from, expected) => {
    const plan = 'INTEREST_MONTHLY_PRINCIPAL_AT_END';
    const dates = scheduleOf({ ...base, plan, drawnOn: from }).map(({ dueOn }) => dueOn);
    expect(dates).toEqual(expected);
  });

  it('a product may count otherwise', () => {
    const monthly = scheduleOf({
      ...base,
      plan: 'INTEREST_MONTHLY_PRINCIPAL_AT_END',
      drawnOn: '2026-01-10',
      dayCount: 'MONTHS/12',
    });
    expect(monthly.map(({ interestFen }) => interestFen)).toEqual([3000n, 3000n, 3000n, 3000n]);
    const bullet = scheduleOf({
      ...base,
      plan: 'BULLET',
      drawnOn: '2026-01-10',
      dayCount: 'ACT/365',
    });
    expect(bullet.map(({ interestFen }) => interestFen)).toEqual([11_836n]);
  });
});

describe('every schedule', () => {
  const terms: fc.Arbitrary<ScheduleTerms> = fc.record(
    {
      plan: fc.constantFrom(...repaymentPlans),
      principalFen: fc.oneof(
        fc.bigInt({ min: 1n, max: 500n }),
        fc.bigInt({ min: 1n, max: 10n ** 13n }),
      ),
      ratePpm: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 360_000 })),
      termMonths: fc.integer({ min: 1, max: 120 }),
      drawnOn: fc.integer({ min: 0, max: 60_000 }).map((day) => businessDateOf(day * 86_400_000)),
      dayCount: fc.constantFrom<DayCount>('MONTHS/12', 'ACT/360', 'ACT/365'),
      interestDay: fc.integer({ min: 1, max: 28 }),
    },
    { requiredKeys: ['plan', 'principalFen', 'ratePpm', 'termMonths', 'drawnOn'] },
  );

  it('repays exactly the principal, never less than nothing, and ends at maturity', () => {
    fc.assert(
      fc.property(terms, (given) => {
        const instalments = scheduleOf(given);
        expect(sumFen(instalments.map((one) => one.principalFen))).toBe(given.principalFen);
        expect(instalments.at(-1)?.balanceFen).toBe(0n);
        expect(instalments.at(-1)?.dueOn).toBe(addMonths(given.drawnOn, given.termMonths));
        let balanceFen = given.principalFen;
        let from = given.drawnOn;
        instalments.forEach((one, index) => {
          balanceFen -= one.principalFen;
          expect(one.number).toBe(index + 1);
          expect(one.from).toBe(from);
          expect(one.dueOn > one.from).toBe(true);
          expect(one.balanceFen).toBe(balanceFen);
          expect(one.principalFen >= 0n && one.interestFen >= 0n && balanceFen >= 0n).toBe(true);
          expect(one.amountFen).toBe(one.principalFen + one.interestFen);
          from = one.dueOn;
        });
      }),
    );
  });

  it('has level instalments but for the last, which differs by less than a fen for each', () => {
    fc.assert(
      fc.property(terms, (given) => {
        const { principalFen, ratePpm, termMonths, drawnOn } = given;
        const plan = 'EQUAL_INSTALMENT';
        // Above this principal an instalment repays at least a fen, so that the form can hold.
        fc.pre(principalFen > 1_000_000n && ratePpm <= 120_000);
        const instalments = scheduleOf({ plan, principalFen, ratePpm, termMonths, drawnOn });
        const level = levelInstalmentFen(principalFen, ratePpm, termMonths);
        for (const one of instalments.slice(0, -1)) expect(one.amountFen).toBe(level);
        const gap = (instalments.at(-1)?.amountFen ?? 0n) - level;
        // Each month's rounding (half a fen of interest, half of the instalment) grows with the rate.
        const bound = BigInt(Math.ceil(termMonths * (1 + ratePpm / 12_000_000) ** termMonths)) + 1n;
        expect(gap >= -bound && gap <= bound).toBe(true);
      }),
    );
  });

  it('costs more interest the slower it repays', () => {
    fc.assert(
      fc.property(terms, (given) => {
        const { principalFen, ratePpm, termMonths, drawnOn } = given;
        fc.pre(principalFen > 1_000_000n);
        const interest = (plan: ScheduleTerms['plan']) =>
          interestTotalFen(
            scheduleOf({
              plan,
              principalFen,
              ratePpm,
              termMonths,
              drawnOn,
              dayCount: 'MONTHS/12',
            }),
          );
        const slack = BigInt(termMonths);
        expect(interest('EQUAL_PRINCIPAL') <= interest('EQUAL_INSTALMENT') + slack).toBe(true);
        expect(interest('EQUAL_INSTALMENT') <= interest('BULLET') + slack).toBe(true);
      }),
    );
  });
});

describe('bad terms', () => {
  const good: ScheduleTerms = {
    plan: 'BULLET',
    principalFen: 1n,
    ratePpm: 0,
    termMonths: 1,
    drawnOn,
  };
  test.each<[string, Partial<ScheduleTerms>]>([
    ['plan "WEEKLY" is none of', { plan: 'WEEKLY' as ScheduleTerms['plan'] }],
    ['principal 0 fen is not above 0', { principalFen: 0n }],
    ['rate -1 is not', { ratePpm: -1 }],
    ['rate 0.5 is not', { ratePpm: 0.5 }],
    ['term 0 is not', { termMonths: 0 }],
    ['term 601 is not', { termMonths: 601 }],
    ['interest day 29 is not', { interestDay: 29 }],
    ['drawdown "2025-02-29" is no date', { drawnOn: '2025-02-29' }],
  ])('%s', (message, bad) => {
    expect(() => scheduleOf({ ...good, ...bad })).toThrow(message);
  });
});
