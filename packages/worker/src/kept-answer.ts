// An answer that is asked for again only when it is old, so that scrapes cost little and never hang.
const WAIT_MS_MAX = 1_000;
/** Longer than scrapes lie apart: one that is always late is shown by the next of them. */
const SHOWN_MS_MAX = 60_000;

/**
 * Asks again once the answer is `keepMs` old, and waits a second at most. Who then waits in vain is
 * given the one before, as long as it is not older than a minute. What was refused is undefined.
 */
export function keptAnswer<T>(ask: () => Promise<T>, keepMs: number): () => Promise<T | undefined> {
  let answer: T | undefined;
  let answeredAtMs = -Infinity;
  let asking: Promise<void> | undefined;
  const ageMs = () => performance.now() - answeredAtMs;
  const askAgain = async () => {
    try {
      answer = await ask();
    } catch {
      // Its own log line or readiness tells; a scrape is no place for it.
      answer = undefined;
    } finally {
      answeredAtMs = performance.now();
      asking = undefined;
    }
  };
  return async () => {
    if (asking === undefined && ageMs() >= keepMs) asking = askAgain();
    if (asking !== undefined) {
      const { promise: waited, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, WAIT_MS_MAX);
      await Promise.race([asking, waited]);
      clearTimeout(timer);
    }
    return ageMs() < SHOWN_MS_MAX ? answer : undefined;
  };
}
