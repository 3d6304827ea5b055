// Ledger totals as metrics: what the accounts hold and how many loans there are, from real books.
import { createMetrics } from '@saidao/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { LENDER, openBooks, type Books } from '../books/books.fixture.ts';
import { totalsMetrics } from './totals-metrics.ts';

let books: Books;

beforeAll(async () => {
  books = await openBooks(inject('databaseUrl'));
});

afterAll(() => books.close());

const of = `lender="${LENDER}"`;
const by = 'service="disbursement-ledger"';

it('tells what each account holds on the side where it grows, and loans by their status', async () => {
  const subject = await books.loan();
  await books.loan();
  await books.write(
    books.entry(subject, 'DISBURSEMENT', 30_000n),
    books.entry(subject, 'PAYOUT', 20_000n),
  );
  const metrics = createMetrics({ service: 'disbursement-ledger', defaults: false });
  totalsMetrics({ metrics, database: books.db.database });
  const lines = (await metrics.text()).split('\n');
  const balance = (account: string, name: string, fen: number) =>
    `saidao_ledger_balance_fen{${of},account="${account}",name="${name}",${by}} ${fen}`;
  expect(lines).toEqual(
    expect.arrayContaining([
      balance('1303', 'loans: principal', 30_000),
      balance('2011', 'customer deposits', 10_000),
      balance('1304', 'loan loss allowance', 0),
      `saidao_ledger_loans{${of},status="booked",${by}} 2`,
    ]),
  );
});
