// Days as metrics: loans that were taken through a day, and how far behind each lender's days are.
import { Counter, Gauge } from '@prometheus-io/client';
import { businessDateOf, daysBetween, type BusinessDate } from '@saidao/values';
import type { Metrics } from '@saidao/worker';
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
  const registers = [options.metrics.registry];
  const labelNames = ['lender'];
  const loans = new Counter({
    name: 'saidao_days_loans_total',
    help: 'Loans that were taken through the end of a day: one for each day.',
    labelNames,
    registers,
  });
  const lanes = new Counter({
    name: 'saidao_days_lanes_closed_total',
    help: 'Lanes that have closed a day.',
    labelNames,
    registers,
  });
  new Gauge({
    name: 'saidao_days_behind',
    help:
      'Days up to yesterday that not all lanes of a lender with loans have closed; -1 where it has ' +
      'closed none yet.',
    labelNames,
    registers,
    async collect() {
      try {
        const found = await options.lenderDays();
        const today = businessDateOf(options.clock());
        this.reset();
        for (const { lenderId, closedOn } of found) {
          const behind = closedOn === null ? -1 : Math.max(0, daysBetween(closedOn, today) - 1);
          this.set({ lender: lenderId }, behind);
        }
      } catch {
        // A scrape never fails for it: what could not be asked is left out.
        this.reset();
      }
    },
  });
  new Gauge({
    name: 'saidao_days_lpr_age',
    help: 'Days since the last for which the LPR is known here: it is published each month.',
    registers,
    collect() {
      this.set(daysBetween(options.lprVerifiedThrough, businessDateOf(options.clock())));
    },
  });
  return (rows) => {
    for (const row of rows) {
      const labels = { lender: row.lenderId };
      const { loanDays, isClosed } = options.workOf(row);
      if (loanDays > 0) loans.inc(labels, loanDays);
      if (isClosed) lanes.inc(labels);
    }
  };
}
