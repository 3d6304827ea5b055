// Sub-scores and stars of a patent: what is missing lowers coverage and is never nought.
import { fc, test } from '@fast-check/vitest';
import { expect, it } from 'vitest';
import { readPolicy } from '../adapters/policy-file.ts';
import { indicatorMeasures, type IndicatorMeasure } from './policy.ts';
import { scoresOf, starsOf, type Measured } from './stars.ts';

const weights = readPolicy().scores;
const nothing = Object.fromEntries(indicatorMeasures.map((name) => [name, null])) as Record<
  IndicatorMeasure,
  null
>;
const best: Measured = {
  remainingMonths: 200,
  stability: 2,
  claims: 20,
  familyCountries: 6,
  kind: 3,
  citations: 30,
  ipcSubclasses: 5,
  attributableRevenueWan: 91_000,
  revenueGrowthPercent: 25,
  licences: 3,
};

it('gives the best of everything five stars and all the points', () => {
  expect(scoresOf(best, weights)).toEqual({
    legal: 10_000,
    technical: 10_000,
    economic: 10_000,
    total: 10_000,
    stars: 5,
    coveragePpm: 1_000_000,
    weightSet: 'saidao-lending@1',
    official: false,
  });
});

it('says nothing where nothing is known', () => expect(scoresOf(nothing, weights)).toBeNull());

it('judges by what is known, and says how much that is', () => {
  const scores = scoresOf({ ...nothing, remainingMonths: 113, stability: 2, kind: 3 }, weights);
  // (35 · 80 + 30 · 100) / 65 of the legal level; 40 % of the technical one.
  expect(scores).toMatchObject({ legal: 8_923, technical: 10_000, economic: 0, total: 9_384 });
  expect(scores?.coveragePpm).toBe(Math.floor(400_000 * 0.65 + 300_000 * 0.4));
});

it.each([
  [8_000, 5],
  [7_999, 4],
  [6_500, 4],
  [5_000, 3],
  [3_500, 2],
  [3_499, 1],
])('%i hundredths are %i stars', (hundredths, stars) => {
  expect(starsOf(hundredths, weights)).toBe(stars);
});

const anyMeasured = fc.record(
  Object.fromEntries(
    indicatorMeasures.map((name) => [name, fc.option(fc.integer({ min: -50, max: 300 }))]),
  ),
) as fc.Arbitrary<Measured>;

test.prop([anyMeasured, fc.constantFrom(...indicatorMeasures), fc.nat(100)])(
  'never falls when one measure alone grows',
  (measured, name, more) => {
    const value = measured[name];
    if (value === null) return;
    const before = scoresOf(measured, weights)!;
    const after = scoresOf({ ...measured, [name]: value + more }, weights)!;
    expect(after.total).toBeGreaterThanOrEqual(before.total);
    expect(after.stars).toBeGreaterThanOrEqual(before.stars);
  },
);
