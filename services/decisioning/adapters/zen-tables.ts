// Rule tables in JDM, each cell evaluated by zen-engine's own synchronous expressions.
import { evaluateExpressionSync, evaluateUnaryExpressionSync } from '@gorules/zen-engine';
import type { Fact } from '@saidao/schemas';
import { toJson } from '@saidao/values';
import { noFacts, type Facts } from '../assessment/facts.ts';
import { tableNames, type Fired, type RuleTables, type TableName } from '../assessment/rules.ts';

// zen-engine evaluates whole tables only asynchronously, and `decide` runs under row locks and must
// not wait. Its expressions have a synchronous form, so the walk over rows and columns is ours and
// every cell is zen's; a test holds both to the same results (docs/decisions/0008).

interface Column {
  readonly id: string;
  readonly field: string;
}

/** The part of a JDM document that a rule table needs; other kinds of node are refused. */
export interface TableDocument {
  readonly nodes: readonly {
    readonly id: string;
    readonly type: string;
    readonly content?: {
      readonly hitPolicy?: string;
      readonly inputs?: readonly Column[];
      readonly outputs?: readonly Column[];
      readonly rules?: readonly Readonly<Record<string, string>>[];
    };
  }[];
  readonly edges: readonly { readonly sourceId: string; readonly targetId: string }[];
}

type Value = string | number;

interface Cell {
  readonly expression: string;
  /** The facts that the expression names; only these are handed over. */
  readonly reads: readonly (keyof Facts)[];
  /** What zen said of these facts before, by their JSON. */
  readonly met: Map<string, boolean>;
}

const MET_MAX = 256;

interface Row {
  readonly rule: string;
  readonly conditions: readonly { readonly field: keyof Facts; readonly cell: Cell }[];
  readonly outputs: readonly { readonly field: string; readonly cell: Cell }[];
}

interface Table {
  readonly first: boolean;
  readonly rows: readonly Row[];
}

/** Compiles the tables; a cell that cannot be evaluated is found here, not in a decision. */
export function compileTables(documents: Readonly<Record<TableName, TableDocument>>): RuleTables {
  const tables = new Map<TableName, Table>();
  for (const name of tableNames) tables.set(name, compile(name, documents[name]));
  return {
    evaluate(name, facts) {
      const table = tables.get(name) as Table;
      const fired: Fired[] = [];
      for (const row of table.rows) {
        if (!row.conditions.every(({ field, cell }) => meets(cell, field, facts))) continue;
        fired.push({ rule: row.rule, inputs: inputsOf(row, facts), output: outputOf(row, facts) });
        if (table.first) break;
      }
      return fired;
    },
  };
}

/** A condition is a pure function of the facts it reads, and most take few values. */
function meets(cell: Cell, field: keyof Facts, facts: Facts): boolean {
  const asked = JSON.stringify([facts[field], ...cell.reads.map((name) => facts[name])]);
  const known = cell.met.get(asked);
  if (known !== undefined) return known;
  const met = evaluateUnaryExpressionSync(cell.expression, {
    ...read(cell, facts),
    $: facts[field],
  });
  if (cell.met.size >= MET_MAX) cell.met.clear();
  cell.met.set(asked, met);
  return met;
}

function inputsOf(row: Row, facts: Facts): Fact[] {
  const names = new Set(row.conditions.flatMap(({ field, cell }) => [field, ...cell.reads]));
  return [...names].map((name) => ({ name, value: toJson(facts[name]) }));
}

function outputOf(row: Row, facts: Facts): Record<string, Value> {
  const output: Record<string, Value> = {};
  for (const { field, cell } of row.outputs) {
    output[field] = evaluateExpressionSync(cell.expression, read(cell, facts)) as Value;
  }
  return output;
}

function read(cell: Cell, facts: Facts): Record<string, unknown> {
  return Object.fromEntries(cell.reads.map((name) => [name, facts[name]]));
}

function compile(name: TableName, document: TableDocument): Table {
  const refuse = (what: string): never => {
    throw new Error(`The rule table ${name} cannot be used: ${what}.`);
  };
  const types = document.nodes.map(({ type }) => type).sort();
  if (types.join() !== 'decisionTableNode,inputNode,outputNode') {
    refuse(`it has the nodes ${types.join(', ')}, not one input, one table and one output`);
  }
  const node = document.nodes.find(({ type }) => type === 'decisionTableNode');
  const { hitPolicy, inputs = [], outputs = [], rules = [] } = node?.content ?? {};
  if (hitPolicy !== 'first' && hitPolicy !== 'collect') {
    refuse(`its hit policy is ${hitPolicy}, not first or collect`);
  }
  for (const { field } of inputs) {
    if (!Object.hasOwn(noFacts, field)) refuse(`there is no fact ${field}`);
  }
  const seen = new Set<string>();
  const rows = rules.map((rule) => {
    const id = rule['_id'] ?? '';
    if (id === '' || seen.has(id)) refuse(`rule "${id}" has no id of its own`);
    seen.add(id);
    const where = (column: Column) => `${id}, ${column.field}`;
    return {
      rule: id,
      conditions: inputs
        .filter((column) => (rule[column.id] ?? '').trim() !== '')
        .map((column) => ({
          field: column.field as keyof Facts,
          cell: cellOf(rule[column.id] ?? '', where(column), refuse),
        })),
      outputs: outputs.map((column) => ({
        field: column.field,
        cell: cellOf(rule[column.id] ?? '', where(column), refuse),
      })),
    };
  });
  for (const row of rows) tryOut(row, refuse);
  return { first: hitPolicy === 'first', rows };
}

const words = new Set(['and', 'or', 'not', 'in', 'true', 'false', '$']);

function cellOf(text: string, where: string, refuse: (what: string) => never): Cell {
  const expression = text.trim();
  const reads = new Set<keyof Facts>();
  // Zen takes a name it does not know for null, so a slip would quietly never match.
  const bare = expression.replace(/'[^']*'|"[^"]*"/g, '');
  for (const [name] of bare.matchAll(/[A-Za-z_$][\w$]*/g)) {
    if (words.has(name)) continue;
    if (!Object.hasOwn(noFacts, name)) refuse(`${where} names "${name}", which is no fact`);
    reads.add(name as keyof Facts);
  }
  return { expression, reads: [...reads], met: new Map() };
}

function tryOut(row: Row, refuse: (what: string) => never): void {
  try {
    for (const { field, cell } of row.conditions) {
      const met: unknown = meets(cell, field, noFacts);
      if (typeof met !== 'boolean') refuse(`${row.rule}, ${field} says neither true nor false`);
    }
    for (const [field, value] of Object.entries(outputOf(row, noFacts))) {
      if (typeof value === 'string' || Number.isSafeInteger(value)) continue;
      refuse(`${row.rule}, ${field} gives neither a text nor a whole number`);
    }
  } catch (error) {
    const [first] = (error as Error).message.split('\n');
    refuse(first?.startsWith('The rule table') ? first : `${row.rule}: ${first}`);
  }
}
