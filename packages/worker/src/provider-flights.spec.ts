// Calls under way: one for all who ask the same, ended only when nobody waits any more.
import { expect, it } from 'vitest';
import { Flights } from './provider-flights.ts';

function begun() {
  const flights = new Flights<string>();
  const calls: (PromiseWithResolvers<string> & { readonly signal: AbortSignal })[] = [];
  const begin = (signal: AbortSignal) => {
    const call = { ...Promise.withResolvers<string>(), signal };
    calls.push(call);
    return call.promise;
  };
  const join = (key: string, caller = new AbortController()) =>
    flights.join(key, caller.signal, begin);
  return { calls, join };
}

it('makes one call for all who ask at the same time, and another for another question', async () => {
  const { calls, join } = begun();
  const joined = [join('p1'), join('p1'), join('p2')];
  expect(calls).toHaveLength(2);
  calls[0]?.resolve('one');
  calls[1]?.resolve('two');
  expect(await Promise.all(joined)).toEqual(['one', 'one', 'two']);
});

it('asks again once the call is over, whatever came of it', async () => {
  const { calls, join } = begun();
  const first = join('p1');
  calls[0]?.reject(new Error('failed'));
  await expect(first).rejects.toThrow('failed');
  const second = join('p1');
  calls[1]?.resolve('fine');
  expect(await second).toBe('fine');
  void join('p1');
  expect(calls).toHaveLength(3);
});

it('lets one leave, and the others wait on', async () => {
  const { calls, join } = begun();
  const caller = new AbortController();
  const leaving = join('p1', caller);
  const staying = join('p1');
  caller.abort(new Error('time is over'));
  await expect(leaving).rejects.toThrow('time is over');
  expect(calls[0]?.signal.aborted).toBe(false);
  calls[0]?.resolve('fine');
  expect(await staying).toBe('fine');
  expect(calls[0]?.signal.aborted).toBe(false);
});

it('ends the call when the last has left, and begins anew for the next', async () => {
  const { calls, join } = begun();
  const callers = [new AbortController(), new AbortController()];
  const leaving = callers.map((caller) => join('p1', caller));
  for (const caller of callers) caller.abort();
  expect((await Promise.allSettled(leaving)).map(({ status }) => status)).toEqual([
    'rejected',
    'rejected',
  ]);
  expect(calls[0]?.signal.aborted).toBe(true);
  const next = join('p1');
  expect(calls).toHaveLength(2);
  // The one that was left ends late; it takes nothing from the one under way.
  calls[0]?.resolve('late');
  const another = join('p1');
  expect(calls).toHaveLength(2);
  calls[1]?.resolve('fine');
  expect(await Promise.all([next, another])).toEqual(['fine', 'fine']);
});

it('begins nothing for a caller whose time is over', async () => {
  const { calls, join } = begun();
  const caller = new AbortController();
  caller.abort(new Error('time is over'));
  await expect(join('p1', caller)).rejects.toThrow('time is over');
  expect(calls).toHaveLength(0);
});
