// Rule tables in JDM, each cell evaluated by zen-engine's own synchronous expressions.
import { evaluateExpressionSync, evaluateUnaryExpressionSync } from '@gorules/zen-engine';
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
}

/** The conditions that all rows of a table put on one fact. */
interface Condition {
  readonly field: keyof Facts;
  /** By row; undefined: the row does not ask. */
  readonly cells: readonly (Cell | undefined)[];
  /** The fact itself, and what else its cells name. */
  readonly reads: readonly (keyof Facts)[];
  /** Which rows these facts met before. */
  readonly met: Map<unknown, readonly boolean[]>;
}

/** Facts that take few values are asked about once each; amounts come and go. */
const MET_MAX = 512;

interface Row {
  readonly rule: string;
  /** Which of the table's conditions it puts. */
  readonly conditions: readonly number[];
  readonly reads: readonly (keyof Facts)[];
  readonly outputs: readonly { readonly field: string; readonly cell: Cell }[];
  /** Of a row whose output cells name no fact: what it always gives. */
  readonly fired: Fired | undefined;
}

interface Table {
  readonly first: boolean;
  readonly conditions: readonly Condition[];
  readonly rows: readonly Row[];
}

/** Compiles the tables; a cell that cannot be evaluated is found here, not in a decision. */
export function compileTables(documents: Readonly<Record<TableName, TableDocument>>): RuleTables {
  const tables = new Map<TableName, Table>();
  for (const name of tableNames) tables.set(name, compile(name, documents[name]));
  return { evaluate: (name, facts) => evaluate(tables.get(name) as Table, facts) };
}

function evaluate({ first, conditions, rows }: Table, facts: Facts): Fired[] {
  const fired: Fired[] = [];
  const met = conditions.map((condition) => rowsMet(condition, facts));
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at]!;
    if (!row.conditions.every((condition) => met[condition]![at])) continue;
    fired.push(row.fired ?? firedOf(row, facts));
    if (first) break;
  }
  return fired;
}

/** Conditions are pure functions of the facts they read, and most facts take few values. */
function rowsMet({ field, cells, reads, met }: Condition, facts: Facts): readonly boolean[] {
  const asked = reads.length === 1 ? keyOf(facts[field]) : keyOf(reads.map((name) => facts[name]));
  const known = met.get(asked);
  if (known !== undefined) return known;
  // Rows often ask the very same.
  const said = new Map<string, boolean>();
  const found = cells.map((cell) => {
    if (cell === undefined) return true;
    const meant = said.get(cell.expression) ?? meets(cell, field, facts);
    said.set(cell.expression, meant);
    return meant;
  });
  if (met.size >= MET_MAX) met.clear();
  met.set(asked, found);
  return found;
}

/** Two facts of one name are the same for a table where their keys are. */
function keyOf(value: unknown): unknown {
  return typeof value === 'object' ? JSON.stringify(value) : value;
}

function meets(cell: Cell, field: keyof Facts, facts: Facts): boolean {
  return evaluateUnaryExpressionSync(cell.expression, { ...read(cell, facts), $: facts[field] });
}

function firedOf(row: Pick<Row, 'rule' | 'reads' | 'outputs'>, facts: Facts): Fired {
  const output = outputOf(row, facts);
  return { rule: row.rule, reads: row.reads, output, said: toJson(output) };
}

function outputOf({ outputs }: Pick<Row, 'outputs'>, facts: Facts): Record<string, Value> {
  const output: Record<string, Value> = {};
  for (const { field, cell } of outputs) {
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
  for (const rule of rules) {
    const id = rule['_id'] ?? '';
    if (id === '' || seen.has(id)) refuse(`rule "${id}" has no id of its own`);
    seen.add(id);
  }
  const cell = (rule: Readonly<Record<string, string>>, column: Column) =>
    cellOf(rule[column.id] ?? '', `${rule['_id']}, ${column.field}`, refuse);
  const conditions = inputs.map((column) =>
    conditionOf(
      column.field as keyof Facts,
      rules.map((rule) => ((rule[column.id] ?? '').trim() === '' ? undefined : cell(rule, column))),
    ),
  );
  const rows = rules.map((rule, at) => {
    const row = {
      rule: rule['_id'] ?? '',
      ...asks(conditions, at),
      outputs: outputs.map((column) => ({ field: column.field, cell: cell(rule, column) })),
    };
    tryOut(row, conditions, at, refuse);
    return { ...row, fired: alwaysOf(row) };
  });
  return { first: hitPolicy === 'first', conditions, rows };
}

function conditionOf(field: keyof Facts, cells: readonly (Cell | undefined)[]): Condition {
  const named = cells.flatMap((cell) => cell?.reads ?? []);
  return { field, cells, reads: [...new Set([field, ...named])], met: new Map() };
}

/** Which conditions a row puts, and which facts it reads for them. */
function asks(conditions: readonly Condition[], at: number): Pick<Row, 'conditions' | 'reads'> {
  const places = conditions.flatMap(({ cells }, place) => (cells[at] === undefined ? [] : [place]));
  const reads = places.flatMap((place) => {
    const { field, cells } = conditions[place]!;
    return [field, ...(cells[at]?.reads ?? [])];
  });
  return { conditions: places, reads: [...new Set(reads)] };
}

/** What a row gives whose output cells name no fact. */
function alwaysOf(row: Pick<Row, 'rule' | 'reads' | 'outputs'>): Fired | undefined {
  if (row.outputs.some(({ cell }) => cell.reads.length > 0)) return undefined;
  return firedOf(row, noFacts);
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
  return { expression, reads: [...reads] };
}

function tryOut(
  row: Pick<Row, 'rule' | 'outputs'>,
  conditions: readonly Condition[],
  at: number,
  refuse: (what: string) => never,
): void {
  try {
    for (const { field, cells } of conditions) {
      const cell = cells[at];
      const met: unknown = cell === undefined || meets(cell, field, noFacts);
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
