// Instrumented source does what it did, line by line, and calls its points by their names.
import { stripTypeScriptTypes } from 'node:module';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { instrument, POINT } from './instrument.ts';
import { instrumented } from './instrumented.ts';
import { allFaultPoints } from './point-files.ts';

const SOURCE = `interface Log { send(records: readonly string[]): Promise<number> }
class Turn {
  #log: Log;
  constructor(log: Log) { this.#log = log; }
  async publish(texts: readonly string[]): Promise<number> {
    const sent = await this.#log.send(texts as string[]);
    const again = await this.#log.send(await Promise.all(texts.map(async (text) => await text)));
    return sent + again;
  }
}
const query = async (text: string): Promise<string> => text;
export const run = async (log: Log): Promise<unknown> => {
  await query('commit');
  await query('rollback');
  return await new Turn(log).publish(['a', 'b']);
};
`;

test('a point is named by file, function and what is awaited, with a number for repeats', () => {
  const { points } = instrument(SOURCE, 'turn.ts', 'turn');
  expect(points).toEqual([
    'turn/publish:#log.send',
    'turn/publish:#log.send#2',
    'turn/publish:Promise.all',
    'turn/publish:text',
    'turn/run:query.commit',
    'turn/run:query.rollback',
    'turn/run:Turn().publish',
  ]);
});

test('what is kept of it is what it would be made into anew, of each source and file', () => {
  const sources = [SOURCE, `${SOURCE}// another\n`];
  for (const time of ['first', 'kept']) {
    for (const file of ['turn', 'walk']) {
      const made = sources.map((source) => instrumented(source, 'turn.ts', file));
      const anew = sources.map((source) => instrument(source, 'turn.ts', file).source);
      expect(made, time).toEqual(anew);
    }
  }
});

test('each awaits what it awaited, through its point, and stands on its line', async () => {
  const { source, points } = instrument(SOURCE, 'turn.ts', 'turn');
  expect(source.split('\n')).toHaveLength(SOURCE.split('\n').length);
  const passed: string[] = [];
  Object.defineProperty(globalThis, POINT, {
    configurable: true,
    value: (name: string, run: () => unknown) => {
      passed.push(name);
      return run();
    },
  });
  const code = stripTypeScriptTypes(source);
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const { run } = (await import(url)) as {
    run(log: { send(texts: readonly string[]): Promise<number> }): Promise<unknown>;
  };
  expect(await run({ send: async (texts) => texts.length })).toBe(4);
  expect(new Set(passed)).toEqual(new Set(points));
});

test('what waits inside of what is awaited keeps its own point', () => {
  const nested = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom('a()', 'b(1)', '`${c()}`', 'x'),
      tie('expression').map((inner) => `f(await ${inner})`),
      tie('expression').map((inner) => `(await ${inner}).g()`),
      tie('expression').map((inner) => `[1, 2].map(async (one) => await ${inner})`),
    ),
  })).expression;
  fc.assert(
    fc.property(nested, (expression) => {
      const source = `export async function outer(x: unknown) { return await ${expression}; }`;
      const { source: written, points } = instrument(source, 'one.ts', 'one');
      expect(points).toHaveLength(source.split('await ').length - 1);
      expect(new Set(points).size).toBe(points.length);
      // Stands as TypeScript, and has no point twice.
      expect(() => stripTypeScriptTypes(written)).not.toThrow();
    }),
  );
});

test('no two points have one name', () => {
  const points = allFaultPoints();
  expect(new Set(points).size).toBe(points.length);
  for (const needed of ['turn/publish:log.send', 'database/once:client.query.commit']) {
    expect(points).toContain(needed);
  }
});
