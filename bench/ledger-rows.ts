// The rows that the ledger line left, inserted once more as barely as can be: what all else costs.
import type pg from 'pg';
import { withDatabase } from './arena.ts';

export interface BareRun {
  /** Tables of the books, or also what the line keeps for itself: journal and states. */
  readonly what: 'books' | 'all';
  readonly rows: number;
  readonly seconds: number;
  /** Loans a second. */
  readonly perSecond: number;
}

/** What the machinery of a line keeps, beside what the service writes. */
const MACHINERY = ['applications', 'journal'];
/** Never written for a loan, or once for all. */
const NOT_OF_LOANS = ['accounts', 'chain_heads', 'halts', 'parked', 'timers', 'pgmigrations'];
/** As many loans as a turn takes records. */
const LOANS_AT_ONCE = 100;
/** Of which the median counts: one takes a second or two. */
const ROUNDS = 3;

interface Column {
  readonly name: string;
  readonly type: string;
}

interface BareTable {
  readonly name: string;
  readonly columns: readonly Column[];
  /** As text, for each batch of loans the values of each column. */
  readonly batches: readonly (readonly (readonly (string | null)[])[])[];
  readonly rows: number;
}

/**
 * Inserts the rows of these applications into empty copies of their tables, with the same indexes
 * and without triggers: one transaction for every 100 loans, one `unnest` for each table.
 */
export async function insertBarely(
  databaseUrl: string,
  applications: readonly string[],
): Promise<readonly BareRun[]> {
  return withDatabase(databaseUrl, async (client) => {
    const tables = await tablesOf(client, applications);
    const runs: BareRun[] = [];
    for (const what of ['books', 'all'] as const) {
      const chosen = tables.filter(({ name }) => what === 'all' || !MACHINERY.includes(name));
      const rounds: BareRun[] = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        rounds.push(await insertAll(client, what, chosen, applications.length));
      }
      const [median] = rounds.toSorted((a, b) => a.seconds - b.seconds).slice(ROUNDS >> 1);
      if (median !== undefined) runs.push(median);
    }
    return runs;
  });
}

async function insertAll(
  client: pg.Client,
  what: BareRun['what'],
  tables: readonly BareTable[],
  loans: number,
): Promise<BareRun> {
  await client.query('drop schema if exists bare cascade');
  await client.query('create schema bare');
  for (const { name } of tables) {
    await client.query(`create table bare.${name} (like book.${name} including all)`);
  }
  await client.query('checkpoint');
  const startedMs = performance.now();
  const batches = Math.ceil(loans / LOANS_AT_ONCE);
  for (let batch = 0; batch < batches; batch += 1) {
    await client.query('begin');
    for (const table of tables) await insert(client, table, batch);
    await client.query('commit');
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const rows = tables.reduce((sum, table) => sum + table.rows, 0);
  await client.query('drop schema bare cascade');
  return { what, rows, seconds, perSecond: loans / seconds };
}

async function insert(client: pg.Client, table: BareTable, batch: number): Promise<void> {
  const values = table.batches[batch];
  if (values?.[0] === undefined || values[0].length === 0) return;
  const { name, columns } = table;
  const names = columns.map((column) => column.name).join(', ');
  // An array of arrays is no list of rows: such a column travels as text.
  const isArray = (type: string) => type.endsWith('[]');
  const given = columns
    .map(({ type }, index) => `$${index + 1}::${isArray(type) ? 'text' : type}[]`)
    .join(', ');
  const taken = columns.map(({ type }, index) => `c${index}${isArray(type) ? `::${type}` : ''}`);
  const as = columns.map((_, index) => `c${index}`).join(', ');
  await client.query({
    name: `bare-${name}`,
    text: `insert into bare.${name} (${names})
      select ${taken.join(', ')} from unnest(${given}) as w (${as})`,
    values: [...values],
  });
}

async function tablesOf(
  client: pg.Client,
  applications: readonly string[],
): Promise<readonly BareTable[]> {
  const { rows } = await client.query<{ name: string; columns: Column[] }>(
    `select c.relname as name, json_agg(json_build_object('name', a.attname, 'type',
       format_type(a.atttypid, null)) order by a.attnum) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'book'::regnamespace and c.relkind = 'r' and a.attnum > 0
       and not a.attisdropped and a.attgenerated = '' and c.relname <> all($1)
     group by c.relname order by c.relname`,
    [NOT_OF_LOANS],
  );
  const read: BareTable[] = [];
  for (const { name, columns } of rows) {
    const of = ownerOf(name, columns);
    if (of === undefined) continue;
    const table = await readTable(client, name, columns, of, applications);
    if (table.rows > 0) read.push(table);
  }
  return read;
}

/** How a row is known to be about an application; undefined: it is not about one. */
function ownerOf(table: string, columns: readonly Column[]): string | undefined {
  const has = (name: string) => columns.some((column) => column.name === name);
  if (has('application_id')) return 't.application_id';
  if (table === 'journal') return 't.key';
  if (table === 'postings') {
    return `(select e.application_id from book.entries e where e.lender_id = t.lender_id
       and e.lane = t.lane and e.seq = t.seq)`;
  }
  if (has('loan_id')) return `regexp_replace(t.loan_id, '-L\\d+$', '')`;
  if (table === 'shared_rows') return `regexp_replace(t.name, '^loan/(.*)-L\\d+$', '\\1')`;
  return undefined;
}

async function readTable(
  client: pg.Client,
  name: string,
  columns: readonly Column[],
  owner: string,
  applications: readonly string[],
): Promise<BareTable> {
  const texts = columns.map((column) => `t.${column.name}::text`).join(', ');
  const batches: (string | null)[][][] = [];
  let count = 0;
  for (let from = 0; from < applications.length; from += LOANS_AT_ONCE) {
    const { rows } = await client.query<(string | null)[]>({
      text: `select ${texts} from book.${name} t where ${owner} = any($1)`,
      values: [applications.slice(from, from + LOANS_AT_ONCE)],
      rowMode: 'array',
    });
    batches.push(columns.map((_, index) => rows.map((row) => row[index] ?? null)));
    count += rows.length;
  }
  return { name, columns, batches, rows: count };
}
