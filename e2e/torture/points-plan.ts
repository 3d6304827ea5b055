// Which faults are tried at which points: all of an action, or few that meet every pair of choices.
import type { Action, Fault } from '@saidao/testkit/fault-points';
import { services, type Service } from '../system.ts';
import type { Batch, Passed } from './points-run.ts';

/** One way to fail, at any point. */
type Way = Omit<Fault, 'point'>;

const LATER = 3;

/** A duplicate has no before and after; whoever hangs once hangs for good. */
export const waysOf: Readonly<Record<Action, readonly Way[]>> = {
  kill: [1, LATER].flatMap((hit) => [
    { when: 'before', action: 'kill', hit },
    { when: 'after', action: 'kill', hit },
  ]),
  throw: [1, LATER].flatMap((hit) => [
    { when: 'before', action: 'throw', hit },
    { when: 'after', action: 'throw', hit },
  ]),
  hang: [{ when: 'before', action: 'hang', hit: 1 }],
  duplicate: [1, LATER].map((hit) => ({ when: 'before', action: 'duplicate', hit })),
};

/** How many faults a service is given at a time: each life of a process ends at its first kill. */
const AT_ONCE: Readonly<Record<Action, number>> = { kill: 6, hang: 2, throw: 16, duplicate: 16 };

/** Every way of the action at every point, each in one of the services that pass it. */
export function everyFault(action: Action): (passed: Passed) => readonly Batch[] {
  return (passed) => {
    const tried = pointsOf(passed).flatMap(({ point, at }) =>
      waysOf[action].map((way) => ({ point, way, at })),
    );
    const given = tried.map(({ point, way, at }, index) => {
      // Not by the index alone, or each service would be given the same ways.
      const service = at[(index + Math.floor(index / at.length)) % at.length]!;
      return { service, fault: { point, ...way } };
    });
    return batchesOf(given, AT_ONCE[action]);
  };
}

interface Choice {
  readonly service: Service;
  readonly fault: Fault;
}

/**
 * Few faults in which any two of service, file, way and hit meet wherever they can, and every point
 * at least once: greedily, the next one meets as many new pairs as can be.
 */
export function pairwiseFaults(passed: Passed): readonly Batch[] {
  const points = pointsOf(passed);
  const ways = Object.values(waysOf).flat();
  const pairsOf = ({ service, fault: { point, when, action, hit } }: Choice): string[] => {
    const file = point.slice(0, point.indexOf(':')).replace(/\/[^/]*$/, '');
    const way = `${when} ${action}`;
    return [
      `point ${point}`,
      `${service} ${way}`,
      `${service} ${hit}`,
      `${way} ${hit}`,
      `${file} ${way}`,
      `${file} ${hit}`,
    ];
  };
  const choices = points.flatMap(({ point, at }) =>
    at.flatMap((service) => ways.map((way) => ({ service, fault: { point, ...way } }))),
  );
  const met = new Set<string>();
  const chosen: Choice[] = [];
  const gainOf = (choice: Choice) => pairsOf(choice).filter((pair) => !met.has(pair)).length;
  let open = choices.map((choice, index) => ({ choice, gain: Infinity, index }));
  while (open.length > 0) {
    // A gain never grows: the first whose gain is still what it was is the best there is.
    let best: (typeof open)[number] | undefined;
    for (const one of open) {
      if (best !== undefined && one.gain <= best.gain) continue;
      one.gain = gainOf(one.choice);
      if (one.gain > (best?.gain ?? 0)) best = one;
    }
    if (best === undefined) break;
    chosen.push(best.choice);
    for (const pair of pairsOf(best.choice)) met.add(pair);
    open = open.filter((one) => one !== best && one.gain > 0);
  }
  return batchesOf(chosen, 10);
}

/** Each point with the services that pass it, in an order that is always the same. */
function pointsOf({ by }: Passed): { readonly point: string; readonly at: readonly Service[] }[] {
  const points = new Set(services.flatMap((service) => [...(by.get(service) ?? [])]));
  return [...points].toSorted().map((point) => ({
    point,
    at: services.filter((service) => by.get(service)?.has(point)),
  }));
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
