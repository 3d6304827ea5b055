// The database in memory: rows, locks and transactions as a line uses them, for runs without PostgreSQL.
import type { Database, Transaction } from './database.ts';
import { machineryStatements } from './memory-statements.ts';

export { given, nothing, rowsOf } from './memory-statements.ts';

/** What a prepared statement gives; its rows are the reader's own. */
export interface Result {
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly rows: any[];
  readonly rowCount: number;
}

/** A statement by what it does: `schema` is what stands before the first point of its name. */
export type Statement = (
  session: Session,
  values: readonly (readonly unknown[])[],
  schema: string,
  text: string,
) => Promise<Result>;

/** Left of a row when its transaction is undone is what was committed before. */
class Row<T> {
  readonly key: string;
  committed: T | undefined;
  owner: Session | undefined;
  readonly waiting: { readonly session: Session; readonly proceed: () => void }[] = [];
  constructor(key: string) {
    this.key = key;
  }
}

/** Rows by primary key, in the order in which they were first inserted. */
export class Table<T> {
  readonly rows = new Map<string, Row<T>>();
  row(key: string): Row<T> {
    let row = this.rows.get(key);
    if (row === undefined) this.rows.set(key, (row = new Row(key)));
    return row;
  }
  /** What is committed, as a stranger sees it. */
  all(): T[] {
    return [...this.rows.values()].flatMap(({ committed }) => committed ?? []);
  }
}

export interface MemoryDatabaseOptions {
  /** Statements of the services' own tables, by their whole name; they go before the machinery's. */
  readonly statements?: Readonly<Record<string, Statement>>;
  /** Statements without a name, by a part of their text. */
  readonly texts?: readonly (readonly [part: string, statement: Statement])[];
  /** How long a statement may wait for a row. */
  readonly statementTimeoutMs?: number;
  /** False: nobody waits for a row. For tests that show what locks are for. */
  readonly locks?: boolean;
}

const defaults = { locks: true, statementTimeoutMs: 5_000 };
const RETRIED = new Set(['40001', '40P01']);
const RETRIES_MAX = 8;

/** The server: its tables, and the sessions that work on them. READ COMMITTED, as PostgreSQL's. */
export class MemoryDatabase {
  readonly #tables = new Map<string, Table<unknown>>();
  readonly #options: MemoryDatabaseOptions;

  constructor(options: MemoryDatabaseOptions = {}) {
    this.#options = options;
  }

  table<T>(name: string): Table<T> {
    let table = this.#tables.get(name);
    if (table === undefined) this.#tables.set(name, (table = new Table()));
    return table as Table<T>;
  }

  begin(): Session {
    return new Session(this, { ...defaults, ...this.#options });
  }

  /**
   * One after another for each session, and nothing after one that failed. Rejects for a statement
   * that is not known: a new one of the machinery has to be added here.
   */
  run(session: Session, name: string, text: string, values: readonly unknown[]): Promise<Result> {
    const at = name.indexOf('.');
    const known = this.#options.statements?.[name] ?? machineryStatements[name.slice(at + 1)];
    const statement = name === '' ? this.#byText(text) : known;
    if (statement === undefined) {
      const what = name === '' ? text : name;
      return Promise.reject(new Error(`The memory database knows no statement ${what}.`));
    }
    const schema = name.slice(0, at);
    return session.next(() => statement(session, values as readonly unknown[][], schema, text));
  }

  /** A client without a network between: every statement is done at once. */
  connect(): Database {
    const statementsOn = (session: Session): Transaction => ({
      query: (text, values = []) => this.run(session, '', text, values),
      prepared: (name, text, values) => this.run(session, name, text, values),
    });
    const alone = async <T>(work: (statements: Transaction) => Promise<T>): Promise<T> => {
      const session = this.begin();
      try {
        const result = await work(statementsOn(session));
        session.commit();
        return result;
      } catch (error) {
        session.abort();
        throw error;
      }
    };
    return {
      query: (text, values) => alone((on) => on.query(text, values)),
      prepared: (name, text, values) => alone((on) => on.prepared(name, text, values)),
      together: (work) =>
        work({
          query: (text, values) => alone((on) => on.query(text, values)),
          prepared: (name, text, values) => alone((on) => on.prepared(name, text, values)),
        }),
      async transaction(work) {
        for (let attempt = 1; ; attempt += 1) {
          try {
            return await alone(work);
          } catch (error) {
            const { code } = error as { code?: string };
            if (attempt >= RETRIES_MAX || !RETRIED.has(code ?? '')) throw error;
          }
        }
      },
      waiting: () => 0,
      close: async () => {},
    };
  }

  #byText(text: string): Statement | undefined {
    return this.#options.texts?.find(([part]) => text.includes(part))?.[1];
  }
}

/** A refusal as PostgreSQL says it: the SQLSTATE is the code. */
export function refusal(code: string, message: string, constraint?: string): Error {
  return Object.assign(new Error(message), { code, ...(constraint && { constraint }) });
}

/** One connection's open transaction. */
export class Session {
  readonly #database: MemoryDatabase;
  readonly #options: typeof defaults;
  readonly #changes = new Map<Row<unknown>, unknown>();
  readonly #owned = new Set<Row<unknown>>();
  #waitsFor: Row<unknown> | undefined;
  #before: Promise<unknown> = Promise.resolve();
  #ended = false;

  constructor(database: MemoryDatabase, options: typeof defaults) {
    this.#database = database;
    this.#options = options;
  }

  get ended(): boolean {
    return this.#ended;
  }

  table<T>(name: string): Table<T> {
    return this.#database.table(name);
  }

  next<T>(statement: () => Promise<T>): Promise<T> {
    const result = this.#before.then(statement);
    this.#before = result;
    // Whoever asked is told; nobody else waits for it.
    result.catch(() => {});
    return result;
  }

  /** As this transaction sees it: what is committed, and its own changes. */
  read<T>(table: Table<T>, key: string): T | undefined {
    const row = table.rows.get(key);
    return row === undefined ? undefined : this.#seen(row);
  }

  all<T>(table: Table<T>): T[] {
    return [...table.rows.values()].flatMap((row) => this.#seen(row) ?? []);
  }

  /** Waits for whoever has changed or locked the row; then reads what is committed by then. */
  async lock<T>(table: Table<T>, key: string): Promise<T | undefined> {
    const row = table.rows.get(key);
    if (row === undefined) return undefined;
    await this.#own(row);
    return this.#seen(row);
  }

  /** Undefined deletes. */
  async write<T>(table: Table<T>, key: string, value: T | undefined): Promise<void> {
    const row = table.row(key);
    await this.#own(row);
    this.#changes.set(row as Row<unknown>, value);
  }

  /** False where the key is taken; one that another transaction has just inserted is waited for. */
  async insert<T>(table: Table<T>, key: string, value: T): Promise<boolean> {
    const row = table.row(key);
    if (this.#seen(row) !== undefined) return false;
    await this.#own(row);
    if (this.#seen(row) !== undefined) return false;
    this.#changes.set(row as Row<unknown>, value);
    return true;
  }

  commit(): void {
    if (this.#ended) throw refusal('25P02', 'The transaction has ended.');
    for (const [row, value] of this.#changes) row.committed = value;
    this.#end();
  }

  /** Also what the server does when it notices that its client has gone. */
  abort(): void {
    if (!this.#ended) this.#end();
  }

  #seen<T>(row: Row<T>): T | undefined {
    const own = row as Row<unknown>;
    return this.#changes.has(own) ? (this.#changes.get(own) as T | undefined) : row.committed;
  }

  async #own<T>(given: Row<T>): Promise<void> {
    const row = given as Row<unknown>;
    this.#refuseWhenEnded();
    if (!this.#options.locks || row.owner === this) return;
    if (row.owner === undefined) {
      row.owner = this;
      this.#owned.add(row);
      return;
    }
    for (let other: Session | undefined = row.owner; other !== undefined;) {
      if (other === this) throw refusal('40P01', 'deadlock detected');
      other = other.#waitsFor?.owner;
    }
    this.#waitsFor = row;
    let timeout: NodeJS.Timeout | undefined;
    const isOwned = await new Promise<boolean>((resolve) => {
      const waiter = { session: this as Session, proceed: () => resolve(true) };
      row.waiting.push(waiter);
      timeout = setTimeout(() => {
        const at = row.waiting.indexOf(waiter);
        if (at >= 0) row.waiting.splice(at, 1);
        resolve(false);
      }, this.#options.statementTimeoutMs);
    });
    clearTimeout(timeout);
    this.#waitsFor = undefined;
    if (!isOwned) throw refusal('57014', 'canceling statement due to statement timeout');
    this.#refuseWhenEnded();
  }

  #refuseWhenEnded(): void {
    if (this.#ended) throw refusal('25P02', 'The transaction has ended.');
  }

  #end(): void {
    this.#ended = true;
    for (const row of this.#owned) {
      const next = row.waiting.shift();
      row.owner = next?.session;
      if (next === undefined) continue;
      next.session.#owned.add(row);
      next.proceed();
      // One that has ended while it waited lets go at once.
      if (next.session.#ended) next.session.#end();
    }
    this.#owned.clear();
  }
}
