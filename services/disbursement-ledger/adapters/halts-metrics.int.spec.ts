// Halted lenders as an operator's alarms see them: by kind, until somebody lifts the halt.
import { createMetrics } from '@saidao/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { LENDER, openBooks, OTHER_LENDER, type Books } from '../books/books.fixture.ts';
import { lifted } from '../desk/halts.ts';
import { haltsMetrics } from './halts-metrics.ts';

let books: Books;

beforeAll(async () => {
  books = await openBooks(inject('databaseUrl'));
});

afterAll(() => books.close());

const measured = () => {
  const metrics = createMetrics({ service: 'disbursement-ledger', defaults: false });
  const { database } = books.db;
  haltsMetrics({ metrics, database, lenders: [LENDER, OTHER_LENDER] });
  return async () => {
    const lines = (await metrics.text()).split('\n');
    return lines
      .map((line) => /^saidao_ledger_halted\{lender="(.*?)",kind="(.*?)",.*\} (.*)$/.exec(line))
      .flatMap((found) => (found === null ? [] : [found.slice(1).join(' ')]));
  };
};

const halt = (lenderId: string, kind: string) =>
  books.db.database.query(
    `insert into book.halts (lender_id, reason, kind) values ('${lenderId}', 'why', '${kind}')`,
  );

it('is 1 while a lender is halted, by kind, and 0 once that is lifted', async () => {
  const halted = measured();
  const nobody = [
    ...[`${LENDER} BROKEN 0`, `${LENDER} RECONCILE 0`],
    ...[`${OTHER_LENDER} BROKEN 0`, `${OTHER_LENDER} RECONCILE 0`],
  ];
  expect(await halted()).toEqual(nobody);
  await halt(LENDER, 'RECONCILE');
  await halt(OTHER_LENDER, 'BROKEN');
  expect((await halted()).filter((line) => line.endsWith(' 1'))).toEqual([
    `${LENDER} RECONCILE 1`,
    `${OTHER_LENDER} BROKEN 1`,
  ]);
  const by = { databaseUrl: books.db.url, kind: null, by: 'ben', reason: 'it came a day later' };
  await lifted({ ...by, lender: LENDER });
  await lifted({ ...by, lender: OTHER_LENDER });
  expect(await halted()).toEqual(nobody);
});

it('shows a lender that is halted and no longer served', async () => {
  const halted = measured();
  await halt('gone', 'RECONCILE');
  expect(await halted()).toContain('gone RECONCILE 1');
  await lifted({
    ...{ databaseUrl: books.db.url, lender: 'gone', kind: null, by: 'ben', reason: 'gone' },
  });
  expect((await halted()).some((line) => line.startsWith('gone'))).toBe(false);
});
