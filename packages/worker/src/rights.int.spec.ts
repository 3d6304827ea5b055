// The role of a service on a real PostgreSQL: made at once in many databases, by whoever may, or by another.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { openDatabase, type Database } from './database.ts';
import { assertMigrated, migrateService } from './migrate.ts';
import { roleOf } from './rights.ts';
import { migrateLine } from './tables.ts';

let test: TestDatabase;
let folder: string;
/** A name of its own for each test: roles are of the whole cluster. */
let mark: string;
let service: string;
let role: string;

const newDatabase = () =>
  testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: async () => undefined,
  });

beforeEach(async () => {
  test = await newDatabase();
  folder = mkdtempSync(join(tmpdir(), 'saidao-rights-'));
  mark = randomBytes(4).toString('hex');
  service = `toys-${mark}`;
  role = roleOf(service);
  write('0001_notes', 'create table book.notes (id text primary key)');
});
afterEach(async () => {
  await test.close();
  rmSync(folder, { recursive: true });
  const admin = openDatabase({ url: inject('databaseUrl'), poolMax: 1 });
  const { rows } = await admin.query<{ name: string }>(
    'select rolname as name from pg_roles where rolname like $1',
    [`%${mark}%`],
  );
  for (const { name } of rows) await admin.query(`drop role ${name}`);
  await admin.close();
});

function write(name: string, sql: string): void {
  writeFileSync(join(folder, `${name}.sql`), sql);
}

const tablesAt = (databaseUrl: string) => ({ databaseUrl, service, lines: ['book'], folder });

/** A login that owns the database, or one that may do nothing. */
async function login(kind: 'owner' | 'other', clauses = ''): Promise<string> {
  const name = `${kind}_${mark}`;
  await test.database.query(`create role ${name} login password 'word' ${clauses}`);
  if (kind === 'owner') {
    await test.database.query(
      `do $$ begin execute format('alter database %I owner to ${name}', current_database()); end $$`,
    );
  }
  return urlOf(name);
}

function urlOf(name: string): string {
  return Object.assign(new URL(test.url), { username: name, password: 'word' }).href;
}

async function using<T>(
  options: { url: string; role?: string },
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase({ ...options, poolMax: 1 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

async function rightsTo(table: string): Promise<string> {
  const { rows } = await test.database.query<{ rights: string | null }>(
    `select string_agg(lower(privilege_type), ' ' order by privilege_type) as rights
     from pg_class, aclexplode(relacl) where oid = $1::regclass and grantee = $2::regrole`,
    [table, role],
  );
  return rows[0]?.rights ?? '';
}

describe('the role of a service', () => {
  it('is made once by services that start in many databases at once', async () => {
    const databases = await Promise.all(Array.from({ length: 6 }, newDatabase));
    const urls = [test, ...databases].flatMap(({ url }) => [url, url]);
    const outcomes = await Promise.allSettled(urls.map((url) => migrateService(tablesAt(url))));
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    await Promise.all(databases.map((one) => one.close()));
    expect(failed).toEqual([]);
    expect(await rightsTo('book.notes')).toBe('delete insert select update');
  });

  it('is taken by the login that made it, superuser or not', async () => {
    const url = await login('owner', 'createrole');
    await migrateService({ ...tablesAt(url), takesRole: true });
    await using({ url, role }, async (database) => {
      const { rows } = await database.query('select current_user::text as name');
      expect(rows).toEqual([{ name: role }]);
      await database.query(`insert into book.notes (id) values ('a')`);
      await expect(database.query('truncate book.notes')).rejects.toMatchObject({ code: '42501' });
    });
  });

  it('has what tables of before it need, once: what a migration took away stays so', async () => {
    await migrateLine(test.database, 'book');
    await test.database.query('create table book.older (id text primary key)');
    await migrateService(tablesAt(test.url));
    expect(await rightsTo('book.older')).toBe('delete insert select update');
    expect(await rightsTo('book.replays')).toBe('insert select');
    write('0002_rights', `revoke update, delete on book.older, book.notes from ${role}`);
    write('0003_later', 'create table book.later (id text primary key)');
    for (const _start of [1, 2]) await migrateService(tablesAt(test.url));
    expect(await rightsTo('book.older')).toBe('insert select');
    expect(await rightsTo('book.notes')).toBe('insert select');
    expect(await rightsTo('book.later')).toBe('delete insert select update');
  });

  it('is there for a service without lines, whose schema has its name', async () => {
    write('0001_notes', `create table toys_${mark}.notes (id text)`);
    await migrateService({ ...tablesAt(test.url), lines: [] });
    expect(await rightsTo(`toys_${mark}.notes`)).toBe('delete insert select update');
    await assertMigrated({ ...tablesAt(test.url), lines: [] });
  });
});

describe('one sentence says what is missing', () => {
  const told = (message: RegExp) => ({
    code: 'SAIDAO_DATABASE_ROLE',
    message: expect.stringMatching(message),
  });

  it('where the login may not make the role', async () => {
    const url = await login('owner');
    const sentence = `“create role ${role} nologin; grant ${role} to "owner_${mark}"”`;
    await expect(migrateService({ ...tablesAt(url), takesRole: true })).rejects.toMatchObject(
      told(new RegExp(`role ${role} is missing, .*${sentence}`)),
    );
    await test.database.query(`create role ${role} nologin`);
    await expect(migrateService({ ...tablesAt(url), takesRole: true })).rejects.toMatchObject(
      told(new RegExp(`login owner_${mark} may not take the database role ${role}: `)),
    );
    // Whoever only migrates gives rights, and needs none of the role's own.
    expect(await migrateService(tablesAt(url))).toEqual({ applied: ['0001_notes'] });
  });

  it('where the login is the role itself, which would own tables', async () => {
    await test.database.query(`create role ${role} login password 'word'`);
    await expect(migrateService(tablesAt(urlOf(role)))).rejects.toMatchObject(
      told(/is the role that lines run as.*MIGRATIONS=check/),
    );
  });

  it('where the role may do too much', async () => {
    await test.database.query(`create role ${role} nologin createdb`);
    await expect(migrateService(tablesAt(test.url))).rejects.toMatchObject(
      told(/may do more than any line needs: .*alter role .* nocreatedb/),
    );
  });

  it('where the login may not make tables', async () => {
    await test.database.query(`create role ${role} nologin`);
    const url = await login('other', `in role ${role}`);
    await expect(migrateService(tablesAt(url))).rejects.toMatchObject({
      code: 'SAIDAO_MIGRATION',
      message: expect.stringMatching(/permission denied for database .*; .*MIGRATIONS=check/),
    });
  });
});

describe('a login that only runs lines', () => {
  const behind = (what: RegExp) => ({
    code: 'SAIDAO_MIGRATION',
    message: expect.stringMatching(
      new RegExp(`not those of this release \\(.*${what.source}.*\\): .* MIGRATIONS=only`),
    ),
  });

  it('finds the tables of its release or a later one, and nothing less', async () => {
    await expect(assertMigrated(tablesAt(test.url))).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`The database role ${role} is missing`)),
    });
    await test.database.query(`create role ${role} nologin`);
    const url = await login('other', `in role ${role}`);
    await expect(assertMigrated(tablesAt(url))).rejects.toMatchObject(behind(/schema book/));
    await migrateService(tablesAt(test.url));
    await assertMigrated(tablesAt(url));

    write('0002_more', 'create table book.more (id text primary key)');
    await expect(assertMigrated(tablesAt(url))).rejects.toMatchObject(
      behind(/0002_more\.sql was not applied/),
    );
    await migrateService(tablesAt(test.url));
    await assertMigrated(tablesAt(url));
    // As a release before it sees it.
    rmSync(join(folder, '0002_more.sql'));
    await assertMigrated(tablesAt(url));

    await test.database.query('delete from book.table_versions');
    await expect(assertMigrated(tablesAt(url))).rejects.toMatchObject(
      behind(/the schema book is older/),
    );
  });

  it('is told of itself when it may not take the role', async () => {
    await migrateService(tablesAt(test.url));
    await expect(assertMigrated(tablesAt(await login('other')))).rejects.toMatchObject({
      code: 'SAIDAO_DATABASE_ROLE',
      message: expect.stringMatching(/may not take the database role/),
    });
  });
});
