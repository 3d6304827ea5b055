// Facts computed from what was supplied and verified, never taken: size, points, need, flags.
import {
  addYears,
  cny,
  fenMax,
  fenOfMoney,
  highTechResearchPasses,
  highTechResearchRules,
  inclusiveFlags,
  newLimitFen,
  sectorRules,
  sizeClassOf,
  sizeRules,
  technologySmeOf,
  technologySmeRules,
  workingCapitalNeedFen,
  type Fen,
} from '@saidao/values';
import type { DerivedFacts, Money } from '@saidao/schemas';
import type { Stage } from './card.ts';
import type { Inputs, YearFen } from './inputs.ts';
import { amountOf, lastYearOf, sharePpmOf, toBig, type PatentCounts } from './measure.ts';

/** All tables that derived facts are judged by: not of the card, and so hashed beside it. */
export const derivedRules = { sizeRules, sectorRules, technologySmeRules, highTechResearchRules };

/** The bounds of the stages, made once for each card. */
export interface StageBounds {
  readonly youngerThanYears: number;
  readonly revenueBelowFen: Fen;
  readonly yearsAtLeast: number;
  readonly revenueAtLeastFen: Fen;
}

/** What is not known makes nobody young, old, small or large: growth lies between. */
export function stageOf(inputs: Inputs, bounds: StageBounds, yearsOldMax: number): Stage {
  const { founded, businessDate } = inputs;
  const revenueFen = lastRevenueOf(inputs, yearsOldMax);
  const olderThan = (years: number) => founded !== null && addYears(founded, years) <= businessDate;
  const isYoung = founded !== null && !olderThan(bounds.youngerThanYears);
  if (isYoung || (revenueFen !== null && revenueFen < bounds.revenueBelowFen)) return 'start-up';
  const isLarge = revenueFen !== null && revenueFen >= bounds.revenueAtLeastFen;
  return isLarge && olderThan(bounds.yearsAtLeast) ? 'stable' : 'growth';
}

export interface DerivedOptions {
  readonly stage: Stage;
  readonly tracks: readonly string[];
  readonly patents: PatentCounts;
  readonly yearsOldMax: number;
}

export function derivedOf(inputs: Inputs, options: DerivedOptions): DerivedFacts {
  const year = lastYearOf(inputs.revenue, businessYearOf(inputs), options.yearsOldMax);
  const revenueFen = amountOf(inputs.revenue, year);
  const researchFen = amountOf(inputs.research, year);
  const size = sizeClassOf(sizeRules, {
    sector: inputs.sector,
    staff: inputs.staffCounted,
    revenueFen,
    assetsFen: inputs.assetsFen,
  });
  const creditFen = creditOf(inputs);
  const needFen = needOf(inputs, year, revenueFen);
  return {
    sizeClass: size,
    technologySme: technologySmeOf({
      scienceStaffPpm: sharePpmOf(toBig(inputs.scienceStaff), toBig(inputs.staff)),
      researchToRevenuePpm: ratioPpmOf(researchFen, revenueFen),
      researchToCostsPpm: ratioPpmOf(researchFen, amountOf(inputs.costs, year)),
      classOne: options.patents.inventions,
      classTwo: options.patents.others,
      staff: inputs.staffCounted,
      revenueFen,
      assetsFen: inputs.assetsFen,
      listed: inputs.listed,
    }),
    highTechResearch: highTechResearchOf(inputs, year),
    inclusive: inclusiveFlags(sizeRules, size, creditFen),
    creditLine: moneyOf(creditFen),
    workingCapitalNeed: moneyOf(needFen),
    newLimit: moneyOf(limitOf(inputs, needFen)),
    stage: options.stage,
    tracks: [...options.tracks],
    groupHead: inputs.groupHead,
    regionCode: inputs.regionCode,
  };
}

/** Null also where the whole is nothing: a rule that asks for a share of it cannot be judged. */
function ratioPpmOf(part: Fen | null, whole: Fen | null): number | null {
  return whole === 0n ? null : sharePpmOf(part, whole);
}

/** Null also for a sum that no event can hold. */
function moneyOf(fen: Fen | null): Money | null {
  return fen === null || fen > fenMax || fen < -fenMax ? null : cny(fen);
}

function limitOf({ capital }: Inputs, needFen: Fen | null): Fen | null {
  if (needFen === null || capital === null) return null;
  return newLimitFen(needFen, fenOfMoney(capital.ownFunds), fenOfMoney(capital.existingLoans));
}

const businessYearOf = ({ businessDate }: Inputs): number => Number(businessDate.slice(0, 4));

function lastRevenueOf(inputs: Inputs, yearsOldMax: number): Fen | null {
  return amountOf(inputs.revenue, lastYearOf(inputs.revenue, businessYearOf(inputs), yearsOldMax));
}

/** Loans as the bureau has them, else as declared, and what is asked for; null: neither says. */
function creditOf({ bureauCreditFen, capital, askedFen }: Inputs): Fen | null {
  if (bureauCreditFen !== null) return bureauCreditFen + askedFen;
  return capital === null ? null : fenOfMoney(capital.existingLoans) + askedFen;
}

function needOf(
  { revenue, capital }: Inputs,
  year: number | undefined,
  revenueFen: Fen | null,
): Fen | null {
  const beforeFen = year === undefined ? null : amountOf(revenue, year - 1);
  if (capital === null || revenueFen === null || beforeFen === null || beforeFen <= 0n) return null;
  return workingCapitalNeedFen(revenueFen, { to: revenueFen, from: beforeFen }, capital);
}

/** Over three years, or all of a younger firm; a missing year or no revenue leave it open. */
function highTechResearchOf(
  { research, revenue, founded }: Inputs,
  last: number | undefined,
): DerivedFacts['highTechResearch'] {
  if (last === undefined) return 'unknown';
  const first = Math.max(last - 2, founded === null ? 0 : Number(founded.slice(0, 4)));
  const researchFen = sumOf(research, first, last);
  const revenueFen = sumOf(revenue, first, last);
  const lastFen = amountOf(revenue, last);
  if (researchFen === null || revenueFen === null || lastFen === null) return 'unknown';
  const passes = highTechResearchPasses(researchFen, revenueFen, lastFen);
  if (passes === undefined) return 'unknown';
  return passes ? 'passes' : 'fails';
}

function sumOf(amounts: readonly YearFen[] | null, first: number, last: number): Fen | null {
  let sum = 0n;
  for (let year = first; year <= last; year += 1) {
    const fen = amountOf(amounts, year);
    if (fen === null) return null;
    sum += fen;
  }
  return sum;
}
