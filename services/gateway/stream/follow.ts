// One reader's stream: what the feed holds after a place, then what comes, as server-sent events.
import type { Feed, FeedFilter } from '../ports.ts';
import type { FeedWatch } from './watch.ts';

/** How long a reader that was cut off should wait before it comes back. */
const RETRY_MS = 2_000;
/** Held in memory for each stream, at most. */
const PAGE_MAX = 50;

export interface Following {
  readonly feed: Pick<Feed, 'page'>;
  readonly watch: FeedWatch;
  readonly lenderId: string;
  /** The number that the reader has had. */
  readonly after: bigint;
  readonly filter: FeedFilter;
  readonly heartbeatMs: number;
  /** Ends the stream after the event that is being written. */
  readonly signal: AbortSignal;
  readonly onEvent?: () => void;
}

/**
 * Is asked for more only as the reader takes it. An id without data dispatches no event, and yet
 * moves the place that the reader names when it comes back: also one whose filter lets nothing
 * through comes back to where it was.
 */
export async function* follow(following: Following): AsyncGenerator<string> {
  const { feed, watch, lenderId, filter, heartbeatMs, signal, onEvent } = following;
  let at = following.after;
  let saidAtMs = performance.now();
  yield `retry: ${RETRY_MS}\nid: ${at}\n\n`;
  while (!signal.aborted) {
    const { last } = watch.placeOf(lenderId);
    if (last > at) {
      const question = { lenderId, after: at, upTo: last, filter, limit: PAGE_MAX };
      const { events, dropped } = await feed.page(question);
      // The reader is slower than the feed is kept for: it is told so when it comes back.
      if (dropped > at) return;
      for (const { number, type, content } of events) {
        if (signal.aborted) return;
        yield `id: ${number}\nevent: ${type}\ndata: ${content}\n\n`;
        onEvent?.();
        saidAtMs = performance.now();
      }
      at = events.length < PAGE_MAX ? last : (events.at(-1)?.number ?? last);
    } else {
      const leftMs = Math.max(0, saidAtMs + heartbeatMs - performance.now());
      if (await watch.beyond(lenderId, at, leftMs, signal)) continue;
    }
    // Also where the feed grows all the time, by what the filter does not let through.
    if (signal.aborted || performance.now() - saidAtMs < heartbeatMs) continue;
    yield `: nothing new\nid: ${at}\n\n`;
    saidAtMs = performance.now();
  }
}
