// The rail's calls back: signed by Standard Webhooks, tried until they are taken, and told to misbehave.
import { createHash, createHmac } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Behaviours } from '../behaviour.ts';
import type { Surroundings } from '../wire.ts';
import type { PayoutOutcome, PayoutRequest } from './payout-rail.ts';

/** Who is called: the address of its door, and the secret that both know. */
export interface CallbackTarget {
  readonly url: string;
  /** `whsec_` and the key in base64. */
  readonly secret: string;
}

export interface Called {
  /** The Idempotency-Key under which it was asked for. */
  readonly key: string;
  readonly payout: PayoutRequest;
  readonly outcome: PayoutOutcome;
}

export interface Callbacks {
  /** Whom to call from now on; undefined: nobody. */
  call(target: CallbackTarget | undefined): void;
  /**
   * Tells what became of a payout, once it is on disk. Resolves when the caller of the rail may be
   * answered: at once, but for a callback that was told to be early.
   */
  tell(called: Called): Promise<void>;
  /** Goes on with what an earlier process owed. */
  resume(owed: Iterable<Called>): void;
  clear(): void;
  close(): void;
}

const AGAIN_MS = 200;
const AGAIN_MS_MAX = 30_000;
const ANSWER_MS_MAX = 5_000;
const LATE_MS = 1_500;
const STALE_S = 600;

export function createCallbacks(surroundings: Surroundings, behaviours: Behaviours): Callbacks {
  const { recorder, now } = surroundings;
  let target: CallbackTarget | undefined;
  let ending = new AbortController();
  /** Callbacks that wait for another to overtake them. */
  let overtaken: (() => void)[] = [];

  async function deliver(called: Called, first: 'forged' | 'stale' | undefined): Promise<void> {
    const { signal } = ending;
    for (let tries = 1; !signal.aborted && target !== undefined; tries += 1) {
      const taken = await send(called, target, tries === 1 ? first : undefined, signal);
      if (signal.aborted) return;
      if (taken) {
        const { key, payout } = called;
        recorder.record({ type: 'callback-taken', key, payoutId: payout.payoutId });
        const waiting = overtaken;
        overtaken = [];
        for (const go of waiting) go();
        return;
      }
      await wait(Math.min(AGAIN_MS * 2 ** (tries - 1), AGAIN_MS_MAX));
    }
  }

  async function send(
    called: Called,
    { url, secret }: CallbackTarget,
    fault: 'forged' | 'stale' | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const body = bodyOf(called);
    const id = webhookIdOf(called.key);
    const timestamp = String(Math.floor(now() / 1_000) - (fault === 'stale' ? STALE_S : 0));
    const signature = signed({ id, timestamp, body, secret });
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': timestamp,
          'webhook-signature': fault === 'forged' ? `v1,${'A'.repeat(43)}=` : signature,
        },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS_MAX)]),
      });
      await answer.body?.cancel();
      return answer.ok;
    } catch {
      return false;
    }
  }

  async function wait(forMs: number): Promise<void> {
    await pause(forMs, undefined, { signal: ending.signal, ref: false }).catch(() => {});
  }

  return {
    call(next) {
      target = next;
    },
    async tell(called) {
      const { key, payout } = called;
      if (target === undefined) return;
      const told = behaviours.toldOf('rail-callbacks', [payout.payee]);
      const delayMs = told?.delayMs ?? LATE_MS;
      if (told?.mode === 'silent') return;
      recorder.record({ type: 'callback-owed', key, payoutId: payout.payoutId });
      await recorder.flushed();
      switch (told?.mode) {
        case 'early':
          // Bounded: nobody is kept waiting for a door that does not open.
          await Promise.race([deliver(called, undefined), wait(delayMs)]);
          return;
        case 'late':
          run(wait(delayMs).then(() => deliver(called, undefined)));
          return;
        case 'twice':
          run(deliver(called, undefined).then(() => deliver(called, undefined)));
          return;
        case 'out-of-order': {
          const { promise, resolve } = Promise.withResolvers<void>();
          overtaken.push(resolve);
          run(Promise.race([promise, wait(delayMs)]).then(() => deliver(called, undefined)));
          return;
        }
        case 'forged':
        case 'stale':
          run(deliver(called, told.mode));
          return;
        default:
          run(deliver(called, undefined));
      }
    },
    resume(owed) {
      for (const called of owed) run(deliver(called, undefined));
    },
    clear() {
      ending.abort();
      ending = new AbortController();
      overtaken = [];
    },
    close: () => ending.abort(),
  };
}

/** A book that cannot be written says so to everybody who asks; here nobody does. */
function run(work: Promise<void>): void {
  work.catch(() => {});
}

/** The same for each delivery of what became of a payout. */
export function webhookIdOf(key: string): string {
  return `msg_${createHash('sha256').update(key).digest('hex').slice(0, 24)}`;
}

/** Standard Webhooks: HMAC-SHA256 of `id.timestamp.body` under the secret's bytes. */
export function signed(message: {
  readonly id: string;
  readonly timestamp: string;
  readonly body: string;
  readonly secret: string;
}): string {
  const { id, timestamp, body, secret } = message;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** The same bytes at each try. */
function bodyOf({ payout, outcome }: Called): string {
  const { payoutId, endToEndId, lenderId, amountFen, currency } = payout;
  return JSON.stringify({
    type: `payout.${outcome.status}`,
    data: { payoutId, endToEndId, lenderId, amountFen, currency, ...outcome },
  });
}
