// The pace: whenever calls come, never more begin in a second than is allowed, and none is lost.
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pace } from './provider-pace.ts';

const steadyMs = () => performance.now();
const { signal } = new AbortController();

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('is never above what is allowed in any second, whenever calls come', async () => {
  const cases = fc.record({
    perSecond: fc.integer({ min: 1, max: 40 }),
    waitsMs: fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })), {
      minLength: 1,
      maxLength: 120,
    }),
  });
  await fc.assert(
    fc.asyncProperty(cases, async ({ perSecond, waitsMs }) => {
      const pace = new Pace(perSecond, steadyMs);
      const began: number[] = [];
      const calls: Promise<void>[] = [];
      for (const waitMs of waitsMs) {
        await vi.advanceTimersByTimeAsync(waitMs);
        calls.push(pace.slot(signal).then(() => void began.push(steadyMs())));
      }
      await vi.advanceTimersByTimeAsync((waitsMs.length / perSecond) * 1_200 + 1_200);
      await Promise.all(calls);
      for (const [index, atMs] of began.entries()) {
        const before = began[index - perSecond];
        if (before !== undefined) expect(atMs - before).toBeGreaterThanOrEqual(1_000 - 1e-6);
      }
    }),
    { numRuns: 60 },
  );
});

it('lets a single call begin at once', async () => {
  const pace = new Pace(5, steadyMs);
  const startedMs = steadyMs();
  await pace.slot(signal);
  await vi.advanceTimersByTimeAsync(1_000);
  await pace.slot(signal);
  expect(steadyMs() - startedMs).toBe(1_000);
});
