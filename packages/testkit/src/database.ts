// A database of its own for each test file, cloned from a template that was migrated once.
import { createHash, randomBytes } from 'node:crypto';
import { openDatabase, type Database } from '@saidao/worker';
import pg from 'pg';

export interface TestDatabase {
  readonly url: string;
  readonly database: Database;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Clones the template of that name, making it first if nobody has: `prepare` is given the URL of the
 * empty template. `adminUrl` is the engines' database URL; its role must be allowed to create databases.
 */
export async function testDatabase(options: {
  readonly adminUrl: string;
  readonly template: string;
  readonly prepare: (url: string) => Promise<void>;
}): Promise<TestDatabase> {
  const digest = createHash('sha256').update(options.template).digest('hex').slice(0, 12);
  const template = `template_${digest}`;
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asAdmin(options.adminUrl, async (client) => {
    // Held by this session until the clone is made: one maker, and nobody copies a half-made one.
    await client.query('select pg_advisory_lock(hashtext($1))', [template]);
    const found = await client.query('select 1 from pg_database where datname = $1', [template]);
    if (found.rowCount === 0) {
      const making = `${template}_making`;
      await client.query(`drop database if exists ${making} with (force)`);
      await client.query(`create database ${making}`);
      await options.prepare(urlOf(options.adminUrl, making));
      await client.query(`alter database ${making} rename to ${template}`);
    }
    await client.query(`create database ${name} template ${template}`);
  });
  const url = urlOf(options.adminUrl, name);
  const database = openDatabase({ url, poolMax: 6 });
  const close = async (): Promise<void> => {
    await database.close();
    await asAdmin(options.adminUrl, async (client) => {
      await client.query(`drop database if exists ${name} with (force)`);
    });
  };
  return { url, database, close, [Symbol.asyncDispose]: close };
}

function urlOf(adminUrl: string, name: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

async function asAdmin(url: string, work: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
