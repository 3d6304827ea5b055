// Claims on a real PostgreSQL: whoever is first names the application, for everybody.
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { migrateService } from '@saidao/worker';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { claimsIn } from './claims-postgres.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'claims',
    prepare: async (databaseUrl) => {
      const folder = new URL('../migrations/', import.meta.url);
      await migrateService({ databaseUrl, service: 'intake', lines: ['intake'], folder });
    },
  });
});

afterAll(() => db.close());

test('many who claim the same references at once are given the same applications', async () => {
  const names = ['a', 'b', 'c'].map((reference) => ({
    ...{ lenderId: 'boc-zj', channel: 'web', reference },
  }));
  const claims = claimsIn(db.database);
  const given = await Promise.all(
    Array.from({ length: 8 }, (_none, at) =>
      claims.claim(at % 2 === 0 ? names : names.toReversed()),
    ),
  );
  const inOrder = given.map((ids, at) => (at % 2 === 0 ? ids : ids.toReversed()));
  expect(new Set(inOrder.map(String)).size).toBe(1);
  expect(new Set(inOrder[0]).size).toBe(names.length);
  const { rows } = await db.database.query<{ claims: bigint }>(
    'select count(*) as claims from intake.claims',
  );
  expect(rows).toEqual([{ claims: 3n }]);
});
