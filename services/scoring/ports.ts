// What scoring needs of the outside: a place where its scores are kept.
import type { Transaction } from '@saidao/worker';
import type { ScoreRow } from './decide.ts';

export interface ScoreStore {
  /** Keeps the scores of a turn within its transaction. */
  record(transaction: Transaction, rows: readonly ScoreRow[]): Promise<void>;
}
