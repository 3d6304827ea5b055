// Heads in the memory of one process: they are gone with it.
import { refuseBackward, type HeadStore, type HeldHead, type Parked, type Place } from './heads.ts';

interface Kept {
  readonly place: Place;
  head: number | undefined;
  parked: ReadonlyMap<number, Parked>;
  /** Settles when the last transaction that was asked for has ended. */
  free: Promise<unknown>;
}

/** There is no transaction for an effect to take part in. */
export function memoryHeads(): HeadStore<undefined> {
  const kept = new Map<string, Kept>();
  const nameOf = ({ topic, applicationId }: Place): string => `${topic}/${applicationId}`;

  function keptAt({ topic, applicationId }: Place): Kept {
    const place = { topic, applicationId };
    const name = nameOf(place);
    const known = kept.get(name);
    if (known !== undefined) return known;
    const fresh: Kept = { place, head: undefined, parked: new Map(), free: Promise.resolve() };
    kept.set(name, fresh);
    return fresh;
  }

  return {
    read(topic, applicationIds) {
      const heads = new Map<string, number>();
      for (const applicationId of applicationIds) {
        const at = kept.get(nameOf({ topic, applicationId }));
        if (at?.head !== undefined && at.parked.size === 0) heads.set(applicationId, at.head);
      }
      return Promise.resolve(heads);
    },
    hold(place, work) {
      const at = keptAt(place);
      const turn = at.free.then(async () => {
        const { held, keep } = drafted(at);
        const result = await work(held);
        keep();
        return result;
      });
      at.free = turn.catch(() => undefined);
      return turn;
    },
    parkedPlaces() {
      const waiting = [...kept.values()].flatMap(({ place, head, parked }) => {
        const parkedFrom = lowestOf(parked);
        return parkedFrom === undefined ? [] : [{ ...place, head, parkedFrom }];
      });
      return Promise.resolve(waiting);
    },
  };
}

/** What is changed is a draft until it is kept. */
function drafted(at: Kept): { readonly held: HeldHead<undefined>; readonly keep: () => void } {
  let { head } = at;
  const parked = new Map(at.parked);
  const held: HeldHead<undefined> = {
    tx: undefined,
    head,
    parkedFrom: lowestOf(parked),
    moveTo(number) {
      refuseBackward(head, number);
      head = number;
      for (const one of parked.keys()) if (one <= number) parked.delete(one);
      return Promise.resolve();
    },
    park(event) {
      const { number } = event.envelope;
      if (!parked.has(number)) parked.set(number, event);
      return Promise.resolve();
    },
    firstParked: () => Promise.resolve(parked.get(lowestOf(parked) ?? 0)),
  };
  return { held, keep: () => Object.assign(at, { head, parked }) };
}

const lowestOf = (parked: ReadonlyMap<number, Parked>): number | undefined =>
  parked.size === 0 ? undefined : Math.min(...parked.keys());
