// Which faults are tried at which points: all of an action, or few that meet every pair of choices.
import type { Action, Fault } from '@saidao/testkit/fault-points';
import { services, type Service } from '../system.ts';
import type { Batch, Passed } from './points-run.ts';

/** One way to fail, at any point. */
type Way = Omit<Fault, 'point'>;

const LATER = 3;

/**
 * A later death after an await leaves what one before the next await leaves, and is not tried by
 * itself. A duplicate has no before and after, and who hangs never comes to an after.
 */
export const waysOf: Readonly<Record<Action, readonly Way[]>> = {
  kill: [
    { when: 'before', action: 'kill', hit: 1 },
    { when: 'after', action: 'kill', hit: 1 },
    { when: 'before', action: 'kill', hit: LATER },
  ],
  throw: [1, LATER].flatMap((hit) => [
    { when: 'before', action: 'throw', hit },
    { when: 'after', action: 'throw', hit },
  ]),
  hang: [1, LATER].map((hit) => ({ when: 'before', action: 'hang', hit })),
  duplicate: [1, LATER].map((hit) => ({ when: 'before', action: 'duplicate', hit })),
};

/** How many faults a service is given at a time: each life of a process ends at its first kill. */
const AT_ONCE: Readonly<Record<Action, number>> = { kill: 6, hang: 2, throw: 16, duplicate: 16 };

/** Every way of the action at every point, each in one of the services that pass it. */
export function everyFault(action: Action): (passed: Passed) => readonly Batch[] {
  return (passed) => {
    const tried = pointsOf(passed).flatMap(({ point, at }) =>
      waysOf[action]
        // A process starts and stops once.
        .filter(({ hit }) => hit === 1 || !isAside(passed, point))
        .map((way) => ({ point, way, at })),
    );
    const given = tried.map(({ point, way, at }, index) => {
      // Not by the index alone, or each service would be given the same ways.
      const service = at[(index + Math.floor(index / at.length)) % at.length]!;
      return { service, fault: { point, ...way } };
    });
    return batchesOf(given, AT_ONCE[action]);
  };
}

/** Of all actions mixed. */
const PAIRWISE_AT_ONCE = 8;

interface Choice {
  readonly service: Service;
  readonly fault: Fault;
}

/** Files that are tried each for itself; what a service has of its own is one, the rest another. */
const CORE = new Set([
  'database',
  'gathering',
  'kafka-member',
  'kafka',
  'lanes',
  'producer',
  'provider',
  'timers',
  'turn-store',
  'turn',
]);

function areaOf(point: string): string {
  const [first = '', ...rest] = point.slice(0, point.indexOf(':')).split('/');
  if (rest.length > 1) return `services/${first}`;
  return CORE.has(first) ? first : 'others';
}

/**
 * Few faults in which any two of area, way, service and hit meet wherever they can: greedily, the
 * next one meets as many new pairs as can be, and stands at a point that no other stands at.
 */
export function pairwiseFaults(passed: Passed): readonly Batch[] {
  const ways = Object.values(waysOf).flat();
  const pairsOf = ({ service, fault: { point, when, action, hit } }: Choice): string[] => {
    const of = [areaOf(point), `${when} ${action}`, service, String(hit)];
    return of.flatMap((one, at) => of.slice(at + 1).map((other) => `${one}, ${other}`));
  };
  const open = pointsOf(passed).flatMap(({ point, at }) =>
    at.flatMap((service) =>
      ways
        .filter(({ hit }) => hit === 1 || !isAside(passed, point))
        .map((way) => ({ service, fault: { point, ...way } })),
    ),
  );
  const met = new Set<string>();
  const stoodAt = new Set<string>();
  const gainOf = (choice: Choice): number => {
    const pairs = pairsOf(choice).filter((pair) => !met.has(pair)).length;
    return pairs === 0 || stoodAt.has(choice.fault.point) ? pairs : pairs + 0.5;
  };
  const chosen: Choice[] = [];
  // A gain never grows: whoever could not be better than the best so far need not be asked again.
  const gains = open.map(() => Number.POSITIVE_INFINITY);
  for (;;) {
    let best = -1;
    open.forEach((choice, index) => {
      if (best >= 0 && gains[index]! <= gains[best]!) return;
      gains[index] = gainOf(choice);
      if (best < 0 || gains[index] > gains[best]!) best = index;
    });
    const choice = open[best];
    if (choice === undefined || gains[best] === 0) break;
    chosen.push(choice);
    stoodAt.add(choice.fault.point);
    for (const pair of pairsOf(choice)) met.add(pair);
    gains[best] = 0;
  }
  return batchesOf(chosen, PAIRWISE_AT_ONCE);
}

/** What was armed and has not occurred, in batches no larger than those of the plan. */
export function missedAgain(
  batches: readonly Batch[],
  missed: readonly (readonly [Service, Fault])[],
): readonly Batch[] {
  const sizes = batches.flatMap((batch) => Array.from(batch.values(), ({ length }) => length));
  const choices = missed.map(([service, fault]) => ({ service, fault }));
  return batchesOf(choices, Math.max(1, ...sizes));
}

/** Whether what closes days passes it, and nothing else does. */
export function isOfDays(point: string): boolean {
  return /^disbursement-ledger\/(days|.*\/(days-|day-|business-days))/.test(point);
}

/** How many of them are in which file, as `intake/door 3, turn 1`. */
export function countedByFile(points: readonly string[]): string {
  const files = Map.groupBy(points, (point) => /^([^:]+)\/[^/:]+:/.exec(point)?.[1] ?? point);
  return Array.from(files, ([file, { length }]) => `${file} ${length}`).join(', ');
}

/** Each point with the services that pass it, in an order that is always the same. */
function pointsOf({ by }: Passed): { readonly point: string; readonly at: readonly Service[] }[] {
  const points = new Set(services.flatMap((service) => [...(by.get(service) ?? [])]));
  return [...points].toSorted().map((point) => ({
    point,
    at: services.filter((service) => by.get(service)?.has(point)),
  }));
}

/** Nobody passes it while applications flow. */
function isAside({ by, aside }: Passed, point: string): boolean {
  return services.every((one) => aside.get(one)?.has(point) === by.get(one)?.has(point));
}

/** So many for each service at a time. */
function batchesOf(choices: readonly Choice[], atOnce: number): Batch[] {
  const ofService = new Map<Service, Fault[]>();
  for (const { service, fault } of choices) {
    const own = ofService.get(service) ?? [];
    own.push(fault);
    ofService.set(service, own);
  }
  const longest = Math.max(0, ...[...ofService.values()].map(({ length }) => length));
  return Array.from({ length: Math.ceil(longest / atOnce) }, (_, index) => {
    const slice = (faults: readonly Fault[]) => faults.slice(index * atOnce, (index + 1) * atOnce);
    return new Map([...ofService].map(([service, faults]) => [service, slice(faults)]));
  });
}
