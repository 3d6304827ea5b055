// Facts asked for at the same time: one call, one row, and everybody's own patience.
import { callLogMemory, factConformance, factMemory, questionFor } from '@saidao/testkit/facts';
import { factShared } from '@saidao/worker';
import { expect, it } from 'vitest';
import { registerCase } from './facts.fixture.ts';

const { provider, subject: number, says, saysOfStrangers: unknown } = registerCase;
const keyOf = (subject: string) => subject;

function open() {
  const log = callLogMemory();
  const memory = factMemory({ provider, nameOf: keyOf, unknown, log });
  memory.enter(number, says);
  return { log, memory, source: factShared(memory, keyOf) };
}

factConformance('shared', registerCase, async () => {
  const log = callLogMemory();
  const memory = factMemory({ provider, nameOf: keyOf, unknown, log });
  return {
    source: factShared(memory, keyOf),
    log,
    enter: (told) => memory.enter(number, told),
    behave: memory.behave,
  };
});

it('asks once for all who ask at the same time, and gives all the same evidence', async () => {
  const { source, memory, log } = open();
  const replies = await Promise.all(
    ['application-1', 'application-2', 'application-3'].map((applicationId) =>
      source.ask(number, questionFor('exim-zj', { applicationId })),
    ),
  );
  expect(memory.asked).toEqual([number]);
  expect(log.calls.size).toBe(1);
  expect(replies[0]).toMatchObject({ kind: 'answered', value: says });
  expect(replies).toEqual([replies[0], replies[0], replies[0]]);
  await source.ask(number, questionFor());
  expect(memory.asked).toEqual([number, number]);
});

it('asks for each lender with that lender’s account', async () => {
  const { source, memory } = open();
  await Promise.all(['exim-zj', 'boc-zj'].map((lender) => source.ask(number, questionFor(lender))));
  expect(memory.asked).toEqual([number, number]);
});

it('lets one go whose time is over, and the others get their answer', async () => {
  const { source } = open();
  const caller = new AbortController();
  const leaving = source.ask(number, questionFor('exim-zj', { signal: caller.signal }));
  const staying = source.ask(number, questionFor());
  caller.abort();
  expect(await leaving).toMatchObject({ kind: 'not-asked' });
  expect(await staying).toMatchObject({ kind: 'answered' });
});
