// The population a model was made for, by bands; and how far another one has moved from it.
import { psiPpm } from './psi.ts';

/** One score as far as it is watched: shares of points in parts per million; null: missing. */
export interface WatchedScore {
  readonly sharePpm: number;
  readonly factors: Readonly<Record<string, number | null>>;
}

export interface Reference {
  /** The model in the register, as `soft-power@2`. */
  readonly model: string;
  /** Who the populations were. */
  readonly source: string;
  /** Of each lender, since each has other firms and products; of all of them under `*`. */
  readonly populations: Readonly<Record<string, Population>>;
}

export interface Population {
  readonly scores: number;
  /** Upper bounds of the score's bands, in parts per million; the last band has none. */
  readonly scoreBounds: readonly number[];
  /** How many of the population lay in each band. */
  readonly score: readonly number[];
  readonly factors: Readonly<Record<string, readonly number[]>>;
}

export interface Moved {
  /** `score`, or the code of a factor. */
  readonly subject: string;
  readonly psiPpm: number;
}

/** Of fewer scores nothing is said: chance alone would move them as far. */
export const SCORES_MIN = 200;

/** Bands of a factor: missing, none, up to a quarter, a half, three quarters, below all, all. */
const FACTOR_BANDS = 7;
const DECILES = [1, 2, 3, 4, 5, 6, 7, 8, 9];

/** A lender of whom there is too little to know is compared with all. */
export const ALL_LENDERS = '*';

export function referenceOf(
  model: string,
  source: string,
  byLender: ReadonlyMap<string, readonly WatchedScore[]>,
): Reference {
  const all = [...byLender.values()].flat();
  const populations = [...byLender]
    .filter(([, scores]) => scores.length >= SCORES_MIN)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([lenderId, scores]) => [lenderId, populationOf(scores)] as const);
  return {
    model,
    source,
    populations: { [ALL_LENDERS]: populationOf(all), ...Object.fromEntries(populations) },
  };
}

export function populationOf(scores: readonly WatchedScore[]): Population {
  const scoreBounds = decilesOf(scores.map(({ sharePpm }) => sharePpm));
  const codes = [...new Set(scores.flatMap(({ factors }) => Object.keys(factors)))].sort();
  return {
    scores: scores.length,
    scoreBounds,
    score: countsOfScores(scoreBounds, scores),
    factors: Object.fromEntries(codes.map((code) => [code, countsOfFactor(code, scores)])),
  };
}

/** The index of the score and of each factor, the score first; none against no population. */
export function movedSince(
  { populations }: Reference,
  lenderId: string,
  scores: readonly WatchedScore[],
): Moved[] {
  const then = populations[lenderId] ?? populations[ALL_LENDERS];
  if (then === undefined) return [];
  const score = psiPpm(then.score, countsOfScores(then.scoreBounds, scores));
  const factors = Object.entries(then.factors).map(([subject, counts]) => ({
    subject,
    psiPpm: psiPpm(counts, countsOfFactor(subject, scores)),
  }));
  return [{ subject: 'score', psiPpm: score }, ...factors];
}

/** Points come in steps, so neighbouring deciles may be one. */
function decilesOf(shares: readonly number[]): number[] {
  const sorted = shares.toSorted((a, b) => a - b);
  const bounds = DECILES.map((decile) => sorted[Math.floor((sorted.length * decile) / 10)] ?? 0);
  return [...new Set(bounds)];
}

function countsOfScores(bounds: readonly number[], scores: readonly WatchedScore[]): number[] {
  const bands = scores.map(({ sharePpm }) => {
    const band = bounds.findIndex((bound) => sharePpm < bound);
    return band === -1 ? bounds.length : band;
  });
  return countsOf(bands, bounds.length + 1);
}

function countsOfFactor(code: string, scores: readonly WatchedScore[]): number[] {
  return countsOf(
    scores.map(({ factors }) => bandOfFactor(factors[code] ?? null)),
    FACTOR_BANDS,
  );
}

function bandOfFactor(sharePpm: number | null): number {
  if (sharePpm === null) return 0;
  if (sharePpm <= 0) return 1;
  if (sharePpm >= 1_000_000) return 6;
  if (sharePpm < 250_000) return 2;
  if (sharePpm < 500_000) return 3;
  return sharePpm < 750_000 ? 4 : 5;
}

function countsOf(bands: readonly number[], length: number): number[] {
  const counts = Array.from({ length }, () => 0);
  for (const band of bands) counts[band] = (counts[band] ?? 0) + 1;
  return counts;
}
