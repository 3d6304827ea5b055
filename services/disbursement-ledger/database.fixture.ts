// A database with the tables of all lines, cloned from a template of these very migrations.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { migrateLedger } from './adapters/tables-postgres.ts';

const folder = new URL('./migrations/', import.meta.url);

export function ledgerDatabase(adminUrl: string): Promise<TestDatabase> {
  const migrations = createHash('sha256');
  for (const name of readdirSync(folder).sort()) {
    migrations.update(readFileSync(new URL(name, folder)));
  }
  return testDatabase({
    adminUrl,
    template: `disbursement-ledger ${migrations.digest('hex')}`,
    prepare: migrateLedger,
  });
}
