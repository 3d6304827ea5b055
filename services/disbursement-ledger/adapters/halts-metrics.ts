// Lenders whose payouts are halted, as a metric: by broken books, or by the rail's statement.
import { Gauge } from '@prometheus-io/client';
import type { Database, Metrics } from '@saidao/worker';

export interface HaltsMetricsOptions {
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly database: Database;
  readonly lenders: readonly string[];
}

const kinds = ['BROKEN', 'RECONCILE'] as const;

/** Asks the books at each scrape: 1 while a lender is halted, 0 once somebody has lifted it. */
export function haltsMetrics({ metrics, database, lenders }: HaltsMetricsOptions): void {
  new Gauge({
    name: 'saidao_ledger_halted',
    help: 'Whether payouts of the lender are halted: by broken books, or by the rail’s statement.',
    labelNames: ['lender', 'kind'],
    registers: [metrics.registry],
    async collect() {
      try {
        const { rows } = await database.prepared<{ lender_id: string; kind: string }>(
          'book.halted-lenders',
          'select lender_id, kind from book.halts',
          [],
        );
        this.reset();
        for (const lender of lenders) for (const kind of kinds) this.set({ lender, kind }, 0);
        for (const { lender_id: lender, kind } of rows) this.set({ lender, kind }, 1);
      } catch {
        // A scrape never fails for it: what could not be asked is left out.
        this.reset();
      }
    },
  });
}
