// A scorecard as data: factors with bands and weights by stage, and the check that it is one.
import { ppmOf } from '@saidao/values';
import { faultsOfCardShape } from './card-shape.ts';

/** What a factor is judged by; the names of the measures in measure.ts. */
export const measureNames = [
  'qualifications',
  'subsidies',
  'scienceStaffShare',
  'talents',
  'inventions',
  'otherPatents',
  'patentLifeYears',
  'patentQuality',
  'researchIntensity',
  'revenueGrowth',
  'exportShare',
  'equityRaised',
  'industryTrack',
  'patentTrack',
  'marketGrowth',
] as const;
export type MeasureName = (typeof measureNames)[number];

/** Measured by the names found, for factors that sum or take the best; all others are figures. */
const namedMeasures: readonly MeasureName[] = [
  'qualifications',
  'subsidies',
  'talents',
  'industryTrack',
];

/** Of the firm's life; each has weights of its own. */
export const stages = ['start-up', 'growth', 'stable'] as const;
export type Stage = (typeof stages)[number];

export interface Texts {
  readonly en: string;
  readonly zh: string;
}

export interface Band extends Texts {
  /** Lower bound, inclusive, as a decimal: `0.30` of a share, `3` of a count. */
  readonly from: string;
  /** Of the weight, in per cent: weight × share is whole hundredths of a point. */
  readonly share: number;
}

interface FactorBase {
  readonly code: string;
  readonly family: string;
  readonly measure: MeasureName;
  /** Points that it can give; of each stage they sum to 100. */
  readonly weights: Readonly<Record<Stage, number>>;
  readonly none: Texts;
  readonly missing: Texts;
}

export interface BandFactor extends FactorBase {
  readonly kind: 'bands';
  /** From the highest bound down; below the last there are no points. */
  readonly bands: readonly Band[];
}

export interface NamedFactor extends FactorBase {
  /** `sum`: every name found counts, up to the whole; `best`: the one worth most. */
  readonly kind: 'sum' | 'best';
  readonly shares: Readonly<Record<string, number>>;
  readonly found: Texts;
}

export type CardFactor = BandFactor | NamedFactor;

export interface StageRules {
  readonly source: string;
  /** Either makes it one. */
  readonly startUp: { readonly youngerThanYears: number; readonly revenueBelowYuan: string };
  /** Both make it one; all others are in growth. */
  readonly stable: { readonly yearsAtLeast: number; readonly revenueAtLeastYuan: string };
}

export interface Card {
  /** Of this data; the first form had no weights by stage and is kept, not scored with. */
  readonly form: 2;
  readonly id: string;
  readonly version: number;
  readonly name: Texts;
  /** Never true for weights of our own. */
  readonly official: false;
  readonly source: string;
  readonly limits: readonly string[];
  /** SHA-256 of the tables that it reads, by their names under data/. */
  readonly data: { readonly ipcIndustries: string; readonly industryTracks: string };
  /** A last year older than this before the business year counts as not supplied. */
  readonly yearsOldMax: number;
  readonly subsidyYears: number;
  /** A market outlook older than this counts as not supplied. */
  readonly marketMonthsMax: number;
  /** Scores of a patent of which less is known are not counted. */
  readonly patentCoverageAtLeast: string;
  readonly stages: StageRules;
  readonly families: Readonly<Record<string, Texts>>;
  readonly factors: readonly CardFactor[];
  /** By share of the points known, in per cent, from the highest down to 0. */
  readonly grades: readonly { readonly grade: string; readonly from: number }[];
  readonly stars: readonly { readonly stars: number; readonly from: number }[];
  /** Population stability beyond which the model counts as drifted. */
  readonly watch: { readonly psiBound: string; readonly source: string };
}

/** Every fault of a card as a sentence; none: it can be scored with. Judges data of any shape. */
export function faultsOfCard(data: unknown): string[] {
  // Of another form every other place would be a fault too.
  const form = (data as { readonly form?: unknown } | null | undefined)?.form;
  if (form !== 2) return [`its form is ${JSON.stringify(form) ?? 'none'}, not 2`];
  const shapeFaults = faultsOfCardShape(data);
  // What is of no card's shape cannot be judged further, and could not be read.
  return shapeFaults.length > 0 ? shapeFaults : faultsOfContent(data as Card);
}

function faultsOfContent(card: Card): string[] {
  const faults: string[] = [];
  for (const stage of stages) {
    const sum = card.factors.reduce((total, { weights }) => total + weights[stage], 0);
    if (sum !== 100) faults.push(`the weights of ${stage} sum to ${sum}, not to 100`);
  }
  // Nobody but a regulator could say otherwise, and none has.
  if (card.official as unknown) faults.push('official has to be false');
  if (card.limits.length === 0) faults.push('limits says nothing');
  if (card.yearsOldMax < 1) faults.push('yearsOldMax leaves no year that is over');
  faults.push(...repeated(card.factors.map(({ code }) => code)));
  for (const factor of card.factors) {
    faults.push(...faultsOfFactor(card, factor).map((fault) => `${factor.code}: ${fault}`));
  }
  const grades = card.grades.map(({ grade, from }) => ({ name: `grade ${grade}`, from }));
  const stars = card.stars.map(({ stars, from }) => ({ name: `star ${stars}`, from }));
  for (const bounds of [grades, stars]) {
    faults.push(...repeated(bounds.map(({ name }) => name)), ...faultsOfBounds(bounds));
  }
  for (const { stars } of card.stars) {
    if (!Number.isInteger(stars) || stars < 1 || stars > 5)
      faults.push(`${stars} is none of 1 to 5 stars`);
  }
  return faults;
}

function repeated(names: readonly string[]): string[] {
  const twice = names.filter((name, at) => names.indexOf(name) < at);
  return [...new Set(twice)].map((name) => `${name} stands twice`);
}

function faultsOfFactor(card: Card, factor: CardFactor): string[] {
  const faults: string[] = [];
  if (!Object.hasOwn(card.families, factor.family)) faults.push(`unknown family ${factor.family}`);
  if (!measureNames.includes(factor.measure)) faults.push(`unknown measure ${factor.measure}`);
  if (namedMeasures.includes(factor.measure) !== (factor.kind !== 'bands')) {
    faults.push(`${factor.measure} cannot be judged by ${factor.kind}`);
  }
  for (const stage of stages) {
    const weight = factor.weights[stage];
    if (!Number.isInteger(weight) || weight < 0) faults.push(`${weight} is no weight in ${stage}`);
  }
  const shares =
    factor.kind === 'bands' ? factor.bands.map(({ share }) => share) : Object.values(factor.shares);
  for (const share of shares) {
    if (!Number.isInteger(share) || share < 0 || share > 100) faults.push(`${share} is no share`);
  }
  const best = factor.kind === 'sum' ? shares.reduce((a, b) => a + b, 0) : Math.max(0, ...shares);
  if (best < 100) faults.push(`its best gives ${best} of 100`);
  if (factor.kind === 'bands') {
    factor.bands.forEach((band, index) => {
      const above = factor.bands[index - 1];
      if (above === undefined) return;
      if (ppmOf(band.from) >= ppmOf(above.from)) {
        faults.push(`band ${band.from} does not lie below ${above.from}`);
      }
      if (band.share > above.share) faults.push(`band ${band.from} gives more than ${above.from}`);
    });
  }
  return faults;
}

function faultsOfBounds(bounds: readonly { readonly name: string; readonly from: number }[]) {
  const faults: string[] = [];
  bounds.forEach(({ name, from }, index) => {
    const above = bounds[index - 1]?.from ?? 101;
    if (!Number.isInteger(from) || from >= above) {
      faults.push(`${name} from ${from} does not lie below the one before it`);
    }
  });
  const last = bounds.at(-1);
  if (last?.from !== 0) faults.push(`${last?.name ?? 'the lowest'} does not begin at 0`);
  return faults;
}
