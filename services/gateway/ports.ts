// What the gateway keeps and what its doors ask of it.
import type { Transaction } from '@saidao/worker';
import type { FeedRow } from './decide.ts';

export interface FeedStore {
  record(transaction: Transaction, rows: readonly FeedRow[]): Promise<void>;
  observes(rows: readonly FeedRow[]): void;
}

/** Where a lender's feed stands: its newest number, and up to which it is kept no more. */
export interface FeedPlace {
  readonly last: bigint;
  readonly dropped: bigint;
}

export interface FeedFilter {
  readonly types?: readonly string[] | undefined;
  readonly productId?: string | undefined;
  readonly applicationId?: string | undefined;
  /** The channels that the reader may see; left out: all. */
  readonly channels?: readonly string[] | undefined;
}

export interface FeedPageQuestion {
  readonly lenderId: string;
  /** Exclusive. */
  readonly after: bigint;
  /** Inclusive. */
  readonly upTo: bigint;
  readonly filter: FeedFilter;
  readonly limit: number;
}

export interface FedEvent {
  readonly number: bigint;
  readonly type: string;
  readonly content: string;
}

export interface FeedPage {
  /** In the order of their numbers. */
  readonly events: readonly FedEvent[];
  /** Up to which number the feed was kept no more when it was read. */
  readonly dropped: bigint;
}

export interface Feed {
  /** One place for each lender; of a lender of whom nothing was told both numbers are 0. */
  places(lenderIds: readonly string[]): Promise<ReadonlyMap<string, FeedPlace>>;
  page(question: FeedPageQuestion): Promise<FeedPage>;
  /**
   * Drops what has been kept for so long, at most so many events of each feed; says how many. What
   * webhooks were not told because of a dropped one they are told now.
   */
  drop(nowMs: number, keptMs: number, limit: number): Promise<number>;
}
