// How many calls may begin in a second: what comes too early waits its turn.
import { bulkhead } from 'cockatiel';

/** Calls this long ahead of their time may begin at once: timers are no finer than that. */
const AHEAD_MS = 100;

export class Pace {
  readonly #gapMs: number;
  readonly #steadyMs: () => number;
  readonly #queue = bulkhead(1, Infinity);
  #nextMs = -Infinity;

  constructor(callsPerSecondMax: number, steadyMs: () => number) {
    // Wider than a second's share, so that with those ahead of their time there are never more.
    this.#gapMs = (1_000 + AHEAD_MS) / callsPerSecondMax;
    this.#steadyMs = steadyMs;
  }

  /** Resolves when a call may begin; who leaves the queue takes no place in it. */
  async slot(signal: AbortSignal): Promise<void> {
    if (this.#queue.executionSlots > 0 && this.#waitMs() <= 0) return this.#take();
    await this.#queue.execute(async () => {
      const waitMs = this.#waitMs();
      if (waitMs > 0) await sleep(waitMs, signal);
      this.#take();
    }, signal);
  }

  #waitMs(): number {
    return this.#nextMs - AHEAD_MS - this.#steadyMs();
  }

  #take(): void {
    this.#nextMs = Math.max(this.#nextMs, this.#steadyMs()) + this.#gapMs;
  }
}

async function sleep(durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise: over, resolve, reject } = Promise.withResolvers<void>();
  const leave = () => reject(signal.reason as Error);
  // Never early: a timer may fire within the millisecond before.
  const timer = setTimeout(resolve, Math.ceil(durationMs));
  signal.addEventListener('abort', leave, { once: true });
  try {
    await over;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', leave);
  }
}
