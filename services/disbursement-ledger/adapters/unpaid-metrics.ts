// Booked loans whose money is late, as a metric: how many of each lender, and since when.
import { gaugeOf, type Database, type Metrics } from '@saidao/worker';

export interface UnpaidMetricsOptions {
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly database: Database;
  readonly lenders: readonly string[];
  readonly clock: () => number;
}

/** Asks the books at each scrape; 0 for a lender of whom no loan is late. */
export function unpaidMetrics({ metrics, database, lenders, clock }: UnpaidMetricsOptions): void {
  const each = async (show: (lender: string, late: Late | undefined) => void) => {
    const found = await lateIn(database);
    for (const lender of new Set([...lenders, ...found.keys()])) show(lender, found.get(lender));
  };
  gaugeOf(metrics.registry, 'saidao_ledger_unpaid_loans', (gauge) =>
    each((lender, late) => gauge.set({ lender }, late?.loans ?? 0)),
  );
  gaugeOf(metrics.registry, 'saidao_ledger_unpaid_oldest_seconds', (gauge) =>
    each((lender, late) => {
      const ageMs = late === undefined ? 0 : clock() - late.sinceMs;
      gauge.set({ lender }, Math.max(0, ageMs / 1_000));
    }),
  );
}

interface Late {
  readonly loans: number;
  readonly sinceMs: number;
}

async function lateIn(database: Database): Promise<ReadonlyMap<string, Late>> {
  const { rows } = await database.prepared<{
    lender_id: string;
    loans: bigint;
    since: Date;
  }>(
    'book.unpaid-loans',
    `select lender_id, count(*) as loans, min(unpaid_since) as since from book.loans
     where unpaid_since is not null group by lender_id`,
    [],
  );
  return new Map(
    rows.map(({ lender_id, loans, since }) => [
      lender_id,
      { loans: Number(loans), sinceMs: since.getTime() },
    ]),
  );
}
