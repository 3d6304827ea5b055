// How a door waits for what a line is about to write: bounded, few at once, asking ever more rarely.
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from './clock.ts';

/** What `ask` finds, or undefined after `waitMs`; at once where too many wait already. */
export type DoorWait = <T>(
  ask: () => Promise<T | undefined>,
  waitMs: number,
) => Promise<T | undefined>;

const WAITING_MAX = 100;
const ASK_AGAIN_MS = 10;
const ASK_AGAIN_MS_MAX = 200;

/** Of one door, whose callers share the limit. Rejects as `ask` does. */
export function doorWait(waitingMax = WAITING_MAX): DoorWait {
  let waiting = 0;
  return async (ask, waitMs) => {
    const found = await ask();
    if (found !== undefined || waitMs <= 0 || waiting >= waitingMax) return found;
    waiting += 1;
    try {
      const untilMs = systemClock.steadyMs() + waitMs;
      for (let againMs = ASK_AGAIN_MS; ; againMs = Math.min(againMs * 2, ASK_AGAIN_MS_MAX)) {
        const leftMs = untilMs - systemClock.steadyMs();
        if (leftMs <= 0) return undefined;
        await pause(Math.min(againMs, leftMs));
        const later = await ask();
        if (later !== undefined) return later;
      }
    } finally {
      waiting -= 1;
    }
  };
}
