// Booked loans whose money is late, as a metric: how many of each lender, and since when.
import { Gauge } from '@prometheus-io/client';
import type { Database, Metrics } from '@saidao/worker';

export interface UnpaidMetricsOptions {
  readonly metrics: Pick<Metrics, 'registry'>;
  readonly database: Database;
  readonly lenders: readonly string[];
  readonly clock: () => number;
}

/** Asks the books at each scrape; 0 for a lender of whom no loan is late. */
export function unpaidMetrics({ metrics, database, lenders, clock }: UnpaidMetricsOptions): void {
  const registers = [metrics.registry];
  const labelNames = ['lender'];
  const oldest = new Gauge({
    name: 'saidao_ledger_unpaid_oldest_seconds',
    help: 'Since when the oldest of them is told; 0 where there is none.',
    labelNames,
    registers,
  });
  new Gauge({
    name: 'saidao_ledger_unpaid_loans',
    help: 'Booked loans that are told as unpaid and not cleared yet.',
    labelNames,
    registers,
    async collect() {
      try {
        const found = await lateIn(database);
        for (const lender of new Set([...lenders, ...found.keys()])) {
          const { loans, sinceMs } = found.get(lender) ?? { loans: 0, sinceMs: clock() };
          this.set({ lender }, loans);
          oldest.set({ lender }, Math.max(0, (clock() - sinceMs) / 1_000));
        }
      } catch {
        // A scrape never fails for it: what could not be asked is left out.
        this.reset();
        oldest.reset();
      }
    },
  });
}

async function lateIn(
  database: Database,
): Promise<ReadonlyMap<string, { readonly loans: number; readonly sinceMs: number }>> {
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
