// Tests of technology enterprises: points of a technology SME, R&D test of a high-tech enterprise.
import type { Fen } from './money.ts';

const wan = (tenThousandYuan: number): Fen => BigInt(tenThousandYuan) * 1_000_000n;

/** Points of the bound reached, from the highest down; below the last there are none. */
type Steps = readonly { readonly from: number; readonly points: number }[];

/**
 * Points and conditions of 科技型中小企业.
 *
 * Source: 科技型中小企业评价办法, as reposted (domain rules s. 4). Certainty: found. Class I are
 * inventions, new plant varieties, layouts of circuits and new drugs, class II utility models,
 * designs and software copyrights. Of these the register tells of the patents offered only, so what
 * is counted here is the least that an enterprise has: too few of them never fail it.
 */
export const technologySmeRules = {
  source: '科技型中小企业评价办法 (MoST), table of points as reposted.',
  scienceStaffShare: [
    { from: 300_000, points: 20 },
    { from: 250_000, points: 16 },
    { from: 200_000, points: 12 },
    { from: 150_000, points: 8 },
    { from: 100_000, points: 4 },
  ] satisfies Steps,
  researchToRevenue: [
    { from: 60_000, points: 50 },
    { from: 50_000, points: 40 },
    { from: 40_000, points: 30 },
    { from: 30_000, points: 20 },
    { from: 20_000, points: 10 },
  ] satisfies Steps,
  researchToCosts: [
    { from: 300_000, points: 50 },
    { from: 250_000, points: 40 },
    { from: 200_000, points: 30 },
    { from: 150_000, points: 20 },
    { from: 100_000, points: 10 },
  ] satisfies Steps,
  classOne: [{ from: 1, points: 30 }] satisfies Steps,
  classTwo: [
    { from: 4, points: 24 },
    { from: 3, points: 18 },
    { from: 2, points: 12 },
    { from: 1, points: 6 },
  ] satisfies Steps,
  propertyMost: 30,
  pointsLeast: 60,
  staffMost: 500,
  revenueMostFen: wan(20_000),
  assetsMostFen: wan(20_000),
} as const;

/** What the points are counted from; null: not known. */
export interface TechnologySmeFigures {
  readonly scienceStaffPpm: number | null;
  readonly researchToRevenuePpm: number | null;
  readonly researchToCostsPpm: number | null;
  /** Rights that are known to stand; there may be more. */
  readonly classOne: number;
  readonly classTwo: number;
  readonly staff: number | null;
  readonly revenueFen: Fen | null;
  readonly assetsFen: Fen | null;
  /** Whether it is listed for abnormal operation or serious violations. */
  readonly listed: boolean | null;
}

export interface TechnologySmeResult {
  readonly staffPoints: number;
  readonly researchPoints: number;
  readonly propertyPoints: number;
  readonly points: number;
  /** `unknown` where what is missing could decide it. */
  readonly passes: 'yes' | 'no' | 'unknown';
}

/** The points of what is known, and whether they pass; what is missing alone never fails. */
export function technologySmeOf(figures: TechnologySmeFigures): TechnologySmeResult {
  const rules = technologySmeRules;
  const staffPoints = pointsOf(rules.scienceStaffShare, figures.scienceStaffPpm ?? 0);
  const researchPoints = Math.max(
    pointsOf(rules.researchToRevenue, figures.researchToRevenuePpm ?? 0),
    pointsOf(rules.researchToCosts, figures.researchToCostsPpm ?? 0),
  );
  const propertyPoints = Math.max(
    pointsOf(rules.classOne, figures.classOne),
    pointsOf(rules.classTwo, figures.classTwo),
  );
  const points = staffPoints + researchPoints + propertyPoints;
  const known = { staffPoints, researchPoints, propertyPoints, points };
  const within = [
    atMost(figures.staff, rules.staffMost),
    atMost(figures.revenueFen, rules.revenueMostFen),
    atMost(figures.assetsFen, rules.assetsMostFen),
    figures.listed === null ? undefined : !figures.listed,
  ];
  // What is missing could be worth the most that it can give, and no more.
  const staffMost = figures.scienceStaffPpm === null ? 20 : staffPoints;
  const isResearchOpen =
    figures.researchToRevenuePpm === null || figures.researchToCostsPpm === null;
  const researchMost = isResearchOpen ? 50 : researchPoints;
  const most = staffMost + researchMost + rules.propertyMost;
  if (within.includes(false) || staffMost === 0 || most < rules.pointsLeast) {
    return { ...known, passes: 'no' };
  }
  const reached = staffPoints > 0 && points >= rules.pointsLeast;
  return { ...known, passes: reached && !within.includes(undefined) ? 'yes' : 'unknown' };
}

/**
 * Research that a high-tech enterprise needs, as a share of three years' revenue, by the revenue of
 * the last year.
 *
 * Source: 国科发火〔2016〕32号 (domain rules s. 4). Certainty: found, still in force 2026-08-10.
 */
export const highTechResearchRules = {
  source: '国科发火〔2016〕32号, research of the last three years as a share of their revenue.',
  steps: [
    { lastRevenueMostFen: wan(5_000), sharePpm: 50_000 },
    { lastRevenueMostFen: wan(20_000), sharePpm: 40_000 },
    { lastRevenueMostFen: null, sharePpm: 30_000 },
  ],
} as const;

/**
 * Whether the research of three years reaches the share that the last revenue asks for; undefined
 * where there was no revenue, of which nothing is a share.
 */
export function highTechResearchPasses(
  researchFen: Fen,
  revenueFen: Fen,
  lastRevenueFen: Fen,
): boolean | undefined {
  if (revenueFen <= 0n) return undefined;
  const step = highTechResearchRules.steps.find(
    ({ lastRevenueMostFen }) => lastRevenueMostFen === null || lastRevenueFen <= lastRevenueMostFen,
  );
  // Multiplied out: no rounding at the threshold.
  return researchFen * 1_000_000n >= revenueFen * BigInt(step?.sharePpm ?? 0);
}

function pointsOf(steps: Steps, figure: number): number {
  return steps.find(({ from }) => figure >= from)?.points ?? 0;
}

function atMost<T extends number | bigint>(figure: T | null, bound: T): boolean | undefined {
  return figure === null ? undefined : figure <= bound;
}
