// Days as metrics: loans that were taken through a day, and how far behind each lender's days are.
import { businessDateOf, daysBetween, type BusinessDate } from '@saidao/values';
import { counterOf, gaugeOf, type Metrics } from '@saidao/worker';
import type { DaysRow } from '../days.decide.ts';
import type { LenderDays } from './days-postgres.ts';

export interface DaysMetricsOptions {
  readonly metrics: Pick<Metrics, 'registry'>;
  /** What came of a row, once it is committed. */
  readonly workOf: (row: DaysRow) => { readonly loanDays: number; readonly isClosed: boolean };
  readonly lenderDays: () => Promise<readonly LenderDays[]>;
  /** Up to which day no publication of the LPR is missing. */
  readonly lprVerifiedThrough: BusinessDate;
  readonly clock: () => number;
}

/** Counts what was committed; the gauges ask the books at each scrape. */
export function daysMetrics(options: DaysMetricsOptions): (rows: readonly DaysRow[]) => void {
  const { registry } = options.metrics;
  const loans = counterOf(registry, 'saidao_days_loans_total');
  const lanes = counterOf(registry, 'saidao_days_lanes_closed_total');
  gaugeOf(registry, 'saidao_days_behind', async (gauge) => {
    const found = await options.lenderDays();
    const today = businessDateOf(options.clock());
    for (const { lenderId, closedOn } of found) {
      gauge.set({ lender: lenderId }, Math.max(0, daysBetween(closedOn, today) - 1));
    }
  });
  gaugeOf(registry, 'saidao_days_lpr_age', (gauge) =>
    gauge.set(daysBetween(options.lprVerifiedThrough, businessDateOf(options.clock()))),
  );
  return (rows) => {
    for (const row of rows) {
      const labels = { lender: row.lenderId };
      const { loanDays, isClosed } = options.workOf(row);
      if (loanDays > 0) loans.inc(labels, loanDays);
      if (isClosed) lanes.inc(labels);
    }
  };
}
