// Officers' last verdicts and overrides as metrics, by lender.
import { Counter } from '@prometheus-io/client';
import type { Metrics } from '@saidao/worker';
import type { DecisionRow } from '../rows.ts';

/** Counts what was committed. */
export function verdictMetrics({ registry }: Metrics): (rows: readonly DecisionRow[]) => void {
  const registers = [registry];
  const labelNames = ['lender'];
  const verdicts = new Counter({
    name: 'saidao_review_verdicts_total',
    help: 'Last verdicts by officers.',
    labelNames,
    registers,
  });
  const overrides = new Counter({
    name: 'saidao_review_overrides_total',
    help: 'Last verdicts by officers that are otherwise than policy would decide.',
    labelNames,
    registers,
  });
  return (rows) => {
    for (const row of rows) {
      if (row.kind !== 'outcome' || row.override === null) continue;
      verdicts.inc({ lender: row.lenderId });
      if (row.override) overrides.inc({ lender: row.lenderId });
    }
  };
}
