// What the usable patents are worth: four methods, exact, and the lower of our value and another's.
import type {
  Bundle,
  MethodValue,
  Money,
  ProfitSplitInputs,
  SupportingValuation,
  ValuationInputs,
} from '@saidao/schemas';
import {
  cny,
  fenMax,
  fenOfMoney,
  minFen,
  mulDivHalfUp,
  ppmOf,
  ppmOne,
  shareFen,
  sumFen,
  type Fen,
} from '@saidao/values';
import type { MethodName, ValuationPolicy } from './policy.ts';

/** An exact fraction; the denominator is positive. */
interface Fraction {
  readonly over: bigint;
  readonly under: bigint;
}

export type Timing = 'endYear' | 'midYear';

export interface RoyaltyRates {
  readonly royaltyPpm: number;
  readonly taxPpm: number;
  readonly discountPpm: number;
  readonly timing: Timing;
}

const ONE = BigInt(ppmOne);
const zero: Fraction = { over: 0n, under: 1n };
const plus = (a: Fraction, b: Fraction): Fraction => ({
  over: a.over * b.under + b.over * a.under,
  under: a.under * b.under,
});

/**
 * V = Σ R_t · ρ · (1 − τ) / (1 + k)^t for the years 1, 2, …; with mid-year timing t − ½.
 *
 * Source: income approach of patent valuation as published by practitioners; found. National
 * frame: GB/T 42748-2023, Guidelines for Patent Evaluation. Computed in fractions and rounded half
 * up to the fen once, at the very end; the half year is an exact integer square root.
 */
export function presentValueFen(revenuesFen: readonly Fen[], rates: RoyaltyRates): Fen {
  return roundFen(presentValue(revenuesFen, rates), rates);
}

/** With end-year timing; `roundFen` moves it to mid-year, as √(1 + k) is no fraction. */
function presentValue(revenues: readonly bigint[], rates: RoyaltyRates): Fraction {
  const royalty = BigInt(rates.royaltyPpm) * (ONE - BigInt(rates.taxPpm));
  const discount = ONE + BigInt(rates.discountPpm);
  // From the last year to the first, so that the denominator stays one power of (1 + k).
  const { over, under } = revenues.reduceRight<Fraction>(
    (later, revenue) => ({
      over: (later.over + revenue * later.under) * ONE,
      under: later.under * discount,
    }),
    zero,
  );
  return { over: over * royalty, under: under * ONE * ONE };
}

function roundFen({ over, under }: Fraction, { timing, discountPpm }: RoyaltyRates): Fen {
  if (timing === 'endYear') return (2n * over + under) / (2n * under);
  // ⌊√x + ½⌋ = ⌊(⌊√4x⌋ + 1) / 2⌋ for x = V² · (1 + k).
  const four = (4n * over * over * (ONE + BigInt(discountPpm))) / (under * under * ONE);
  return (integerRoot(four) + 1n) / 2n;
}

/** ⌊√n⌋ by Newton's method from above. */
function integerRoot(n: bigint): bigint {
  if (n < 2n) return n;
  let root = 1n << BigInt(Math.ceil(n.toString(2).length / 2));
  for (;;) {
    const next = (root + n / root) / 2n;
    if (next >= root) return root;
    root = next;
  }
}

/** A patent of the application, as far as its value goes. */
export interface ValuedPatent {
  readonly number: string;
  readonly usable: boolean;
  /** False for one whose value another of the bundle bears: of a same-day pair one counts. */
  readonly counts: boolean;
  readonly appraised: Money | null;
  /** Whole years that it is still in force; undefined where the register has not said. */
  readonly remainingYears: number | undefined;
  /** Share of its value that may be lent. */
  readonly pledgeRatePpm: number;
}

export interface ValueInputs {
  readonly relief: ValuationInputs | null;
  readonly supporting: SupportingValuation | null;
}

export type BundleValue = Pick<
  Bundle,
  | 'usableAppraised'
  | 'internalValue'
  | 'lendingValue'
  | 'valueBasis'
  | 'haircutPpm'
  | 'internalRange'
  | 'pledgeable'
  | 'methods'
>;

/** How a value is moved to what it may fall or rise to: rates worse or better by the policy. */
type Side = -1 | 0 | 1;
const sides = [-1, 0, 1] as const satisfies readonly Side[];

/**
 * The value that may be lent on: the lower of the appraised and our own value (our policy); an
 * appraisal alone less a haircut; our own alone as it is; null where none is known. An application
 * with patents of which none is usable is worth 0, which is not the same as not knowing: no limit
 * may be skipped for it.
 */
export function valueBundle(
  patents: readonly ValuedPatent[],
  inputs: ValueInputs,
  policy: ValuationPolicy,
): BundleValue {
  // Whose value another bears has no part in the whole either.
  const bearing = patents.filter(({ counts }) => counts);
  const counted = bearing.filter(({ usable }) => usable);
  const methods = patents.length === 0 ? [] : methodsOf(bearing, inputs, policy);
  const internal = methods.find(({ fen }) => fen[1] !== null)?.fen ?? null;
  const base = { internalValue: null, internalRange: null, haircutPpm: null };
  if (patents.length > 0 && counted.length === 0) {
    const nothing = cny(0n);
    const known = internal !== null && { internalValue: nothing };
    return {
      ...base,
      ...known,
      usableAppraised: nothing,
      lendingValue: nothing,
      valueBasis: 'NOTHING_USABLE',
      pledgeable: { low: nothing, base: nothing, high: nothing },
      methods: methods.map(told),
    };
  }
  const supplied = counted.flatMap(({ appraised }) => (appraised === null ? [] : [appraised]));
  const appraisedFen = supplied.length === 0 ? null : sumFen(supplied.map(fenOfMoney));
  const lending = lendingOf(appraisedFen, internal, policy);
  return {
    ...base,
    usableAppraised: moneyOf(appraisedFen),
    internalValue: moneyOf(internal === null ? null : internal[1]),
    internalRange: internal === null ? null : rangeOf(internal),
    lendingValue: lending === null ? null : moneyOf(lending.fen[1]),
    valueBasis: lending?.basis ?? null,
    haircutPpm: lending?.basis === 'APPRAISAL_LESS_HAIRCUT' ? ppmOf(policy.appraisalHaircut) : null,
    pledgeable:
      lending === null ? null : rangeOf(lending.fen.map((fen) => pledgeableFen(counted, fen))),
    methods: methods.map(told),
  };
}

type Three = readonly (Fen | null)[];

interface Lending {
  readonly basis: string;
  readonly fen: Three;
}

function lendingOf(
  appraisedFen: Fen | null,
  internal: Three | null,
  policy: ValuationPolicy,
): Lending | null {
  if (appraisedFen === null) return internal && { basis: 'INTERNAL', fen: internal };
  if (internal !== null) {
    const fen = internal.map((own) => (own === null ? null : minFen(appraisedFen, own)));
    return { basis: 'LOWER_OF_BOTH', fen };
  }
  // Alone, it may be wrong by the haircut again, or not at all.
  const haircut = ppmOf(policy.appraisalHaircut);
  const less = (ppm: number): Fen => appraisedFen - shareFen(appraisedFen, Math.min(ppm, ppmOne));
  return { basis: 'APPRAISAL_LESS_HAIRCUT', fen: [less(2 * haircut), less(haircut), appraisedFen] };
}

/** By the rate of each patent, in the proportions of their appraisals; equal parts without one. */
function pledgeableFen(counted: readonly ValuedPatent[], valueFen: Fen | null): Fen | null {
  if (valueFen === null) return null;
  const shares = sharesOf(counted);
  if (shares === null) return null;
  const weighted = sumFen(
    counted.map(({ pledgeRatePpm }, index) => (shares.parts[index] ?? 0n) * BigInt(pledgeRatePpm)),
  );
  return mulDivHalfUp(valueFen, weighted, shares.whole * ONE);
}

function rangeOf([low, base, high]: Three): Bundle['internalRange'] {
  if (low == null || base == null || high == null) return null;
  return { low: cny(low), base: cny(base), high: cny(high) };
}

const moneyOf = (fen: Fen | null | undefined): Money | null => (fen == null ? null : cny(fen));

interface Valued {
  readonly method: MethodName;
  readonly reason: string;
  /** Low, base and high; nulls where the inputs make no value. */
  readonly fen: Three;
}

const told = ({ method, reason, fen }: Valued): MethodValue => ({
  method,
  reason,
  value: moneyOf(fen[1]),
});

/** Every method in the order of the policy, each with why it has no value if it has none. */
function methodsOf(
  patents: readonly ValuedPatent[],
  inputs: ValueInputs,
  policy: ValuationPolicy,
): Valued[] {
  return policy.methods.map((method) => {
    const given = givenFor(method, inputs);
    if (!given) return { method, reason: 'its inputs were not supplied', fen: [null, null, null] };
    const fen = sides.map((side) => valueBy(method, patents, inputs, policy, side));
    const reason =
      fen[1] === null ? 'its inputs make no value' : 'over the usable patents, by their shares';
    return { method, reason, fen };
  });
}

function givenFor(method: MethodName, { relief, supporting }: ValueInputs): boolean {
  switch (method) {
    case 'RELIEF_FROM_ROYALTY':
      return relief !== null;
    case 'PROFIT_SPLIT':
      return supporting?.profitSplit != null;
    case 'COST':
      return supporting?.cost != null;
    case 'MARKET':
      return (supporting?.comparables.length ?? 0) > 0;
  }
}

function valueBy(
  method: MethodName,
  patents: readonly ValuedPatent[],
  { relief, supporting }: ValueInputs,
  { range }: ValuationPolicy,
  side: Side,
): Fen | null {
  const otherPpm = ppmOne + side * ppmOf(range.otherShare);
  switch (method) {
    case 'RELIEF_FROM_ROYALTY': {
      if (relief === null) return null;
      const moved = movedRates(relief.royaltyPpm, relief.discountPpm, range, side);
      const { sharePpm: royaltyPpm, discountPpm } = moved;
      return internalValueFen(patents, { ...relief, royaltyPpm, discountPpm });
    }
    case 'PROFIT_SPLIT': {
      const given = supporting?.profitSplit ?? null;
      if (given === null) return null;
      const moved = movedRates(given.splitPpm, given.discountPpm, range, side);
      const { sharePpm: splitPpm, discountPpm } = moved;
      return profitSplitFen(patents, { ...given, splitPpm, discountPpm });
    }
    case 'COST': {
      const given = supporting?.cost ?? null;
      if (given === null) return null;
      const wholeFen = costFen(fenOfMoney(given.replacement), given.depreciationPpm);
      return shareOfUsable(patents, wholeFen, otherPpm);
    }
    case 'MARKET':
      return shareOfUsable(patents, marketFen(supporting?.comparables ?? []), otherPpm);
  }
}

/** A royalty rate or split and a discount rate, each worse or better by the policy. */
function movedRates(
  sharePpm: number,
  discountPpm: number,
  range: ValuationPolicy['range'],
  side: Side,
): { sharePpm: number; discountPpm: number } {
  if (side === 0) return { sharePpm, discountPpm };
  const factorPpm = ppmOne + side * ppmOf(range.royaltyShare);
  return {
    sharePpm: Math.min(Math.floor((sharePpm * factorPpm) / ppmOne), ppmOne),
    discountPpm: Math.max(discountPpm - side * ppmOf(range.discountStep), 0),
  };
}

/** Replacement cost × (1 − depreciation); knowledge, the usual form of the cost method. */
export function costFen(replacementFen: Fen, depreciationPpm: number): Fen | null {
  if (replacementFen < 0n || depreciationPpm < 0 || depreciationPpm > ppmOne) return null;
  return shareFen(replacementFen, ppmOne - depreciationPpm);
}

/** The mean of comparable price × adjustment; knowledge, the usual form of the market method. */
export function marketFen(
  comparables: readonly { readonly price: Money; readonly adjustmentPpm: number }[],
): Fen | null {
  if (comparables.length === 0) return null;
  if (comparables.some(({ adjustmentPpm }) => adjustmentPpm < 0)) return null;
  const sum = sumFen(
    comparables.map(({ price, adjustmentPpm }) => fenOfMoney(price) * BigInt(adjustmentPpm)),
  );
  return sum < 0n ? null : mulDivHalfUp(sum, 1n, ONE * BigInt(comparables.length));
}

/** What the counted patents have of a value of the whole bundle. */
function shareOfUsable(
  patents: readonly ValuedPatent[],
  wholeFen: Fen | null,
  factorPpm: number,
): Fen | null {
  const shares = sharesOf(patents);
  if (wholeFen === null || shares === null) return null;
  const own = sumFen(
    patents.map(({ usable }, index) => (usable ? (shares.parts[index] ?? 0n) : 0n)),
  );
  return mulDivHalfUp(wholeFen * own, BigInt(factorPpm), shares.whole * ONE);
}

/**
 * Relief from royalty over the bundle that was applied with, of which only the usable part counts.
 *
 * Found: n = the shorter of the remaining legal and the economic life. Our policy: each patent
 * carries a part of the attributable revenue, by its share of the appraised value of all patents of
 * the application (in equal parts if any of them has no appraisal), and earns for the years asked
 * for or its own remaining whole years, whichever is less. So a patent that cannot be pledged takes
 * its share of the value away. Null where the inputs make no valuation.
 */
export function internalValueFen(
  patents: readonly ValuedPatent[],
  inputs: ValuationInputs,
): Fen | null {
  const rates = ratesOf(inputs);
  return rates && incomeFen(patents, inputs.years, rates, (years) => revenuesOf(inputs, years));
}

/**
 * Σ NP_t · s / (1 + k)^t at the years' ends, over the usable part as relief from royalty is.
 * Source: rule of thumb 25 to 33 per cent for s, knowledge; a UNIDO study is reported with 16 to
 * 27, found.
 */
export function profitSplitFen(
  patents: readonly ValuedPatent[],
  { netProfits, splitPpm, discountPpm }: ProfitSplitInputs,
): Fen | null {
  if (splitPpm < 0 || splitPpm > ppmOne || discountPpm < 0 || netProfits.length === 0) return null;
  const profits = netProfits.map(fenOfMoney);
  const rates: RoyaltyRates = { royaltyPpm: splitPpm, taxPpm: 0, discountPpm, timing: 'endYear' };
  return incomeFen(patents, profits.length, rates, (years) => ({
    revenues: profits.slice(0, years),
    under: 1n,
  }));
}

/** The present value of what the counted patents earn, each for its own years and by its share. */
function incomeFen(
  patents: readonly ValuedPatent[],
  yearsMost: number,
  rates: RoyaltyRates,
  earned: (years: number) => { readonly revenues: readonly bigint[]; readonly under: bigint },
): Fen | null {
  const shares = sharesOf(patents);
  if (shares === null) return null;
  // Patents that earn for the same years are valued together.
  const sharesByYears = new Map<number, bigint>();
  for (const [index, patent] of patents.entries()) {
    if (!patent.usable) continue;
    const years = Math.max(0, Math.min(yearsMost, patent.remainingYears ?? 0));
    sharesByYears.set(years, (sharesByYears.get(years) ?? 0n) + (shares.parts[index] ?? 0n));
  }
  let sum = zero;
  for (const [years, share] of sharesByYears) {
    const { revenues, under } = earned(years);
    const value = presentValue(revenues, rates);
    sum = plus(sum, { over: value.over * share, under: value.under * under * shares.whole });
  }
  // Losses split are no asset: a value is never below nothing.
  const value = sum.over < 0n ? 0n : roundFen(sum, rates);
  return value <= fenMax ? value : null;
}

/** Base × (1 + g)^t for the years of growth, then flat; all over one denominator. */
function revenuesOf(inputs: ValuationInputs, years: number): { revenues: bigint[]; under: bigint } {
  const grownYears = Math.max(0, Math.min(inputs.growthYears, years));
  const growth = ONE + BigInt(inputs.growthPpm);
  const under = ONE ** BigInt(grownYears);
  let revenue = fenOfMoney(inputs.attributableRevenueBase) * under;
  const revenues = Array.from({ length: years }, (_, index) => {
    if (index < grownYears) revenue = (revenue / ONE) * growth;
    return revenue;
  });
  return { revenues, under };
}

function sharesOf(patents: readonly ValuedPatent[]): { parts: bigint[]; whole: bigint } | null {
  const appraised = patents.map((patent) =>
    patent.appraised === null ? 0n : fenOfMoney(patent.appraised),
  );
  const parts = appraised.every((fen) => fen > 0n) ? appraised : appraised.map(() => 1n);
  const whole = sumFen(parts);
  return whole === 0n ? null : { parts, whole };
}

/** Null for inputs outside what the formula means anything for. */
function ratesOf(inputs: ValuationInputs): RoyaltyRates | null {
  const { royaltyPpm, taxPpm, discountPpm, growthPpm, timing } = inputs;
  const isShare = (ppm: number): boolean => ppm >= 0 && ppm <= ppmOne;
  if (timing !== 'endYear' && timing !== 'midYear') return null;
  if (!isShare(royaltyPpm) || !isShare(taxPpm) || discountPpm < 0) return null;
  if (growthPpm < -ppmOne || fenOfMoney(inputs.attributableRevenueBase) < 0n) return null;
  return { royaltyPpm, taxPpm, discountPpm, timing };
}
