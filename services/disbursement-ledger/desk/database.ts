// The desk's way to the books: one process's own connections, and time for questions over all of them.
import { openDatabase, type Database, type Transaction } from '@saidao/worker';
import { readBooks } from '../books/read-entries.ts';

const STATEMENT_MS_MAX = 600_000;

export async function withBooks<T>(
  databaseUrl: string,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase({
    url: databaseUrl,
    poolMax: 2,
    applicationName: 'saidao ledger desk',
    statementTimeoutMs: STATEMENT_MS_MAX,
  });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** All that is read in it is of one moment, and nothing can be written. */
export function inBooks<T>(
  databaseUrl: string,
  work: (books: Transaction) => Promise<T>,
): Promise<T> {
  return withBooks(databaseUrl, (database) => readBooks(database, work));
}
