// Scoring goes from one process to three and back under load: nothing is lost, and `saidao top` shows it.
import { expect, test, vi } from 'vitest';
import { scoringCase } from './real-faults/scale.ts';

vi.setConfig({ testTimeout: 600_000 });

test('one, three and one scoring workers lose nothing and do nothing twice', async () => {
  const { findings, runs } = await scoringCase({ ...process.env }).run();
  expect(findings).toEqual([]);
  expect(runs).toBe(5);
});
