// The stability index: worked numbers, empty bands, and what always holds.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { psiPpm } from './psi.ts';

describe('the index', () => {
  it.each([
    // 0.05 · ln(0.25 / 0.20) − 0.05 · ln(0.75 / 0.80) = 0.011157 + 0.003227.
    ['two bands, a twentieth moved', [80, 20], [75, 25], 14_384],
    // Ten tenths: two bands of them halved and two grown by half.
    [
      'ten bands as a scorecard has them',
      [10, 10, 10, 10, 10, 10, 10, 10, 10, 10],
      [5, 5, 10, 10, 10, 10, 10, 10, 15, 15],
      109_861,
    ],
    ['a third of two halves', [50, 50], [100, 200], 115_525],
    ['a population turned round', [9, 1], [1, 9], 3_515_559],
  ])('%s', (_what, then, now, ppm) => {
    expect(psiPpm(then, now)).toBe(ppm);
  });

  it('of an empty band is finite: it stands for a hundredth of a per cent', () => {
    // 0.1 · ln(0.1 / 0.0001) for the band that came, −0.1 · ln(0.9 / 1) for the other.
    expect(psiPpm([100, 0], [90, 10])).toBe(700_621);
    expect(psiPpm([0, 7], [0, 900])).toBe(0);
  });

  it('compares shares, however many were counted', () => {
    expect(psiPpm([800, 200], [0.75, 0.25])).toBe(psiPpm([80, 20], [75, 25]));
  });

  it('refuses what can not be compared', () => {
    expect(() => psiPpm([1, 2], [1, 2, 3])).toThrow('2 bands');
    expect(() => psiPpm([1, 2], [0, 0])).toThrow('nobody');
  });

  const counts = fc.array(fc.tuple(fc.nat(1_000), fc.nat(1_000)), { minLength: 1 });
  it('is never negative, nothing against itself, and the same both ways', () => {
    fc.assert(
      fc.property(counts, (pairs) => {
        const then = [1, ...pairs.map(([was]) => was)];
        const now = [1, ...pairs.map(([, is]) => is)];
        expect(psiPpm(then, now)).toBeGreaterThanOrEqual(0);
        expect(psiPpm(then, then)).toBe(0);
        expect(psiPpm(then, now)).toBe(psiPpm(now, then));
      }),
    );
  });
});
