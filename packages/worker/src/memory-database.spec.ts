// The memory database: what PostgreSQL does for a line, and how it says no.
import { describe, expect, it } from 'vitest';
import { databaseConformance } from './database.conformance.ts';
import { MemoryDatabase, refusal } from './memory-database.ts';

describe('the memory database', () => {
  databaseConformance(async () => new MemoryDatabase().connect());

  it('gives up one of two that wait for each other', async () => {
    const database = new MemoryDatabase();
    const table = database.table<string>('t');
    const [one, other] = [database.begin(), database.begin()];
    await one.write(table, 'a', '1');
    await other.write(table, 'b', '2');
    const waiting = one.write(table, 'b', '1');
    await expect(other.write(table, 'a', '2')).rejects.toMatchObject({ code: '40P01' });
    other.abort();
    await waiting;
    one.commit();
    expect(table.all()).toEqual(['1', '1']);
  });

  it('lets nobody wait for a row for longer than a statement may take', async () => {
    const database = new MemoryDatabase({ statementTimeoutMs: 5 });
    const table = database.table<string>('t');
    const [one, other] = [database.begin(), database.begin()];
    await one.write(table, 'a', '1');
    await expect(other.write(table, 'a', '2')).rejects.toMatchObject({ code: '57014' });
    one.commit();
    expect(table.all()).toEqual(['1']);
  });

  it('tries again what a serialization failure has undone', async () => {
    const database = new MemoryDatabase().connect();
    let tries = 0;
    const result = await database.transaction(async () => {
      tries += 1;
      if (tries < 3) throw refusal('40001', 'could not serialize access');
      return 'done';
    });
    expect([result, tries]).toEqual(['done', 3]);
  });

  it('refuses a statement that it does not know', async () => {
    const database = new MemoryDatabase().connect();
    await expect(database.prepared('toy.unheard-of', 'select 1', [])).rejects.toThrow(
      'The memory database knows no statement toy.unheard-of.',
    );
  });
});
