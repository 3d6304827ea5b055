// What decisioning needs of a database: evidence, live approvals and the latest decision.
import type { Presented, Transaction } from '@saidao/worker';
import type { DecisionRow } from './draft.ts';

export interface DecisionStore {
  /** Writes the rows of a turn. */
  record(transaction: Transaction, rows: readonly DecisionRow[]): Promise<void>;
  /** The latest decision of each application, locked. */
  presents(
    transaction: Transaction,
    applicationIds: readonly string[],
  ): Promise<readonly Presented[]>;
}

/** What the door asks before it publishes a verdict. */
export interface LatestDecisions {
  find(
    applicationId: string,
  ): Promise<{ readonly lenderId: string; readonly revision: number } | undefined>;
}

/** Idempotency-Keys that the door has answered, each with what was asked under it. */
export interface AnsweredKeys {
  askedOf(messageId: string): Promise<string | undefined>;
  keep(messageId: string, asked: string): Promise<void>;
}
