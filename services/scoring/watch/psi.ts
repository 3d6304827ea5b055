// The population stability index: how far a population has moved from the one it is compared with.

/** Stands for an empty band, which has no logarithm: a hundredth of a per cent. */
const SHARE_MIN = 0.0001;

/**
 * The sum over bands of (now − then) · ln(now / then), of shares, in parts per million. The bands'
 * weights need not sum to anything: counts, shares or parts per million all do.
 *
 * A custom of credit scoring, no law: below 0.1 stable, above 0.25 another population.
 */
export function psiPpm(then: readonly number[], now: readonly number[]): number {
  if (then.length !== now.length) {
    throw new RangeError(`${then.length} bands can't be compared with ${now.length}.`);
  }
  const sharesThen = sharesOf(then);
  const sharesNow = sharesOf(now);
  const index = sharesThen.reduce((sum, was, band) => {
    const is = sharesNow[band] ?? SHARE_MIN;
    return sum + (is - was) * Math.log(is / was);
  }, 0);
  return Math.round(index * 1_000_000);
}

function sharesOf(weights: readonly number[]): number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  if (all <= 0) throw new RangeError('A population of nobody has no shares.');
  return weights.map((weight) => Math.max(weight / all, SHARE_MIN));
}
