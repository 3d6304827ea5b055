// A database with the tables of the toy line and nothing else, for one spec.
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { inject } from 'vitest';
import { openDatabase } from './database.ts';
import { migrateLine } from './tables.ts';

export function toyDatabase(): Promise<TestDatabase> {
  return testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'toy line alone, v1',
    async prepare(url) {
      const database = openDatabase({ url });
      await migrateLine(database, 'toy');
      await database.close();
    },
  });
}
