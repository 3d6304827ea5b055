// The lanes of one member: buffers, turns one at a time, retries and back-pressure for every adapter.
import { backoffMs, waitAtMost } from './deadline.ts';
import { partitionName } from './partitioner.ts';
import type { IncomingRecord, LaneOptions, LaneTurn, LogAlarm } from './port.ts';
import { incomingBytes } from './record-size.ts';

/** The offset that a group reads next from a topic's partition. */
export interface NextOffset {
  readonly topic: string;
  readonly partition: number;
  readonly next: bigint;
}

/** What an adapter does for its lanes. */
export interface LaneHost {
  /** Called only in the epoch in which the records were read; must bind to it before it waits. */
  commit(offsets: readonly NextOffset[]): Promise<void>;
  /** False while it is in doubt whether the group still counts on this member. */
  isMember(): boolean;
  /** The lane's buffer is full: push no more of it until `letFlow`. */
  holdBack(lane: number): void;
  letFlow(lane: number): void;
  /** A turn outlived the session, or its commit all patience: this member must go. */
  onHang(error: Error): void;
}

export interface LaneTuning {
  readonly random?: () => number;
  readonly backoffMsMin?: number;
  readonly backoffMsMax?: number;
}

export const SESSION_TIMEOUT_MS = 10_000;
// All that a turn's records become is held until its commit. Turns of 500 took no less time for an
// application, and far more memory of a worker that catches up.
const TURN_RECORDS_MAX = 100;
const TURN_BYTES_MAX = 1024 * 1024;
// A lane begins with small turns: first results come soon, also where code is still slow.
const TURN_RECORDS_FIRST = 16;
// Shares of the session: a turn of half a one has lost its lane, one of a whole the process.
const SLOW_TURN_SHARE = 0.4;
const QUICK_TURN_SHARE = 0.2;
// A log out of reach is no hang: an adapter has given up a commit long before so many sessions.
const COMMIT_SESSIONS_MAX = 6;
// Turns at once share one thread: each takes as long as all together, and what it holds meanwhile
// outlives the young generation. So they come one after another, unless one waits for the world.
const ALONE_MS_MAX = 200;
const BUFFER_RECORDS_MAX = 100;
const BUFFER_BYTES_MAX = 256 * 1024;

interface RunningTurn {
  readonly abort: AbortController;
  readonly startedMs: number;
}

/** How far one topic's partition has come, for the watch over stalls. */
export interface Progress {
  /** The offset that would be read next; undefined: nothing has been read in this epoch. */
  readonly read: bigint | undefined;
  /** Records of it wait for a turn, or are in one. */
  readonly isWaiting: boolean;
  /** It is meant to stand still: in a turn or its commit, about to be tried again, held back. */
  readonly isExcused: boolean;
}

interface Commit {
  readonly epoch: number;
  /** Ends a member whose commit gives no answer. */
  readonly endless: NodeJS.Timeout;
}

/** What one lane has in a turn. */
interface Share {
  readonly lane: Lane;
  readonly records: readonly IncomingRecord[];
}

/** One lane's records in the order of their arrival; `start` is where the next turn begins. */
class Lane {
  readonly id: number;
  records: IncomingRecord[] = [];
  /** The bytes of each record, counted once. */
  sizes: number[] = [];
  start = 0;
  bytes = 0;
  held = false;
  /** Of each topic the offset that would be read next. */
  readonly read = new Map<string, bigint>();
  /** How many of the records are in the turn that runs. */
  inTurn = 0;
  /** True from the start of a turn to the end of its commit, also when its epoch is over. */
  busy = false;
  scheduled = false;
  running: RunningTurn | null = null;
  failures = 0;
  /** How many records the next turn may have: fewer after a slow one, more after a quick one. */
  pace = TURN_RECORDS_FIRST;
  /** After a rejection: how many records the next turn is given again. */
  again = 0;
  /** Its last turn failed, left records behind or was slow: it holds up no other lane. */
  apart = false;
  backoff: NodeJS.Timeout | null = null;

  constructor(id: number) {
    this.id = id;
  }

  get length(): number {
    return this.records.length - this.start;
  }

  add(record: IncomingRecord): void {
    const bytes = incomingBytes(record);
    this.records.push(record);
    this.sizes.push(bytes);
    this.bytes += bytes;
  }

  /** The records of its next turn; none if not even the first fits beside others. */
  peek(recordsMax: number, bytesMax: number, isBesideOthers: boolean): readonly IncomingRecord[] {
    if (this.again > 0) return this.records.slice(this.start, this.start + this.again);
    const last = Math.min(this.records.length, this.start + recordsMax);
    let bytes = 0;
    let end = this.start;
    for (; end < last; end += 1) {
      bytes += this.sizes[end]!;
      if (bytes > bytesMax && (isBesideOthers || end > this.start)) break;
    }
    return this.records.slice(this.start, end);
  }

  bytesOf(count: number): number {
    let bytes = 0;
    for (let at = this.start; at < this.start + count; at += 1) bytes += this.sizes[at]!;
    return bytes;
  }

  /** Those that were taken, unless they are gone: none that was not is ever passed over. */
  drop(taken: readonly IncomingRecord[]): void {
    if (this.records[this.start] !== taken[0]) return;
    const count = taken.length;
    this.bytes -= this.bytesOf(count);
    this.start += count;
    if (this.start === this.records.length || this.start > BUFFER_RECORDS_MAX) {
      this.records = this.records.slice(this.start);
      this.sizes = this.sizes.slice(this.start);
      this.start = 0;
    }
  }

  progressOf(topic: string): Progress {
    const isWaiting = this.records.some((record, at) => at >= this.start && record.topic === topic);
    const isKept = isWaiting ? this.busy : this.held;
    return { read: this.read.get(topic), isWaiting, isExcused: isKept || this.backoff !== null };
  }

  reset(): void {
    this.records = [];
    this.read.clear();
    this.sizes = [];
    this.start = 0;
    this.bytes = 0;
    this.held = false;
    this.inTurn = 0;
    this.failures = 0;
    this.again = 0;
    this.apart = false;
    if (this.backoff !== null) clearTimeout(this.backoff);
    this.backoff = null;
  }
}

/**
 * Runs the turns of the lanes that one member owns. Each (re)join of the group begins an epoch:
 * what was read in an older one is dropped, its turns own nothing any more and commit nothing.
 */
export class LaneCrew {
  readonly sessionTimeoutMs: number;
  readonly #options: LaneOptions;
  readonly #host: LaneHost;
  readonly #random: () => number;
  readonly #backoffMsMin: number;
  readonly #backoffMsMax: number;
  readonly #recordsMax: number;
  readonly #bytesMax: number;
  readonly #lanes = new Map<number, Lane>();
  /** Lanes that may start a turn, in the order in which they became ready. */
  readonly #ready: Lane[] = [];
  #starting = false;
  /** A turn that has not yet had its time alone. */
  #alone: RunningTurn | null = null;
  #owned: ReadonlySet<number> | null = null;
  #epoch = 0;
  #turnsBegun = 0;
  #paused = false;
  #draining = false;
  #ended = false;
  #onIdle: (() => void) | null = null;
  #begun: PromiseWithResolvers<void> | null = null;

  constructor(options: LaneOptions, host: LaneHost, tuning: LaneTuning = {}) {
    this.#options = options;
    this.#host = host;
    this.#random = tuning.random ?? Math.random;
    this.#backoffMsMin = tuning.backoffMsMin ?? 100;
    this.#backoffMsMax = tuning.backoffMsMax ?? 5000;
    this.sessionTimeoutMs = options.sessionTimeoutMs ?? SESSION_TIMEOUT_MS;
    this.#recordsMax = options.turnRecordsMax ?? TURN_RECORDS_MAX;
    this.#bytesMax = options.turnBytesMax ?? TURN_BYTES_MAX;
  }

  get joined(): boolean {
    return this.#owned !== null;
  }

  get epoch(): number {
    return this.#epoch;
  }

  get turnsBegun(): number {
    return this.#turnsBegun;
  }

  /** No lane is meant to begin a turn. */
  get isResting(): boolean {
    return this.#paused || this.#draining || this.#ended;
  }

  progressOf(topic: string, partition: number): Progress {
    const nothing = { read: undefined, isWaiting: false, isExcused: false };
    return this.#lanes.get(partition)?.progressOf(topic) ?? nothing;
  }

  lanes(): readonly number[] {
    return this.#owned === null ? [] : [...this.#owned];
  }

  oldestTurnMs(): number {
    let oldestMs = 0;
    const nowMs = performance.now();
    for (const { running } of this.#lanes.values()) {
      if (running !== null) oldestMs = Math.max(oldestMs, nowMs - running.startedMs);
    }
    return oldestMs;
  }

  /** A rebalance has begun: nothing is owned until `assign`. Signals wait for what it brings. */
  suspend(): void {
    if (this.#ended) return;
    this.#epoch += 1;
    this.#owned = null;
    for (const lane of this.#lanes.values()) lane.reset();
  }

  assign(lanes: readonly number[]): void {
    if (this.#ended) return;
    this.suspend();
    const owned = [...lanes].sort((a, b) => a - b);
    this.#owned = new Set(owned);
    for (const lane of this.#lanes.values()) {
      if (this.#owned.has(lane.id)) continue;
      lane.running?.abort.abort(new Error(`lane ${lane.id} was lost in a rebalance`));
      if (!lane.busy) this.#lanes.delete(lane.id);
    }
    for (const id of owned) {
      if (!this.#lanes.has(id)) this.#lanes.set(id, new Lane(id));
    }
    this.#options.onLanes?.(owned);
  }

  /** Takes records of one topic's partition, in the order in which the partition holds them. */
  push(partition: number, records: readonly IncomingRecord[]): void {
    if (this.#owned === null || !this.#owned.has(partition)) return;
    const lane = this.#lanes.get(partition)!;
    for (const record of records) lane.add(record);
    if (!lane.held && (lane.length > BUFFER_RECORDS_MAX || lane.bytes > BUFFER_BYTES_MAX)) {
      lane.held = true;
      this.#host.holdBack(lane.id);
    }
    this.#kick(lane);
  }

  /** What was read of a topic's partition ends before this offset, with what nobody is handed. */
  hasRead(topic: string, partition: number, next: bigint): void {
    if (this.#owned?.has(partition)) this.#lanes.get(partition)!.read.set(topic, next);
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.kickAll();
  }

  /** Starts what may start; to be called when `isMember` may have become true again. */
  kickAll(): void {
    for (const lane of this.#lanes.values()) this.#kick(lane);
  }

  /**
   * Resolves once all records that may go on are in turns, or after 200 ms. Who reads more only
   * then reads less often, and more at once: a fetch costs the same whatever it brings.
   */
  async begun(): Promise<void> {
    if (!this.#hasWaiting()) return;
    this.#begun ??= Promise.withResolvers();
    await waitAtMost(this.#begun.promise, ALONE_MS_MAX);
  }

  /** Starts no new turn and waits for those that run and their commits, at most so long. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    for (const lane of this.#lanes.values()) {
      if (lane.backoff !== null) clearTimeout(lane.backoff);
      lane.backoff = null;
    }
    if (!this.#isBusy()) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#onIdle = resolve;
      timer = setTimeout(resolve, timeoutMs);
    });
    clearTimeout(timer);
  }

  /** The end: turns that still run are told by their signal and commit nothing. */
  end(): void {
    if (this.#ended) return;
    const knewLanes = this.#lanes.size > 0;
    this.suspend();
    this.#ended = true;
    for (const lane of this.#lanes.values()) {
      lane.running?.abort.abort(new Error('the consumer has stopped'));
    }
    if (knewLanes) this.#options.onLanes?.([]);
  }

  alarm(kind: LogAlarm['kind'], message: string): void {
    this.#options.onAlarm?.({ kind, message });
  }

  #isBusy(): boolean {
    for (const lane of this.#lanes.values()) if (lane.busy) return true;
    return false;
  }

  #mayStart(lane: Lane): boolean {
    return (
      !lane.busy &&
      !this.isResting &&
      lane.backoff === null &&
      lane.length > 0 &&
      this.#owned !== null &&
      this.#owned.has(lane.id) &&
      this.#host.isMember()
    );
  }

  #kick(lane: Lane): void {
    if (lane.scheduled || !this.#mayStart(lane)) return;
    lane.scheduled = true;
    this.#ready.push(lane);
    this.#startSoon();
  }

  #startSoon(): void {
    if (this.#starting) return;
    this.#starting = true;
    // One round of the event loop lets the other topics of the same fetch join the turn.
    setImmediate(() => {
      this.#starting = false;
      while (this.#alone === null && this.#ready.length > 0) {
        const shares = this.#nextShares();
        if (shares.length > 0) void this.#turn(shares);
      }
      this.#tellBegun();
    });
  }

  /** Only where a turn is soon to come: a lane that is broken, or slow, holds up no reading. */
  #hasWaiting(): boolean {
    for (const lane of this.#lanes.values()) {
      const isCommitting = lane.busy && lane.running === null;
      const isAlone = lane.running !== null && lane.running === this.#alone;
      const isNext = lane.scheduled || isCommitting || isAlone;
      if (isNext && lane.length > lane.inTurn) return true;
    }
    return false;
  }

  #tellBegun(): void {
    if (this.#begun === null || this.#hasWaiting()) return;
    this.#begun.resolve();
    this.#begun = null;
  }

  /** The first lane that is ready, and what fits beside it of others that take turns together. */
  #nextShares(): Share[] {
    const shares: Share[] = [];
    const later: Lane[] = [];
    let recordsLeft = 0;
    let bytesLeft = this.#bytesMax;
    for (const lane of this.#ready.splice(0)) {
      if (!this.#mayStart(lane)) {
        lane.scheduled = false;
        continue;
      }
      const first = shares[0]?.lane;
      if (first === undefined) recordsLeft = Math.min(lane.pace, this.#recordsMax);
      const fits = first === undefined || (recordsLeft > 0 && !first.apart && !lane.apart);
      const records = fits ? lane.peek(recordsLeft, bytesLeft, first !== undefined) : [];
      if (records.length === 0) {
        later.push(lane);
        continue;
      }
      lane.scheduled = false;
      shares.push({ lane, records });
      recordsLeft -= records.length;
      bytesLeft -= lane.bytesOf(records.length);
    }
    this.#ready.push(...later);
    return shares;
  }

  async #turn(shares: readonly Share[]): Promise<void> {
    const epoch = this.#epoch;
    const running = this.#begin(shares);
    const aloneEnds = setTimeout(() => this.#letOthersStart(running), ALONE_MS_MAX);
    const hang = this.#hangAfter(this.sessionTimeoutMs, shares, 'still runs');
    const records = shares.flatMap((share) => share.records);
    let taken = 0;
    let failure: unknown;
    try {
      const lanes = shares.map(({ lane }) => lane.id);
      const result = await this.#options.onTurn(this.#laneTurn(lanes, records, running, epoch));
      taken = checkedTaken(result, records.length);
    } catch (error) {
      failure = error ?? new Error('onTurn rejected without a reason');
    }
    clearTimeout(hang);
    clearTimeout(aloneEnds);
    this.#letOthersStart(running);
    this.#hasRun(shares, performance.now() - running.startedMs);
    if (epoch === this.#epoch) {
      if (failure !== undefined) this.#fail(shares, failure);
      else {
        const limitMs = this.sessionTimeoutMs * COMMIT_SESSIONS_MAX;
        const endless = this.#hangAfter(limitMs, shares, 'has not ended its commit');
        await this.#settle(shares, records, taken, { epoch, endless });
        clearTimeout(endless);
      }
    }
    this.#leave(shares);
  }

  #begin(shares: readonly Share[]): RunningTurn {
    this.#turnsBegun += 1;
    const running = { abort: new AbortController(), startedMs: performance.now() };
    for (const { lane, records } of shares) {
      lane.busy = true;
      lane.running = running;
      lane.inTurn = records.length;
    }
    this.#alone = running;
    return running;
  }

  #hasRun(shares: readonly Share[], turnMs: number): void {
    for (const { lane } of shares) {
      this.#pace(lane, turnMs);
      lane.apart = turnMs > ALONE_MS_MAX;
      lane.running = null;
    }
  }

  /** Its commit is done, or will never be: the lanes may go on. */
  #leave(shares: readonly Share[]): void {
    for (const { lane } of shares) {
      lane.busy = false;
      lane.inTurn = 0;
      if (this.#owned !== null && !this.#owned.has(lane.id)) this.#lanes.delete(lane.id);
    }
    if (this.#onIdle !== null && !this.#isBusy()) this.#onIdle();
    for (const { lane } of shares) this.#kick(lane);
    this.#tellBegun();
  }

  /** Each lane is given its records again, by itself: one that cannot go on stops no other. */
  #fail(shares: readonly Share[], failure: unknown): void {
    this.alarm('turn-failed', `a turn of ${namesOf(shares)} failed: ${messageOf(failure)}`);
    for (const { lane, records } of shares) {
      lane.apart = true;
      this.#waitBefore(lane, records.length);
    }
  }

  async #settle(
    shares: readonly Share[],
    records: readonly IncomingRecord[],
    taken: number,
    commit: Commit,
  ): Promise<void> {
    if (taken > 0 && !(await this.#commit(nextOffsets(records, taken), commit))) return;
    let left = taken;
    let isBehind = false;
    for (const { lane, records: given } of shares) {
      const ofLane = Math.min(left, given.length);
      left -= ofLane;
      if (ofLane > 0) {
        lane.failures = 0;
        lane.again = 0;
        lane.drop(given.slice(0, ofLane));
        this.#letFlow(lane);
      }
      if (ofLane === given.length) continue;
      // The first that was not taken whole is the one that could not go on.
      if (!isBehind) lane.apart = true;
      if (ofLane === 0 && (taken === 0 || !isBehind)) this.#waitBefore(lane, 0);
      isBehind = true;
    }
  }

  #letOthersStart(running: RunningTurn): void {
    if (this.#alone !== running) return;
    this.#alone = null;
    this.#startSoon();
  }

  #pace(lane: Lane, turnMs: number): void {
    const share = turnMs / this.sessionTimeoutMs;
    if (share > SLOW_TURN_SHARE) lane.pace = Math.ceil(lane.pace / 2);
    else if (share < QUICK_TURN_SHARE) lane.pace = Math.min(lane.pace * 2, this.#recordsMax);
  }

  #laneTurn(
    lanes: readonly number[],
    records: readonly IncomingRecord[],
    running: RunningTurn,
    epoch: number,
  ): LaneTurn {
    return {
      lanes,
      records,
      signal: running.abort.signal,
      isOwned: () =>
        epoch === this.#epoch &&
        !running.abort.signal.aborted &&
        performance.now() - running.startedMs < this.sessionTimeoutMs / 2 &&
        this.#host.isMember(),
    };
  }

  /** True when committed; false when the epoch ended first, and with it the right to commit. */
  async #commit(offsets: readonly NextOffset[], { epoch, endless }: Commit): Promise<boolean> {
    for (let failures = 0; epoch === this.#epoch; failures += 1) {
      // One that fails again and again is no hang: only what neither fails nor succeeds.
      endless.refresh();
      try {
        await this.#host.commit(offsets);
        // It proves membership: lanes that were passed over while that was in doubt may start now.
        this.kickAll();
        return epoch === this.#epoch;
      } catch {
        // The group says in its own way why: by a rebalance, or by the member's crash. Who stops
        // does not wait for it: the records come again.
        if (this.#draining) return false;
        await new Promise((resolve) => setTimeout(resolve, this.#backoffMs(failures)).unref());
      }
    }
    return false;
  }

  #waitBefore(lane: Lane, again: number): void {
    lane.again = again;
    if (this.#draining) return;
    const backoffMs = this.#backoffMs(lane.failures);
    lane.failures += 1;
    lane.backoff = setTimeout(() => {
      lane.backoff = null;
      this.#kick(lane);
    }, backoffMs);
  }

  #backoffMs(failures: number): number {
    return backoffMs(failures, this.#backoffMsMin, this.#backoffMsMax, this.#random);
  }

  #letFlow(lane: Lane): void {
    if (!lane.held) return;
    if (lane.length > BUFFER_RECORDS_MAX / 2 || lane.bytes > BUFFER_BYTES_MAX / 2) return;
    lane.held = false;
    this.#host.letFlow(lane.id);
  }

  #hangAfter(limitMs: number, shares: readonly Share[], what: string): NodeJS.Timeout {
    const timer = setTimeout(() => {
      const message =
        `a turn of ${namesOf(shares)} of group ${this.#options.group} ${what} after ` +
        `${limitMs} ms; the process must end so that another member can take over`;
      this.alarm('turn-hangs', message);
      this.#host.onHang(new Error(message));
    }, limitMs);
    return timer.unref();
  }
}

function checkedTaken(result: { readonly taken: number }, given: number): number {
  const { taken } = result;
  if (Number.isInteger(taken) && taken >= 0 && taken <= given) return taken;
  throw new RangeError(`onTurn says it has taken ${taken} of ${given} records`);
}

function nextOffsets(records: readonly IncomingRecord[], taken: number): readonly NextOffset[] {
  const last = new Map<string, IncomingRecord>();
  for (let at = 0; at < taken; at += 1) {
    const record = records[at]!;
    last.set(partitionName(record.topic, record.partition), record);
  }
  return Array.from(last.values(), ({ topic, partition, offset }) => ({
    topic,
    partition,
    next: offset + 1n,
  }));
}

function namesOf(shares: readonly Share[]): string {
  const ids = shares.map(({ lane }) => lane.id);
  return `${ids.length === 1 ? 'lane' : 'lanes'} ${ids.join(', ')}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
