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

/** The applicants of one seed by their places. */
export interface Applicants {
  at(index: number): Applicant;
  /** By its id, which is its reference too; undefined for what is none of these. */
  byId(id: string): Applicant | undefined;
}

export function applicantsOf({
  seed,
  shares = SHARES,
}: Omit<GenerateOptions, 'count'>): Applicants {
  if (!Number.isInteger(seed) || seed < 0 || seed > SEED_MAX) {
    throw new RangeError(`the seed has to be a whole number from 0 to ${SEED_MAX}, not ${seed}`);
  }
  const kindAt = kindChooser(shares, seed);
  const at = (index: number): Applicant => {
    if (!Number.isInteger(index) || index < 0 || index >= COUNT_MAX) {
      throw new RangeError(`a place is a whole number below ${COUNT_MAX}, not ${index}`);
    }
    const kind = kindAt(index);
    const id = `gen-${seed}-${String(index).padStart(6, '0')}-${kind}`;
    return applicantOf(id, kind, {
      identity: identityAt(seed, index),
      chance: chanceAt(seed, index),
    });
  };
  return {
    at,
    byId(id) {
      const [, ofSeed, place] = idForm.exec(id) ?? [];
      if (Number(ofSeed) !== seed || place === undefined || Number(place) >= COUNT_MAX) {
        return undefined;
      }
      const found = at(Number(place));
      return found.id === id ? found : undefined;
    },
  };
}

/** The first so many applicants of a seed, each made when it is asked for. */
export function* generate(options: GenerateOptions): Generator<Applicant, void, undefined> {
  const { count } = options;
  if (!Number.isInteger(count) || count < 0 || count > COUNT_MAX) {
    throw new RangeError(`the count has to be a whole number from 0 to ${COUNT_MAX}, not ${count}`);
  }
  const applicants = applicantsOf(options);
  for (let index = 0; index < count; index += 1) yield applicants.at(index);
}

/** The kind that stands in a generated applicant's id; undefined for another id. */
export function kindOf(id: string): Kind | undefined {
  const word = idForm.exec(id)?.[3];
  return kinds.find((kind) => kind === word);
}

const idForm = /^gen-(\d{1,3})-(\d{6})-([a-z-]+)$/;
