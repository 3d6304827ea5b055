// How far a figure of a sample may lie from the true one: bounds of 95 % for rates and for sums.

/** A share with its bounds, in parts per million; null: of nothing there is no share. */
export interface Rate {
  readonly hits: number;
  readonly of: number;
  readonly ppm: number;
  readonly lowPpm: number;
  readonly highPpm: number;
}

export interface DifferencePpm {
  readonly ppm: number;
  readonly lowPpm: number;
  readonly highPpm: number;
}

/** Two-sided 95 % of the normal distribution. */
export const Z = 1.959963984540054;

const PPM = 1_000_000;

/**
 * A share with Wilson's score bounds: they hold for small samples and for shares near 0 and 1,
 * where the usual ones leave the scale.
 */
export function rateOf(hits: number, of: number): Rate | null {
  if (of === 0) return null;
  const { low, high } = wilson(hits, of);
  return { hits, of, ppm: rounded(hits / of), lowPpm: rounded(low), highPpm: rounded(high) };
}

function wilson(hits: number, of: number): { readonly low: number; readonly high: number } {
  const share = hits / of;
  const scale = 1 + (Z * Z) / of;
  const middle = (share + (Z * Z) / (2 * of)) / scale;
  const reach = (Z / scale) * Math.sqrt((share * (1 - share)) / of + (Z * Z) / (4 * of * of));
  // Of none and of all the bound is exact; the arithmetic alone would miss it by a hair.
  return {
    low: hits === 0 ? 0 : Math.max(0, middle - reach),
    high: hits === of ? 1 : Math.min(1, middle + reach),
  };
}

/**
 * How much a share changes where each case is judged both ways: by those that were won and lost
 * alone, with half a case added to each (Agresti and Min), so that no flip at all still has bounds.
 */
export function pairedDifference(won: number, lost: number, of: number): DifferencePpm | null {
  if (of === 0) return null;
  const count = of + 2;
  const middle = (won - lost) / count;
  const reach = (Z * Math.sqrt(won + lost + 1 - (won - lost) ** 2 / count)) / count;
  return {
    ppm: rounded((won - lost) / of),
    lowPpm: rounded(Math.max(-1, middle - reach)),
    highPpm: rounded(Math.min(1, middle + reach)),
  };
}

/** Of two samples that share no case, other less one: Newcombe's bounds, made of Wilson's. */
export function differenceOf(one: Rate | null, other: Rate | null): DifferencePpm | null {
  if (one === null || other === null) return null;
  const ppm = other.hits / other.of - one.hits / one.of;
  const [a, b] = [wilson(one.hits, one.of), wilson(other.hits, other.of)];
  const [shareA, shareB] = [one.hits / one.of, other.hits / other.of];
  return {
    ppm: rounded(ppm),
    lowPpm: rounded(ppm - Math.hypot(shareB - b.low, a.high - shareA)),
    highPpm: rounded(ppm + Math.hypot(b.high - shareB, shareA - a.low)),
  };
}

function rounded(share: number): number {
  return Math.round(share * PPM);
}
