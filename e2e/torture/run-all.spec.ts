// Cases at once: so many, each once; what is to be alone has nobody beside it.
import { expect, test } from 'vitest';
import type { Case } from './case.ts';
import { runAll } from './run-all.ts';

function casesOf(alone: readonly boolean[]) {
  const running = new Set<number>();
  const seen: string[] = [];
  const cases = alone.map((isAlone, at): Case => ({
    ...{ group: 'g', name: String(at), alone: isAlone },
    async run() {
      running.add(at);
      seen.push([...running].join());
      await new Promise(setImmediate);
      running.delete(at);
      if (at === 1) throw new Error('no engine');
      return { runs: at, checked: 'all', findings: [] };
    },
  }));
  return { cases, seen };
}

test('two at once, then each of those that are to be alone', async () => {
  const { cases, seen } = casesOf([true, false, false, false, true]);
  const ran = await runAll(cases, 2);
  expect(seen).toEqual(['1', '1,2', '2,3', '0', '4']);
  expect(ran.map(({ of }) => of)).toEqual(cases);
});

test('a case that cannot be run is a finding, and hinders no other', async () => {
  const { cases } = casesOf([false, false, false]);
  const ran = await runAll(cases, 1);
  expect(ran.map(({ outcome: { runs } }) => runs)).toEqual([0, 0, 2]);
  expect(ran[1]!.outcome.findings[0]).toContain('no engine');
});
