// Generated applications: lazy, the same for the same seed, each found by its place or its id alone.
import { applicantOf, type Applicant } from './applicant.ts';
import { chanceAt } from './chance.ts';
import { COUNT_MAX, identityAt, SEED_MAX } from './identity.ts';
import { kindChooser, kinds, SHARES, type Kind, type Shares } from './kinds.ts';

export interface GenerateOptions {
  readonly count: number;
  /** 0 to 799; no two seeds share an enterprise or a patent. */
  readonly seed: number;
  /** How many there are of each kind, as weights; default: SHARES. */
  readonly shares?: Shares;
}

/** The first so many applicants of a seed, each made anew whenever it is asked for. */
export interface Applicants {
  [Symbol.iterator](): Generator<Applicant, void, undefined>;
  readonly count: number;
  at(index: number): Applicant;
  /** By its id, which is its reference too; undefined for what is none of these. */
  byId(id: string): Applicant | undefined;
}

export function applicantsOf({ count, seed, shares = SHARES }: GenerateOptions): Applicants {
  assertWhole('the count', count, COUNT_MAX);
  assertWhole('the seed', seed, SEED_MAX);
  const kindAt = kindChooser(shares, seed);
  const at = (index: number): Applicant => {
    assertWhole('a place', index, count - 1);
    const kind = kindAt(index);
    const id = `gen-${seed}-${String(index).padStart(6, '0')}-${kind}`;
    const identity = identityAt(seed, index);
    return applicantOf(id, kind, { identity, chance: chanceAt(seed, index) });
  };
  return {
    count,
    at,
    byId(id) {
      const [, ofSeed, place] = idForm.exec(id) ?? [];
      if (Number(ofSeed) !== seed || place === undefined || Number(place) >= count) {
        return undefined;
      }
      const found = at(Number(place));
      return found.id === id ? found : undefined;
    },
    *[Symbol.iterator]() {
      for (let index = 0; index < count; index += 1) yield at(index);
    },
  };
}

/** The same one after the other, for who needs no more. */
export function generate(options: GenerateOptions): Generator<Applicant, void, undefined> {
  return applicantsOf(options)[Symbol.iterator]();
}

function assertWhole(what: string, given: number, most: number): void {
  if (Number.isInteger(given) && given >= 0 && given <= most) return;
  throw new RangeError(`${what} has to be a whole number from 0 to ${most}, not ${given}`);
}

/** The kind that stands in a generated applicant's id; undefined for another id. */
export function kindOf(id: string): Kind | undefined {
  const word = idForm.exec(id)?.[3];
  return kinds.find((kind) => kind === word);
}

const idForm = /^gen-(\d{1,3})-(\d{6})-([a-z-]+)$/;
