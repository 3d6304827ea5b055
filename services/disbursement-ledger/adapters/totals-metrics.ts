// What the books of each lender hold, as metrics: the balances of its accounts, its loans by status.
import { gaugeOf, keptAnswer, type Database, type Metrics } from '@saidao/worker';
import { lendersIn, trialBalance } from '../books/balances.ts';

/** Summing up reads what was booked since the last closed period: not at every scrape. */
const KEPT_MS = 60_000;

export interface TotalsMetricsOptions {
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly database: Database;
  /** For how long sums are shown; default a minute. */
  readonly keptMs?: number;
}

/** Asks the books at a scrape, and not again within a minute. */
export function totalsMetrics(options: TotalsMetricsOptions): void {
  const { metrics, database, keptMs = KEPT_MS } = options;
  const balances = keptAnswer(() => balancesIn(database), keptMs);
  gaugeOf(metrics.registry, 'saidao_ledger_balance_fen', async (gauge) => {
    for (const { lender, account, name, balanceFen } of (await balances()) ?? []) {
      gauge.set({ lender, account, name }, Number(balanceFen));
    }
  });
  const loans = keptAnswer(() => loansIn(database), keptMs);
  gaugeOf(metrics.registry, 'saidao_ledger_loans', async (gauge) => {
    for (const { lender_id: lender, status, loans: count } of (await loans()) ?? []) {
      gauge.set({ lender, status }, Number(count));
    }
  });
}

async function balancesIn(database: Database) {
  return await database.transaction(async (books) => {
    const found = [];
    for (const lender of await lendersIn(books)) {
      const balances = await trialBalance(books, lender);
      found.push(...balances.map((balance) => ({ lender, ...balance })));
    }
    return found;
  });
}

async function loansIn(database: Database) {
  const { rows } = await database.prepared<{ lender_id: string; status: string; loans: bigint }>(
    'book.loans-by-status',
    'select lender_id, status, count(*) as loans from book.loans group by lender_id, status',
    [],
  );
  return rows;
}
