// Brings a service's own tables up to date: plain SQL files, applied in order, each once.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import { assertLineName } from './line-name.ts';

export interface MigrateServiceOptions {
  readonly databaseUrl: string;
  /** The database schemas of the service's lines; the first holds the table of what was applied. */
  readonly schemas: readonly [string, ...string[]];
  /** Holds `0001_name.sql`, `0002_name.sql` …; other files are passed over. */
  readonly folder: string | URL;
  /** How long to wait for another replica that migrates, or for a table in use. Default 60 s. */
  readonly lockWaitMs?: number;
}

/** A migration that failed; nothing of it, and nothing after it, was applied. */
export class MigrationError extends Error {
  readonly code = 'SAIDAO_MIGRATION';
}

/** Applies what is missing and names it; several replicas may call it at once. */
export async function migrateService(
  options: MigrateServiceOptions,
): Promise<{ readonly applied: readonly string[] }> {
  const [schema] = options.schemas;
  options.schemas.forEach(assertLineName);
  const folder = options.folder instanceof URL ? fileURLToPath(options.folder) : options.folder;
  if (!existsSync(folder)) throw new MigrationError(`There is no folder ${folder}.`);
  const client = new pg.Client({
    connectionString: options.databaseUrl,
    application_name: `saidao migrate ${schema}`,
    connectionTimeoutMillis: 10_000,
    lock_timeout: options.lockWaitMs ?? 60_000,
  });
  // Without a listener a connection that dies would end the process; the statement rejects anyway.
  client.on('error', () => undefined);
  let current = '';
  const remember = (line: string) => {
    current = /^### MIGRATION (\S+)/.exec(line)?.[1] ?? current;
  };
  await client.connect();
  try {
    await makeSchemas(client, options.schemas);
    const applied = await runner({
      dbClient: client,
      dir: folder,
      ignorePattern: String.raw`(?!.*\.sql$).*`,
      direction: 'up',
      schema: [...options.schemas],
      migrationsSchema: schema,
      migrationsTable: 'migrations',
      advisoryLockMode: 'wait',
      lockValue: lockValueOf(schema),
      logger: { info: remember, warn: () => undefined, error: () => undefined },
    });
    return { applied: applied.map(({ name }) => name) };
  } catch (error) {
    const file = current === '' ? '' : ` in ${current}.sql`;
    const message = `The tables of ${schema} could not be brought up to date${file}: ${
      (error as Error).message
    }`;
    throw new MigrationError(message, { cause: error });
  } finally {
    await client.end();
  }
}

/** One after another: the runner would ask for all of them at once, which `pg` will refuse. */
async function makeSchemas(client: pg.Client, schemas: readonly string[]): Promise<void> {
  await client.query('begin');
  await client.query('select pg_advisory_xact_lock($1)', [lockValueOf('schemas')]);
  for (const schema of schemas) await client.query(`create schema if not exists ${schema}`);
  await client.query('commit');
}

/** A lock of its own for each service: two services may migrate at once. */
function lockValueOf(schema: string): number {
  return createHash('sha256').update(`saidao migrations ${schema}`).digest().readUIntBE(0, 6);
}
