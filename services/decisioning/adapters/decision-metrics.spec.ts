// Decisions as metrics: each committed decision once, with its reasons; what officers did apart.
import { createMetrics } from '@saidao/worker';
import { expect, it } from 'vitest';
import type { DecisionRow, EvidenceRow, OutcomeRow } from '../rows.ts';
import { decisionMetrics } from './decision-metrics.ts';

const of = { applicationId: 'a', lenderId: 'exim-zj', revision: 1, atMs: 0 };

const evidence = (type: EvidenceRow['type'], reasonCodes: readonly string[] = []): DecisionRow => ({
  ...{ ...of, kind: 'evidence', type, reasonCodes, productId: 'ip-pledge' },
  ...{ causationId: 'c', content: '{}', digest: 'd' },
});

const outcome = (override: OutcomeRow['override']): DecisionRow => ({
  ...{ kind: 'outcome', actionId: 'a', applicationId: 'a', lenderId: 'exim-zj', officer: 'li' },
  ...{ action: 'approve', cause: null, zh: '', en: '', status: 'APPROVED', override, atMs: 0 },
});

async function counted(...rows: DecisionRow[]): Promise<string[]> {
  const metrics = createMetrics({ service: 'decisioning', defaults: false });
  decisionMetrics(metrics)(rows);
  const lines = (await metrics.text()).split('\n');
  return lines
    .filter((line) => /^saidao_(?:outcome|review)/.test(line))
    .map((line) => line.replace(',service="decisioning"', ''));
}

it('counts decisions by product and outcome, and each of their reasons', async () => {
  const declined = evidence('LoanDeclined', ['SCORE_LOW', 'LIMIT']);
  expect(await counted(declined, declined, evidence('LoanApproved'))).toEqual([
    'saidao_outcomes_total{lender="exim-zj",product="ip-pledge",outcome="LoanDeclined"} 2',
    'saidao_outcomes_total{lender="exim-zj",product="ip-pledge",outcome="LoanApproved"} 1',
    'saidao_outcome_reasons_total{product="ip-pledge",outcome="LoanDeclined",reason="SCORE_LOW"} 2',
    'saidao_outcome_reasons_total{product="ip-pledge",outcome="LoanDeclined",reason="LIMIT"} 2',
  ]);
});

it('counts last verdicts and overrides, and nothing of what officers did before', async () => {
  expect(await counted(evidence('ReviewRecorded'), outcome(null))).toEqual([]);
  expect(await counted(outcome(false), outcome(true), outcome(false))).toEqual([
    'saidao_review_verdicts_total{lender="exim-zj"} 3',
    'saidao_review_overrides_total{lender="exim-zj"} 1',
  ]);
});
