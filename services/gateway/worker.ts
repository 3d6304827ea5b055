// The gateway line: decisions in, a feed of them for each lender kept; it says nothing itself.
import { topics } from '@saidao/schemas';
import { defineLine } from '@saidao/worker';
import { decide, initialState, newRevision } from './decide.ts';
import type { FeedStore } from './ports.ts';

export const gateway = ({ record, observes }: FeedStore) =>
  defineLine({
    name: 'gateway',
    consumes: [topics.decisions],
    when: topics.decisions.events,
    initialState,
    newRevision,
    decide,
    record,
    observes,
    produces: [],
  });
