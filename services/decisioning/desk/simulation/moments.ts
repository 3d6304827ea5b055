// Amounts and prices of both sides as exact sums: merged in any order they give the same figures.
import { Z } from './bounds.ts';

/** What one side proposes; nothing: 0 and 0. */
export interface Proposal {
  readonly amountFen: bigint;
  readonly ratePpm: number;
}

/**
 * Sums of four figures and of their products, over applications: amount and amount times rate as
 * it was decided, then the same of the candidate.
 */
export interface Moments {
  count: number;
  readonly sums: bigint[];
  /** Row after row of the upper half of the table of products. */
  readonly products: bigint[];
}

const FIGURES = 4;
const PRODUCTS = (FIGURES * (FIGURES + 1)) / 2;

export function noMoments(): Moments {
  return {
    count: 0,
    sums: Array.from({ length: FIGURES }, () => 0n),
    products: Array.from({ length: PRODUCTS }, () => 0n),
  };
}

/** Of one side alone, summed elsewhere: amounts, and amounts times rates. */
export interface OneSide {
  readonly amount: bigint;
  readonly weighed: bigint;
  readonly amountSquared: bigint;
  readonly amountWeighed: bigint;
  readonly weighedSquared: bigint;
}

export function sumsOf(count: number, of: OneSide): Moments {
  const { sums, products } = noMoments();
  sums.splice(0, 2, of.amount, of.weighed);
  products.splice(0, 2, of.amountSquared, of.amountWeighed);
  products[FIGURES] = of.weighedSquared;
  return { count, sums, products };
}

export function momentsOf(before: Proposal | null, after: Proposal | null): Moments {
  const sums = [...figuresOf(before), ...figuresOf(after)];
  const products: bigint[] = [];
  sums.forEach((one, at) => sums.slice(at).forEach((other) => products.push(one * other)));
  return { count: 1, sums, products };
}

function figuresOf(proposal: Proposal | null): bigint[] {
  if (proposal === null) return [0n, 0n];
  return [proposal.amountFen, proposal.amountFen * BigInt(proposal.ratePpm)];
}

/** Adds in place: there is one for each group, and applications are many. */
export function addMoments(to: Moments, { count, sums, products }: Moments): void {
  to.count += count;
  for (let at = 0; at < FIGURES; at += 1) to.sums[at]! += sums[at]!;
  for (let at = 0; at < PRODUCTS; at += 1) to.products[at]! += products[at]!;
}

export interface BoundedFen {
  readonly fen: bigint;
  readonly lowFen: bigint;
  readonly highFen: bigint;
}

export interface BoundedPpm {
  readonly ppm: number;
  readonly lowPpm: number;
  readonly highPpm: number;
}

/** Where a side's amount stands among the sums; its amount times rate comes next. */
const BEFORE = 0;
const AFTER = 2;

/** Of one side alone: what is proposed to each application in the mean, nothing counting as 0. */
export function meanFen(moments: Moments): BoundedFen | null {
  const { count, sums } = moments;
  if (count === 0) return null;
  const reach = (Z * Math.sqrt(varianceOf(moments, [1, 0, 0, 0]))) / count;
  const fen = sums[BEFORE]! / BigInt(count);
  const reachFen = BigInt(Math.round(reach));
  return { fen, lowFen: fen - reachFen, highFen: fen + reachFen };
}

/** Of two samples that share no case: other less one, each in doubt for itself. */
export function apartPpm(one: BoundedPpm | null, other: BoundedPpm | null): BoundedPpm | null {
  if (one === null || other === null) return null;
  const ppm = other.ppm - one.ppm;
  const reach = Math.round(Math.hypot(one.highPpm - one.ppm, other.highPpm - other.ppm));
  return { ppm, lowPpm: ppm - reach, highPpm: ppm + reach };
}

export interface AmountsAndPrices {
  /** Candidate less what was decided: applications are taken as a sample of those to come. */
  readonly amountDifference: BoundedFen;
  /** Mean rate, each loan weighed by its amount. */
  readonly priceBefore: BoundedPpm | null;
  readonly priceAfter: BoundedPpm | null;
  readonly priceDifference: BoundedPpm | null;
}

/** Bounds by the normal approximation; of prices by the delta method, as ratios of two sums. */
export function amountsAndPricesOf(moments: Moments): AmountsAndPrices {
  const before = priceOf(moments, BEFORE);
  const after = priceOf(moments, AFTER);
  const both = before === null || after === null ? null : { before, after };
  return {
    amountDifference: amountDifferenceOf(moments),
    priceBefore: before && bounded(moments, before.ppm, before.slopes),
    priceAfter: after && bounded(moments, after.ppm, after.slopes),
    priceDifference:
      both &&
      bounded(
        moments,
        both.after.ppm - both.before.ppm,
        both.after.slopes.map((slope, at) => slope - (both.before.slopes[at] ?? 0)),
      ),
  };
}

function amountDifferenceOf(moments: Moments): BoundedFen {
  const fen = (moments.sums[AFTER] ?? 0n) - (moments.sums[BEFORE] ?? 0n);
  const slopes = [-1, 0, 1, 0];
  const reachFen = BigInt(Math.round(Z * Math.sqrt(varianceOf(moments, slopes))));
  return { fen, lowFen: fen - reachFen, highFen: fen + reachFen };
}

interface Price {
  readonly ppm: number;
  /** How the price moves with each of the sums. */
  readonly slopes: readonly number[];
}

function priceOf({ sums }: Moments, side: number): Price | null {
  const amount = Number(sums[side]);
  if (amount === 0) return null;
  const ppm = Number(sums[side + 1]) / amount;
  const slopes = sums.map((_, at) =>
    at === side ? -ppm / amount : at === side + 1 ? 1 / amount : 0,
  );
  return { ppm, slopes };
}

function bounded(moments: Moments, ppm: number, slopes: readonly number[]): BoundedPpm {
  const reach = Z * Math.sqrt(varianceOf(moments, slopes));
  return {
    ppm: Math.round(ppm),
    lowPpm: Math.round(ppm - reach),
    highPpm: Math.round(ppm + reach),
  };
}

/** Of a figure that moves with the sums by these slopes. */
function varianceOf({ count, sums, products }: Moments, slopes: readonly number[]): number {
  if (count < 2) return 0;
  let variance = 0;
  let place = 0;
  for (let one = 0; one < FIGURES; one += 1) {
    for (let other = one; other < FIGURES; other += 1, place += 1) {
      // Taken whole before it is rounded: the two terms are large and nearly the same.
      const spread = BigInt(count) * products[place]! - sums[one]! * sums[other]!;
      const times = one === other ? 1 : 2;
      variance += times * slopes[one]! * slopes[other]! * Number(spread);
    }
  }
  // Sums of so many independent cases; a rounding error must not leave the root without a value.
  return Math.max(0, variance / (count - 1));
}
