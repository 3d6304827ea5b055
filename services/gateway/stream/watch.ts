// Tells streams that their feed has grown, whichever process it was that has recorded the events.
import type { Feed, FeedPlace } from '../ports.ts';

/** What another process has recorded is seen after so long. */
const LOOK_MS = 500;
const NOWHERE: FeedPlace = { last: 0n, dropped: 0n };

export class FeedWatch {
  readonly #feed: Pick<Feed, 'places'>;
  readonly #onError: (error: Error) => void;
  readonly #places = new Map<string, FeedPlace>();
  /** How many streams wait for each lender. */
  readonly #waiting = new Map<string, number>();
  readonly #wakes = new Set<() => void>();
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
    if (this.#waiting.size === 0) return;
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
    const over = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
    this.#waiting.set(lenderId, (this.#waiting.get(lenderId) ?? 0) + 1);
    this.#timer ??= setInterval(() => void this.#look(), LOOK_MS);
    try {
      while (!over.aborted) {
        if (this.placeOf(lenderId).last > after) return true;
        await this.#next(over);
      }
      return false;
    } finally {
      const left = (this.#waiting.get(lenderId) ?? 1) - 1;
      if (left > 0) this.#waiting.set(lenderId, left);
      else this.#waiting.delete(lenderId);
      if (this.#waiting.size === 0) {
        clearInterval(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  #next(over: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => resolve();
    this.#wakes.add(wake);
    over.addEventListener('abort', wake, { once: true });
    return promise.finally(() => {
      this.#wakes.delete(wake);
      over.removeEventListener('abort', wake);
    });
  }

  /** One at a time; whoever asks meanwhile is answered by the next. */
  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #lookOnce(): Promise<void> {
    try {
      const places = await this.#feed.places([...this.#waiting.keys()]);
      let grown = false;
      for (const [lenderId, place] of places) {
        grown ||= place.last > this.placeOf(lenderId).last;
        this.#note(lenderId, place);
      }
      if (grown) for (const wake of this.#wakes) wake();
    } catch (error) {
      this.#onError(error as Error);
    }
  }

  #note(lenderId: string, place: FeedPlace = NOWHERE): FeedPlace {
    // A look that began earlier may end later.
    if (place.last >= this.placeOf(lenderId).last) this.#places.set(lenderId, place);
    return this.placeOf(lenderId);
  }
}
