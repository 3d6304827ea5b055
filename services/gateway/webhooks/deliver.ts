// Sends what is due, some at once to each webhook, one after another of each application.
import type { Clock, Logger } from '@saidao/worker';
import { settledBy, type Answered, type Settled } from './attempts.ts';
import type { ClaimedDelivery, DeliveryQueue, Post, Webhook } from './ports.ts';
import { messageIdOf, secretOf, signedHeaders } from './secrets.ts';

const LOOK_MS = 1_000;
/** Beyond the time of a request: for what stands around it. */
const LEASE_MARGIN_MS = 5_000;

/** For how long a delivery is taken by who sends it. */
export const leaseMsOf = (timeoutMs: number): number => timeoutMs + LEASE_MARGIN_MS;

export interface DelivererOptions {
  readonly queue: DeliveryQueue;
  readonly post: Post;
  /** Secrets are made of it. */
  readonly key: string;
  readonly retriesMs: readonly number[];
  /** Requests to one webhook at once, by this process. */
  readonly atOnceMax: number;
  readonly timeoutMs: number;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly chance: () => number;
  readonly logger: Logger;
  readonly onSettled?: (status: Settled['status']) => void;
}

/** Secrets that sign for a webhook now, the newest first. */
export function secretsOf(key: string, webhook: Webhook, nowMs: number): string[] {
  const { id, generation, previousUntilMs } = webhook;
  const secrets = [secretOf(key, id, generation)];
  if (previousUntilMs !== null && nowMs < previousUntilMs && generation > 1) {
    secrets.push(secretOf(key, id, generation - 1));
  }
  return secrets;
}

export class Deliverer {
  readonly #options: DelivererOptions;
  readonly #running = new Map<string, Set<Promise<void>>>();
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #givenUp = false;

  constructor(options: DelivererOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => this.poke(), LOOK_MS);
  }

  /** Something may be due. */
  poke(): void {
    if (this.#stopped) return;
    this.#again = true;
    this.#round ??= this.#rounds().finally(() => (this.#round = undefined));
  }

  /** Takes nothing more; ends when what it has sent is answered and noted. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#round;
    await Promise.all([...this.#running.values()].flatMap((running) => [...running]));
  }

  /** Requests that are not answered by now end unheard: by our doing, not by the endpoint's. */
  giveUp(): void {
    this.#givenUp = true;
  }

  async #rounds(): Promise<void> {
    const { queue, clock, logger } = this.#options;
    while (this.#again && !this.#stopped) {
      this.#again = false;
      try {
        for (const webhook of await queue.due(clock.nowMs())) await this.#take(webhook);
      } catch (error) {
        logger.warn({ err: error }, 'deliveries could not be taken, trying again');
      }
    }
  }

  async #take(webhook: Webhook): Promise<void> {
    const { queue, clock, atOnceMax, timeoutMs } = this.#options;
    const running = this.#running.get(webhook.id) ?? new Set();
    const free = atOnceMax - running.size;
    if (free <= 0 || this.#stopped) return;
    const nowMs = clock.nowMs();
    const untilMs = nowMs + leaseMsOf(timeoutMs);
    for (const delivery of await queue.claim(webhook.id, free, nowMs, untilMs)) {
      const attempt = this.#attempt(webhook, delivery).finally(() => {
        running.delete(attempt);
        if (running.size === 0) this.#running.delete(webhook.id);
        // The next of its application, or of another, is due.
        this.poke();
      });
      running.add(attempt);
      // Those that ran before may have ended meanwhile, and taken the set away.
      this.#running.set(webhook.id, running);
    }
  }

  async #attempt(webhook: Webhook, delivery: ClaimedDelivery): Promise<void> {
    const { queue, post, key, retriesMs, clock, chance, logger, onSettled } = this.#options;
    const { attempt, applicationId, content } = delivery;
    const beganAtMs = clock.nowMs();
    const { sequence } = JSON.parse(content) as { sequence: string };
    const message = { id: messageIdOf(applicationId, sequence), body: content, atMs: beganAtMs };
    const headers = signedHeaders(message, secretsOf(key, webhook, beganAtMs));
    const answered: Answered = await post(webhook.url, headers, content);
    // Not noted, it is due again when its lease is over, as after a kill.
    if (this.#givenUp && answered.kind === 'silent') return;
    const nowMs = clock.nowMs();
    const settled = settledBy({ attempt, answered, nowMs, retriesMs, chance: chance() });
    try {
      const webhookId = webhook.id;
      await queue.settle({ webhookId, delivery, settled, answered, beganAtMs, nowMs });
      onSettled?.(settled.status);
    } catch (error) {
      // It was sent, and will be sent once more under the same id.
      logger.warn({ err: error, webhook: webhook.id }, 'what became of a delivery was not noted');
    }
    if (settled.status === 'delivered') return;
    const said = answered.kind === 'answered' ? { code: answered.code } : { fault: answered.fault };
    logger.info({ webhook: webhook.id, attempt, ...said }, 'a webhook did not take an event');
  }
}
