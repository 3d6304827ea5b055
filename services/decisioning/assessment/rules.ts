// What judging needs from outside: evaluated rule tables and a digest, both pure.
import type { Facts } from './facts.ts';

export const tableNames = ['knock-outs', 'referrals', 'limits', 'pricing', 'authority'] as const;
export type TableName = (typeof tableNames)[number];

/** What the output cells of a row say, by column. */
export type Output = Readonly<Record<string, string | number>>;

/** A row of a table that matched, with what its output cells say. */
export interface Fired {
  readonly rule: string;
  /** The facts that its conditions read. */
  readonly reads: readonly (keyof Facts)[];
  readonly output: Output;
  /** The same as canonical JSON. */
  readonly said: string;
}

/** A row that stands in no table. */
export function ownRow(rule: string, output: Output): Fired {
  return { rule, reads: [], output, said: '' };
}

/** Synchronous and deterministic: the same facts always fire the same rows, in the table's order. */
export interface RuleTables {
  evaluate(table: TableName, facts: Facts): readonly Fired[];
}

/** SHA-256 of a text, hex. */
export type Digest = (text: string) => string;

/** The order in which an application is judged; each rule belongs to one of them. */
export const gates = [
  'schema',
  'uscc',
  'duplicate',
  'consent',
  'kyc',
  'lists',
  'bureau',
  'related-party',
  'patents',
  'valuation',
  'score',
  'limits',
  'authority',
] as const;

/** The gate of a row: what it says itself, else that of its table. */
export function gateOf(table: TableName, { output }: Fired): number {
  const own = gates.findIndex((gate) => gate === output['gate']);
  return own >= 0 ? own : gates.indexOf(table === 'authority' ? 'authority' : 'limits');
}
