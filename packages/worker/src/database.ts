// The database as a line uses it: a pool, short transactions, retries of serialization failures.
import type { Duplex } from 'node:stream';
import pg from 'pg';
import { arrayTypesOf, binaryArray } from './binary-array.ts';
import { codeOfConstraint, errors } from './errors.ts';

// bigint columns are bigint here too; numeric stays text, timestamps become epoch milliseconds.
const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === 20) return (text: string) => BigInt(text);
    if (oid === 1016) return parseBigintArray;
    return pg.types.getTypeParser(oid, format as 'text');
  }) as typeof pg.types.getTypeParser,
};

function parseBigintArray(text: string): bigint[] {
  return text === '{}' ? [] : text.slice(1, -1).split(',').map(BigInt);
}

/** One statement's way into an open transaction. */
export interface Transaction {
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<{ rows: R[]; rowCount: number }>;
  /** A statement prepared once for each connection under its name. */
  prepared<R extends pg.QueryResultRow = pg.QueryResultRow>(
    name: string,
    text: string,
    values: readonly unknown[],
  ): Promise<{ rows: R[]; rowCount: number }>;
}

export interface Database extends Transaction {
  /** On one connection: statements that do not wait for each other are sent together. */
  together<T>(work: (statements: Transaction) => Promise<T>): Promise<T>;
  /** Runs `work` between BEGIN and COMMIT; 40001 and 40P01 are retried with backoff. */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Connections that are waited for: a sign of a pool that is too small. */
  waiting(): number;
  close(): Promise<void>;
}

export interface DatabaseOptions {
  readonly url: string;
  readonly poolMax?: number;
  /** Shown in pg_stat_activity. */
  readonly applicationName?: string;
  readonly statementTimeoutMs?: number;
  /** How long a new connection is waited for; default 2.5 s, for a turn has no more. */
  readonly connectTimeoutMs?: number;
  /** A transaction in which nothing is asked for so long is ended by the server; default 60 s. */
  readonly idleInTransactionMs?: number;
  /** Taken on every connection, which then may do no more than this role. */
  readonly role?: string;
  readonly onError?: (error: Error) => void;
}

// A turn has to end within its session of 10 s, or the process ends; so nothing in it waits longer.
const STATEMENT_MS_MAX = 5_000;
const IDLE_MS_MAX = 60_000;
const CONNECT_MS_MAX = 2_500;

// Every statement of a turn finds its rows by key. A plan made while a table is new, or not yet
// analysed, would read the whole of it, and is kept: each turn would take longer than the last.
const PLANNER = '-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off';

const RETRIED = new Set(['40001', '40P01']);
const RETRIES_MAX = 8;

/** Opens a pool; no connection is made before the first statement. */
export function openDatabase(options: DatabaseOptions): Database {
  if (options.role !== undefined) assertRoleName(options.role);
  const pool = new pg.Pool({
    connectionString: options.url,
    max: options.poolMax ?? 8,
    application_name: options.applicationName ?? 'saidao',
    statement_timeout: options.statementTimeoutMs ?? STATEMENT_MS_MAX,
    idle_in_transaction_session_timeout: options.idleInTransactionMs ?? IDLE_MS_MAX,
    connectionTimeoutMillis: options.connectTimeoutMs ?? CONNECT_MS_MAX,
    keepAlive: true,
    options: options.role === undefined ? PLANNER : `${PLANNER} -c role=${options.role}`,
    pipeline: true,
    types,
  });
  // An idle connection that dies is replaced by the pool; without a listener the process would end.
  pool.on('error', (error) => options.onError?.(error));
  // The pool does not listen to one that is lent: whoever waits for a statement of it is told by
  // that statement.
  pool.on('connect', (client) => client.on('error', () => undefined));

  return {
    ...statementsOf(pool),
    async together(work) {
      const client = await pool.connect();
      try {
        return await work(statementsOf(client));
      } finally {
        client.release();
      }
    },
    async transaction(work) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(pool, work);
        } catch (error) {
          if (attempt >= RETRIES_MAX || !RETRIED.has(sqlStateOf(error) ?? '')) throw error;
          await backoff(attempt);
        }
      }
    },
    waiting: () => pool.waitingCount,
    close: () => pool.end(),
  };
}

/** It stands in SQL text, and in a connection's options, where a blank would begin another. */
export function assertRoleName(role: string): void {
  if (/^[a-z_][a-z0-9_]*$/.test(role)) return;
  throw new Error(`The role ${role} has to be small letters, digits and _.`);
}

/** The SQLSTATE of a database error, or undefined for another error. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * True for an error that the data itself causes (class 22, 23; 54 for a text too long for its
 * index): trying again cannot help. A broken invariant is none: it has a SQLSTATE of its own, or a
 * constraint that names its code.
 */
export function isDataError(error: unknown): boolean {
  if (!/^(?:2[23]|54)/.test(sqlStateOf(error) ?? '')) return false;
  const code = codeOfConstraint(error);
  return code === undefined || errors[code].disposition === 'dead-letter';
}

async function once<T>(pool: pg.Pool, work: (transaction: Transaction) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    // Sent with the first statements; no result of theirs is given before it has succeeded.
    const begun = statementsOf(client).query('begin');
    const result = await work(statementsOf(client, begun));
    await begun;
    await client.query('commit');
    return result;
  } catch (error) {
    try {
      await client.query('rollback');
    } catch (rollbackError) {
      // The connection is gone; the server rolls back by itself, the pool must not reuse it.
      broken = rollbackError as Error;
    }
    throw error;
  } finally {
    client.release(broken);
  }
}

function statementsOf(on: pg.Pool | pg.PoolClient, begun?: Promise<unknown>): Transaction {
  const run = async <R extends pg.QueryResultRow>(query: pg.QueryConfig) => {
    if (!(on instanceof pg.Pool)) holdTick(on);
    // Asked in the order of the calls, whatever becomes of waiting for the answers.
    const asked = on.query<R>(query);
    const [result] = await Promise.all([asked, begun]);
    return { rows: result.rows, rowCount: result.rowCount ?? 0 };
  };
  return {
    query: (text, values) => run({ text, ...(values && { values: values as unknown[] }) }),
    prepared: (name, text, values) => run({ name, text, values: parametersOf(name, text, values) }),
  };
}

const held = new WeakSet<Duplex>();

/** What is asked in one tick is one packet: each would wake the server, and cost both sides. */
function holdTick(client: pg.PoolClient): void {
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Duplex } })
    .connection;
  if (held.has(stream)) return;
  held.add(stream);
  stream.cork();
  process.nextTick(() => {
    held.delete(stream);
    stream.uncork();
  });
}

const arrayTypes = new Map<string, readonly (string | undefined)[]>();

/** A statement's name stands for its text, as it does for the server. */
function parametersOf(name: string, text: string, values: readonly unknown[]): unknown[] {
  let types = arrayTypes.get(name);
  if (types === undefined) arrayTypes.set(name, (types = arrayTypesOf(text)));
  return values.map((value, index) => {
    const type = types[index];
    if (type === undefined || !Array.isArray(value)) return value;
    return binaryArray(type, value) ?? value;
  });
}

function backoff(attempt: number): Promise<void> {
  const ceilingMs = Math.min(500, 5 * 2 ** attempt);
  return new Promise((resolve) => setTimeout(resolve, ceilingMs * (0.5 + Math.random() / 2)));
}
