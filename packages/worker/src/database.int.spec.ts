// PostgreSQL as a line uses it, by the same suite as the database in memory.
import { eventually, type TestDatabase } from '@saidao/testkit';
import { afterEach, describe, expect, test } from 'vitest';
import { databaseConformance } from './database.conformance.ts';
import { openDatabase } from './database.ts';
import { toyDatabase } from './toy-database.fixture.ts';

const opened: TestDatabase[] = [];

afterEach(async () => {
  for (const db of opened.splice(0)) await db.close();
});

async function openToy(): Promise<TestDatabase> {
  const db = await toyDatabase();
  opened.push(db);
  return db;
}

describe('PostgreSQL', () => {
  databaseConformance(async () => (await openToy()).database);

  test('ends a transaction that holds rows and asks nothing, and lets others have them', async () => {
    const { url, database } = await openToy();
    await database.query('create table rows (name text primary key, value int)');
    await database.query(`insert into rows values ('one', 0)`);
    await using stack = new AsyncDisposableStack();
    const idle = openDatabase({ url, poolMax: 1, idleInTransactionMs: 300 });
    stack.defer(() => idle.close());
    let holds = false;
    let goOn = (): void => {};
    const gone = new Promise<void>((resolve) => (goOn = resolve));
    const holding = idle.transaction(async (transaction) => {
      await transaction.query(`update rows set value = 1 where name = 'one'`);
      holds = true;
      await gone;
      await transaction.query(`update rows set value = 2 where name = 'one'`);
    });
    const ended = expect(holding).rejects.toThrow(/onnection|idle-in-transaction/);
    await eventually('the row is held', () => holds);
    await database.query(`update rows set value = 3 where name = 'one'`);
    goOn();
    await ended;
    const { rows } = await idle.query<{ value: number }>('select value from rows');
    expect(rows).toEqual([{ value: 3 }]);
  });
});
