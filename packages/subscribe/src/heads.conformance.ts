// What a subscription relies on of its heads, the same for each store.
import { expect, it } from 'vitest';
import type { Envelope } from './envelope.ts';
import type { HeadStore, HeldHead, Parked, Place } from './heads.ts';

const TOPIC = 'saidao.decisions.czb-hz.v1';
const [A, B] = ['019a0000-0000-7000-8000-00000000000a', '019a0000-0000-7000-8000-00000000000b'];
const at = (applicationId: string, topic = TOPIC): Place => ({ topic, applicationId });

function event(number: number, value: Buffer | null = Buffer.from([0, 255, number])): Parked {
  const envelope: Envelope = {
    ...{ topic: TOPIC, applicationId: A, number, lenderId: 'czb-hz', readAt: `${TOPIC}/0/7` },
    ...{ id: `${A}/${TOPIC}/${number}`, time: '2026-11-20T08:00:00.000Z' },
    ...{ correlationId: '赛道 "1"', causationId: '' },
  };
  return { envelope, value };
}

/** `open` gives an empty store each time. */
export function headsConformance(open: () => Promise<HeadStore<unknown>>): void {
  const look = (heads: HeadStore<unknown>, place = at(A)) =>
    heads.hold(place, async ({ head, parkedFrom, firstParked }) => ({
      ...{ head, parkedFrom, first: await firstParked() },
    }));
  const move = (heads: HeadStore<unknown>, number: number, place = at(A)) =>
    heads.hold(place, (held) => held.moveTo(number));

  it('has no head at first, also where one looked', async () => {
    const heads = await open();
    expect(await look(heads)).toEqual({ head: undefined, parkedFrom: undefined });
    expect(await look(heads)).toEqual({ head: undefined, parkedFrom: undefined });
    expect(await heads.read(TOPIC, [A])).toEqual(new Map());
    expect(await heads.parkedPlaces()).toEqual([]);
  });

  it('keeps how far it is, for each application and topic', async () => {
    const heads = await open();
    await move(heads, 3);
    await move(heads, 7);
    await move(heads, 1, at(B));
    expect((await look(heads)).head).toBe(7);
    expect(await heads.read(TOPIC, [A, B])).toEqual(new Map([[A, 7], [B, 1]])); // prettier-ignore
    expect(await heads.read(TOPIC, [B])).toEqual(new Map([[B, 1]]));
    expect(await heads.read('saidao.decisions.boc-zj.v1', [A])).toEqual(new Map());
    expect((await look(heads, at(A, 'saidao.decisions.boc-zj.v1'))).head).toBeUndefined();
  });

  it('takes numbers beyond 32 bits', async () => {
    const heads = await open();
    await move(heads, 2 ** 40);
    expect((await look(heads)).head).toBe(2 ** 40);
  });

  it.each([6, 7])('never goes back: from 7 to %i', async (number) => {
    const heads = await open();
    await move(heads, 7);
    await expect(move(heads, number)).rejects.toThrow(RangeError);
    expect((await look(heads)).head).toBe(7);
  });

  it('keeps nothing of what failed, and says why', async () => {
    const heads = await open();
    await move(heads, 1);
    const failing = heads.hold(at(A), async (held) => {
      await held.moveTo(2);
      await held.park(event(9));
      throw new Error('no luck');
    });
    await expect(failing).rejects.toThrow('no luck');
    expect(await look(heads)).toEqual({ head: 1, parkedFrom: undefined });
    await move(heads, 2);
    expect((await look(heads)).head).toBe(2);
  });

  it('gives back what is parked, the lowest first, as it was', async () => {
    const heads = await open();
    const park = (one: Parked) => heads.hold(at(A), (held) => held.park(one));
    await park(event(5));
    await park(event(4, null));
    await park(event(5, Buffer.from('another')));
    expect(await look(heads)).toEqual({ head: undefined, parkedFrom: 4, first: event(4, null) });
    const waits = { ...at(A), head: undefined, parkedFrom: 4 };
    expect(await heads.parkedPlaces()).toEqual([waits]);
    // Where something waits there is more to do than to know a repeat.
    await move(heads, 1);
    expect(await heads.read(TOPIC, [A])).toEqual(new Map());
    expect(await heads.parkedPlaces()).toEqual([{ ...waits, head: 1 }]);
    await move(heads, 4);
    expect(await look(heads)).toEqual({ head: 4, parkedFrom: 5, first: event(5) });
  });

  it('lets go of what is parked up to the head', async () => {
    const heads = await open();
    await heads.hold(at(A), (held) => held.park(event(2)));
    await heads.hold(at(A), (held) => held.park(event(3)));
    await move(heads, 3);
    expect(await look(heads)).toEqual({ head: 3, parkedFrom: undefined });
    expect(await heads.parkedPlaces()).toEqual([]);
    expect(await heads.read(TOPIC, [A])).toEqual(new Map([[A, 3]]));
  });

  it('lets one at a time to a place, and others to others', async () => {
    const heads = await open();
    const order: string[] = [];
    const go = Promise.withResolvers<void>();
    const holds = Promise.withResolvers<void>();
    const first = heads.hold(at(A), async (held) => {
      holds.resolve();
      await go.promise;
      await held.moveTo(1);
      order.push('first');
    });
    await holds.promise;
    const second = heads.hold(at(A), async (held: HeldHead<unknown>) => {
      order.push(`second after ${held.head}`);
      await held.moveTo(2);
    });
    await move(heads, 1, at(B));
    order.push('elsewhere');
    go.resolve();
    await Promise.all([first, second]);
    expect(order).toEqual(['elsewhere', 'first', 'second after 1']);
    expect((await look(heads)).head).toBe(2);
  });
}
