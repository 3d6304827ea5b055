// What follows an attempt to deliver: it is done, tried again at a time, or given up for now.

export type Answered =
  | {
      readonly kind: 'answered';
      readonly code: number;
      /** What Retry-After asks for, in milliseconds from now. */
      readonly retryAfterMs?: number | undefined;
      /** The first of what was answered. */
      readonly answer: string;
    }
  | { readonly kind: 'silent'; readonly fault: string };

export type Settled =
  | { readonly status: 'delivered' }
  | { readonly status: 'pending'; readonly dueAtMs: number; readonly gone: boolean }
  | { readonly status: 'failed' };

export interface Attempt {
  /** 1 for the first. */
  readonly attempt: number;
  readonly answered: Answered;
  readonly nowMs: number;
  /** How long after each failed attempt the next one is made. */
  readonly retriesMs: readonly number[];
  /** 0 to 1: spreads what failed at one moment over a fifth more of its delay. */
  readonly chance: number;
}

/** Retry-After is heard up to so much: an endpoint does not put off its events for ever. */
const RETRY_AFTER_MS_MAX = 86_400_000;

/** Only 2xx is success: a redirect is not followed, and 410 says that nobody listens any more. */
export function settledBy({ attempt, answered, nowMs, retriesMs, chance }: Attempt): Settled {
  const isAnswered = answered.kind === 'answered';
  if (isAnswered && answered.code >= 200 && answered.code < 300) return { status: 'delivered' };
  const gone = isAnswered && answered.code === 410;
  // Nothing is lost with an endpoint that is enabled again.
  if (gone) return { status: 'pending', dueAtMs: nowMs, gone };
  const delayMs = retriesMs[attempt - 1];
  if (delayMs === undefined) return { status: 'failed' };
  const askedMs = isAnswered ? Math.min(answered.retryAfterMs ?? 0, RETRY_AFTER_MS_MAX) : 0;
  const waitMs = Math.max(delayMs * (1 + chance / 5), askedMs);
  return { status: 'pending', dueAtMs: Math.ceil(nowMs + waitMs), gone };
}

/** Retry-After as seconds or as a date; undefined where it says neither. */
export function retryAfterMsOf(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  const atMs = Date.parse(header);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}
