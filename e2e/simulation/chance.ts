// Chance that a seed fixes: every draw of a run, in the order in which it is made.

export interface Chance {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number, both bounds included. */
  int(from: number, to: number): number;
  /** From the first up to the second. */
  between(from: number, to: number): number;
  happens(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  fill(bytes: Uint8Array): void;
}

/** sfc32 (Small Fast Counting, Chris Doty-Humphrey's PractRand), 128 bits of state. */
export function chanceOf(seed: number, stream = 0): Chance {
  let a = seed | 0;
  let b = Math.trunc(seed / 2 ** 32) | 0;
  let c = 0x9e3779b9 ^ stream;
  let count = 1;
  const word = (): number => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  // The first words of seeds that lie side by side are alike.
  for (let round = 0; round < 16; round += 1) word();
  const next = (): number => word() / 2 ** 32;
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    int,
    between: (from, to) => from + next() * (to - from),
    happens: (probability) => next() < probability,
    pick: (from) => {
      const found = from[int(0, from.length - 1)];
      if (found === undefined) throw new RangeError('There is nothing to pick from.');
      return found;
    },
    fill(bytes) {
      for (let at = 0; at < bytes.length; at += 1) bytes[at] = word() & 0xff;
    },
  };
}
