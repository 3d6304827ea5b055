// What is counted of two judgements, and that parts of the whole add up to the same.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pairedDifference, rateOf } from './bounds.ts';
import { compare, merge, noComparison, outcomes, type Judged, type Pair } from './comparison.ts';
import { comparisonFigures } from './figures.ts';
import { countAmount, medianFen, type Amounts } from './middle.ts';
import { addMoments, amountsAndPricesOf, momentsOf, noMoments, type Proposal } from './moments.ts';

const loan = (yuan: number, ratePpm: number): Proposal => ({
  amountFen: BigInt(yuan) * 100n,
  ratePpm,
});

function judged(outcome: Judged['outcome'], codes: string[], proposal: Proposal | null = null) {
  return { outcome, tier: outcome === 'refer' ? 'officer' : 'policy', proposal, codes };
}

function pair(at: number, before: Judged, after: Judged): Pair {
  const groups = { product: 'TALENT', lender: 'czb-hz', size: 'small', region: '3301' };
  return { applicationId: `application-${at}`, groups, before, after };
}

describe('flips', () => {
  it('are counted by outcomes and by the reasons that came and went', () => {
    const comparison = noComparison();
    const approved = judged('approve', [], loan(1_000_000, 40_000));
    compare(comparison, pair(3, approved, judged('refer', ['M01'], loan(1_000_000, 40_000))));
    compare(comparison, pair(1, approved, judged('refer', ['M01', 'V01'], loan(9, 40_000))));
    compare(comparison, pair(2, judged('decline', ['S01', 'T02']), judged('refer', ['T02'])));
    compare(comparison, pair(4, approved, judged('approve', [], loan(900_000, 40_000))));
    compare(comparison, pair(5, approved, approved));
    const figures = comparisonFigures(comparison);
    expect(figures).toMatchObject({ flipped: 3, otherTerms: 1, otherTier: 0, otherReasons: 0 });
    expect(figures.flips).toEqual([
      {
        from: 'approve',
        to: 'refer',
        count: 2,
        share: rateOf(2, 5),
        came: [
          { code: 'M01', count: 2 },
          { code: 'V01', count: 1 },
        ],
        went: [],
        examples: ['application-1', 'application-3'],
      },
      {
        from: 'decline',
        to: 'refer',
        count: 1,
        share: rateOf(1, 5),
        came: [],
        went: [{ code: 'S01', count: 1 }],
        examples: ['application-2'],
      },
    ]);
    const { total, groups } = figures;
    expect(total.before.approved).toMatchObject({ hits: 4, of: 5 });
    expect(total.after.approved).toMatchObject({ hits: 2, of: 5 });
    expect(total.approvedDifference?.ppm).toBe(-400_000);
    expect(total.referredDifference).toEqual(pairedDifference(3, 0, 5));
    expect(total.declinedDifference).toEqual(pairedDifference(0, 1, 5));
    expect(total.after).toMatchObject({ approvedFen: '190000000', proposals: 4 });
    expect(groups.product).toEqual([{ group: 'TALENT', ...total }]);
  });
});

const proposals = fc.option(
  fc.record({ amountFen: fc.bigInt(1n, 10n ** 12n), ratePpm: fc.integer({ min: 1, max: 90_000 }) }),
);
const judgements = fc.record({
  outcome: fc.constantFrom(...outcomes),
  tier: fc.constantFrom('policy', 'officer'),
  proposal: proposals,
  codes: fc.uniqueArray(fc.constantFrom('M01', 'S01', 'V01', 'T02')),
});
const pairs = fc.array(fc.tuple(judgements, judgements), { maxLength: 30 });

it('parts compared apart add up to the whole, in any order', () => {
  fc.assert(
    fc.property(pairs, fc.infiniteStream(fc.nat(2)), (cases, shares) => {
      const whole = noComparison();
      const parts = [noComparison(), noComparison(), noComparison()];
      cases.forEach(([before, after], at) => {
        const one = pair(at, before, after);
        compare(whole, one);
        compare(parts[shares.next().value ?? 0]!, one);
      });
      const merged = noComparison();
      for (const part of parts.toReversed()) merge(merged, part);
      expect(comparisonFigures(merged)).toEqual(comparisonFigures(whole));
    }),
  );
});

describe('amounts and prices', () => {
  it('of what is judged alike on both sides differ by nothing, without any doubt', () => {
    const moments = noMoments();
    for (const yuan of [100_000, 2_500_000, 40]) {
      addMoments(moments, momentsOf(loan(yuan, 31_500 + yuan), loan(yuan, 31_500 + yuan)));
    }
    const { amountDifference, priceDifference } = amountsAndPricesOf(moments);
    expect(amountDifference).toEqual({ fen: 0n, lowFen: 0n, highFen: 0n });
    expect(priceDifference).toEqual({ ppm: 0, lowPpm: 0, highPpm: 0 });
  });

  it('have a price that is weighed by amount, and a difference of sums with its bounds', () => {
    const moments = noMoments();
    addMoments(moments, momentsOf(loan(100, 30_000), loan(200, 30_000)));
    addMoments(moments, momentsOf(loan(300, 50_000), null));
    addMoments(moments, momentsOf(null, loan(200, 50_000)));
    const found = amountsAndPricesOf(moments);
    expect(found.priceBefore?.ppm).toBe(45_000);
    expect(found.priceAfter?.ppm).toBe(40_000);
    expect(found.priceDifference?.ppm).toBe(-5_000);
    expect(found.amountDifference.fen).toBe(0n);
    // Differences of 100, -300 and 200 yuan: sum 0, variance 70,000, so 1.96 · √(3 · 70,000).
    expect(Number(found.amountDifference.highFen)).toBeCloseTo(1.959964 * 45_825.76, -1);
  });

  it('of nothing have no price', () => {
    expect(amountsAndPricesOf(noMoments())).toMatchObject({
      priceBefore: null,
      priceAfter: null,
      priceDifference: null,
    });
  });
});

it('the median is the lower of the middle two, to three figures', () => {
  fc.assert(
    fc.property(fc.array(fc.bigInt(1n, 10n ** 13n), { minLength: 1 }), (fens) => {
      const amounts: Amounts = new Map();
      for (const fen of fens) countAmount(amounts, fen);
      const sorted = fens.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
      const middle = sorted[Math.ceil(sorted.length / 2) - 1]!.toString();
      expect(medianFen(amounts)?.toString()).toBe(middle.slice(0, 3).padEnd(middle.length, '0'));
    }),
  );
  expect(medianFen(new Map())).toBeNull();
});
