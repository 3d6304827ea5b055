// What Linux says of processes, read from lines as the kernel writes them.
import { expect, test } from 'vitest';
import { cpuMsOf, machineBusyMs, memoryOf, statOf, treeTicks } from './procfs.ts';

const line = (name: string, parent: number, own: [number, number], ended: [number, number]) =>
  `42 (${name}) S ${parent} 42 42 0 -1 4194560 100 0 0 0 ${own.join(' ')} ${ended.join(' ')} 20 0 11`;

test('user and system time add up, and a name may hold blanks and brackets', () => {
  const stat = statOf(line('postgres: a (b) c', 7, [120, 30], [5, 6]));
  expect(stat).toEqual({ parent: 7, ownTicks: 150, endedTicks: 11 });
});

test('a tree counts all that descends from its root, also what has ended', () => {
  const stats = new Map([
    [1, { parent: 0, ownTicks: 1_000, endedTicks: 0 }],
    [2, { parent: 1, ownTicks: 10, endedTicks: 3 }],
    [3, { parent: 2, ownTicks: 20, endedTicks: 0 }],
    [4, { parent: 3, ownTicks: 40, endedTicks: 0 }],
    [5, { parent: 1, ownTicks: 80, endedTicks: 0 }],
  ]);
  expect(treeTicks(stats, 2)).toBe(73);
});

test('of the machine, neither idling nor waiting for a disk counts as busy', () => {
  expect(machineBusyMs('cpu  10 1 5 1000 400 2 3 4 9 9\ncpu0 1 1 1 1 1 1 1 1\n')).toBe(250);
  expect(machineBusyMs()).toBeGreaterThan(0);
});

test('this very process uses time and memory', () => {
  const { peakBytes, residentBytes } = memoryOf(process.pid);
  expect(cpuMsOf(process.pid)).toBeGreaterThan(0);
  expect(residentBytes).toBeGreaterThan(1_000_000);
  expect(peakBytes).toBeGreaterThanOrEqual(residentBytes);
});
