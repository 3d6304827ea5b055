// PostgreSQL as a line uses it, by the same suite as the database in memory.
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { afterEach, describe, inject } from 'vitest';
import { databaseConformance } from './database.conformance.ts';
import { openDatabase } from './database.ts';
import { migrateLine } from './tables.ts';

const opened: TestDatabase[] = [];

afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

describe('PostgreSQL', () => {
  databaseConformance(async () => {
    const db = await testDatabase({
      adminUrl: inject('databaseUrl'),
      template: 'toy line alone, v1',
      async prepare(url) {
        const database = openDatabase({ url });
        await migrateLine(database, 'toy');
        await database.close();
      },
    });
    opened.push(db);
    return db.database;
  });
});
