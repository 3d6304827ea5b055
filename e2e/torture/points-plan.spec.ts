// A plan tries what it says: each way at each point, or each pair of choices once.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { actions, allFaultPoints, type Fault } from '@saidao/testkit/fault-points';
import { services, type Service } from '../system.ts';
import {
  countedByFile,
  everyFault,
  isOfDays,
  missedAgain,
  pairwiseFaults,
  waysOf,
} from './points-plan.ts';
import type { Batch, Passed } from './points-run.ts';

const points = [
  'turn/run:publish',
  'turn/commit:writeTurn',
  'kafka/send:send',
  'start/migrate:one',
];
const anyPassed = fc
  .tuple(
    fc.array(fc.subarray(points), { minLength: services.length, maxLength: services.length }),
    fc.subarray(points),
  )
  .map(([own, aside]): Passed => {
    const by = services.map((service, at): [Service, Set<string>] => [service, new Set(own[at])]);
    const among = new Set(aside);
    return {
      by: new Map(by),
      aside: new Map(by.map(([service, all]) => [service, all.intersection(among)])),
    };
  });

const faultsOf = (batches: readonly Batch[]): readonly (readonly [Service, Fault])[] =>
  batches.flatMap((batch) =>
    [...batch].flatMap(([service, faults]) =>
      faults.map((fault): [Service, Fault] => [service, fault]),
    ),
  );

test('all of an action: every way at every point, where the point is passed, once', () => {
  fc.assert(
    fc.property(anyPassed, fc.constantFrom(...actions), (passed, action) => {
      const tried = faultsOf(everyFault(action)(passed));
      for (const [service, { point }] of tried) expect(passed.by.get(service)).toContain(point);
      const reached = points.filter((point) =>
        [...passed.by.values()].some((all) => all.has(point)),
      );
      const wanted = reached.flatMap((point) => {
        const isAside = [...passed.by].every(
          ([service, all]) => !all.has(point) || passed.aside.get(service)!.has(point),
        );
        return waysOf[action].filter(({ hit }) => hit === 1 || !isAside).map(() => point);
      });
      expect(tried.map(([, { point }]) => point).toSorted()).toEqual(wanted.toSorted());
    }),
  );
});

test('pairwise: whichever two choices can meet do meet', () => {
  fc.assert(
    fc.property(anyPassed, (passed) => {
      const met = new Set(
        faultsOf(pairwiseFaults(passed)).flatMap(([service, { when, action, hit }]) => [
          `${service} ${when} ${action}`,
          `${service} ${hit}`,
          `${when} ${action} ${hit}`,
        ]),
      );
      for (const [service, all] of passed.by) {
        if (all.size === 0) continue;
        for (const { when, action } of Object.values(waysOf).flat()) {
          expect(met).toContain(`${service} ${when} ${action}`);
        }
      }
    }),
  );
});

test('the same points give the same plan', () => {
  fc.assert(
    fc.property(anyPassed, (passed) => {
      expect(faultsOf(pairwiseFaults(passed))).toEqual(faultsOf(pairwiseFaults(passed)));
    }),
  );
});

test('what was missed comes again: each once, in batches of the plan’s own size', () => {
  const sizes = (batches: readonly Batch[]) =>
    batches.flatMap((batch) => [...batch.values()].map(({ length }) => length));
  fc.assert(
    fc.property(anyPassed, fc.constantFrom(...actions), (passed, action) => {
      const batches = everyFault(action)(passed);
      const missed = faultsOf(batches);
      const again = missedAgain(batches, missed);
      expect(new Set(faultsOf(again))).toEqual(new Set(missed));
      expect(Math.max(0, ...sizes(again))).toBe(Math.max(0, ...sizes(batches)));
      expect(missedAgain(batches, [])).toEqual([]);
    }),
  );
});

test('points are counted by file', () => {
  const some = ['turn/run:publish', 'intake/door/ask:fetch', 'turn/#commit:a/b', 'intake/door/x:y'];
  expect(countedByFile(some)).toBe('turn 2, intake/door 2');
});

test('what closes days is known by its file', () => {
  const files = new Set(
    allFaultPoints()
      .filter(isOfDays)
      .map((point) => point.slice(0, point.lastIndexOf('/', point.indexOf(':')))),
  );
  expect([...files].toSorted()).toEqual([
    'disbursement-ledger/adapters/days-metrics',
    'disbursement-ledger/adapters/days-postgres',
    'disbursement-ledger/books/day-digest',
    'disbursement-ledger/days.worker',
    'disbursement-ledger/days/business-days.door',
    'disbursement-ledger/days/close-days',
    'disbursement-ledger/days/compose-days',
  ]);
});
