// Where a subscription keeps how far it is with each application, and what has to wait there.
import type { Envelope } from './envelope.ts';

/** Whose events have an order of their own: those of one application on one topic. */
export interface Place {
  readonly topic: string;
  readonly applicationId: string;
}

/** An event that cannot be taken yet. */
export interface Parked {
  readonly envelope: Envelope;
  readonly value: Buffer | null;
}

/** A place where something is parked. */
export interface WaitingPlace extends Place {
  /** As in HeldHead. */
  readonly head: number | undefined;
  readonly parkedFrom: number;
}

/** A place that nobody else moves until the transaction has ended. */
export interface HeldHead<Tx> {
  /** What the store writes in; the effect of an event belongs in it. */
  readonly tx: Tx;
  /** The last number taken; undefined: none yet. */
  readonly head: number | undefined;
  /** The lowest number that is parked here; undefined: none. */
  readonly parkedFrom: number | undefined;
  /** Moves the head forward and lets go of what is parked up to it. RangeError: not forward. */
  moveTo(number: number): Promise<void>;
  /** Keeps an event; one that is parked already stays as it is. */
  park(event: Parked): Promise<void>;
  /** The parked event with the number `parkedFrom`. */
  firstParked(): Promise<Parked | undefined>;
}

/** Two stores implement it: in memory, and PostgreSQL. One suite holds for both. */
export interface HeadStore<Tx> {
  /**
   * The heads on that topic of those applications where nothing is parked; they may be older than
   * now. What is not above them is a repeat, and there is nothing else to do.
   */
  read(topic: string, applicationIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Runs `work` in a transaction that holds the place: what it wrote is kept if it resolves, and
   * nothing of it if it rejects. Another one at the same place, in any process that shares the
   * store, waits until this one has ended.
   */
  hold<Result>(place: Place, work: (held: HeldHead<Tx>) => Promise<Result>): Promise<Result>;
  parkedPlaces(): Promise<readonly WaitingPlace[]>;
}

export function refuseBackward(head: number | undefined, number: number): void {
  if (head === undefined || number > head) return;
  throw new RangeError(`A head goes forward: it is at ${head} and was to move to ${number}.`);
}
