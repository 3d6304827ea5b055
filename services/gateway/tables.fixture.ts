// The gateway's tables in a database of their own, as its migrations make them.
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { migrateService } from '@saidao/worker';
import { inject } from 'vitest';

export async function gatewayTables(): Promise<TestDatabase> {
  const db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  await migrateService({
    databaseUrl: db.url,
    service: 'gateway',
    lines: ['gateway'],
    folder: new URL('migrations/', import.meta.url),
  });
  return db;
}
