// Decisions as metrics: by product, outcome and reason; and officers' last verdicts and overrides.
import { counterOf, type Metrics } from '@saidao/worker';
import type { DecisionRow, OutputName } from '../rows.ts';

/** What an officer did is told by verdicts; what follows from it is a decision of its own. */
const NO_OUTCOMES: readonly OutputName[] = ['ReviewRecorded', 'ReviewRefused'];

/** Counts what was committed. */
export function decisionMetrics({ registry }: Metrics): (rows: readonly DecisionRow[]) => void {
  const outcomes = counterOf(registry, 'saidao_outcomes_total');
  const reasons = counterOf(registry, 'saidao_outcome_reasons_total');
  const verdicts = counterOf(registry, 'saidao_review_verdicts_total');
  const overrides = counterOf(registry, 'saidao_review_overrides_total');
  return (rows) => {
    for (const row of rows) {
      if (row.kind === 'evidence' && !NO_OUTCOMES.includes(row.type)) {
        const { lenderId: lender, productId: product, type: outcome } = row;
        outcomes.inc({ lender, product, outcome });
        for (const reason of row.reasonCodes) reasons.inc({ product, outcome, reason });
      }
      if (row.kind === 'outcome' && row.override !== null) {
        verdicts.inc({ lender: row.lenderId });
        // Both begin at once, so that a rate of them is 0 before the first override.
        overrides.inc({ lender: row.lenderId }, Number(row.override));
      }
    }
  };
}
