// What webhooks need: a store of them and of their deliveries, and a way to send.
import type { Answered, Settled } from './attempts.ts';

export type Disabled = 'OFF' | 'GONE' | 'FAILING';

/** What a webhook is told of; null: whatever it is. */
export interface WebhookFilter {
  readonly types: readonly string[] | null;
  readonly productId: string | null;
  readonly applicationId: string | null;
}

export interface Webhook extends WebhookFilter {
  readonly id: string;
  readonly lenderId: string;
  readonly url: string;
  readonly disabled: Disabled | null;
  readonly generation: number;
  readonly previousUntilMs: number | null;
  readonly failingSinceMs: number | null;
  readonly createdBy: string;
  readonly createdAtMs: number;
}

/** One event on its way to one webhook. */
export interface ClaimedDelivery {
  readonly number: bigint;
  readonly applicationId: string;
  /** 1 for the first. */
  readonly attempt: number;
  readonly content: string;
}

export interface DeliveryRecord {
  readonly number: bigint;
  readonly eventId: string;
  readonly type: string;
  readonly applicationId: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  readonly attempts: number;
  readonly attemptedAtMs: number | null;
  readonly code: number | null;
  readonly answer: string | null;
  readonly fault: string | null;
  readonly nextTryAtMs: number | null;
}

export interface DeliveryQuestion {
  readonly webhookId: string;
  readonly status?: DeliveryRecord['status'] | undefined;
  readonly after: bigint;
  readonly limit: number;
}

/** Which events are sent once more: from a number, from a time, one, or those that failed. */
export interface ReplayQuestion {
  readonly from?: bigint | undefined;
  readonly fromMs?: number | undefined;
  readonly only?: bigint | undefined;
  readonly failed?: boolean | undefined;
  readonly limit: number;
}

export type Created =
  | { readonly kind: 'created' }
  /** The lender has as many as it may. */
  | { readonly kind: 'full' }
  /** The lender has one with this address that is told of the same. */
  | { readonly kind: 'alike'; readonly id: string };

export type Changed =
  | { readonly kind: 'changed' }
  /** It has been removed. */
  | { readonly kind: 'gone' }
  /** Another of the lender has this address and is told of the same. */
  | { readonly kind: 'alike'; readonly id: string };

export interface Webhooks {
  create(webhook: Webhook, max: number): Promise<Created>;
  ofLenders(lenderIds: readonly string[]): Promise<readonly Webhook[]>;
  find(id: string): Promise<Webhook | undefined>;
  /**
   * Enabled again, it goes on where it stood: what waited is due, what failed is tried anew; what
   * may be on its way keeps its time.
   */
  change(
    id: string,
    to: WebhookFilter & { readonly url: string; readonly disabled: Disabled | null },
    nowMs: number,
  ): Promise<Changed>;
  /** The next generation of its secret; the one before signs too until then. */
  rotate(id: string, previousUntilMs: number): Promise<Webhook | undefined>;
  remove(id: string): Promise<void>;
  deliveries(question: DeliveryQuestion): Promise<readonly DeliveryRecord[]>;
  /**
   * How many events are to be sent; `next`: from which number on there may be more. Of failed ones
   * there is none: who asks again is given the others.
   */
  replay(
    webhook: Webhook,
    question: ReplayQuestion,
    nowMs: number,
  ): Promise<{ readonly count: number; readonly next: bigint | null }>;
}

export interface DeliveryQueue {
  /** Enabled webhooks that have something due. */
  due(nowMs: number): Promise<readonly Webhook[]>;
  /**
   * Takes what is due and first of its application, until then for this process alone; what is not
   * first is put off behind it.
   */
  claim(
    webhookId: string,
    limit: number,
    nowMs: number,
    untilMs: number,
  ): Promise<readonly ClaimedDelivery[]>;
  /** Nothing, where the delivery has been taken by another since. */
  settle(settling: Settling): Promise<void>;
  figures(): Promise<WebhookFigures>;
}

export interface WebhookFigures {
  /** Deliveries that wait for enabled webhooks, but for those behind a failed one. */
  readonly pending: number;
  readonly oldestDueAtMs: number | null;
  /** Deliveries to enabled webhooks that were given up: each holds back its application there. */
  readonly failed: number;
  /** `enabled`, or why a webhook is not. */
  readonly states: readonly { readonly state: string; readonly count: number }[];
}

export interface Settling {
  readonly webhookId: string;
  readonly delivery: ClaimedDelivery;
  readonly settled: Settled;
  readonly answered: Answered;
  readonly beganAtMs: number;
  readonly nowMs: number;
}

/** Sends one request, without following where it is led; never rejects. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
) => Promise<Answered>;
