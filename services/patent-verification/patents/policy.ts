// The valuation policy as data: rates, haircut, ranges and the weights of the patent scores.
import { ppmOf } from '@saidao/values';

export const methodNames = ['RELIEF_FROM_ROYALTY', 'PROFIT_SPLIT', 'MARKET', 'COST'] as const;
export type MethodName = (typeof methodNames)[number];

export const levels = ['legal', 'technical', 'economic'] as const;
export type Level = (typeof levels)[number];

export const indicatorMeasures = [
  'remainingMonths',
  'stability',
  'claims',
  'familyCountries',
  'kind',
  'citations',
  'ipcSubclasses',
  'attributableRevenueWan',
  'revenueGrowthPercent',
  'licences',
] as const;
export type IndicatorMeasure = (typeof indicatorMeasures)[number];

export interface Indicator {
  readonly code: string;
  readonly level: Level;
  /** Of 100 within its level. */
  readonly weight: number;
  readonly measure: IndicatorMeasure;
  /** From the highest bound down: at or above the bound, so many of 100 points; below all, none. */
  readonly bands: readonly (readonly [from: number, points: number])[];
}

export interface ScoreWeights {
  readonly id: string;
  readonly version: number;
  /** Never true for weights of our own. */
  readonly official: boolean;
  /** Shares of the levels in the total, as decimals; they sum to 1. */
  readonly levels: Readonly<Record<Level, string>>;
  /** At least so many points for five, four, three and two stars. */
  readonly stars: readonly number[];
  readonly indicators: readonly Indicator[];
}

export interface ValuationPolicy {
  readonly id: string;
  readonly version: number;
  readonly official: boolean;
  readonly source: string;
  /** Share of the value that may be lent, by kind of patent, as decimals. */
  readonly pledgeRates: Readonly<Record<string, string>>;
  readonly pledgeRateMost: string;
  /** Taken off an appraisal that stands alone. */
  readonly appraisalHaircut: string;
  /** The first of them that its inputs allow is the internal value. */
  readonly methods: readonly MethodName[];
  readonly range: {
    /** Added to and taken from the yearly discount rate. */
    readonly discountStep: string;
    /** Taken from and added to a royalty rate or a split of profit, as a share of it. */
    readonly royaltyShare: string;
    /** Taken from and added to a value by cost or market. */
    readonly otherShare: string;
  };
  /** By lender; '' stands for all that are not named. A lender without one keeps none. */
  readonly contractTemplates: Readonly<
    Record<string, { readonly version: number; readonly items: readonly string[] }>
  >;
  readonly scores: ScoreWeights;
}

/** A policy with the hash of what it says. */
export interface LoadedPolicy extends ValuationPolicy {
  readonly digest: string;
}

/** Every fault of a policy as a sentence; none: it can be valued with. */
export function faultsOfPolicy(policy: ValuationPolicy): string[] {
  const faults: string[] = [];
  const most = ppmOf(policy.pledgeRateMost);
  for (const [kind, rate] of Object.entries(policy.pledgeRates)) {
    if (ppmOf(rate) < 0 || ppmOf(rate) > most) {
      faults.push(`the pledge rate of ${kind}, ${rate}, is not between 0 and ${most} ppm`);
    }
  }
  const haircut = ppmOf(policy.appraisalHaircut);
  if (haircut < 0 || haircut > 1_000_000) faults.push('appraisalHaircut is not between 0 and 1');
  if (policy.source.trim() === '') faults.push('source says nothing');
  for (const method of policy.methods) {
    if (!methodNames.includes(method)) faults.push(`unknown method ${method}`);
  }
  return [...faults, ...faultsOfWeights(policy.scores)];
}

function faultsOfWeights(scores: ScoreWeights): string[] {
  const faults: string[] = [];
  const shares = levels.reduce((sum, level) => sum + ppmOf(scores.levels[level]), 0);
  if (shares !== 1_000_000) faults.push(`the levels sum to ${shares} ppm, not to 1`);
  for (const level of levels) {
    const own = scores.indicators.filter((indicator) => indicator.level === level);
    const sum = own.reduce((total, { weight }) => total + weight, 0);
    if (sum !== 100) faults.push(`the weights of ${level} sum to ${sum}, not to 100`);
  }
  for (const { code, measure, bands } of scores.indicators) {
    if (!indicatorMeasures.includes(measure)) faults.push(`${code}: unknown measure ${measure}`);
    bands.forEach(([from, points], index) => {
      const above = bands[index - 1];
      if (above !== undefined && (from >= above[0] || points > above[1])) {
        faults.push(`${code}: the band from ${from} does not lie below the one from ${above[0]}`);
      }
      if (!Number.isInteger(points) || points < 0 || points > 100) {
        faults.push(`${code}: ${points} is no whole number of points up to 100`);
      }
    });
  }
  if (scores.stars.length !== 4) faults.push('stars needs four bounds, for five down to two');
  return faults;
}
