// The desk's way to the books: one connection, questions over whole tables, and one moment for all.
import { openDatabase, type Database, type Transaction } from '@saidao/worker';

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
export function readBooks<T>(
  databaseUrl: string,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  return withBooks(databaseUrl, (database) =>
    database.transaction(async (transaction) => {
      await transaction.query('set transaction isolation level repeatable read, read only');
      // A turn finds its rows by key and has the planner do only that; here all rows are wanted.
      for (const way of ['seqscan', 'hashjoin', 'mergejoin']) {
        await transaction.query(`set local enable_${way} = on`);
      }
      return work(transaction);
    }),
  );
}
