// Migrations on a real PostgreSQL: applied once, by several replicas at once, or not at all.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { migrateService } from './migrate.ts';

let test: TestDatabase;
let folder: string;

beforeEach(async () => {
  const adminUrl = inject('databaseUrl');
  test = await testDatabase({ adminUrl, template: 'empty', prepare: async () => undefined });
  folder = mkdtempSync(join(tmpdir(), 'saidao-migrations-'));
  write('0001_loans', `create table book.loans (id text primary key, more jsonb default '{}');`);
  write('notes.md', 'This is no migration.');
});
afterEach(async () => {
  await test.close();
  rmSync(folder, { recursive: true });
});

function write(name: string, sql: string): void {
  writeFileSync(join(folder, name.includes('.') ? name : `${name}.sql`), sql);
}

const migrate = (from = folder) =>
  migrateService({
    databaseUrl: test.url,
    service: 'toys',
    lines: ['book', 'payout'],
    folder: from,
  });

const OF_THE_MACHINERY =
  'applications shared_rows journal parked replays timers table_versions'.split(' ');

async function tables(): Promise<readonly string[]> {
  const { rows } = await test.database.query<{ name: string }>(
    `select table_schema || '.' || table_name as name from information_schema.tables
     where table_schema in ('book', 'payout') and table_name <> all ($1) order by 1`,
    [OF_THE_MACHINERY],
  );
  return rows.map(({ name }) => name);
}

describe('migrations', () => {
  // First of all: a process is warned once.
  it('make the schemas of three lines without a word on the standard error', async () => {
    const warnings: string[] = [];
    const note = (warning: Error) => void warnings.push(warning.message);
    process.on('warning', note);
    const lines = ['book', 'payout', 'days'];
    await migrateService({ databaseUrl: test.url, service: 'toys', lines, folder });
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('are applied in order, each once', async () => {
    expect(await migrate()).toEqual({ applied: ['0001_loans'] });
    write('0010_ten', `create table payout.ten (); drop table payout.nine;`);
    write('0009_nine', `create table payout.nine (id bigint);`);
    expect(await migrate()).toEqual({ applied: ['0009_nine', '0010_ten'] });
    expect(await migrate()).toEqual({ applied: [] });
    expect(await tables()).toEqual(['book.loans', 'book.migrations', 'payout.ten']);
  });

  it('may be started by several replicas at once', async () => {
    write('0002_slow', `select pg_sleep(0.2); create table payout.slow ();`);
    const replicas = await Promise.all([migrate(), migrate(), migrate(), migrate()]);
    expect(replicas.flatMap(({ applied }) => applied)).toEqual(['0001_loans', '0002_slow']);
  });

  it('that fail leave nothing, and their name is told', async () => {
    write('0002_bad', `create table payout.half (); select 1 / 0;`);
    await expect(migrate()).rejects.toMatchObject({
      code: 'SAIDAO_MIGRATION',
      message: expect.stringMatching(/0002_bad\.sql: division by zero/),
    });
    expect(await tables()).not.toContain('payout.half');
    write('0002_bad', `create table payout.whole ();`);
    expect((await migrate()).applied).toEqual(['0002_bad']);
  });

  it('are refused when one was put before those that were applied', async () => {
    await migrate();
    write('0000_late', `select 1;`);
    await expect(migrate()).rejects.toThrow(/0000_late is preceding already run/);
  });

  it('are refused without their folder', async () => {
    await expect(migrate(join(folder, 'gone'))).rejects.toThrow(/There is no folder/);
  });
});
