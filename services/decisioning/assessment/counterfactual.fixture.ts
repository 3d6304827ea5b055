// Generated applications of every product with what a policy minds, for tests.
import { cny, fenOfMoney } from '@saidao/values';
import fc from 'fast-check';
import {
  asOf,
  bundleOf,
  caseNamed,
  contentOf,
  factor,
  findingOf,
  policies,
  scoredOf,
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
function scoreOf(shares: readonly (number | null)[]) {
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

const asked = fc.oneof(
  fenBetween(10_000, 3_000_000),
  fenBetween(1_000_000, 30_000_000),
  fenBetween(20_000_000, 200_000_000),
);

/** One of each product. */
const samples = ['smart-lock-ip-pledge', 'new-quality-8m', 'talent-3m', 'innovation-5m'].map(
  caseNamed,
);

/** What may be drawn anew; all else stays as policy wants it. */
const minded = [
  'amount',
  'term',
  'purpose',
  'staff',
  'need',
  'research',
  'talents',
  'guarantee',
  'patents',
  'value',
  'score',
  'exposure',
  'payees',
] as const;

const drawn = fc.record({
  barred: fc.nat(5).map((one) => one === 0),
  amount: asked,
  termMonths: fc.oneof(fc.integer({ min: 6, max: 36 }), fc.integer({ min: 1, max: 72 })),
  staff: option(fc.integer({ min: 1, max: 1500 })),
  ownFunds: fenBetween(0, 40_000_000),
  existingLoans: fenBetween(0, 40_000_000),
  budget: option(fenBetween(0, 20_000_000)),
  equityRaised: option(fenBetween(0, 5_000_000)),
  researchPercent: option(fc.integer({ min: 0, max: 30 })),
  holdsPercent: fc.integer({ min: 0, max: 80 }),
  guarantee: fc.constantFrom('CLEAR' as const, 'ADVERSE' as const, 'UNKNOWN' as const, null),
  guaranteePercent: fc.integer({ min: 10, max: 90 }),
  ground: fc.constantFrom('PL01', 'PL02', 'PL03', 'PL04', 'PL05', 'PL09'),
  lendingValue: fenBetween(0, 40_000_000),
  shares: factorShares,
  exposureFen: fc.oneof(fenBetween(0, 300_000_000), fenBetween(0, 1_200_000_000)),
});

const wellScored = codes.map(() => 80);

/** Applications as they may come: mostly one or two things stand against them, at times any. */
export const applications: fc.Arbitrary<Application> = fc
  .record({
    sample: fc.constantFrom(...samples),
    given: drawn,
    touched: fc.oneof(
      { weight: 4, arbitrary: fc.subarray([...minded], { maxLength: 2 }) },
      { weight: 1, arbitrary: fc.subarray([...minded]) },
    ),
  })
  .map(({ sample, given, touched }) => {
    const is = (name: (typeof minded)[number]) => touched.includes(name);
    const content = contentOf(sample);
    const scored = scoredOf(sample, scoreOf(is('score') ? given.shares : wellScored));
    const amount = is('amount') ? given.amount : 300_000_000n;
    const half = amount / 2n;
    const findings = sample.patents.map((patent, at) =>
      findingOf(
        { ...patent, pledged: false },
        at === 0 && is('patents') ? { [given.ground]: 'ADVERSE' } : {},
      ),
    );
    const bundle = bundleOf(sample, findings);
    return {
      lenderId: sample.lender,
      businessDate: asOf,
      content: {
        ...content,
        enterprise: { ...content.enterprise, usccValid: true, ...enterpriseOf() },
        request: {
          ...content.request,
          amount: cny(amount),
          termMonths: is('term') ? given.termMonths : 12,
          purpose: is('purpose') && given.barred ? 'dividends' : content.request.purpose,
          payees: is('payees')
            ? [
                { name: 'a', amount: cny(half) },
                { name: 'b', amount: cny(amount - half) },
              ]
            : [],
        },
        guarantee: is('guarantee') && given.guarantee === null ? null : content.guarantee,
      },
      score: {
        ...scored,
        bundle: {
          ...bundle,
          lendingValue: is('value') ? cny(given.lendingValue) : bundle.lendingValue,
        },
        guarantee: guaranteeOf(),
      },
      pledge: sample.product === 'IP_PLEDGE' ? { locked: bundle.usable, refused: [] } : null,
      exposureFen: is('exposure') ? given.exposureFen : 0n,
      lpr: policies.lprOn(asOf),
    };

    function enterpriseOf(): Partial<Application['content']['enterprise']> {
      const { enterprise } = content;
      const last = enterprise.revenue?.at(-1);
      const percent = given.researchPercent;
      return {
        ...(is('staff') && { staff: given.staff }),
        ...(is('need') && {
          nextYearRdBudget: given.budget === null ? null : cny(given.budget),
          workingCapital: enterprise.workingCapital && {
            ...enterprise.workingCapital,
            ownFunds: cny(given.ownFunds),
            existingLoans: cny(given.existingLoans),
          },
        }),
        ...(is('research') && {
          equityRaised: given.equityRaised === null ? null : cny(given.equityRaised),
          rd:
            percent === null || last === undefined
              ? null
              : [
                  {
                    year: last.year,
                    amount: cny((fenOfMoney(last.amount) * BigInt(percent)) / 100n),
                  },
                ],
        }),
        ...(is('talents') && {
          talents:
            enterprise.talents?.map((talent) => ({
              ...talent,
              holdsPpm: given.holdsPercent * 10_000,
            })) ?? null,
        }),
      };
    }

    function guaranteeOf() {
      if (!is('guarantee') || scored.guarantee === null) return scored.guarantee;
      if (given.guarantee === null) return null;
      const sharePpm = given.guaranteePercent * 10_000;
      return { ...scored.guarantee, sharePpm, result: given.guarantee };
    }
  });
