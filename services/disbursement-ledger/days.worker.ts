// The days line: days that are over in, interest, tiers and allowances of every loan into the books.
import { topics } from '@saidao/schemas';
import { defineLine, type Transaction } from '@saidao/worker';
import {
  daysId,
  decideDays,
  initialDaysState,
  type DaysGathered,
  type DaysRow,
} from './days.decide.ts';
import { haltPayouts } from './book.worker.ts';
import type { Lanes } from './ports.ts';

export interface DaysOptions {
  readonly lanes: Lanes;
  /** Does the work of the rows, in their order. */
  readonly close: (transaction: Transaction, rows: readonly DaysRow[]) => Promise<void>;
  /** Told of the rows once they are committed. */
  readonly observes: (rows: readonly DaysRow[]) => void;
}

export const daysLine = ({ lanes, close, observes }: DaysOptions) =>
  defineLine({
    name: 'days',
    consumes: [topics.businessDays],
    when: ['BusinessDayClosed'],
    initialState: initialDaysState,
    identify: async (events) =>
      events.map((event) => {
        if (event.type === 'TimerDue') return event.key;
        return daysId({ lenderId: event.data.lenderId, lane: event.data.partition });
      }),
    async gather({ type, data }, { state }): Promise<DaysGathered> {
      if (type === 'TimerDue') return state.of && lanes.standingOf(state.of);
      return { since: await lanes.since(data.lenderId) };
    },
    decide: decideDays,
    record: close,
    observes,
    produces: [],
    onBroken: haltPayouts,
  });
