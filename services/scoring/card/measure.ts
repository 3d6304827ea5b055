// What the card's factors are judged by, taken from the inputs; null where one is missing.
import { addMonths, addYears, daysBetween, formatPpm, type Fen } from '@saidao/values';
import type { Card, MeasureName } from './card.ts';
import type { Inputs, PatentInput, Source, YearFen } from './inputs.ts';
import { bestTrack, type FindTrack, type FoundTrack } from '../codes/tracks.ts';

/**
 * A figure in parts per million of its unit (a share, a count, years), or the names found.
 * A figure is known between two bounds: they differ where the register was silent on a patent.
 */
export type Measured = { readonly value: string; readonly source: Source } & (
  | { readonly kind: 'figure'; readonly lowPpm: number; readonly highPpm: number }
  | { readonly kind: 'names'; readonly names: readonly string[] }
);

export interface Measures {
  readonly byName: Readonly<Record<MeasureName, Measured | null>>;
  /** Branches of strategic industry of the firm and of its patents. */
  readonly tracks: readonly string[];
  readonly patents: PatentCounts;
}

/** Patents that are known to stand. */
export interface PatentCounts {
  readonly inventions: number;
  readonly others: number;
}

/** What a card reads beside the inputs, made once for each card. */
export interface MeasureRules {
  readonly card: Pick<Card, 'yearsOldMax' | 'subsidyYears' | 'marketMonthsMax'>;
  readonly patentCoveragePpm: number;
  readonly trackOfIndustry: FindTrack;
  readonly trackOfPatent: FindTrack;
}

/** Larger than any band; a share of nothing is larger than any share. */
const boundlessPpm = Number.MAX_SAFE_INTEGER;
const ppmOne = 1_000_000;
const PPM_OF_HUNDREDTH = 10_000;
const FEN_OF_MILLION = 100_000_000n;

/** The measures of one application. */
export function measure(inputs: Inputs, rules: MeasureRules): Measures {
  const { businessDate } = inputs;
  const businessYear = Number(businessDate.slice(0, 4));
  const year = lastYearOf(inputs.revenue, businessYear, rules.card.yearsOldMax);
  const revenueFen = amountOf(inputs.revenue, year);
  const firm = inputs.industry && rules.trackOfIndustry(inputs.industry.code);
  const patents = patentsOf(inputs, rules);
  const tracks = new Set(patents.branches);
  if (firm && firm !== 'open') tracks.add(firm.branch);
  return {
    byName: {
      qualifications: qualificationsOf(inputs),
      subsidies: subsidiesOf(inputs, businessYear, rules.card.subsidyYears),
      scienceStaffShare: shareOf(toBig(inputs.scienceStaff), toBig(inputs.staff)),
      talents: talentsOf(inputs),
      ...patents.byName,
      researchIntensity: shareOf(amountOf(inputs.research, year), revenueFen),
      revenueGrowth: growthOf(inputs.revenue, year, revenueFen),
      exportShare: shareOf(exportsOf(inputs, year), revenueFen),
      equityRaised: equityOf(inputs),
      industryTrack: industryTrackOf(inputs, firm ?? undefined),
      marketGrowth: marketOf(inputs, rules.card.marketMonthsMax),
    },
    tracks: [...tracks].sort(),
    patents: patents.counts,
  };
}

const names = (found: readonly string[], value: string, source: Source = 'application') =>
  ({ kind: 'names', names: found, value: value || 'none', source }) satisfies Measured;

const figure = (ppm: number, value: string, source: Source = 'application') =>
  ({ kind: 'figure', lowPpm: ppm, highPpm: ppm, value, source }) satisfies Measured;

function qualificationsOf({ qualifications, businessDate }: Inputs): Measured | null {
  if (qualifications === null) return null;
  const inForce = new Set<string>();
  const others: string[] = [];
  for (const { kind, validFrom, validTo } of qualifications) {
    if (validTo < businessDate) others.push(`${kind} expired ${validTo}`);
    else if (validFrom > businessDate) others.push(`${kind} begins ${validFrom}`);
    else inForce.add(kind);
  }
  const found = [...inForce].sort();
  return names(found, [...found, ...others.sort()].join('; '));
}

function subsidiesOf({ subsidies }: Inputs, businessYear: number, years: number): Measured | null {
  if (subsidies === null) return null;
  // So many calendar years, the one of the business date counted as the last of them.
  const recent = subsidies.filter(
    ({ year, fen }) => year <= businessYear && year > businessYear - years && fen > 0n,
  );
  const found = [...new Set(recent.map(({ level }) => level))].sort();
  return names(found, found.join('; '));
}

function talentsOf({ talents }: Inputs): Measured | null {
  if (talents === null) return null;
  const recognised = talents.filter((talent) => talent.recognised);
  const found = [...new Set(recognised.map(({ grade }) => grade))].sort();
  return names(found, found.join('; '));
}

type PatentMeasures = Pick<
  Measures['byName'],
  'inventions' | 'otherPatents' | 'patentLifeYears' | 'patentQuality' | 'patentTrack'
>;

function patentsOf(inputs: Inputs, rules: MeasureRules) {
  const standing = inputs.patents.filter(({ standing }) => standing === 'stands');
  const unknown = inputs.patents.filter(({ standing }) => standing === 'unknown');
  const tracks = patentTracksOf(standing, unknown, rules.trackOfPatent);
  const inventions = standing.filter(isInvention).length;
  const others = standing.length - inventions;
  const years = standing.map(({ expires }) =>
    expires === null ? 0 : wholeYearsBetween(inputs.businessDate, expires),
  );
  const lifeYears = Math.max(0, ...years);
  const qualities = standing.flatMap(({ scores }) =>
    scores === null || scores.coveragePpm < rules.patentCoveragePpm ? [] : [scores.total],
  );
  const quality = Math.max(...qualities);
  // One that may fall or stand: of a kind that is known it can only add to the count of that kind.
  const openInventions = unknown.filter((one) => one.kind === null || isInvention(one)).length;
  const openOthers = unknown.filter((one) => !isInvention(one)).length;
  const byName: PatentMeasures = {
    inventions: countOf(inventions, openInventions),
    otherPatents: countOf(others, openOthers),
    patentLifeYears: atLeast(lifeYears * ppmOne, String(lifeYears), unknown.length),
    patentQuality:
      qualities.length === 0
        ? null
        : {
            ...atLeast(quality * PPM_OF_HUNDREDTH, pointsText(quality), unknown.length),
            source: 'patent-verification',
          },
    patentTrack: tracks.measured,
  };
  return { byName, counts: { inventions, others }, branches: tracks.branches };
}

const isInvention = ({ kind }: PatentInput): boolean => kind === 'invention';

const pointsText = (hundredths: number): string => formatPpm(hundredths * PPM_OF_HUNDREDTH);

/** A figure of patents, between what is known and what the unknown ones could make of it. */
function between(lowPpm: number, highPpm: number, value: string, unknown: number) {
  const silent = unknown === 0 ? '' : `; ${unknown} unknown`;
  return { kind: 'figure', lowPpm, highPpm, value: value + silent, source: 'register' } as const;
}

const countOf = (known: number, unknown: number) =>
  between(known * ppmOne, (known + unknown) * ppmOne, String(known), unknown);

const atLeast = (ppm: number, value: string, unknown: number) =>
  between(ppm, unknown === 0 ? ppm : boundlessPpm, value, unknown);

/**
 * The share of patents in a strategic industry, a weak hint counted half. Those that may fall, and
 * those whose class is not known or too coarse, could be in none or all in one. A design has no
 * class of the IPC and is none of them.
 */
function patentTracksOf(
  standing: readonly PatentInput[],
  mayFall: readonly PatentInput[],
  find: FindTrack,
) {
  const branches: string[] = [];
  let halves = 0;
  let known = 0;
  let unknown = mayFall.filter(hasClass).length;
  for (const { ipc } of standing.filter(hasClass)) {
    const track = ipc.length === 0 ? 'open' : bestTrack(find, ipc);
    if (track === 'open') {
      unknown += 1;
      continue;
    }
    known += 1;
    if (track === undefined) continue;
    halves += track.weak ? 1 : 2;
    branches.push(track.branch);
  }
  if (known + unknown === 0) return { branches, measured: null };
  const share = (of: number, all: number) => Math.floor((of * ppmOne) / (2 * all));
  const named = [...new Set(branches)].sort().join(', ');
  const value = named === '' ? '0' : `${formatPpm(share(halves, known))}: ${named}`;
  const all = known + unknown;
  return {
    branches,
    measured: between(share(halves, all), share(halves + 2 * unknown, all), value, unknown),
  };
}

/** Designs are classified after Locarno; where the register names a class, it counts anyhow. */
const hasClass = ({ kind, ipc }: PatentInput): boolean => kind !== 'design' || ipc.length > 0;

function industryTrackOf({ industry }: Inputs, track: FoundTrack): Measured | null {
  if (industry === null || track === 'open') return null;
  if (track === undefined) return names([], `${industry.code}: none`, industry.source);
  const name = track.weak ? 'partly' : 'wholly';
  return names([name], `${industry.code}: ${track.branch}, ${name}`, industry.source);
}

function marketOf({ market, businessDate }: Inputs, monthsMax: number): Measured | null {
  if (market === null || market.source.trim() === '') return null;
  if (market.asOf > businessDate || addMonths(market.asOf, monthsMax) < businessDate) return null;
  const value = `${formatPpm(market.growthPpm)}, as of ${market.asOf}: ${market.source}`;
  return figure(market.growthPpm, value);
}

function equityOf({ equityFen }: Inputs): Measured | null {
  if (equityFen === null) return null;
  const millions = held(floorDivide(equityFen * BigInt(ppmOne), FEN_OF_MILLION));
  return figure(millions, `${formatPpm(millions)} million yuan`);
}

function wholeYearsBetween(from: string, to: string): number {
  if (daysBetween(from, to) <= 0) return 0;
  const years = Number(to.slice(0, 4)) - Number(from.slice(0, 4));
  return addYears(from, years) > to ? years - 1 : years;
}

/**
 * The last whole year of revenue that is not too old; undefined: not supplied. The year of the
 * business date is not over: its amounts are of a part of it, and no year's.
 */
export function lastYearOf(
  revenue: readonly YearFen[] | null,
  businessYear: number,
  yearsOldMax: number,
): number | undefined {
  return revenue?.findLast(({ year }) => year < businessYear && year >= businessYear - yearsOldMax)
    ?.year;
}

export function amountOf(amounts: readonly YearFen[] | null, year: number | undefined): Fen | null {
  return amounts?.find((one) => one.year === year)?.fen ?? null;
}

function exportsOf({ exports }: Inputs, year: number | undefined): Fen | null {
  // An empty list says that there are none in any year.
  return exports?.length === 0 ? 0n : amountOf(exports, year);
}

function growthOf(
  revenue: readonly YearFen[] | null,
  year: number | undefined,
  last: Fen | null,
): Measured | null {
  const before = year === undefined ? null : amountOf(revenue, year - 1);
  if (last === null || before === null || before <= 0n) return null;
  return shareOf(last - before, before);
}

function shareOf(part: Fen | null, whole: Fen | null): Measured | null {
  const ppm = sharePpmOf(part, whole);
  if (ppm === null) return null;
  return figure(ppm, ppm === boundlessPpm ? 'above any share' : formatPpm(ppm));
}

/** A part of a whole in parts per million, rounded down; null where one is not known. */
export function sharePpmOf(part: Fen | null, whole: Fen | null): number | null {
  if (part === null || whole === null || whole < 0n) return null;
  if (whole === 0n) return part === 0n ? 0 : boundlessPpm;
  return held(floorDivide(part * BigInt(ppmOne), whole));
}

export const toBig = (count: number | null): bigint | null =>
  count === null ? null : BigInt(count);

const held = (ppm: bigint): number =>
  Number(ppm < BigInt(boundlessPpm) ? ppm : BigInt(boundlessPpm));

// Down, never up: a share just below a band's bound must not reach it by rounding.
function floorDivide(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  return dividend % divisor < 0n ? quotient - 1n : quotient;
}
