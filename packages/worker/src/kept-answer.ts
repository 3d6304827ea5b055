// An answer that is asked for again only when it is old, so that scrapes cost little and never hang.
const WAIT_MS_MAX = 1_000;

/**
 * Asks at most once in `keepMs`, and waits a second at most. What was not answered by then, or was
 * refused, is undefined rather than what it was before; an answer that comes later is for those who
 * ask next.
 */
export function keptAnswer<T>(ask: () => Promise<T>, keepMs: number): () => Promise<T | undefined> {
  let answer: T | undefined;
  let askedAtMs = -Infinity;
  let asking: Promise<void> | undefined;
  const askAgain = async () => {
    askedAtMs = performance.now();
    answer = undefined;
    try {
      answer = await ask();
    } catch {
      // Its own log line or readiness tells; a scrape is no place for it.
    } finally {
      asking = undefined;
    }
  };
  return async () => {
    if (asking === undefined && performance.now() - askedAtMs >= keepMs) asking = askAgain();
    if (asking !== undefined) {
      const { promise: waited, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, WAIT_MS_MAX);
      await Promise.race([asking, waited]);
      clearTimeout(timer);
    }
    return answer;
  };
}
