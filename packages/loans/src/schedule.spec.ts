// Schedules: published figures to the fen, and what holds for any loan.
import {
  addMonths,
  daysBetween,
  fenOfYuan,
  ppmOf,
  repaymentPlans,
  sumFen,
  type RepaymentPlan,
} from '@saidao/values';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import vectors from '../fixtures/schedules.json' with { type: 'json' };
import { conventions, type Calendar } from './calendar.ts';
import {
  countingOf,
  interestOf,
  scheduleOf,
  type DayCount,
  type Instalment,
  type ScheduleTerms,
} from './schedule.ts';

const calendar: Calendar = {
  source: 'for this test',
  from: '2025-01-01',
  to: '2027-12-31',
  holidays: ['2026-10-01', '2026-10-02'],
  workdays: ['2026-10-10'],
};

function termsOf(
  method: RepaymentPlan,
  loan: { principal: string; annualRate: string },
  change: Partial<ScheduleTerms> = {},
): ScheduleTerms {
  const from = change.from ?? '2026-01-05';
  return {
    principalFen: fenOfYuan(loan.principal),
    method,
    from,
    termMonths: 12,
    rates: [{ from, ratePpm: ppmOf(loan.annualRate) }],
    counting: countingOf[method],
    convention: 'NONE',
    calendar,
    ...change,
  };
}

const paidFen = ({ principalFen, interestFen }: Instalment) => principalFen + interestFen;
const interestFen = (all: readonly Instalment[]) =>
  sumFen(all.map((instalment) => instalment.interestFen));

describe('published figures', () => {
  test.each(vectors.equalInstalment)('equal instalments of $principal', (vector) => {
    const all = scheduleOf(termsOf('EQUAL_INSTALMENT', vector, { termMonths: vector.months }));
    const [first] = all;
    for (const instalment of all.slice(0, -1)) {
      expect(paidFen(instalment)).toBe(fenOfYuan(vector.instalment));
    }
    expect(paidFen(all.at(-1)!)).toBe(fenOfYuan(vector.last));
    expect(interestFen(all)).toBe(fenOfYuan(vector.interestTotal));
    if (vector.first === undefined) return;
    expect(first).toMatchObject({
      interestFen: fenOfYuan(vector.first.interest),
      principalFen: fenOfYuan(vector.first.principal),
    });
  });

  test.each(vectors.equalPrincipal)('equal principal of $principal', (vector) => {
    const all = scheduleOf(termsOf('EQUAL_PRINCIPAL', vector, { termMonths: vector.months }));
    expect([all[0], all[1], all.at(-1)].map((one) => paidFen(one!))).toEqual(
      [vector.first, vector.second, vector.last].map(fenOfYuan),
    );
    expect(interestFen(all)).toBe(fenOfYuan(vector.interestTotal));
  });

  test.each(vectors.interestMonthlyPrincipalAtEnd)('interest monthly on $principal', (vector) => {
    const all = scheduleOf(
      termsOf('INTEREST_MONTHLY_PRINCIPAL_AT_END', vector, { from: vector.from }),
    );
    expect(all.at(-1)).toMatchObject({ to: vector.to, closingFen: 0n });
    const byDays = new Map([
      [1, vector.stub1Day],
      [28, vector.days28],
      [30, vector.days30],
      [31, vector.days31],
    ]);
    for (const one of all) {
      expect(one.interestFen).toBe(fenOfYuan(byDays.get(daysBetween(one.from, one.to))!));
    }
    expect(interestFen(all)).toBe(fenOfYuan(vector.interestTotal));
    expect(sumFen(all.slice(0, -1).map(({ principalFen }) => principalFen))).toBe(0n);
  });

  test.each(vectors.bullet)('all at the end on $principal', (vector) => {
    const all = scheduleOf(termsOf('BULLET', vector));
    expect(all).toHaveLength(1);
    expect(daysBetween(all[0]!.from, all[0]!.to)).toBe(vector.days);
    expect(interestFen(all)).toBe(fenOfYuan(vector.interest));
  });

  test.each(vectors.period)('one period of $days days', ({ principal, annualRate, days, once }) => {
    const rates = [{ from: '2026-01-01', ratePpm: ppmOf(annualRate) }];
    const span = { from: '2026-01-01', to: '2026-02-01' };
    expect(daysBetween(span.from, span.to)).toBe(days);
    const counting = { dayCount: 'ACT_360', interestDay: null } as const;
    expect(interestOf({ rates, counting }, fenOfYuan(principal), span)).toBe(fenOfYuan(once));
  });
});

describe('due dates', () => {
  const loan = { principal: '10000.00', annualRate: '0.036' };
  const datesOf = (method: RepaymentPlan, from: string) =>
    scheduleOf(termsOf(method, loan, { from, termMonths: 4 })).map(({ dueOn }) => dueOn);

  it('keep the day of drawing, shortened where the month has no such day', () => {
    const dates = datesOf('EQUAL_PRINCIPAL', '2025-12-31');
    expect(dates).toEqual(['2026-01-31', '2026-02-28', '2026-03-31', '2026-04-30']);
  });

  test.each([
    ['2026-01-10', ['2026-01-21', '2026-02-21', '2026-03-21', '2026-04-21', '2026-05-10']],
    ['2026-01-21', ['2026-02-21', '2026-03-21', '2026-04-21', '2026-05-21']],
    ['2026-01-31', ['2026-02-21', '2026-03-21', '2026-04-21', '2026-05-21', '2026-05-31']],
  ])('of monthly interest are the 21st, drawn on %s', (from, expected) => {
    expect(datesOf('INTEREST_MONTHLY_PRINCIPAL_AT_END', from)).toEqual(expected);
  });
});

describe('a product may count otherwise', () => {
  const loan = { principal: '10000.00', annualRate: '0.036' };
  const interestBy = (method: RepaymentPlan, dayCount: DayCount) =>
    scheduleOf(
      termsOf(method, loan, {
        from: '2026-01-10',
        termMonths: 4,
        counting: { dayCount, interestDay: null },
      }),
    ).map(({ interestFen }) => interestFen);

  it('interest by whole months', () => {
    const monthly = interestBy('INTEREST_MONTHLY_PRINCIPAL_AT_END', 'MONTHS_12');
    expect(monthly).toEqual([3000n, 3000n, 3000n, 3000n]);
  });

  it('all at the end by a year of 365 days', () => {
    expect(interestBy('BULLET', 'ACT_365')).toEqual([11_836n]);
  });
});

describe('a rate that is reset', () => {
  const loan = { principal: '1000000.00', annualRate: '0.0345' };
  const rates = (day: string) => [
    { from: '2026-01-05', ratePpm: 34_500 },
    { from: day, ratePpm: 30_000 },
  ];

  it('spreads what is left anew over the instalments that are left', () => {
    const before = scheduleOf(termsOf('EQUAL_INSTALMENT', loan));
    const all = scheduleOf(termsOf('EQUAL_INSTALMENT', loan, { rates: rates('2026-07-05') }));
    expect(all.slice(0, 6)).toEqual(before.slice(0, 6));
    const after = scheduleOf(
      termsOf('EQUAL_INSTALMENT', loan, {
        principalFen: all[6]!.openingFen,
        termMonths: 6,
        from: '2026-07-05',
        rates: [{ from: '2026-07-05', ratePpm: 30_000 }],
      }),
    );
    expect(all.slice(6).map(paidFen)).toEqual(after.map(paidFen));
  });

  it('by days counts each day at its own rate, and rounds once', () => {
    const [first] = scheduleOf(
      termsOf('INTEREST_MONTHLY_PRINCIPAL_AT_END', loan, { rates: rates('2026-01-15') }),
    );
    // 10 days at 3.45 % and 6 at 3.00 % until the 21st.
    expect(first).toMatchObject({ to: '2026-01-21', interestFen: 145_833n });
  });
});

describe('a due date that is no business day', () => {
  it.each([
    ['NONE', '2026-10-01'],
    ['FOLLOWING', '2026-10-05'],
    ['MODIFIED_FOLLOWING', '2026-10-05'],
    ['PRECEDING', '2026-09-30'],
  ] as const)('%s is paid on %s', (convention, dueOn) => {
    const all = scheduleOf(
      termsOf(
        'BULLET',
        { principal: '1.00', annualRate: '0.03' },
        { from: '2025-10-01', convention },
      ),
    );
    expect(all[0]).toMatchObject({ to: '2026-10-01', dueOn });
  });
});

it('a convention never makes due what has hardly begun', () => {
  // Drawn on Friday, interest day on Saturday.
  const terms = termsOf(
    'INTEREST_MONTHLY_PRINCIPAL_AT_END',
    { principal: '10000.00', annualRate: '0.036' },
    { from: '2026-03-20', convention: 'PRECEDING' },
  );
  expect(scheduleOf(terms).slice(0, 2)).toMatchObject([
    { from: '2026-03-20', to: '2026-03-21', dueOn: '2026-03-21', interestFen: 100n },
    { to: '2026-04-21', dueOn: '2026-04-21' },
  ]);
});

describe('terms that make no sense', () => {
  const terms = termsOf('BULLET', { principal: '1.00', annualRate: '0.03' });
  const counting = { dayCount: 'ACT_360', interestDay: 31 } as const;
  it.each<[string, Partial<ScheduleTerms>, string]>([
    ['no principal', { principalFen: 0n }, 'has to be positive'],
    ['no months', { termMonths: 0 }, 'write 1 to'],
    ['half a month', { termMonths: 1.5 }, 'write 1 to'],
    ['no rate', { rates: [] }, 'No rate is in force'],
    ['a rate too late', { rates: [{ from: '2026-02-01', ratePpm: 1 }] }, 'No rate is in force'],
    ['a negative rate', { rates: [{ from: '2026-01-01', ratePpm: -1 }] }, 'is none'],
    ['a day that months lack', { counting }, 'no day that each month has'],
    [
      'rates out of order',
      { rates: [terms.rates[0]!, { from: '2026-01-05', ratePpm: 1 }] },
      'out of order',
    ],
  ])('%s', (_, change, told) => {
    expect(() => scheduleOf({ ...terms, ...change })).toThrow(told);
    expect(() => scheduleOf({ ...terms, ...change })).toThrow(RangeError);
  });
});

const loans: fc.Arbitrary<ScheduleTerms> = fc
  .record({
    principalFen: fc.oneof(fc.bigInt(1n, 1_000n), fc.bigInt(1n, 10n ** 13n)),
    method: fc.constantFrom(...repaymentPlans),
    start: fc.integer({ min: 0, max: 60 }),
    day: fc.integer({ min: 1, max: 31 }),
    termMonths: fc.integer({ min: 1, max: 360 }),
    rates: fc.array(fc.nat({ max: 360_000 }), { minLength: 1, maxLength: 4 }),
    convention: fc.constantFrom(...conventions),
  })
  .map(({ start, day, rates, ...terms }) => {
    const from = addMonths(`2024-01-${String(day).padStart(2, '0')}`, start);
    const steps = rates.map((ratePpm, at) => ({ from: addMonths(from, at * 5), ratePpm }));
    return { ...terms, from, rates: steps, counting: countingOf[terms.method], calendar };
  });

describe('any loan', () => {
  it('is paid back to the fen, in parts of which none is negative, day after day', () => {
    fc.assert(
      fc.property(loans, (terms) => {
        const all = scheduleOf(terms);
        expect(sumFen(all.map(({ principalFen }) => principalFen))).toBe(terms.principalFen);
        expect(all.at(-1)).toMatchObject({
          closingFen: 0n,
          to: addMonths(terms.from, terms.termMonths),
        });
        all.forEach((one, index) => {
          const before = all[index - 1];
          expect(one.number).toBe(index + 1);
          expect(one.from).toBe(before?.to ?? terms.from);
          expect(one.openingFen).toBe(before?.closingFen ?? terms.principalFen);
          expect(one.closingFen).toBe(one.openingFen - one.principalFen);
          expect(one.principalFen >= 0n && one.interestFen >= 0n).toBe(true);
          expect(one.from < one.to).toBe(true);
        });
      }),
      { numRuns: 500 },
    );
  });
});
