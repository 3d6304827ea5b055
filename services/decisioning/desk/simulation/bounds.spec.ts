// Bounds of rates against values that were published, and where the usual formulas fail.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { differenceOf, pairedDifference, rateOf } from './bounds.ts';

describe('the bounds of a rate', () => {
  // Newcombe, Statistics in Medicine 17 (1998), 857–872, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i are those of the paper', (hits, of, low, high) => {
    const rate = rateOf(hits, of);
    expect(rate?.lowPpm).toBeCloseTo(low * 1e6, -2);
    expect(rate?.highPpm).toBeCloseTo(high * 1e6, -2);
  });

  it('of nothing are none, and of all of them reach 1', () => {
    expect(rateOf(0, 0)).toBeNull();
    expect(rateOf(20, 20)).toMatchObject({ ppm: 1_000_000, highPpm: 1_000_000 });
  });

  it('hold the share between them, and narrow as cases are added', () => {
    fc.assert(
      fc.property(fc.nat(1_000), fc.nat(1_000), (hits, misses) => {
        fc.pre(hits + misses > 0);
        const one = rateOf(hits, hits + misses)!;
        const tenfold = rateOf(10 * hits, 10 * (hits + misses))!;
        expect(one.lowPpm).toBeLessThanOrEqual(one.ppm);
        expect(one.highPpm).toBeGreaterThanOrEqual(one.ppm);
        expect(tenfold.highPpm - tenfold.lowPpm).toBeLessThan(one.highPpm - one.lowPpm);
      }),
    );
  });
});

describe('the bounds of a difference', () => {
  // Newcombe, Statistics in Medicine 17 (1998), 873–890, table II, method 10: 56/70 less 48/80.
  it('of two samples are those of the paper', () => {
    const difference = differenceOf(rateOf(48, 80), rateOf(56, 70));
    expect(difference?.ppm).toBe(200_000);
    expect(difference?.lowPpm).toBeCloseTo(52_400, -2);
    expect(difference?.highPpm).toBeCloseTo(333_900, -2);
    expect(differenceOf(null, rateOf(1, 2))).toBeNull();
  });

  it('of pairs stand around 0 where nothing flips, and say more the more pairs there are', () => {
    const few = pairedDifference(0, 0, 10)!;
    const many = pairedDifference(0, 0, 100_000)!;
    expect(few).toMatchObject({ ppm: 0, lowPpm: -few.highPpm });
    expect(many.highPpm).toBeLessThan(50);
    expect(few.highPpm).toBeGreaterThan(100_000);
    expect(pairedDifference(0, 0, 0)).toBeNull();
  });

  it('of pairs leave 0 out where flips go one way', () => {
    const { ppm, lowPpm, highPpm } = pairedDifference(60, 20, 1_000)!;
    expect(ppm).toBe(40_000);
    expect(lowPpm).toBeGreaterThan(0);
    expect(highPpm).toBeLessThan(60_000);
  });
});
