// What a person may give as an instant, and what is no day.
import { expect, it } from 'vitest';
import { instantMs } from './instant.ts';

it.each<[string, number]>([
  ['2026-11-20', Date.UTC(2026, 10, 19, 16)],
  ['2024-02-29', Date.UTC(2024, 1, 28, 16)],
  ['2026-11-20T02:00:00Z', Date.UTC(2026, 10, 20, 2)],
  ['2026-11-20T10:00+08:00', Date.UTC(2026, 10, 20, 2)],
])('%s is an instant', (text, ms) => {
  expect(instantMs(text)).toBe(ms);
});

it.each([
  ...['yesterday', '', '2026-11-20T02:00:00', '2026-13-01', '2026-11-20T25:00:00Z'],
  // Date.parse makes days of March of them.
  ...['2026-02-29', '2026-02-30', '2026-04-31', '2026-02-30T00:00:00Z'],
])('"%s" is refused', (text) => {
  expect(() => instantMs(text)).toThrow('as 2026-11-20 or 2026-11-20T02:00:00Z');
});
