// Waiting at the start for what is not there yet: with backoff, for a bounded time, told once.
import type { ErrorCode } from './errors.ts';
import type { Logger } from './logging.ts';

/** A worker cannot start or go on; its message is one sentence that says what to do. */
export class WorkerError extends Error {
  readonly code: ErrorCode;
  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'WorkerError';
    this.code = code;
  }
}

export interface WaitOptions<T> {
  /** For the log: `the database at localhost:15432`. */
  readonly what: string;
  readonly attempt: () => Promise<T>;
  /** False for what waiting cannot mend: it is thrown at once. */
  readonly mayPass: (error: unknown) => boolean;
  readonly timeoutMs: number;
  readonly code: ErrorCode;
  /** The end of the sentence: `start PostgreSQL or correct DATABASE_URL`. */
  readonly todo: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

const BACKOFF_MS_FIRST = 100;
const BACKOFF_MS_MAX = 2_000;

export async function waitFor<T>(options: WaitOptions<T>): Promise<T> {
  const { what, timeoutMs, logger, signal } = options;
  const startedMs = performance.now();
  for (let attempts = 1; ; attempts += 1) {
    signal.throwIfAborted();
    try {
      const value = await options.attempt();
      const waitMs = Math.round(performance.now() - startedMs);
      if (attempts > 1) logger.info({ attempts, waitMs }, `${what} answers now`);
      return value;
    } catch (error) {
      if (!options.mayPass(error)) throw error;
      const leftMs = timeoutMs - (performance.now() - startedMs);
      if (leftMs <= 0) throw failure(options, error);
      if (attempts === 1) {
        const sentence = `${what} does not answer yet; trying again for ${seconds(timeoutMs)}`;
        logger.warn({ cause: reasonOf(error) }, sentence);
      }
      const ceilingMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_FIRST * 2 ** attempts);
      await pause(Math.min(leftMs, ceilingMs * (0.5 + Math.random() / 2)), signal);
    }
  }
}

function failure(options: WaitOptions<unknown>, cause: unknown): WorkerError {
  const { what, timeoutMs, code, todo } = options;
  const sentence = `${what} did not answer within ${seconds(timeoutMs)} (${reasonOf(cause)}): ${todo}.`;
  return new WorkerError(code, sentence, { cause });
}

function seconds(durationMs: number): string {
  return `${Math.round(durationMs / 100) / 10} s`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Of several addresses that were tried Node tells nothing but the list.
  const [first] = error instanceof AggregateError ? error.errors : [];
  return first instanceof Error ? first.message : error.message;
}

function pause(durationMs: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, durationMs);
  signal.addEventListener('abort', () => resolve(), { once: true });
  return promise.finally(() => clearTimeout(timer));
}
