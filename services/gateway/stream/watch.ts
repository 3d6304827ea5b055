// Tells streams that their feed has grown, whichever process it was that has recorded the events.
import type { Feed, FeedPlace } from '../ports.ts';

/** What another process has recorded is seen after so long. */
const LOOK_MS = 500;
const NOWHERE: FeedPlace = { last: 0n, dropped: 0n };

interface Waiter {
  readonly lenderId: string;
  wake: () => void;
}

export class FeedWatch {
  readonly #feed: Pick<Feed, 'places'>;
  readonly #onError: (error: Error) => void;
  readonly #places = new Map<string, FeedPlace>();
  readonly #waiters = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(feed: Pick<Feed, 'places'>, onError: (error: Error) => void) {
    this.#feed = feed;
    this.#onError = onError;
  }

  /** As it is now. */
  async look(lenderId: string): Promise<FeedPlace> {
    const places = await this.#feed.places([lenderId]);
    return this.#note(lenderId, places.get(lenderId));
  }

  /** As it was seen last. */
  placeOf(lenderId: string): FeedPlace {
    return this.#places.get(lenderId) ?? NOWHERE;
  }

  /** Something was recorded here: streams need not wait for the next look. */
  poke(): void {
    if (this.#waiters.size === 0) return;
    // A look that runs may have read before.
    void (this.#looking ?? Promise.resolve()).then(() => this.#look());
  }

  /** True once the feed has more than that; false when the time is over or the signal is given. */
  async beyond(
    lenderId: string,
    after: bigint,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    const waiter: Waiter = { lenderId, wake: () => undefined };
    const state = { over: signal.aborted };
    const end = () => {
      state.over = true;
      waiter.wake();
    };
    const timer = setTimeout(end, waitMs);
    signal.addEventListener('abort', end);
    this.#waiters.add(waiter);
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS);
    try {
      while (!state.over) {
        if (this.placeOf(lenderId).last > after) return true;
        await new Promise<void>((resolve) => (waiter.wake = resolve));
      }
      return false;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      this.#waiters.delete(waiter);
      if (this.#waiters.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  /** One at a time. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    try {
      const lenderIds = new Set([...this.#waiters].map(({ lenderId }) => lenderId));
      const places = await this.#feed.places([...lenderIds]);
      for (const [lenderId, place] of places) this.#note(lenderId, place);
    } catch (error) {
      this.#onError(error as Error);
    }
  }

  #note(lenderId: string, place: FeedPlace = NOWHERE): FeedPlace {
    const before = this.placeOf(lenderId);
    // A look that began earlier may end later.
    if (place.last < before.last) return before;
    this.#places.set(lenderId, place);
    if (place.last > before.last) {
      for (const waiter of this.#waiters) if (waiter.lenderId === lenderId) waiter.wake();
    }
    return place;
  }
}
