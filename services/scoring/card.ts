// A scorecard as data: factors with bands and points, and the check that it is one.
import { ppmOf } from '@saidao/values';

/** What a factor is judged by; the names of the measures in measure.ts. */
export const measureNames = [
  'qualifications',
  'subsidies',
  'scienceStaffShare',
  'talents',
  'inventions',
  'otherPatents',
  'patentLifeYears',
  'researchIntensity',
  'revenueGrowth',
  'exportShare',
] as const;
export type MeasureName = (typeof measureNames)[number];

export interface Band {
  /** Lower bound, inclusive, as a decimal: `0.30` of a share, `3` of a count. */
  readonly from: string;
  readonly points: number;
  readonly reason: string;
}

interface FactorBase {
  readonly code: string;
  readonly family: string;
  readonly pointsMax: number;
  readonly measure: MeasureName;
  readonly reasonNone: string;
  readonly reasonMissing: string;
}

export interface BandFactor extends FactorBase {
  readonly kind: 'bands';
  /** From the highest bound down; below the last there are no points. */
  readonly bands: readonly Band[];
}

export interface NamedFactor extends FactorBase {
  /** `sum`: every name found counts, up to the maximum; `best`: the one worth most. */
  readonly kind: 'sum' | 'best';
  readonly points: Readonly<Record<string, number>>;
  readonly reason: string;
}

export type CardFactor = BandFactor | NamedFactor;

export interface Card {
  readonly id: string;
  readonly version: number;
  /** Never true for weights of our own. */
  readonly official: boolean;
  readonly source: string;
  readonly pointsTotal: number;
  /** A last year older than this before the business year counts as not supplied. */
  readonly yearsOldMax: number;
  readonly subsidyYears: number;
  readonly families: Readonly<Record<string, { readonly zh: string; readonly en: string }>>;
  readonly factors: readonly CardFactor[];
  /** By share of the points known, in per cent, from the highest down to 0. */
  readonly grades: readonly { readonly grade: string; readonly from: number }[];
}

/** Every fault of a card as a sentence; none: it can be scored with. */
export function faultsOfCard(card: Card): string[] {
  const faults: string[] = [];
  const sum = card.factors.reduce((total, factor) => total + factor.pointsMax, 0);
  if (sum !== card.pointsTotal) {
    faults.push(`the factors' maxima sum to ${sum}, not to ${card.pointsTotal}`);
  }
  if (card.pointsTotal !== 100) faults.push(`pointsTotal is ${card.pointsTotal}, not 100`);
  if (card.source.trim() === '') faults.push('source says nothing');
  const codes = new Set<string>();
  for (const factor of card.factors) {
    if (codes.has(factor.code)) faults.push(`${factor.code} stands twice`);
    codes.add(factor.code);
    faults.push(...faultsOfFactor(card, factor).map((fault) => `${factor.code}: ${fault}`));
  }
  card.grades.forEach(({ grade, from }, index) => {
    const above = card.grades[index - 1]?.from ?? 101;
    if (!Number.isInteger(from) || from >= above) {
      faults.push(`grade ${grade} from ${from} does not lie below the grade before it`);
    }
  });
  if (card.grades.at(-1)?.from !== 0) faults.push('the lowest grade does not begin at 0');
  return faults;
}

function faultsOfFactor(card: Card, factor: CardFactor): string[] {
  const faults: string[] = [];
  if (!(factor.family in card.families)) faults.push(`unknown family ${factor.family}`);
  if (!measureNames.includes(factor.measure)) faults.push(`unknown measure ${factor.measure}`);
  const given =
    factor.kind === 'bands'
      ? factor.bands.map(({ points }) => points)
      : Object.values(factor.points);
  for (const points of [factor.pointsMax, ...given]) {
    if (!Number.isInteger(points) || points < 0) faults.push(`${points} are no whole points`);
  }
  const reached = factor.kind === 'sum' ? given.reduce((a, b) => a + b, 0) : Math.max(0, ...given);
  const top = factor.kind === 'sum' ? Math.min(reached, factor.pointsMax) : reached;
  if (top !== factor.pointsMax) {
    faults.push(`its best band gives ${reached} points, its maximum is ${factor.pointsMax}`);
  }
  if (factor.kind === 'bands') {
    factor.bands.forEach((band, index) => {
      const above = factor.bands[index - 1];
      if (above !== undefined && ppmOf(band.from) >= ppmOf(above.from)) {
        faults.push(`band ${band.from} does not lie below ${above.from}`);
      }
      if (above !== undefined && band.points > above.points) {
        faults.push(`band ${band.from} gives more than ${above.from}`);
      }
    });
  }
  return faults;
}
