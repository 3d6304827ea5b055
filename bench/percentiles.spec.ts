// Percentiles and medians of small sets that can be counted by hand.
import { expect, test } from 'vitest';
import { medianOf, percentilesOf } from './percentiles.ts';

test('each percentile is a value that was measured, by the nearest rank', () => {
  const values = Array.from({ length: 200 }, (_, at) => 200 - at);
  expect(percentilesOf(values)).toEqual({ count: 200, p50: 100, p95: 190, p99: 198, max: 200 });
});

test('of one value all are that value', () => {
  expect(percentilesOf([7])).toEqual({ count: 1, p50: 7, p95: 7, p99: 7, max: 7 });
});

test('numbers are put in order as numbers, and what was given stays as it was', () => {
  const values = [100, 9, 20];
  expect(percentilesOf(values)).toMatchObject({ p50: 20, max: 100 });
  expect(values).toEqual([100, 9, 20]);
});

test('the median of an even number lies between the two in the middle', () => {
  expect(medianOf([4, 1, 10])).toBe(4);
  expect(medianOf([4, 1])).toBe(2.5);
  expect(medianOf([3])).toBe(3);
});

test('without values nothing is said', () => {
  expect(() => percentilesOf([])).toThrow('nothing was measured');
  expect(() => medianOf([])).toThrow('nothing was measured');
});
