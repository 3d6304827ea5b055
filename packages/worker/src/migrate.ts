// Brings a service's tables and its role's rights up to date: the machinery's, then plain SQL files.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { openDatabase, sqlStateOf, type Database, type Transaction } from './database.ts';
import { assertLineName } from './line-name.ts';
import {
  assertMayTake,
  closePublic,
  DatabaseRoleError,
  giveSchema,
  makeRole,
  roleOf,
  takeAway,
} from './rights.ts';
import { isLineMigrated, migrateLine, narrowLine } from './tables.ts';

/** What a service has in a database. */
export interface ServiceTables {
  readonly databaseUrl: string;
  readonly service: string;
  /** What its lines and doors run as, made if it is missing; left out: see `roleOf`. */
  readonly role?: string;
  /**
   * The service's lines, each with a schema. That of the first holds the table of what was applied;
   * a service without lines has one schema, by its own name.
   */
  readonly lines: readonly string[];
  /** Holds `0001_name.sql`, `0002_name.sql` …; other files are passed over. */
  readonly folder?: string | URL;
}

export interface MigrateServiceOptions extends ServiceTables {
  /** Whether the login is to run the lines too, and so has to be able to take the role. */
  readonly takesRole?: boolean;
  /** How long to wait for another replica that migrates, or for a table in use. Default 60 s. */
  readonly lockWaitMs?: number;
}

/** A migration that failed; nothing of it, and nothing after it, was applied. */
export class MigrationError extends Error {
  readonly code = 'SAIDAO_MIGRATION';
}

const LOCK_WAIT_MS = 60_000;
const CONNECT_MS = 10_000;

/** Applies what is missing and names it; several replicas and services may call it at once. */
export async function migrateService(
  options: MigrateServiceOptions,
): Promise<{ readonly applied: readonly string[] }> {
  const { databaseUrl: url, service, lines, folder, lockWaitMs = LOCK_WAIT_MS } = options;
  const { role = roleOf(service) } = options;
  const home = homeOf(options);
  const schemas = lines.length === 0 && folder !== undefined ? [home] : lines;
  schemas.forEach(assertLineName);
  const current = { file: '' };
  const database = openDatabase({
    ...{ url, poolMax: 1, connectTimeoutMs: CONNECT_MS, statementTimeoutMs: lockWaitMs },
    applicationName: `saidao migrate ${service}`,
  });
  try {
    await makeRole(database, role, options.takesRole ?? false);
    await alone(database, async (transaction) => {
      await closePublic(transaction);
      for (const schema of schemas) await giveSchema(transaction, schema, role);
    });
    for (const line of lines) await migrateLine(database, line);
    const applied = folder === undefined ? [] : await applyFiles(options, schemas, current);
    await alone(database, async (transaction) => {
      for (const line of lines) await narrowLine(transaction, line, role);
      if (folder === undefined) return;
      const own = { role, table: `${home}.migrations`, rights: 'insert, update, delete' };
      await takeAway(transaction, own);
    });
    return { applied };
  } catch (error) {
    if (error instanceof DatabaseRoleError) throw error;
    const where = current.file === '' ? '' : ` in ${current.file}.sql`;
    // A login that may do no more than run the lines is meant to leave this to another.
    const todo =
      sqlStateOf(error) === '42501'
        ? '; where another login brings them up to date, set MIGRATIONS=check'
        : '';
    const message = `The tables of ${service} could not be brought up to date${where}: ${
      (error as Error).message
    }${todo}`;
    throw new MigrationError(message, { cause: error });
  } finally {
    await database.close();
  }
}

/** Throws unless this login may take the role and finds tables of this release or a later one. */
export async function assertMigrated(options: ServiceTables): Promise<void> {
  const { databaseUrl: url, service, role = roleOf(service) } = options;
  const database = openDatabase({ url, poolMax: 1, connectTimeoutMs: CONNECT_MS });
  try {
    await assertMayTake(database, role);
    const missing = await database.transaction(async (transaction) => {
      await transaction.query(`set local role ${role}`);
      return missingOf(transaction, options);
    });
    if (missing === undefined) return;
    throw new MigrationError(
      `The tables of ${service} are not those of this release (${missing}): start the service ` +
        'once with MIGRATIONS=only and the login that owns them.',
    );
  } finally {
    await database.close();
  }
}

/** What is not there, in a few words; stops at the first. */
async function missingOf(
  transaction: Transaction,
  tables: ServiceTables,
): Promise<string | undefined> {
  const { lines, folder } = tables;
  let at = '';
  try {
    for (const line of lines) {
      at = `the schema ${line}`;
      if (!(await isLineMigrated(transaction, line))) return `${at} is older`;
    }
    if (folder === undefined) return undefined;
    at = `${homeOf(tables)}.migrations`;
    const { rows } = await transaction.query<{ name: string }>(`select name from ${at}`);
    const applied = new Set(rows.map(({ name }) => name));
    const file = filesOf(folderOf(folder)).find((name) => !applied.has(name));
    return file && `${file}.sql was not applied`;
  } catch (error) {
    // No such schema or table, or no right to it: the role has what this release needs, or less.
    if (!/^(?:3F000|42P01|42501)$/.test(sqlStateOf(error) ?? '')) throw error;
    return `${at}: ${(error as Error).message}`;
  }
}

function homeOf({ lines: [first], service }: ServiceTables): string {
  return first ?? service.replaceAll('-', '_');
}

const SQL = '.sql';

function filesOf(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(SQL));
  return names.map((name) => name.slice(0, -SQL.length)).toSorted();
}

function folderOf(folder: string | URL): string {
  const path = folder instanceof URL ? fileURLToPath(folder) : folder;
  if (!existsSync(path)) throw new MigrationError(`There is no folder ${path}.`);
  return path;
}

/** Notes in `current` which file is being applied. */
async function applyFiles(
  options: MigrateServiceOptions,
  schemas: readonly string[],
  current: { file: string },
): Promise<string[]> {
  const home = homeOf(options);
  const dir = folderOf(options.folder ?? '');
  const client = new pg.Client({
    connectionString: options.databaseUrl,
    application_name: `saidao migrate ${options.service}`,
    connectionTimeoutMillis: CONNECT_MS,
    lock_timeout: options.lockWaitMs ?? LOCK_WAIT_MS,
  });
  // Without a listener a connection that dies would end the process; the statement rejects anyway.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const applied = await runner({
      dbClient: client,
      dir,
      ignorePattern: String.raw`(?!.*\.sql$).*`,
      direction: 'up',
      schema: [...schemas],
      migrationsSchema: home,
      migrationsTable: 'migrations',
      advisoryLockMode: 'wait',
      lockValue: lockValueOf(home),
      logger: {
        info: (text: string) => {
          current.file = /^### MIGRATION (\S+)/.exec(text)?.[1] ?? current.file;
        },
        warn: () => undefined,
        error: () => undefined,
      },
    });
    current.file = '';
    return applied.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

/** One at a time in a database: rights to the same thing cannot be given by two at once. */
function alone(
  database: Database,
  work: (transaction: Transaction) => Promise<void>,
): Promise<void> {
  return database.transaction(async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock($1)', [lockValueOf('schemas')]);
    await work(transaction);
  });
}

/** A lock of its own for each service: two services may migrate at once. */
function lockValueOf(name: string): number {
  return createHash('sha256').update(`saidao migrations ${name}`).digest().readUIntBE(0, 6);
}
