// Whether the tables of a policy say something of everything, once, and nothing in vain.
import { tiers, type Tier } from '../assessment/assess.ts';
import { noFacts, type Facts } from '../assessment/facts.ts';
import { figuresOfCap } from '../assessment/limits.ts';
import { tableNames, type TableName } from '../assessment/rules.ts';
import {
  ruleTableOf,
  textIn,
  type PolicyDocument,
  type RuleTable,
  type TableRow,
} from './document.ts';
import { factValues, inOrder, type Says } from './fact-values.ts';

/** Whether a cell is met by the fact of its column. */
export type Meets = (expression: string, field: keyof Facts, facts: Facts) => boolean;

type FactName = keyof Facts;

/** Of each of these the price has exactly one part. */
const priceAspects: readonly FactName[] = ['grade', 'securityKind', 'termMonths'];

const EXAMPLES_MAX = 200_000;

/** Every gap, overlap and row in vain, as a sentence with the table, the row and an example. */
export function faultsOfTables({ tables }: PolicyDocument, meets: Meets): string[] {
  const checked = new Map<TableName, Checked>();
  for (const name of tableNames)
    checked.set(name, new Checked(name, ruleTableOf(tables[name]), meets));
  const of = (name: TableName) => checked.get(name) as Checked;
  return [
    ...tableNames.flatMap((name) => of(name).inVain()),
    ...tableNames.flatMap((name) => of(name).gaps()),
    ...priceAspects.flatMap((aspect) =>
      of('pricing').notOnce(aspect, ({ conditions }) => [...conditions.keys()].join() === aspect),
    ),
    ...of('pricing').overlaps((rows) => `${rows.join(' and ')} are both added for`),
    ...[...new Set([...figuresOfCap.keys(), ...of('limits').limits()])].flatMap((limit) =>
      of('limits').notOnce(limit, ({ outputs }) => textIn(outputs.get('limit')) === limit),
    ),
    ...of('knock-outs').saidTwice(),
    ...of('referrals').saidTwice(),
    ...of('knock-outs').withoutCause(),
    ...of('referrals').withoutCause(),
    ...of('knock-outs').unknownDeclines(),
    ...of('authority').tooLow(),
    ...bothOf(of('knock-outs').table, of('referrals').table, meets).unanswered(),
  ];
}

/** What one of them does not answer the other may. */
function bothOf(one: RuleTable, other: RuleTable, meets: Meets): Checked {
  const facts = [...new Set([...one.facts, ...other.facts])];
  const both = { hitPolicy: 'collect', facts, rows: [...one.rows, ...other.rows] };
  return new Checked('knock-outs and referrals', both, meets);
}

/** One table, and the values of its facts that its cells can tell apart. */
class Checked {
  readonly name: string;
  readonly table: RuleTable;
  readonly #meets: Meets;
  /** What cells say of the facts that they read; most are asked the same again. */
  readonly #met = new Map<string, boolean>();

  constructor(name: string, table: RuleTable, meets: Meets) {
    this.name = name;
    this.table = table;
    this.#meets = meets;
  }

  fires(row: TableRow, facts: Facts): boolean {
    return [...row.conditions].every(([field, cell]) => {
      const reads = readsOf(field, cell).map((name) => facts[name]);
      const key = JSON.stringify([field, cell, ...reads]);
      const known = this.#met.get(key);
      if (known !== undefined) return known;
      const met = this.#meets(cell, field as FactName, facts);
      this.#met.set(key, met);
      return met;
    });
  }

  /** Rows that fire on nothing at all; of a table of first hits, that another always precedes. */
  inVain(): string[] {
    const { rows, hitPolicy } = this.table;
    if (hitPolicy !== 'first') {
      return rows
        .filter((row) => this.#examples([row]).every((facts) => !this.fires(row, facts)))
        .map(({ id }) => `${this.name}: ${id} never fires`);
    }
    const firing = new Set<TableRow | undefined>();
    for (const facts of this.#examples(rows)) {
      firing.add(rows.find((row) => this.fires(row, facts)));
    }
    return rows
      .filter((row) => !firing.has(row))
      .map(({ id }) => `${this.name}: ${id} never fires`);
  }

  /** What no row of a table of first hits says anything of. */
  gaps(): string[] {
    const { rows, hitPolicy } = this.table;
    if (hitPolicy !== 'first') return [];
    const gap = this.#examples(rows).find((facts) => !rows.some((row) => this.fires(row, facts)));
    return gap === undefined ? [] : [`${this.name}: no row fires for ${this.#shown(rows, gap)}`];
  }

  /** Where not exactly one of some rows fires that together say one thing. */
  notOnce(what: string, isOf: (row: TableRow) => boolean): string[] {
    const rows = this.table.rows.filter(isOf);
    const faults = new Map<string, string>();
    for (const facts of this.#examples(rows)) {
      const firing = rows.filter((row) => this.fires(row, facts)).map(({ id }) => id);
      if (firing.length === 1) continue;
      // One example of each is enough.
      const fault =
        firing.length === 0
          ? `${this.name}: no row says ${what} for`
          : `${this.name}: ${firing.join(' and ')} both say ${what} for`;
      if (!faults.has(fault)) faults.set(fault, this.#shown(rows, facts));
    }
    return [...faults].map(([fault, example]) => `${fault} ${example}`);
  }

  limits(): string[] {
    return [
      ...new Set(this.table.rows.flatMap(({ outputs }) => textIn(outputs.get('limit')) ?? [])),
    ];
  }

  /** Two rows of one code that read the same facts and fire together: one reason, given twice. */
  saidTwice(): string[] {
    return this.overlaps((rows, code) => `${rows.join(' and ')} both give ${code} for`);
  }

  /** Two rows that read the same facts, say the same code if any, and fire together. */
  overlaps(says: (rows: readonly string[], code: string) => string): string[] {
    const { rows } = this.table;
    return rows.flatMap((one, at) =>
      rows.slice(at + 1).flatMap((other) => {
        const [code = '', otherCode = ''] = [one, other].map(({ outputs }) => outputs.get('code'));
        const [columns, others] = [one, other].map((row) => [...row.conditions.keys()].join());
        if (code !== otherCode || columns !== others) return [];
        const both = this.#examples([one, other]).find(
          (facts) => this.fires(one, facts) && this.fires(other, facts),
        );
        if (both === undefined) return [];
        const example = this.#shown([one, other], both);
        return [`${this.name}: ${says([one.id, other.id], code)} ${example}`];
      }),
    );
  }

  /** Rows that fire where every fact that they read passes: a condition has been lost. */
  withoutCause(): string[] {
    return this.table.rows.flatMap((row) => {
      const names = readsOfRows([row]);
      const found = this.#combined(names).find(
        (facts) => names.every((name) => doesPass(name, facts[name])) && this.fires(row, facts),
      );
      if (found === undefined) return [];
      return [`${this.name}: ${row.id} fires for ${this.#shown([row], found) || 'everything'}`];
    });
  }

  /** Rows that fire for what is not known, which only refers. */
  unknownDeclines(): string[] {
    return this.table.rows.flatMap((row) => {
      const names = readsOfRows([row]);
      const found = this.#combined(names).find(
        (facts) => names.some((name) => isUnknown(name, facts[name])) && this.fires(row, facts),
      );
      if (found === undefined) return [];
      return [`${this.name}: ${row.id} declines for what is unknown: ${this.#shown([row], found)}`];
    });
  }

  /** Where less authority than the product's is enough, or an override takes no higher one. */
  tooLow(): string[] {
    const { rows } = this.table;
    const faults = new Map<string, string>();
    for (const facts of this.#combined([...new Set([...readsOfRows(rows), ...inOrder])])) {
      const row = rows.find((one) => this.fires(one, facts));
      const tier = textIn(row?.outputs.get('tier')) as Tier | undefined;
      if (row === undefined || tier === undefined) continue;
      const least = leastTier(facts);
      if (tiers.indexOf(tier) >= tiers.indexOf(least) || faults.has(row.id)) continue;
      const shown = this.#shown(rows, facts);
      faults.set(row.id, `${this.name}: ${row.id} says ${tier}, not ${least}, for ${shown}`);
    }
    return [...faults.values()];
  }

  /**
   * Values that do not pass, and that no row says anything of: they would be approved. Rows that
   * read such a fact may read others too, and have to answer it whatever those are.
   */
  unanswered(): string[] {
    const { rows } = this.table;
    return (Object.keys(factValues) as FactName[]).flatMap((name) =>
      failing(valuesOf(name)).flatMap(({ value, facts }) => {
        const reading = rows.filter(({ conditions }) => conditions.has(name));
        const beside = readsOfRows(reading).filter(
          (one) => one !== name && one !== 'productOffered' && !Object.hasOwn(facts, one),
        );
        const given = { ...facts, productOffered: true, [name]: value };
        const gap = this.#combined(beside)
          .map((example) => ({ ...example, ...given }))
          .find((example) => !rows.some((row) => this.fires(row, example)));
        if (gap === undefined) return [];
        const names = [...(Object.keys(facts) as FactName[]), ...beside];
        const shown = names.map((one) => `${one} ${JSON.stringify(gap[one])}`).join(', ');
        const besides = shown === '' ? '' : ` with ${shown}`;
        return [`${this.name}: no row fires for ${name} ${JSON.stringify(value)}${besides}`];
      }),
    );
  }

  /** All combinations of the values of the facts that some rows read; others are as of nothing. */
  #examples(rows: readonly TableRow[]): Facts[] {
    return this.#combined(readsOfRows(rows));
  }

  #combined(names: readonly FactName[]): Facts[] {
    let found: Facts[] = [noFacts];
    for (const name of names) {
      const values = this.#valuesOf(name);
      if (found.length * values.length > EXAMPLES_MAX) {
        throw new Error(`The table ${this.name} reads too much at once to be checked.`);
      }
      found = found.flatMap((facts) => values.map((value) => ({ ...facts, [name]: value })));
    }
    const bounds = inOrder.filter((name) => names.includes(name));
    return found.filter((facts) =>
      bounds.every((name, at) => at === 0 || facts[bounds[at - 1]!] <= facts[name]),
    );
  }

  #valuesOf(name: FactName): readonly unknown[] {
    const cells = this.table.rows.flatMap(({ conditions }) => conditions.get(name) ?? []);
    const values = valuesOf(name);
    if (!('amount' in values)) return namedValues(values, cells.flatMap(literalsIn));
    // Amounts that are compared with one another take as many places as there are of them.
    const compared = new Set(
      this.table.rows.flatMap(({ conditions }) =>
        [...conditions].flatMap(([field, cell]) => {
          const reads = readsOf(field, cell);
          return reads.length > 1 ? reads : [];
        }),
      ),
    );
    const places = compared.has(name)
      ? Array.from({ length: compared.size + 1 }, (_, at) => at)
      : [];
    const bounds = cells.flatMap(numbersIn).flatMap((at) => [at - 1, at, at + 1]);
    return [...new Set([0, ...places, ...bounds])].sort((a, b) => a - b);
  }

  #shown(rows: readonly TableRow[], facts: Facts): string {
    return readsOfRows(rows)
      .map((name) => `${name} ${JSON.stringify(facts[name])}`)
      .join(', ');
  }
}

/** Who has to decide at least: by the product's bounds, and one more where a rule is overridden. */
function leastTier({ proposedFen, standing, ...facts }: Facts): Tier {
  const above = inOrder.filter((bound) => proposedFen > Number(facts[bound as keyof typeof facts]));
  const own = standing === 'clear' ? above.length : Math.max(above.length, 1);
  return (
    tiers[Math.min(own + (standing === 'overridden' ? 1 : 0), tiers.length - 1)] ?? 'committee'
  );
}

/** Whether a value says that something is not known. */
function isUnknown(name: FactName, value: unknown): boolean {
  if (name === 'unknownFacts') return value === true;
  if (name === 'lprKnown' || name === 'coverageEnough') return value === false;
  return 'states' in valuesOf(name) && (value === 'unknown' || value === 'missing');
}

/** Whether a value alone stands against nothing. */
function doesPass(name: FactName, value: unknown): boolean {
  const values = valuesOf(name);
  if ('passes' in values) return value === values.passes;
  if ('members' in values) return (value as readonly unknown[]).length === 0;
  return !('states' in values) || values.states[String(value)] === 'passes';
}

interface Failing {
  readonly value: unknown;
  /** What goes with it. */
  readonly facts: Partial<Facts>;
}

function failing(values: AnyValues): Failing[] {
  if ('passes' in values) return [{ value: !values.passes, facts: {} }];
  if ('members' in values) return values.members.map((member) => ({ value: [member], facts: {} }));
  if (!('states' in values)) return [];
  return Object.entries(values.states).flatMap(([value, says]) => {
    if (says === 'passes' || says === 'either') return [];
    return says === 'fails'
      ? [{ value, facts: {} }]
      : says.failsWith.map((facts) => ({ value, facts }));
  });
}

type AnyValues =
  | { readonly passes: boolean }
  | { readonly states: Readonly<Record<string, Says>> }
  | { readonly open: readonly string[] }
  | { readonly members: readonly string[] }
  | { readonly amount: true };

const valuesOf = (name: FactName): AnyValues => factValues[name];

/** One that no cell and nobody has named stands for all of those. */
const ANOTHER = 'ANOTHER';

function namedValues(
  values: Exclude<AnyValues, { readonly amount: true }>,
  literals: readonly string[],
): readonly unknown[] {
  if ('passes' in values) return [false, true];
  if ('states' in values) return Object.keys(values.states);
  if ('open' in values) return [...new Set([...values.open, ...literals, ANOTHER])];
  return [[], ...new Set([...values.members, ...literals, ANOTHER])].map((one) =>
    typeof one === 'string' ? [one] : one,
  );
}

function readsOfRows(rows: readonly TableRow[]): FactName[] {
  const names = rows.flatMap(({ conditions }) =>
    [...conditions].flatMap(([field, cell]) => readsOf(field, cell)),
  );
  return [...new Set(names)];
}

/** The fact of the column, and those that the cell names. */
function readsOf(field: string, cell: string): FactName[] {
  const bare = cell.replace(/'[^']*'|"[^"]*"/g, '');
  const named = [...bare.matchAll(/[A-Za-z_]\w*/g)].map(([name]) => name);
  return [field, ...named.filter((name) => Object.hasOwn(noFacts, name))] as FactName[];
}

const literalsIn = (cell: string): string[] =>
  [...cell.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, one, other]) => one ?? other ?? '');

const numbersIn = (cell: string): number[] =>
  [...cell.replace(/'[^']*'|"[^"]*"/g, '').matchAll(/\d+/g)].map(([text]) => Number(text));
