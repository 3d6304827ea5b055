// A thousand seeds of the whole line under faults, and the guards without which faults are found.
import { describe, expect, it } from 'vitest';
import { simulateMany } from './many.ts';
import { guards } from './simulate.ts';

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
    const met = [
      'died',
      'frozen',
      'evicted',
      'broker away',
      'alarm turn-hangs',
      'paid',
      'declined',
    ];
    for (const what of met) expect(counts[what], what).toBeGreaterThan(SEEDS / 10);
  },
);

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
