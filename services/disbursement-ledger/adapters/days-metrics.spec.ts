// Days as metrics: what is counted of a committed row, and how far behind a lender is.
import { createMetrics } from '@saidao/worker';
import { expect, it } from 'vitest';
import { daysMetrics } from './days-metrics.ts';
import type { LenderDays } from './days-postgres.ts';

const NOW_MS = Date.parse('2026-11-26T02:00:00.000Z');
const row = { lenderId: 'exim-zj', lane: 0, date: '2026-11-25', nowMs: NOW_MS };

function measured(lenderDays: () => Promise<readonly LenderDays[]>) {
  const metrics = createMetrics({ service: 'disbursement-ledger', defaults: false });
  let work = { loanDays: 0, isClosed: false };
  const observe = daysMetrics({
    metrics,
    workOf: () => work,
    lenderDays,
    lprVerifiedThrough: '2026-10-19',
    clock: () => NOW_MS,
  });
  return {
    observe: (...done: (typeof work)[]) => {
      for (work of done) observe([row]);
    },
    async lines(name: string) {
      return (await metrics.text()).split('\n').filter((line) => line.startsWith(name));
    },
  };
}

const of = 'service="disbursement-ledger"';

it('counts loans and lanes of what was committed', async () => {
  const { observe, lines } = measured(async () => []);
  observe({ loanDays: 1_000, isClosed: false }, { loanDays: 20, isClosed: true });
  expect(await lines('saidao_days_loans_total')).toEqual([
    `saidao_days_loans_total{lender="exim-zj",${of}} 1020`,
  ]);
  expect(await lines('saidao_days_lanes_closed_total')).toEqual([
    `saidao_days_lanes_closed_total{lender="exim-zj",${of}} 1`,
  ]);
});

it('says how many days a lender is behind, counted from yesterday', async () => {
  const { lines } = measured(async () => [
    { lenderId: 'a', closedOn: '2026-11-25' },
    { lenderId: 'b', closedOn: '2026-11-22' },
    { lenderId: 'c', closedOn: '2026-11-26' },
  ]);
  expect(await lines('saidao_days_behind')).toEqual([
    `saidao_days_behind{lender="a",${of}} 0`,
    `saidao_days_behind{lender="b",${of}} 3`,
    `saidao_days_behind{lender="c",${of}} 0`,
  ]);
});

it('leaves out what cannot be asked, and never fails a scrape', async () => {
  const { lines } = measured(() => Promise.reject(new Error('gone')));
  expect(await lines('saidao_days_behind')).toEqual([]);
  expect(await lines('saidao_days_lpr_age')).toEqual([`saidao_days_lpr_age{${of}} 38`]);
});
