// A card over inputs: points of each factor, grade, stars, and the strongest reasons.
import { fenOfYuan, ppmOf, toJson } from '@saidao/values';
import type { DerivedFacts, Factor, GradeFloor, Reason } from '@saidao/schemas';
import { stages, type Card, type CardFactor, type Stage, type Texts } from './card.ts';
import { derivedOf, stageOf, type StageBounds } from './derived.ts';
import type { Inputs } from './inputs.ts';
import { measure, type Measured, type MeasureRules } from './measure.ts';
import { trackFinder, type TrackTable } from '../codes/tracks.ts';

/** SHA-256 of a text, hex; given, since the domain does not hash. */
export type Digest = (text: string) => string;

export interface TrackTables {
  readonly ipcIndustries: TrackTable;
  readonly industryTracks: TrackTable;
}

/** A card made ready: its decimals read, its weights multiplied out, its tables indexed. */
export interface ReadyCard {
  readonly card: Card;
  /** SHA-256 of the card, hex. */
  readonly digest: string;
  /** SHA-256 of the tables that derived facts are judged by, hex. */
  readonly derivedDigest: string;
  readonly rules: MeasureRules;
  readonly stageBounds: StageBounds;
  readonly factors: Readonly<Record<Stage, readonly ReadyFactor[]>>;
  readonly gradeFloors: GradeFloor[];
}

interface ReadyFactor {
  readonly factor: CardFactor;
  /** Hundredths of a point. */
  readonly maxPoints: number;
  readonly weightPpm: number;
  readonly bands: readonly (Judged & { readonly fromPpm: number })[];
  readonly none: Judged;
}

interface Judged {
  /** Hundredths of a point. */
  readonly points: number;
  readonly texts: Texts;
}

export function readyCard(
  card: Card,
  digests: Pick<ReadyCard, 'digest' | 'derivedDigest'>,
  tables: TrackTables,
): ReadyCard {
  const { startUp, stable } = card.stages;
  return {
    card,
    ...digests,
    rules: {
      card,
      patentCoveragePpm: ppmOf(card.patentCoverageAtLeast),
      trackOfIndustry: trackFinder(tables.industryTracks.mappings),
      trackOfPatent: trackFinder(tables.ipcIndustries.mappings),
    },
    stageBounds: {
      youngerThanYears: startUp.youngerThanYears,
      revenueBelowFen: fenOfYuan(startUp.revenueBelowYuan),
      yearsAtLeast: stable.yearsAtLeast,
      revenueAtLeastFen: fenOfYuan(stable.revenueAtLeastYuan),
    },
    factors: Object.fromEntries(
      stages.map((stage) => [stage, card.factors.map((factor) => readyFactor(factor, stage))]),
    ) as unknown as ReadyCard['factors'],
    // Whole per cent of the points known, as `reached` judges by them.
    gradeFloors: card.grades.map(({ grade, from }) => ({ grade, fromPpm: from * 10_000 })),
  };
}

function readyFactor(factor: CardFactor, stage: Stage): ReadyFactor {
  const weight = factor.weights[stage];
  const bands = factor.kind === 'bands' ? factor.bands : [];
  return {
    factor,
    // A weight in points times a share in per cent: whole hundredths of a point, nothing to round.
    maxPoints: weight * 100,
    weightPpm: weight * 10_000,
    bands: bands.map((band) => ({
      fromPpm: ppmOf(band.from),
      points: weight * band.share,
      texts: band,
    })),
    none: { points: 0, texts: factor.none },
  };
}

/** What a card says of inputs; the names are those of EnterpriseScored. */
export interface Score {
  readonly inputHash: string;
  readonly stage: Stage;
  readonly points: number;
  readonly maxPoints: number;
  readonly coveragePpm: number;
  readonly grade: string;
  readonly stars: number;
  readonly factors: Factor[];
  readonly missing: string[];
  readonly reasonsFor: Reason[];
  readonly reasonsAgainst: Reason[];
  readonly derived: DerivedFacts;
}

/** Points of the whole card, in hundredths. */
export const POINTS_TOTAL = 10_000;

/**
 * The score of inputs by a card; the same inputs and card always give the same. The text is the
 * inputs' canonical JSON, for who has it already.
 */
export function scoreOf(
  ready: ReadyCard,
  inputs: Inputs,
  digest: Digest,
  text: string = toJson(inputs),
): Score {
  const { card } = ready;
  const stage = stageOf(inputs, ready.stageBounds, card.yearsOldMax);
  const measures = measure(inputs, ready.rules);
  const factors: Factor[] = [];
  const missing: string[] = [];
  let points = 0;
  let maxPoints = 0;
  for (const readied of ready.factors[stage]) {
    const factor = judge(readied, measures.byName[readied.factor.measure]);
    factors.push(factor);
    if (factor.missing) {
      missing.push(factor.code);
      continue;
    }
    points += factor.points;
    maxPoints += factor.maxPoints;
  }
  return {
    inputHash: digest(hashedText(ready, text)),
    stage,
    points,
    maxPoints,
    coveragePpm: (maxPoints * 1_000_000) / POINTS_TOTAL,
    grade: reached(card.grades, points, maxPoints)?.grade ?? '',
    stars: reached(card.stars, points, maxPoints)?.stars ?? 1,
    factors,
    missing,
    ...reasonsOf(factors),
    derived: derivedOf(inputs, {
      stage,
      tracks: measures.tracks,
      patents: measures.patents,
      yearsOldMax: card.yearsOldMax,
    }),
  };
}

/** Canonical JSON of inputs, model and rules, without writing the inputs twice. */
function hashedText({ digest, derivedDigest }: ReadyCard, inputs: string): string {
  return `{"inputs":${inputs},"model":${toJson(digest)},"rules":${toJson(derivedDigest)}}`;
}

/** The bound that points over the most of what is known reach; with nothing known, the lowest. */
export function reached<T extends { readonly from: number }>(
  bounds: readonly T[],
  points: number,
  maxPoints: number,
): T | undefined {
  return maxPoints === 0
    ? bounds.at(-1)
    : bounds.find(({ from }) => points * 100 >= from * maxPoints);
}

function judge({ factor, maxPoints, weightPpm, ...ready }: ReadyFactor, measured: Measured | null) {
  const judged =
    measured === null ? undefined : pointsOf({ factor, maxPoints, ...ready }, measured);
  const texts = judged?.texts ?? factor.missing;
  return {
    code: factor.code,
    family: factor.family,
    value: measured?.value ?? null,
    points: judged?.points ?? 0,
    maxPoints,
    missing: judged === undefined,
    reason: texts.en,
    reasonZh: texts.zh,
    source: measured?.source ?? null,
    weightPpm,
  } satisfies Factor;
}

type Judging = Omit<ReadyFactor, 'weightPpm'>;

function pointsOf(ready: Judging, measured: Measured): Judged | undefined {
  if (measured.kind === 'names') return namedPoints(ready, measured.names);
  const low = bandOf(ready, measured.lowPpm);
  // What the register left open counts as missing only where it could change the points.
  return low.points === bandOf(ready, measured.highPpm).points ? low : undefined;
}

function bandOf({ bands, none }: Judging, ppm: number): Judged {
  return bands.find(({ fromPpm }) => ppm >= fromPpm) ?? none;
}

function namedPoints({ factor, maxPoints, none }: Judging, names: readonly string[]): Judged {
  if (factor.kind === 'bands') return none;
  let share = 0;
  for (const name of names) {
    const own = Object.hasOwn(factor.shares, name) ? (factor.shares[name] ?? 0) : 0;
    share = factor.kind === 'sum' ? Math.min(share + own, 100) : Math.max(share, own);
  }
  return share === 0 ? none : { points: (maxPoints / 100) * share, texts: factor.found };
}

/** As many as an applicant is told; a score that is too low is none. */
const REASONS_MAX = 4;

/**
 * Against the enterprise speak the factors that lost the most points, whatever share of theirs
 * that is; for it, of all others, those that got the most. No factor is told on both sides: what
 * cost the most is what an applicant has to be told of. One that is missing speaks for neither.
 */
function reasonsOf(factors: readonly Factor[]): Pick<Score, 'reasonsFor' | 'reasonsAgainst'> {
  const known = factors.filter(({ missing }) => !missing);
  const reasonsAgainst = strongest(known, ({ points, maxPoints }) => maxPoints - points);
  const told = new Set(reasonsAgainst.map(({ code }) => code));
  const others = known.filter(({ code }) => !told.has(code));
  return { reasonsFor: strongest(others, ({ points }) => points), reasonsAgainst };
}

function strongest(factors: readonly Factor[], weightOf: (factor: Factor) => number): Reason[] {
  return factors
    .map((factor) => ({ factor, weight: weightOf(factor) }))
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight || (a.factor.code < b.factor.code ? -1 : 1))
    .slice(0, REASONS_MAX)
    .map(({ factor, weight }) => ({
      code: factor.code,
      weight,
      zh: factor.reasonZh ?? factor.reason,
      en: factor.reason,
      detail: factor.value,
      facts: [],
    }));
}
