// What the usable patents are worth: relief from royalty, exact, and the lower of two values.
import type { Money, ValuationInputs } from '@saidao/schemas';
import { cny, fenMax, fenOfMoney, minFen, ppmOne, sumFen, type Fen } from '@saidao/values';

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
  readonly appraised: Money | null;
  /** Whole years that it is still in force; undefined where the register has not said. */
  readonly remainingYears: number | undefined;
}

export interface BundleValue {
  readonly usableAppraised: Money | null;
  readonly internalValue: Money | null;
  readonly lendingValue: Money | null;
}

/**
 * The value that may be lent on: the lower of the appraised and our own value (our policy), or the
 * one that is known; null where none is. An application with patents of which none is usable is
 * worth 0, which is not the same as not knowing: no limit may be skipped for it.
 */
export function valueBundle(
  patents: readonly ValuedPatent[],
  inputs: ValuationInputs | null,
): BundleValue {
  const usable = patents.filter((patent) => patent.usable);
  if (patents.length > 0 && usable.length === 0) {
    const nothing = cny(0n);
    return {
      usableAppraised: nothing,
      internalValue: inputs === null ? null : nothing,
      lendingValue: nothing,
    };
  }
  const supplied = usable.flatMap(({ appraised }) => (appraised === null ? [] : [appraised]));
  const appraisedFen = supplied.length === 0 ? null : sumFen(supplied.map(fenOfMoney));
  const internalFen = inputs === null ? null : internalValueFen(patents, inputs);
  const [first, ...others] = [appraisedFen, internalFen].filter((value) => value !== null);
  return {
    usableAppraised: moneyOf(appraisedFen),
    internalValue: moneyOf(internalFen),
    lendingValue: first === undefined ? null : cny(minFen(first, ...others)),
  };
}

const moneyOf = (fen: Fen | null): Money | null => (fen === null ? null : cny(fen));

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
  const shares = sharesOf(patents);
  if (rates === null || shares === null) return null;
  // Patents that earn for the same years are valued together.
  const sharesByYears = new Map<number, bigint>();
  for (const [index, patent] of patents.entries()) {
    if (!patent.usable) continue;
    const years = Math.max(0, Math.min(inputs.years, patent.remainingYears ?? 0));
    sharesByYears.set(years, (sharesByYears.get(years) ?? 0n) + (shares.parts[index] ?? 0n));
  }
  let sum = zero;
  for (const [years, share] of sharesByYears) {
    const { revenues, under } = revenuesOf(inputs, years);
    const value = presentValue(revenues, rates);
    sum = plus(sum, { over: value.over * share, under: value.under * under * shares.whole });
  }
  const value = roundFen(sum, rates);
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
