// What judging needs from outside: evaluated rule tables and a digest, both pure.
import type { Fact } from '@saidao/schemas';
import type { Facts } from './facts.ts';

export const tableNames = ['knock-outs', 'referrals', 'authority', 'pricing'] as const;
export type TableName = (typeof tableNames)[number];

/** A row of a table that matched, with what its output cells say. */
export interface Fired {
  readonly rule: string;
  /** The facts that its conditions read. */
  readonly inputs: readonly Fact[];
  readonly output: Readonly<Record<string, string | number>>;
}

/** Synchronous and deterministic: the same facts always fire the same rows, in the table's order. */
export interface RuleTables {
  evaluate(table: TableName, facts: Facts): readonly Fired[];
}

/** SHA-256 of a text, hex. */
export type Digest = (text: string) => string;
