// The watch over a member that takes nothing though there is something: it is seen, and begun anew.
import type { PartitionLag } from './port.ts';

/** What the watch sees of a member. */
export interface Watched {
  turnsBegun(): number;
  /** Changes whenever the group is joined anew. */
  epoch(): number;
  /** It is meant to begin nothing: paused, ending, in a turn, or about to try one again. */
  isExcused(): boolean;
  /** Those whose records it would take; undefined: it has not joined, and waits for any. */
  lanes(): readonly number[] | undefined;
  /** Rejects while the log is out of reach: that is no stall, the member comes back with it. */
  lag(): Promise<readonly PartitionLag[]>;
  onStall(message: string): void;
}

/** Behind at so many looks in a row, with no turn between: what came just now is no stall. */
const LOOKS = 2;
const LOOKS_MAX = 128;

/**
 * Judges by looks at equal intervals. A member that was begun anew and has begun no turn since is
 * given twice as long the next time: what it is behind by may be what nobody can take.
 */
export class StallWatch {
  readonly #member: Watched;
  #turns = -1;
  #epoch = -1;
  #behind = 0;
  #patience = LOOKS;
  #looking = false;

  constructor(member: Watched) {
    this.#member = member;
  }

  async look(): Promise<void> {
    if (this.#looking || this.#hasGoneOn()) return;
    this.#looking = true;
    try {
      const lags = await this.#member.lag();
      if (!this.#hasGoneOn()) this.#judge(lags);
    } catch {
      this.#behind = 0;
    } finally {
      this.#looking = false;
    }
  }

  #hasGoneOn(): boolean {
    const turns = this.#member.turnsBegun();
    const epoch = this.#member.epoch();
    if (!this.#member.isExcused() && turns === this.#turns && epoch === this.#epoch) return false;
    if (turns !== this.#turns) this.#patience = LOOKS;
    this.#turns = turns;
    this.#epoch = epoch;
    this.#behind = 0;
    return true;
  }

  #judge(lags: readonly PartitionLag[]): void {
    const lanes = this.#member.lanes();
    const behind = lags.filter(
      ({ partition, lag }) => lag > 0n && (lanes === undefined || lanes.includes(partition)),
    );
    this.#behind = behind.length === 0 ? 0 : this.#behind + 1;
    if (this.#behind < this.#patience) return;
    this.#behind = 0;
    this.#patience = Math.min(this.#patience * 2, LOOKS_MAX);
    const records = behind.reduce((sum, { lag }) => sum + lag, 0n);
    const topics = [...new Set(behind.map(({ topic }) => topic))].join(', ');
    this.#member.onStall(`begins no turn though it is ${records} records behind on ${topics}`);
  }
}
