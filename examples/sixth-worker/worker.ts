// The screening line: applications in, what a watchlist says of the enterprise out.
import { exampleTopics, topics } from '@saidao/schemas';
import { defineLine } from '@saidao/worker';
import { decide, initialState, usccOf } from './decide.ts';
import type { Watchlist } from './ports.ts';

export const screening = (watchlist: Watchlist) =>
  defineLine({
    name: 'screening',
    consumes: [topics.applications],
    when: ['ApplicationReceived', 'ApplicationAmended'],
    initialState,
    gather: (event, { state }) => watchlist(event.lenderId, usccOf(event, state)),
    decide,
    produces: [exampleTopics.screenings],
  });
