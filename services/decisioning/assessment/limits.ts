// What may be lent: the caps that the table of limits names; the least of them binds.
import {
  fenOfMoney,
  newLimitFen,
  ppmOf,
  shareFen,
  sumFen,
  workingCapitalNeedFen,
} from '@saidao/values';
import type { Enterprise, Talent, WorkingCapital, YearAmount } from '@saidao/schemas';
import type { Product } from './policy.ts';
import type { Fired } from './rules.ts';

/** Amounts of the last whole year that is not too old, and of the year before it. */
export interface LastYears {
  readonly year: number;
  readonly revenueFen: bigint;
  readonly revenueBeforeFen: bigint | null;
  readonly researchFen: bigint | null;
}

export function lastYearsOf(
  enterprise: Pick<Enterprise, 'revenue' | 'rd'>,
  businessDate: string,
  yearsOldMax: number,
): LastYears | undefined {
  const businessYear = Number(businessDate.slice(0, 4));
  const years = (enterprise.revenue ?? [])
    .map(({ year }) => year)
    .filter((year) => year < businessYear && year >= businessYear - yearsOldMax);
  if (years.length === 0) return undefined;
  const year = Math.max(...years);
  return {
    year,
    revenueFen: amountOf(enterprise.revenue, year) ?? 0n,
    revenueBeforeFen: amountOf(enterprise.revenue, year - 1),
    researchFen: amountOf(enterprise.rd, year),
  };
}

function amountOf(amounts: readonly YearAmount[] | null, year: number): bigint | null {
  const found = amounts?.find((one) => one.year === year);
  return found === undefined ? null : fenOfMoney(found.amount);
}

export type Need =
  | { readonly state: 'known' | 'not-positive'; readonly fen: bigint }
  | { readonly state: 'missing'; readonly what: string };

/** New working capital needed by the formula; null: days that make no turnover. */
function newCapitalFen(
  revenueFen: bigint,
  growth: { readonly to: bigint; readonly from: bigint },
  capital: WorkingCapital,
): bigint | null {
  const needFen = workingCapitalNeedFen(revenueFen, growth, capital);
  if (needFen === null) return null;
  return newLimitFen(needFen, fenOfMoney(capital.ownFunds), fenOfMoney(capital.existingLoans));
}

/** The need by the product's rule; a band is what the table of limits gives. */
export function needOf(
  product: Product,
  enterprise: Enterprise,
  years: LastYears | undefined,
  bandFen: bigint | null,
): Need {
  const rule = product.need;
  switch (rule.kind) {
    case 'working-capital': {
      const capital = enterprise.workingCapital;
      if (capital === null) return { state: 'missing', what: 'working capital' };
      const before = years?.revenueBeforeFen ?? null;
      if (years === undefined || before === null || before <= 0n) {
        return { state: 'missing', what: 'revenue of the last two years' };
      }
      const growth = { to: years.revenueFen, from: before };
      return known(newCapitalFen(years.revenueFen, growth, capital) ?? 0n);
    }
    case 'talent-band': {
      if (enterprise.talents === null) return { state: 'missing', what: 'talents' };
      return bandFen === null ? { state: 'missing', what: 'a band' } : known(bandFen);
    }
    case 'research-budget': {
      const budget = enterprise.nextYearRdBudget;
      if (budget === null) return { state: 'missing', what: "next year's research budget" };
      return known(shareFen(fenOfMoney(budget), ppmOf(rule.share)));
    }
  }
}

/** The best grade among those who open the gate: another's does not carry the loan. */
export function talentGradeOf(product: Product, { talents }: Enterprise): string {
  if (product.talent === null) return 'none';
  if (talents === null) return 'missing';
  const grades = qualifiedTalents(product, talents).map(({ grade }) => grade);
  return product.talent.grades.find((grade) => grades.includes(grade)) ?? 'none';
}

/** Talents who are recognised, of a grade that the product names, and hold a share as it wants. */
export function qualifiedTalents(
  { talent: rule }: Pick<Product, 'talent'>,
  talents: readonly Talent[],
): Talent[] {
  return talents.filter(
    ({ grade, holdsPpm, recognised }) =>
      recognised &&
      (rule === null || (rule.grades.includes(grade) && holdsPpm >= ppmOf(rule.holdsAtLeast))),
  );
}

function known(fen: bigint): Need {
  return { state: fen > 0n ? 'known' : 'not-positive', fen };
}

/** What a cap can be: a figure of the application, the sum of its row, nothing, or not known. */
export const figureNames = [
  'asked',
  'need',
  'security',
  'product-cap',
  'exposure-headroom',
  'fixed',
  'none',
  'unknown',
] as const;

/** What a row of the table of limits says: a cap, and the figure or the sum that it is. */
export interface Cap {
  readonly name: string;
  readonly figure: string;
  readonly mostFen: bigint;
}

export function capsOf(rows: readonly Fired[]): Cap[] {
  return rows.map(({ output }) => ({
    name: String(output['limit']),
    figure: String(output['figure']),
    mostFen: BigInt(output['mostYuan'] ?? 0) * 100n,
  }));
}

/**
 * The figures that each cap may be. Without these nobody may be lent anything, whatever the table
 * says; security is the product's to ask for.
 */
export const figuresOfCap: ReadonlyMap<string, readonly string[]> = new Map([
  ['asked', ['asked']],
  ['need', ['need', 'fixed', 'unknown']],
  ['product-cap', ['product-cap']],
  ['exposure-headroom', ['exposure-headroom']],
]);
const figuresOfSecured = new Map([...figuresOfCap, ['security', ['security', 'unknown']]]);

/**
 * The caps in figures. A figure that is not known, or a table that leaves one out that has to be
 * there, leaves the whole unknown: nothing is proposed.
 */
export function limitsOf(
  caps: readonly Cap[],
  isSecured: boolean,
  figureOf: (figure: string) => bigint | null | undefined,
): { readonly limits: NamedLimit[]; readonly unknown: boolean } {
  const limits = new Map<string, NamedLimit>();
  const needed = [...(isSecured ? figuresOfSecured : figuresOfCap)];
  let unknown = !needed.every(([name, figures]) =>
    caps.some((cap) => cap.name === name && figures.includes(cap.figure)),
  );
  for (const { name, figure, mostFen } of caps) {
    const fen = figure === 'fixed' ? mostFen : figureOf(figure);
    if (fen === null) unknown = true;
    const before = limits.get(name)?.fen ?? null;
    const least = before === null || (fen != null && fen < before) ? (fen ?? null) : before;
    limits.set(name, { name, fen: least });
  }
  return { limits: [...limits.values()], unknown };
}

export interface NamedLimit {
  readonly name: string;
  /** Null: does not apply, or is not known. */
  readonly fen: bigint | null;
}

/** The least of the limits and which one it is; the first named where two are equal. */
export function leastOf(limits: readonly NamedLimit[]): { name: string; fen: bigint } | undefined {
  let least: { name: string; fen: bigint } | undefined;
  for (const { name, fen } of limits) {
    if (fen !== null && (least === undefined || fen < least.fen)) least = { name, fen };
  }
  return least;
}

/** Amounts in the same proportions that sum to exactly this; the largest remainders round up. */
export function proRata(amountsFen: readonly bigint[], totalFen: bigint): bigint[] {
  const sum = sumFen(amountsFen);
  if (sum === 0n) return amountsFen.map(() => 0n);
  const shares = amountsFen.map((fen, index) => ({
    index,
    fen: (fen * totalFen) / sum,
    remainder: (fen * totalFen) % sum,
  }));
  let left = totalFen - sumFen(shares.map(({ fen }) => fen));
  const byRemainder = [...shares].sort((a, b) =>
    a.remainder === b.remainder ? a.index - b.index : a.remainder > b.remainder ? -1 : 1,
  );
  for (const share of byRemainder) {
    if (left <= 0n) break;
    share.fen += 1n;
    left -= 1n;
  }
  return shares.map(({ fen }) => fen);
}

/** A property that the data names; never one that every object has. */
export function ownOf<T>(data: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(data, name) ? data[name] : undefined;
}
