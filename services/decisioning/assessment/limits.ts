// What may be lent: need, security, bands and caps; the least of them binds.
import {
  fenOfMoney,
  fenOfYuan,
  mulDivHalfUp,
  newLimitFen,
  ppmOf,
  shareFen,
  sumFen,
  workingCapitalNeedFen,
} from '@saidao/values';
import type {
  Bundle,
  Enterprise,
  PatentFinding,
  Talent,
  WorkingCapital,
  YearAmount,
} from '@saidao/schemas';
import type { Product, SecurityRule } from './policy.ts';

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

/** The need by the product's rule. */
export function needOf(
  product: Product,
  enterprise: Enterprise,
  years: LastYears | undefined,
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
      // Of those who open the gate only: another's grade does not carry the loan.
      const bands = qualifiedTalents(product, enterprise.talents).map(({ grade }) =>
        fenOfYuan(ownOf(rule.bandsYuan, grade) ?? '0'),
      );
      return known(bands.reduce((most, fen) => (fen > most ? fen : most), 0n));
    }
    case 'research-budget': {
      const budget = enterprise.nextYearRdBudget;
      if (budget === null) return { state: 'missing', what: "next year's research budget" };
      return known(shareFen(fenOfMoney(budget), ppmOf(rule.share)));
    }
  }
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

/**
 * What may be lent on the patents that are locked for us: the lending value of the usable ones,
 * apportioned by appraisal, times the pledge rate of each kind; rounded half up once. Where one
 * has no appraisal, all count alike, at the lowest rate among them. Null: there is no value.
 */
export function pledgeLimitFen(
  rule: Extract<SecurityRule, { kind: 'pledge' }>,
  bundle: Bundle,
  lockedPatents: readonly string[],
): bigint | null {
  // A patent whose value another bears has no part in it, and nothing is lent on it.
  const usable = bundle.findings.filter(
    ({ number, valued }) => valued && bundle.usable.includes(number),
  );
  const locked = usable.filter(({ number }) => lockedPatents.includes(number));
  if (locked.length === 0) return 0n;
  if (bundle.lendingValue === null) return null;
  const value = fenOfMoney(bundle.lendingValue);
  // Verification's rate is the ceiling of a kind; a product may lend less.
  const rateOf = ({ kind, pledgeRatePpm }: PatentFinding) => {
    const ownPpm = ppmOf(ownOf(rule.rates, kind ?? '') ?? '0');
    return BigInt(Math.min(ownPpm, pledgeRatePpm ?? ownPpm));
  };
  const appraised = usable.map((finding) =>
    finding.appraised === null ? 0n : fenOfMoney(finding.appraised),
  );
  if (appraised.some((fen) => fen <= 0n)) {
    const rates = usable.map(rateOf);
    const lowest = rates.reduce((least, rate) => (rate < least ? rate : least));
    return mulDivHalfUp(value * BigInt(locked.length), lowest, BigInt(usable.length) * 1_000_000n);
  }
  const weighted = sumFen(
    locked.map((finding) => {
      const { appraised: money } = finding;
      return (money === null ? 0n : fenOfMoney(money)) * rateOf(finding);
    }),
  );
  return mulDivHalfUp(value, weighted, sumFen(appraised) * 1_000_000n);
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
