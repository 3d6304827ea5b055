// Any two of area, kind of fault, service and hit, on real processes: nothing is lost or done twice.
import { expect, test } from 'vitest';
import { pairwiseFaults } from './points-plan.ts';
import { runFaults } from './points-run.ts';

/** Two minutes where nothing else runs; a busy machine takes many times as long. */
const TEST_MS = 1_800_000;

test(
  'whatever fails at any point is made good, in pairs of choices',
  { timeout: TEST_MS },
  async () => {
    const environment = { ...process.env };
    const { findings, runs } = await runFaults({ environment, plan: pairwiseFaults });
    expect(findings).toEqual([]);
    expect(runs).toBeGreaterThan(50);
  },
);
