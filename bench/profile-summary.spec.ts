// Self times of a profile made by hand: the window, the idle time, and several profiles in one.
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { PROJECT_ROOT } from './place.ts';
import { busyMs, merged, selfTimes, topOf, type CpuProfile } from './profile-summary.ts';

const WALK = 'walk packages/worker/src/walk.ts:173';
const ALL = { fromUs: 0, toUs: Number.MAX_SAFE_INTEGER };

function frame(functionName: string, path?: string, lineNumber = -1) {
  const url = path === undefined ? '' : pathToFileURL(join(PROJECT_ROOT, path)).href;
  return { functionName, url, lineNumber };
}

// From 1000 µs on: walk 3 ms, idle 5 ms, an anonymous one 1 ms, walk for what is left: no time.
const profile: CpuProfile = {
  nodes: [
    { id: 1, callFrame: frame('(idle)') },
    { id: 2, callFrame: frame('walk', 'packages/worker/src/walk.ts', 172) },
    { id: 3, callFrame: frame('', 'node_modules/kafkajs/src/index.js', 9) },
    // The same function, called from elsewhere.
    { id: 4, callFrame: frame('walk', 'packages/worker/src/walk.ts', 172) },
  ],
  startTime: 1_000,
  samples: [2, 1, 3, 4],
  timeDeltas: [0, 3_000, 5_000, 1_000],
};

test('a sample stands for the time until the next, whoever called', () => {
  expect(Object.fromEntries(selfTimes(profile, ALL))).toEqual({
    [WALK]: 3_000,
    '(idle)': 5_000,
    '(anonymous) kafkajs/src/index.js:10': 1_000,
  });
});

test('what lies outside the window does not count', () => {
  const times = selfTimes(profile, { fromUs: 4_000, toUs: 9_000 });
  expect([...times.keys()]).toEqual(['(idle)']);
});

test('shares are of the time that was not idle, the largest first', () => {
  const times = selfTimes(profile, ALL);
  expect(busyMs(times)).toBe(4);
  expect(topOf(times, 1)).toEqual([{ name: WALK, ms: 3, share: 0.75 }]);
  expect(topOf(times, 9)).toHaveLength(2);
});

test('several profiles add up by function', () => {
  const both = merged([selfTimes(profile, ALL), new Map([[WALK, 500]])]);
  expect(both.get(WALK)).toBe(3_500);
});
