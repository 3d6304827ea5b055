// A reference made of a population, and others compared with it.
import { describe, expect, it } from 'vitest';
import {
  ALL_LENDERS,
  movedSince,
  populationOf,
  referenceOf,
  type WatchedScore,
} from './reference.ts';

/** A population whose scores and research are spread evenly; talents are missing for each tenth. */
const even = (count: number): WatchedScore[] =>
  Array.from({ length: count }, (_, at) => ({
    sharePpm: Math.floor((at * 1_000_000) / count),
    factors: {
      RESEARCH: Math.floor((at * 1_000_000) / count),
      TALENTS: at % 10 === 0 ? null : 1_000_000,
    },
  }));

const reference = referenceOf('card@2', 'the spec', new Map([['exim-zj', even(1_000)]]));

describe('a reference', () => {
  it('says of each decile and of each band how many there were', () => {
    const population = {
      scores: 1_000,
      scoreBounds: [1, 2, 3, 4, 5, 6, 7, 8, 9].map((decile) => decile * 100_000),
      score: [100, 100, 100, 100, 100, 100, 100, 100, 100, 100],
      factors: {
        RESEARCH: [0, 1, 249, 250, 250, 250, 0],
        TALENTS: [100, 0, 0, 0, 0, 0, 900],
      },
    };
    expect(reference).toEqual({
      model: 'card@2',
      source: 'the spec',
      populations: { '*': population, 'exim-zj': population },
    });
  });

  it('has each lender of whom enough is known, and all together', () => {
    const byLender = new Map([
      ['exim-zj', even(200)],
      ['boc-zj', even(199)],
    ]);
    const { populations } = referenceOf('card@2', 'the spec', byLender);
    expect(Object.entries(populations).map(([of, { scores }]) => [of, scores])).toEqual([
      ['*', 399],
      ['exim-zj', 200],
    ]);
  });

  it('of a population in steps has fewer bands, none of them empty', () => {
    const steps = even(100).map((one, at) => ({ ...one, sharePpm: at < 90 ? 500_000 : 900_000 }));
    const { scoreBounds, score } = populationOf(steps);
    expect(scoreBounds).toEqual([500_000, 900_000]);
    expect(score).toEqual([0, 90, 10]);
  });
});

describe('a population', () => {
  const movedOf = (scores: readonly WatchedScore[]) =>
    Object.fromEntries(
      movedSince(reference, 'exim-zj', scores).map(({ subject, psiPpm }) => [subject, psiPpm]),
    );

  it('like the reference has not moved, however large it is', () => {
    expect(movedOf(even(1_000))).toEqual({ score: 0, RESEARCH: 0, TALENTS: 0 });
    expect(movedOf(even(5_000)).score).toBe(0);
  });

  it('with one factor gone missing has moved there alone', () => {
    const without = even(1_000).map((one) => ({
      ...one,
      factors: { ...one.factors, TALENTS: null },
    }));
    const { score, RESEARCH, TALENTS } = movedOf(without);
    expect([score, RESEARCH]).toEqual([0, 0]);
    expect(TALENTS).toBeGreaterThan(250_000);
  });

  it('without the factor at all counts as one where it is missing', () => {
    const without = even(1_000).map(({ sharePpm, factors: { RESEARCH = null } }) => ({
      sharePpm,
      factors: { RESEARCH },
    }));
    expect(movedOf(without).TALENTS).toBeGreaterThan(250_000);
  });

  it('of better firms has moved in its score', () => {
    const better = even(1_000).map((one) => ({
      ...one,
      sharePpm: 500_000 + Math.floor(one.sharePpm / 2),
    }));
    expect(movedOf(better).score).toBeGreaterThan(250_000);
  });

  it('of a lender that the reference does not have is compared with all', () => {
    const better = even(1_000).map((one) => ({
      ...one,
      sharePpm: 500_000 + Math.floor(one.sharePpm / 2),
    }));
    const byLender = new Map([
      ['exim-zj', even(1_000)],
      ['czb-hz', better],
    ]);
    const both = referenceOf('card@2', 'the spec', byLender);
    const scoreOf = (lenderId: string) => movedSince(both, lenderId, better)[0]?.psiPpm ?? 0;
    expect(scoreOf('czb-hz')).toBe(0);
    expect(scoreOf('boc-zj')).toBe(scoreOf(ALL_LENDERS));
    expect(scoreOf('boc-zj')).toBeGreaterThan(0);
    expect(scoreOf('exim-zj')).toBeGreaterThan(scoreOf('boc-zj'));
  });
});
