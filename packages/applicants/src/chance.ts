// Chance that repeats itself: draws that follow from a seed and a place alone.
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Fen } from '@saidao/values';

export interface Chance {
  /** A whole number, both bounds included. */
  int(from: number, to: number): number;
  pick<T>(from: readonly T[]): T;
  /** An amount of whole 10,000 yuan, both bounds included. */
  wan(from: number, to: number): Fen;
}

export const FEN_PER_WAN = 1_000_000n;

/** The same seed and place give the same draws; neighbours have nothing in common. */
export function chanceAt(seed: number, place: number): Chance {
  const random = xoroshiro128plus(mixed(mixed(seed) ^ place));
  const int = (from: number, to: number) => uniformInt(random, from, to);
  return {
    int,
    pick: (from) => {
      const found = from[int(0, from.length - 1)];
      if (found === undefined) throw new RangeError('There is nothing to pick from.');
      return found;
    },
    wan: (from, to) => BigInt(int(from, to)) * FEN_PER_WAN,
  };
}

/** The finaliser of murmur3: one bit of difference changes half of all bits. */
export function mixed(given: number): number {
  let hash = given | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
