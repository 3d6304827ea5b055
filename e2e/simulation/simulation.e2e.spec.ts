// A thousand seeds of the whole line under faults, and the guards without which faults are found.
import { describe, expect, it } from 'vitest';
import { chanceOf } from './chance.ts';
import { simulateMany } from './many.ts';
import { guards } from './simulate.ts';
import { weatherOf } from './weather.ts';

const SEEDS = 1_000;
const TIMEOUT_MS = 900_000;

it(
  'loses nothing and pays nothing twice, whatever fails, and comes to its end once nothing does',
  { timeout: TIMEOUT_MS },
  async () => {
    const { runs, found, counts } = await simulateMany({
      ...{ from: 1, seeds: SEEDS, modes: ['safety', 'liveness'] },
    });
    const told = found.map(({ seed, mode, findings }) => {
      const again = `npm run simulate -- --seed ${seed} --mode ${mode}`;
      return `${again}: ${findings[0]?.rule}: ${findings[0]?.says}`;
    });
    expect(told).toEqual([]);
    expect(runs).toBe(SEEDS);
    // What nobody met has not been tried.
    const met = ['died', 'alarm turn-hangs', 'paid', 'declined', ...faults];
    for (const what of met) expect(counts[what], what).toBeGreaterThan(SEEDS / 10);
  },
);

/** Each of them tells how often it came. */
const faults = Object.keys(weatherOf('calm', chanceOf(1)))
  .filter((name) => !name.endsWith('MsMax'))
  .map((name) => `met ${name}`);

it('comes to the same ends though all comes up to five times, in another order', async () => {
  const { found, counts } = await simulateMany({ from: 1, seeds: 60, modes: ['shuffled'] });
  expect(found.map(({ seed, findings }) => `${seed}: ${findings[0]?.says}`)).toEqual([]);
  expect(counts['given again']).toBeGreaterThan(1_000);
}, 240_000);

describe('without a guard', () => {
  /** Seeds within which each is found; see the table in README.md. */
  const seeds = 120;
  it.each(guards)('%s something is found', { timeout: TIMEOUT_MS }, async (without) => {
    const { found } = await simulateMany({
      from: 1,
      seeds,
      modes: ['safety', 'liveness'],
      without,
    });
    expect(found.length).toBeGreaterThan(0);
  });
});
