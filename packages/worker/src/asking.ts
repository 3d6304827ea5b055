// What became of asking about one item, when it is asked again, and when it counts as unknown.
import type { Evidence } from '@saidao/schemas';

/** What came back when an item was asked about once. */
export type Reply<T> =
  | { readonly kind: 'answered'; readonly value: T; readonly evidence: Evidence }
  | {
      readonly kind: 'failed';
      readonly provider: string;
      readonly message: string;
      readonly askedAtMs: number;
      readonly failedAtMs: number;
      /** Where the call is written down. */
      readonly keptAt?: string;
    }
  /** The breaker was open or time was over before the call began: it says nothing of the item. */
  | { readonly kind: 'not-asked'; readonly message: string }
  | { readonly kind: 'not-configured'; readonly provider: string };

/** An item until its answer is in; kept in the line's state. */
export type Item<T> =
  | { readonly kind: 'open'; readonly tries: Tries | null }
  | { readonly kind: 'answered'; readonly value: T; readonly evidence: Evidence }
  | { readonly kind: 'unknown'; readonly reason: string; readonly evidence: Evidence | null };

export interface Tries {
  /** All that were made. */
  readonly made: number;
  readonly askedFirstAtMs: number;
  /** Those that count: failed in a row since others were last known to be answered or not. */
  readonly failed: number;
  readonly failedFirstAtMs: number;
}

const FAILED_MIN = 3;
const FAILING_MS_MIN = 6_000;
const AGAIN_MS = 2_000;
const AGAIN_MS_MAX = 30_000;
const ROUNDS_BEFORE_GROWTH = 3;

export const openItem: Item<never> = { kind: 'open', tries: null };

export interface SettleOptions {
  /** When the provider last answered anybody for this lender; null: never. */
  readonly othersAnsweredAtMs: number | null;
  /** False where somebody must go on asking: the item then never becomes unknown by failing. */
  readonly mayGiveUp?: boolean;
}

/**
 * The item after a reply.
 *
 * Our policy: it is unknown after 3 failures over at least 6 s while the provider answered others.
 * If nobody was answered since the first of these failures, the provider is away, which says
 * nothing of the item: counting starts again, and it is asked until the provider is back.
 */
export function settle<T>(
  item: Item<T>,
  reply: Reply<T> | undefined,
  { othersAnsweredAtMs, mayGiveUp = true }: SettleOptions,
): Item<T> {
  if (item.kind === 'unknown' || reply === undefined || reply.kind === 'not-asked') return item;
  const tries = item.kind === 'open' ? item.tries : null;
  switch (reply.kind) {
    case 'answered': {
      const attempts = reply.evidence.attempts + (tries?.made ?? 0);
      return { kind: 'answered', value: reply.value, evidence: { ...reply.evidence, attempts } };
    }
    case 'not-configured': {
      const reason = `no ${reply.provider} is configured for this lender`;
      return { kind: 'unknown', reason, evidence: null };
    }
    case 'failed': {
      const after = countFailure(tries, reply, othersAnsweredAtMs);
      const failingMs = reply.failedAtMs - after.failedFirstAtMs;
      if (!mayGiveUp || after.failed < FAILED_MIN || failingMs < FAILING_MS_MIN) {
        return { kind: 'open', tries: after };
      }
      return {
        kind: 'unknown',
        reason: `asked ${after.made} times, last: ${reply.message}`,
        evidence: {
          provider: reply.provider,
          askedAt: BigInt(Math.round(after.askedFirstAtMs)),
          answeredAt: null,
          answerHash: null,
          keptAt: reply.keptAt ?? null,
          fromCache: false,
          attempts: after.made,
        },
      };
    }
  }
}

function countFailure(
  before: Tries | null,
  failure: { readonly askedAtMs: number; readonly failedAtMs: number },
  othersAnsweredAtMs: number | null,
): Tries {
  const made = (before?.made ?? 0) + 1;
  const askedFirstAtMs = before?.askedFirstAtMs ?? failure.askedAtMs;
  const othersAnswered = before !== null && (othersAnsweredAtMs ?? -1) > before.failedFirstAtMs;
  return othersAnswered
    ? { ...before, made, failed: before.failed + 1 }
    : { made, askedFirstAtMs, failed: 1, failedFirstAtMs: failure.failedAtMs };
}

export function isOpen(item: Item<unknown>): boolean {
  return item.kind === 'open';
}

/**
 * How long to wait before the open items are asked again, after so many rounds: 2 s at first, then
 * doubling up to 30 s, plus up to a tenth of it so that applications parked by one outage do not
 * come back all at once. The share is the application's own, since `decide` knows no chance.
 */
export function againAfterMs(rounds: number, applicationId: string): number {
  const growth = 2 ** Math.min(Math.max(rounds - ROUNDS_BEFORE_GROWTH, 0), 10);
  const waitMs = Math.min(AGAIN_MS * growth, AGAIN_MS_MAX);
  return waitMs + Math.floor((waitMs * spreadOf(applicationId)) / 10);
}

/** A fraction from 0 up to 1 that an application always has: FNV-1a of its id. */
function spreadOf(applicationId: string): number {
  let hash = 0x811c9dc5;
  for (const character of applicationId) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0) / 2 ** 32;
}

/** Which of a line's timers is due: the number that the line gave it. */
export function wakeOf(detail: string): number | undefined {
  return (JSON.parse(detail) as { wake?: number } | null)?.wake;
}
