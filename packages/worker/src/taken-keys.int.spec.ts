// Keys of a door on a real PostgreSQL: of many at once one is taken, and it is published once.
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { publishOnceFor, takenKeysIn } from './taken-keys.ts';

let db: TestDatabase;

beforeAll(async () => {
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  await db.database.query('create schema toy');
  await db.database.query(
    'create table toy.answered_keys (message_id text primary key, asked text, answered_at timestamptz)',
  );
});

afterAll(() => db.close());

test('of many unlike requests at once under one key one is published, the others are told', async () => {
  const keys = takenKeysIn(db.database, 'toy');
  const published: string[] = [];
  const ask = (asked: string) =>
    publishOnceFor(keys, 'one', asked, async () => void published.push(asked));
  const answers = await Promise.allSettled(['a', 'b', 'c', 'd', 'e'].map(ask));
  expect(published).toHaveLength(1);
  const refused = answers.filter(({ status }) => status === 'rejected');
  expect(refused).toHaveLength(4);
  for (const one of refused) expect(one).toMatchObject({ reason: { statusCode: 409 } });
  await ask(published[0]!);
  expect(published).toHaveLength(1);
});

test('what was taken and not acknowledged is published when it is asked again', async () => {
  const keys = takenKeysIn(db.database, 'toy');
  const lost = new Error('the log is away');
  const asking = publishOnceFor(keys, 'two', 'a', () => Promise.reject(lost));
  await expect(asking).rejects.toBe(lost);
  let count = 0;
  for (let times = 0; times < 2; times += 1) {
    await publishOnceFor(keys, 'two', 'a', async () => void (count += 1));
  }
  expect(count).toBe(1);
});
