// The weather: which faults a run meets, how often, and until when; a seed draws it.
import type { Chance } from './chance.ts';

export const modes = ['calm', 'shuffled', 'safety', 'liveness'] as const;
/**
 * `calm`: no faults. `shuffled`: none, but each record comes up to five times, those of a turn in
 * another order. `safety`: faults all along; what may never happen must not. `liveness`: faults
 * for a while, then none; then everything must come to its end.
 */
export type Mode = (typeof modes)[number];

/** Probabilities at each occasion; 0 where a run is spared of it. */
export interface Weather {
  /** At each boundary of a process with the world: before it asks, and before it hears. */
  readonly crash: number;
  /** At each boundary: it stands still, for longer or shorter than its session. */
  readonly freeze: number;
  /** At each boundary: its group forgets it although it runs. */
  readonly evict: number;
  /** How long what has died stays away, at most. */
  readonly awayMsMax: number;
  /** Of an append: not acknowledged although there, appended in part, or appended twice. */
  readonly appendUnanswered: number;
  readonly appendHalf: number;
  readonly appendTwice: number;
  /** Of a transaction: serialization failure, lost before and after its commit, no connection. */
  readonly serialization: number;
  readonly lostBeforeCommit: number;
  readonly lostAfterCommit: number;
  readonly poolFull: number;
  /** Of a question to a provider: no answer, a late one, one that says nothing. */
  readonly silent: number;
  readonly slow: number;
  readonly failing: number;
  /** Of what a provider does when it is told to: done, and not said. */
  readonly doneUnanswered: number;
  /** How the rail calls back. */
  readonly calledTwice: number;
  readonly calledNever: number;
  /** Of what people send: sent again although it was taken. */
  readonly sentAgain: number;
  /** A second, in which the broker takes nothing begins; and how long it lasts, at most. */
  readonly brokerAway: number;
  readonly brokerAwayMsMax: number;
}

const calm: Weather = {
  crash: 0,
  freeze: 0,
  evict: 0,
  awayMsMax: 0,
  appendUnanswered: 0,
  appendHalf: 0,
  appendTwice: 0,
  serialization: 0,
  lostBeforeCommit: 0,
  lostAfterCommit: 0,
  poolFull: 0,
  silent: 0,
  slow: 0,
  failing: 0,
  doneUnanswered: 0,
  calledTwice: 0,
  calledNever: 0,
  sentAgain: 0,
  brokerAway: 0,
  brokerAwayMsMax: 0,
};

/** The most that a run may meet of each. */
const worst: Weather = {
  crash: 0.006,
  freeze: 0.003,
  evict: 0.003,
  awayMsMax: 20_000,
  appendUnanswered: 0.03,
  appendHalf: 0.03,
  appendTwice: 0.05,
  serialization: 0.05,
  lostBeforeCommit: 0.02,
  lostAfterCommit: 0.02,
  poolFull: 0.02,
  silent: 0.1,
  slow: 0.2,
  failing: 0.1,
  doneUnanswered: 0.15,
  calledTwice: 0.3,
  calledNever: 0.3,
  sentAgain: 0.2,
  brokerAway: 0.05,
  brokerAwayMsMax: 25_000,
};

/** Nothing fails: each case ends as its script says. */
export function isCalm(mode: Mode): boolean {
  return mode === 'calm' || mode === 'shuffled';
}

/** Each run is spared of about half of the faults: few together go deeper than all at once. */
export function weatherOf(mode: Mode, chance: Chance): Weather {
  if (isCalm(mode)) return calm;
  const drawn = Object.entries(worst).map(([name, most]: [string, number]) => {
    const rate = most * chance.next();
    if (name.endsWith('MsMax')) return [name, 1_000 + rate];
    return [name, chance.happens(0.5) ? rate : 0];
  });
  return Object.fromEntries(drawn) as unknown as Weather;
}
