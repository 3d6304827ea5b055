// Generated applications of every product with what a policy minds, for tests.
import { cny, fenOfMoney } from '@saidao/values';
import fc from 'fast-check';
import {
  asOf,
  bundleOf,
  cases,
  contentOf,
  factor,
  findingOf,
  locked,
  policies,
  scoredOf,
  type SampleCase,
} from '../cases.fixture.ts';
import type { Application } from './figures.ts';

const floors = [86, 77, 68, 60, 50, 40, 30, 20, 0];
const grades = ['AAA', 'AA', 'A', 'BBB', 'BB', 'B', 'CCC', 'CC', 'C'];
const gradeFloors = grades.map((grade, at) => ({ grade, fromPpm: (floors[at] ?? 0) * 10_000 }));

/** Weights of a card in points; they sum to 100. */
const weights = {
  QUALIFICATIONS_VALID: 20,
  SCIENCE_STAFF_SHARE: 15,
  TALENT_GRADE: 10,
  INVENTION_PATENTS: 20,
  RESEARCH_INTENSITY: 15,
  REVENUE_GROWTH: 10,
  EXPORT_SHARE: 10,
};
const codes = Object.keys(weights) as (keyof typeof weights)[];

/** Shares of each factor's weight in per cent; null: missing. */
const factorShares = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 0, max: 20 }).map((twentieths) => twentieths * 5) },
    { weight: 1, arbitrary: fc.constant(null) },
  ),
  { minLength: codes.length, maxLength: codes.length },
);

/** A score whose points, coverage and grade are those of its factors. */
function scoreOf(sample: SampleCase, shares: readonly (number | null)[]) {
  const factors = codes.map((code, at) => {
    const share = shares[at] ?? null;
    const found = factor(code, weights[code] * (share ?? 0), weights[code] * 100, 'as found');
    return { ...found, missing: share === null, weightPpm: weights[code] * 10_000 };
  });
  const known = factors.filter(({ missing }) => !missing);
  const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);
  const points = sum(known.map((one) => one.points));
  const maxPoints = sum(known.map((one) => one.maxPoints));
  const reached = gradeFloors.find(({ fromPpm }) => points * 1_000_000 >= fromPpm * maxPoints);
  return {
    factors,
    points,
    maxPoints,
    coveragePpm: maxPoints * 100,
    grade: maxPoints === 0 ? 'C' : (reached?.grade ?? ''),
    gradeFloors,
    missing: factors.filter(({ missing }) => missing).map(({ code }) => code),
  };
}

const fenBetween = (leastYuan: number, mostYuan: number) =>
  fc.integer({ min: leastYuan, max: mostYuan }).map((amount) => BigInt(amount) * 100n);
const option = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null, freq: 6 });
const seldom = (freq: number) => fc.nat(freq).map((drawn) => drawn === 0);

const asked = fc.oneof(
  fenBetween(10_000, 3_000_000),
  fenBetween(1_000_000, 30_000_000),
  fenBetween(20_000_000, 200_000_000),
);

/** Applications as they may come, of which about half have one thing or more against them. */
export const applications: fc.Arbitrary<Application> = fc
  .record({
    sample: fc.constantFrom(...cases),
    asked,
    termMonths: fc.oneof(fc.integer({ min: 6, max: 36 }), fc.integer({ min: 1, max: 72 })),
    purposeBarred: seldom(30),
    staff: option(fc.integer({ min: 1, max: 1500 })),
    ownFunds: fenBetween(0, 40_000_000),
    equityRaised: option(fenBetween(0, 5_000_000)),
    budget: option(fenBetween(0, 20_000_000)),
    researchPercent: option(fc.integer({ min: 0, max: 30 })),
    holdsPercent: fc.integer({ min: 0, max: 80 }),
    guarantee: fc.constantFrom('CLEAR', 'CLEAR', 'CLEAR', 'ADVERSE', 'UNKNOWN', null),
    guaranteePercent: fc.integer({ min: 10, max: 90 }),
    ground: fc.constantFrom(null, null, null, 'PL01', 'PL02', 'PL03', 'PL04', 'PL05', 'PL09'),
    value: fc.oneof(fenBetween(0, 40_000_000), fc.constant(null)),
    shares: factorShares,
    exposureFen: fc.oneof(fc.constant(0n), fenBetween(0, 400_000_000)),
    payees: seldom(3),
  })
  .map((given) => {
    const { sample } = given;
    const content = contentOf(sample);
    const { enterprise } = content;
    const last = enterprise.revenue?.at(-1);
    const half = given.asked / 2n;
    const findings = sample.patents.map((patent, at) =>
      findingOf(patent, at === 0 && given.ground !== null ? { [given.ground]: 'ADVERSE' } : {}),
    );
    const bundle = bundleOf(sample, findings);
    const adverse = findings.filter(({ usable }) => !usable).map(({ number }) => number);
    const sharePpm = given.guaranteePercent * 10_000;
    const asksGuarantee = content.guarantee !== null && given.guarantee !== null;
    return {
      lenderId: sample.lender,
      businessDate: asOf,
      content: {
        ...content,
        enterprise: {
          ...enterprise,
          staff: given.staff,
          equityRaised: given.equityRaised === null ? null : cny(given.equityRaised),
          nextYearRdBudget: given.budget === null ? null : cny(given.budget),
          rd:
            given.researchPercent === null || last === undefined
              ? null
              : [
                  {
                    year: last.year,
                    amount: cny((fenOfMoney(last.amount) * BigInt(given.researchPercent)) / 100n),
                  },
                ],
          talents:
            enterprise.talents?.map((talent) => ({
              ...talent,
              holdsPpm: given.holdsPercent * 10_000,
            })) ?? null,
          workingCapital: enterprise.workingCapital && {
            ...enterprise.workingCapital,
            ownFunds: cny(given.ownFunds),
          },
        },
        request: {
          ...content.request,
          amount: cny(given.asked),
          termMonths: given.termMonths,
          purpose: given.purposeBarred ? 'dividends' : content.request.purpose,
          payees: given.payees
            ? [
                { name: 'a', amount: cny(half) },
                { name: 'b', amount: cny(given.asked - half) },
              ]
            : [],
        },
        guarantee: asksGuarantee ? { institution: 'Hangzhou Guarantee', sharePpm } : null,
      },
      score: scoredOf(sample, {
        ...scoreOf(sample, given.shares),
        bundle: {
          ...bundle,
          lendingValue: given.value === null ? bundle.lendingValue : cny(given.value),
        },
        guarantee: asksGuarantee
          ? {
              institution: 'Hangzhou Guarantee',
              sharePpm,
              result: given.guarantee ?? 'UNKNOWN',
              reference: null,
              evidence: null,
            }
          : null,
      }),
      pledge:
        sample.product === 'IP_PLEDGE'
          ? {
              locked: locked(sample).patents.filter((number) => !adverse.includes(number)),
              refused: [],
            }
          : null,
      exposureFen: given.exposureFen,
      lpr: policies.lprOn(asOf),
    };
  });
