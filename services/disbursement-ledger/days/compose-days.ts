// Puts the days line and its door together with their adapters.
import type { LoanWorld } from '@saidao/loans';
import type { Door, WorkerContext } from '@saidao/worker';
import { closedDaysIn, lanesIn, lenderDaysIn } from '../adapters/days-postgres.ts';
import { daysMetrics } from '../adapters/days-metrics.ts';
import { closeLaneDay } from '../books/day-digest.ts';
import type { Signer } from '../books/signing.ts';
import { daysLine } from '../days.worker.ts';
import { lprVerifiedThrough } from '../loan/shipped.ts';
import { businessDaysDoor } from './business-days.door.ts';
import { dayCloser } from './close-days.ts';

export interface DaysContext extends Pick<
  WorkerContext<{ readonly partitions: number }>,
  'settings' | 'database' | 'log' | 'metrics' | 'clock'
> {
  readonly world: LoanWorld;
  readonly signer: Signer;
}

export function composeDays(context: DaysContext): {
  readonly line: ReturnType<typeof daysLine>;
  readonly door: Door;
} {
  const { settings, database, log, metrics, world, signer } = context;
  const { partitions } = settings;
  const clock = () => context.clock.nowMs();
  const closer = dayCloser({
    world,
    async closeLane(transaction, { lenderId, lane, date, nowMs }) {
      const closed = { lenderId, lane, businessDate: date, lanes: partitions, nowMs };
      await closeLaneDay(transaction, closed, signer);
    },
  });
  const lenderDays = lenderDaysIn(database);
  return {
    line: daysLine({
      lanes: lanesIn(database),
      close: closer.close,
      observes: daysMetrics({
        ...{ metrics, clock, lprVerifiedThrough },
        workOf: closer.workOf,
        lenderDays: () => lenderDays(partitions),
      }),
    }),
    door: businessDaysDoor({ log, partitions, days: closedDaysIn(database), clock }),
  };
}
