// Lenders whose payouts are halted, as a metric: by broken books, or by the rail's statement.
import { gaugeOf, type Database, type Metrics } from '@saidao/worker';

export interface HaltsMetricsOptions {
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly database: Database;
  readonly lenders: readonly string[];
}

const kinds = ['BROKEN', 'RECONCILE'] as const;

/** Asks the books at each scrape: 1 while a lender is halted, 0 once somebody has lifted it. */
export function haltsMetrics({ metrics, database, lenders }: HaltsMetricsOptions): void {
  gaugeOf(metrics.registry, 'saidao_ledger_halted', async (gauge) => {
    const { rows } = await database.prepared<{ lender_id: string; kind: string }>(
      'book.halted-lenders',
      'select lender_id, kind from book.halts',
      [],
    );
    for (const lender of lenders) for (const kind of kinds) gauge.set({ lender, kind }, 0);
    for (const { lender_id: lender, kind } of rows) gauge.set({ lender, kind }, 1);
  });
}
