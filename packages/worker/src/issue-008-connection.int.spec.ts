// Issue 8: a connection that broke within a transaction ended the whole process.
import { startTcpProxy, testDatabase, type Verdict } from '@saidao/testkit';
import { afterEach, expect, inject, test } from 'vitest';
import { openDatabase } from './database.ts';

const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

test.each<{ verdict: Verdict; what: string; kept: number }>([
  { verdict: 'lose', what: 'before its commit arrives', kept: 0 },
  { verdict: 'last', what: 'before the answer to its commit does', kept: 1 },
])('a connection lost $what rejects its transaction alone', async ({ verdict, kept }) => {
  const own = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'one table, v1',
    async prepare(url) {
      const database = openDatabase({ url });
      await database.query('create table written (id int primary key)');
      await database.close();
    },
  });
  opened.push({ [Symbol.asyncDispose]: () => own.close() });
  const url = new URL(own.url);
  const target = url.host;
  const proxy = await startTcpProxy({ target: () => target });
  opened.push(proxy);
  url.host = `${proxy.host}:${proxy.port}`;
  const database = openDatabase({ url: url.href, poolMax: 1 });
  opened.push({ [Symbol.asyncDispose]: () => database.close() });

  proxy.judge((piece) => (/commit\0/.test(piece.toString('latin1')) ? verdict : 'pass'));
  const write = database.transaction((transaction) =>
    transaction.query('insert into written values (1)'),
  );
  await expect(write).rejects.toThrow('ECONNRESET');

  // The next one has a connection of its own, and finds what there is.
  proxy.judge(null);
  await expect.poll(async () => (await database.query('select from written')).rowCount).toBe(kept);
});
