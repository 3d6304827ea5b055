// Working time in Asia/Shanghai: weekends and holidays do not count.
import { fc, test } from '@fast-check/vitest';
import { businessDateOf } from '@saidao/values';
import { expect, it } from 'vitest';
import { afterWorkingMs } from './working-days.ts';

const DAY_MS = 86_400_000;
const at = (text: string) => Date.parse(`${text}+08:00`);
const textOf = (ms: number) => new Date(ms + 8 * 3_600_000).toISOString().slice(0, 16);
const golden = ['01', '02', '05', '06', '07'].map((day) => `2026-10-${day}`);

it.each([
  ['within a day', '2026-11-25T09:00', 0.25, '2026-11-25T15:00'],
  ['over nights', '2026-11-23T09:00', 3, '2026-11-26T09:00'],
  ['over a weekend', '2026-11-26T09:00', 3, '2026-12-01T09:00'],
  ['from a Saturday on', '2026-11-28T09:00', 1, '2026-12-01T00:00'],
  ['over the National Day holiday', '2026-09-30T12:00', 3, '2026-10-12T12:00'],
])('%s', (_, from, days, until) => {
  expect(textOf(afterWorkingMs(at(from), days * DAY_MS, new Set(golden)))).toBe(until);
});

test.prop([fc.integer({ min: 0, max: 10_000 * DAY_MS }), fc.integer({ min: 0, max: 30 * DAY_MS })])(
  'is never sooner than without rest, and never ends on a day of rest that has begun',
  (fromMs, workingMs) => {
    const untilMs = afterWorkingMs(fromMs, workingMs, new Set(golden));
    expect(untilMs).toBeGreaterThanOrEqual(fromMs + workingMs);
    const weekday = new Date(untilMs - 1 + 8 * 3_600_000).getUTCDay();
    if (workingMs > 0) expect([1, 2, 3, 4, 5]).toContain(weekday);
    if (workingMs > 0) expect(golden).not.toContain(businessDateOf(untilMs - 1));
  },
);
