// The scoring line: findings and changes of collateral in, one score after another out.
import { topics } from '@saidao/schemas';
import { defineLine } from '@saidao/worker';
import { createDecide, initialState, type Scorer } from './decide.ts';
import type { ScoreStore } from './ports.ts';

export const scoring = (scorer: Scorer, store: ScoreStore) =>
  defineLine({
    name: 'scoring',
    consumes: [topics.patentFindings, topics.pledges],
    when: ['EnterpriseChecked', 'PatentsVerified', 'CollateralChanged'],
    initialState,
    decide: createDecide(scorer),
    record: store.record,
    produces: [topics.scores],
  });
