// The scoring line: patent findings in, one score with every factor out.
import { topics } from '@saidao/schemas';
import { defineLine } from '@saidao/worker';
import { createDecide, initialState, type LoadedCard } from './decide.ts';

export const scoring = (card: LoadedCard) =>
  defineLine({
    name: 'scoring',
    // Pledges only count for the head as yet: a change of collateral will be scored again.
    consumes: [topics.patentFindings, topics.pledges],
    when: ['EnterpriseChecked', 'PatentsVerified'],
    initialState,
    decide: createDecide(card),
    produces: [topics.scores],
  });
