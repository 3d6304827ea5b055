// A version of a policy as its files say it: the manifest, and the documents that it names.
import type { TableDocument } from '../adapters/zen-tables.ts';
import type { LenderRules, Product, ReasonTexts } from '../assessment/policy.ts';
import type { TableName } from '../assessment/rules.ts';

/** The lender's own rules, and which documents the version is made of. */
export interface Manifest {
  readonly lenderId: string;
  readonly version: number;
  readonly source: string;
  readonly products: readonly string[];
  readonly tables: Readonly<Record<TableName, string>>;
  readonly reasons: string;
  readonly rules: LenderRules;
}

export interface PolicyDocument {
  readonly manifest: Manifest;
  readonly products: readonly Product[];
  readonly tables: Readonly<Record<TableName, TableDocument>>;
  readonly reasons: ReasonTexts;
}

/** A row of a rule table, with what it asks of each fact and says in each column. */
export interface TableRow {
  readonly id: string;
  readonly description: string;
  /** By fact; without those that it does not ask about. */
  readonly conditions: ReadonlyMap<string, string>;
  /** By column. */
  readonly outputs: ReadonlyMap<string, string>;
}

export interface RuleTable {
  readonly hitPolicy: string;
  readonly facts: readonly string[];
  readonly rows: readonly TableRow[];
}

/** The table of a document, whatever else it lacks: compiling says that. */
export function ruleTableOf({ nodes }: TableDocument): RuleTable {
  const content = nodes.find(({ type }) => type === 'decisionTableNode')?.content;
  const { hitPolicy = '', inputs = [], outputs = [], rules = [] } = content ?? {};
  const said = (columns: typeof inputs, rule: Readonly<Record<string, string>>) =>
    new Map(
      columns
        .map(({ id, field }) => [field, (rule[id] ?? '').trim()] as const)
        .filter(([, text]) => text !== ''),
    );
  return {
    hitPolicy,
    facts: inputs.map(({ field }) => field),
    rows: rules.map((rule) => ({
      id: rule['_id'] ?? '',
      description: rule['_description'] ?? '',
      conditions: said(inputs, rule),
      outputs: said(outputs, rule),
    })),
  };
}

/** What an output cell says that is a plain text, as `'K01'`. */
export function textIn(cell: string | undefined): string | undefined {
  return cell === undefined ? undefined : /^'([^']*)'$/.exec(cell)?.[1];
}
