// Rates: spelling, interest rounded once, penalty factors; the vectors of the fixtures.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import vectors from '../fixtures/interest.json' with { type: 'json' };
import { fenOfYuan, formatYuan, mulDivHalfUp } from './money.ts';
import {
  formatPercent,
  formatPpm,
  interestFen,
  monthlyInterestFen,
  penaltyFen,
  ppmOf,
  shareFen,
} from './rates.ts';

describe('parts per million', () => {
  test.each([
    ['0.0345', 34_500, '3.45%'],
    ['0.03', 30_000, '3.00%'],
    ['0', 0, '0.00%'],
    ['1', 1_000_000, '100.00%'],
    ['0.000001', 1, '0.0001%'],
    ['-0.15', -150_000, '-15.00%'],
    ['2147.483647', 2_147_483_647, '214748.3647%'],
  ])('%s is %d, printed %s', (text, ppm, percent) => {
    expect(ppmOf(text)).toBe(ppm);
    expect(formatPpm(ppm)).toBe(text);
    expect(formatPercent(ppm)).toBe(percent);
  });

  test.each(['', '3.45%', '0.0000001', '.5', '1.', '1e-3', 'NaN', '2147.483648', '99999'])(
    'refuses %j',
    (text) => expect(() => ppmOf(text)).toThrow(RangeError),
  );

  it('never gives a negative zero', () => expect(Object.is(ppmOf('-0'), 0)).toBe(true));

  it('reads back what it printed', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (any) => {
        const ppm = any % 2_147_483_648;
        expect(ppmOf(formatPpm(ppm))).toBe(ppm === 0 ? 0 : ppm);
      }),
    );
  });

  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses to print %d', (ppm) => {
    expect(() => formatPpm(ppm)).toThrow('is not whole parts per million');
  });
});

describe('interest', () => {
  test.each(vectors.period)('$principal for $days days is $once', (period) => {
    const principal = fenOfYuan(period.principal);
    const rate = ppmOf(period.annualRate);
    expect(formatYuan(interestFen(principal, rate, period.days, 360))).toBe(period.once);
    const daily = interestFen(principal, rate, 1, 360) * BigInt(period.days);
    expect(formatYuan(daily)).toBe(period.wrongIfRoundedDaily);
  });

  test.each(vectors.penalty)('penalty at × $factor is $amount', (penalty) => {
    const overdue = fenOfYuan(penalty.overdue ?? penalty.overdueInterest ?? '');
    const rate = ppmOf(penalty.annualRate);
    const amount = penaltyFen(overdue, rate, ppmOf(penalty.factor), penalty.days, 360);
    expect(formatYuan(amount)).toBe(penalty.amount);
  });

  it('is a twelfth of a year for a month', () => {
    expect(monthlyInterestFen(fenOfYuan('1000000'), 34_500)).toBe(fenOfYuan('2875'));
    expect(monthlyInterestFen(fenOfYuan('1000000'), 34_500, 12)).toBe(fenOfYuan('34500'));
  });

  it('takes a share', () => {
    expect(shareFen(101n, 500_000)).toBe(51n);
    expect(shareFen(fenOfYuan('6034000'), 300_000)).toBe(fenOfYuan('1810200'));
  });

  test.each([
    [-1, 360],
    [1.5, 360],
    [1, 0],
    [1, 365.25],
  ])('refuses %d days on a basis of %d', (days, basis) => {
    expect(() => interestFen(1n, 1, days, basis)).toThrow(RangeError);
    expect(() => penaltyFen(1n, 1, 1_500_000, days, basis)).toThrow(RangeError);
  });

  it('refuses part of a month', () => {
    expect(() => monthlyInterestFen(1n, 1, 0.5)).toThrow(RangeError);
  });

  const principal = fc.bigInt({ min: 0n, max: 10n ** 13n });
  const rate = fc.integer({ min: 0, max: 1_000_000 });

  it('grows with principal, rate and days, and is 0 where one of them is', () => {
    fc.assert(
      fc.property(principal, rate, fc.nat(5000), (p, r, days) => {
        const interest = interestFen(p, r, days, 360);
        expect(interestFen(p + 1n, r, days, 360) >= interest).toBe(true);
        expect(interestFen(p, r + 1, days, 360) >= interest).toBe(true);
        expect(interestFen(p, r, days + 1, 360) >= interest).toBe(true);
        expect(interestFen(0n, r, days, 360) + interestFen(p, 0, days, 360)).toBe(0n);
      }),
    );
  });

  it('differs from the sum of its parts by less than a fen for each part', () => {
    fc.assert(
      fc.property(principal, rate, fc.nat(999), fc.nat(999), (p, r, first, second) => {
        const whole = interestFen(p, r, first + second, 360);
        const parts = interestFen(p, r, first, 360) + interestFen(p, r, second, 360);
        expect([-1n, 0n, 1n]).toContain(whole - parts);
      }),
    );
  });

  it('with a factor of 1 is plain interest', () => {
    fc.assert(
      fc.property(principal, rate, fc.nat(999), (p, r, days) => {
        expect(penaltyFen(p, r, 1_000_000, days, 360)).toBe(interestFen(p, r, days, 360));
        expect(penaltyFen(p, r, 1_500_000, days, 360)).toBe(
          mulDivHalfUp(p, 3n * BigInt(r) * BigInt(days), 720_000_000n),
        );
      }),
    );
  });
});
