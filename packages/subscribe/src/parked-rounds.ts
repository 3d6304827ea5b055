// Looks again at what is parked: what failed there, and what is next since others moved the head.
import { pauseFor } from '@saidao/event-log';
import type { HeadStore } from './heads.ts';
import type { Taker, Trouble } from './take.ts';

export interface RoundOptions {
  readonly heads: Pick<HeadStore<unknown>, 'parkedPlaces'>;
  readonly taker: Pick<Taker, 'takeParked'>;
  readonly onTrouble: (trouble: Trouble) => void;
}

export interface Rounds {
  /** Resolves once nothing is being taken any more. */
  stop(): Promise<void>;
}

/** An event that comes by the log looks at what is parked before it, so this may be slow. */
const ROUND_MS = 1_000;

/**
 * Resolves after the first round, which tries all that is parked, since a release before this one
 * may not have been able to decode it, and tells what still waits. Then there is one each second,
 * of what has changed since, or failed. Rejects if the store cannot be read at first.
 */
export async function lookAfterParked({ heads, taker, onTrouble }: RoundOptions): Promise<Rounds> {
  const stopping = new AbortController();
  const { signal } = stopping;
  /** How each place stood when it was last looked at, where nothing failed. */
  let seen: ReadonlyMap<string, string> = new Map();

  async function round({ isFirst = false } = {}): Promise<void> {
    const now = new Map<string, string>();
    for (const place of await heads.parkedPlaces()) {
      if (signal.aborted) return;
      const name = `${place.topic}/${place.applicationId}`;
      const stands = `${place.head}/${place.parkedFrom}`;
      const isKnown = seen.get(name) === stands;
      const trouble = isKnown ? undefined : await taker.takeParked(place);
      const isFailed = trouble?.kind === 'failed';
      // Whoever parked something later has told of it.
      if (trouble !== undefined && (isFirst || isFailed)) onTrouble(trouble);
      if (!isFailed) now.set(name, stands);
    }
    seen = now;
  }

  async function goOn(): Promise<void> {
    for (;;) {
      await pauseFor(ROUND_MS, signal);
      if (signal.aborted) return;
      await round().catch((error: unknown) => {
        const message = `What is parked could not be read (${String(error)}); it is tried again.`;
        onTrouble({ kind: 'failed', message, error });
      });
    }
  }

  await round({ isFirst: true });
  const going = goOn();
  return {
    async stop() {
      stopping.abort();
      await going;
    },
  };
}
