// The watch over a member that takes nothing though there is something: it is seen, and begun anew.
import { partitionName } from './partitioner.ts';
import type { Progress } from './lanes.ts';
import type { PartitionLag } from './port.ts';

/** What the watch sees of a member. */
export interface Watched {
  /** Of all lanes: who waits for a turn has not stalled as long as others take theirs. */
  turnsBegun(): number;
  /** Changes whenever the group is joined anew. */
  epoch(): number;
  /** It is meant to begin nothing: paused, or ending. */
  isResting(): boolean;
  /** Those whose records it would take; undefined: it has not joined, and waits for any. */
  lanes(): readonly number[] | undefined;
  progressOf(topic: string, partition: number): Progress;
  /** Its fetches are answered: what they do not bring would be brought to nobody. */
  isReading(): boolean;
  /** Rejects while the log is out of reach: that is no stall, the member comes back with it. */
  backlog(): Promise<readonly PartitionLag[]>;
  /** `isHopeless`: it was begun anew for this before, and stands still again. */
  onStall(message: string, isHopeless: boolean): void;
}

/** Behind at so many looks in a row, with nothing between: what came just now is no stall. */
const LOOKS = 2;
const LOOKS_MAX = 128;
/** So many looks are left out for one that has not ended: after that it counts as lost. */
const LOOKS_LEFT_OUT_MAX = 1;

/** What was seen of a partition; a lane may read one well and stand still in another. */
interface Seen {
  mark: string;
  read: bigint | undefined;
  /** So many looks in a row have found it behind, and as it was. */
  looks: number;
  patience: number;
}

/**
 * Judges by looks at equal intervals. A member that was begun anew and has read nothing more since
 * is given twice as long the next time: what it is behind by may be what nobody can take.
 */
export class StallWatch {
  readonly #member: Watched;
  readonly #seen = new Map<string, Seen>();
  /** The last one begun; what an earlier one finds is not heard any more. */
  #look = 0;
  #looking = false;
  #leftOut = 0;

  constructor(member: Watched) {
    this.#member = member;
  }

  async look(): Promise<void> {
    if (this.#looking && this.#leftOut < LOOKS_LEFT_OUT_MAX) {
      this.#leftOut += 1;
      return;
    }
    this.#look += 1;
    const look = this.#look;
    this.#looking = true;
    this.#leftOut = 0;
    try {
      const backlog = this.#member.isResting() ? [] : await this.#member.backlog();
      if (look !== this.#look) return;
      if (this.#member.isResting()) this.#startOver();
      else this.#judge(backlog);
    } catch {
      if (look === this.#look) this.#startOver();
    } finally {
      if (look === this.#look) this.#looking = false;
    }
  }

  #startOver(): void {
    for (const seen of this.#seen.values()) seen.looks = 0;
  }

  #judge(backlog: readonly PartitionLag[]): void {
    const stalled = backlog.filter((one) => this.#hasStalled(one));
    if (stalled.length === 0) return;
    const records = stalled.reduce((sum, { lag }) => sum + lag, 0n);
    const topics = [...new Set(stalled.map(({ topic }) => topic))].join(', ');
    const lanes = [...new Set(stalled.map(({ partition }) => partition))].join(', ');
    const isHopeless = stalled.some((one) => this.#isHopeless(one));
    this.#startOver();
    for (const one of stalled) {
      const seen = this.#seenOf(one);
      seen.patience = Math.min(seen.patience * 2, LOOKS_MAX);
    }
    this.#member.onStall(
      `is ${records} records behind on ${topics} in lanes ${lanes} and takes none of them`,
      isHopeless,
    );
  }

  #hasStalled({ topic, partition, lag, next }: PartitionLag): boolean {
    const seen = this.#seenOf({ topic, partition });
    const { read, isWaiting, isExcused } = this.#member.progressOf(topic, partition);
    if (read !== undefined && read !== seen.read) {
      seen.read = read;
      seen.patience = LOOKS;
    }
    const lanes = this.#member.lanes();
    const isOurs = lanes === undefined || lanes.includes(partition);
    // What ends a transaction is read, and never handed out nor committed.
    const isReadWhole = !isWaiting && read === next;
    const mark = `${this.#member.epoch()}, ${isWaiting ? this.#member.turnsBegun() : `at ${read}`}`;
    if (lag === 0n || !isOurs || isReadWhole || mark !== seen.mark) seen.looks = 0;
    else if (!isExcused) seen.looks += 1;
    seen.mark = mark;
    return seen.looks >= seen.patience;
  }

  #isHopeless(one: PartitionLag): boolean {
    if (this.#seenOf(one).patience === LOOKS) return false;
    return this.#member.progressOf(one.topic, one.partition).isWaiting || !this.#member.isReading();
  }

  #seenOf({ topic, partition }: { readonly topic: string; readonly partition: number }): Seen {
    const name = partitionName(topic, partition);
    let seen = this.#seen.get(name);
    if (seen === undefined) {
      seen = { mark: '', read: undefined, looks: 0, patience: LOOKS };
      this.#seen.set(name, seen);
    }
    return seen;
  }
}
