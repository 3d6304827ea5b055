// The watch over a member that takes nothing: when it is a stall, and when it is none.
import { beforeEach, expect, test } from 'vitest';
import { StallWatch } from './stall-watch.ts';
import type { Watched } from './stall-watch.ts';

const member = { turns: 0, epoch: 1, excused: false, lanes: [0, 1] as number[] | undefined };
let lags: bigint[];
let isAway: boolean;
let stalls: string[];
let watch: StallWatch;

const watched: Watched = {
  turnsBegun: () => member.turns,
  epoch: () => member.epoch,
  isExcused: () => member.excused,
  lanes: () => member.lanes,
  lag: () =>
    isAway
      ? Promise.reject(new Error('the log is away'))
      : Promise.resolve(lags.map((lag, partition) => ({ topic: 'things', partition, lag }))),
  onStall: (message) => stalls.push(message),
};

beforeEach(() => {
  Object.assign(member, { turns: 0, epoch: 1, excused: false, lanes: [0, 1] });
  lags = [0n, 3n, 0n];
  isAway = false;
  stalls = [];
  watch = new StallWatch(watched);
});

async function looks(times: number, between: (at: number) => void = () => undefined) {
  for (let at = 0; at < times; at += 1) {
    between(at);
    await watch.look();
  }
  return stalls.length;
}

test('a member that begins no turn though it is behind has stalled', async () => {
  expect(await looks(2)).toBe(0);
  expect(await looks(1)).toBe(1);
  expect(stalls).toEqual(['begins no turn though it is 3 records behind on things']);
});

test('one that never joined has stalled too', async () => {
  member.lanes = undefined;
  expect(await looks(3)).toBe(1);
});

test.each<[string, (at: number) => void]>([
  ['is not behind', () => (lags = [0n, 0n, 0n])],
  ['is behind only where others are to take', () => (lags = [0n, 0n, 9n])],
  ['was behind only at this moment', (at) => (lags = [at % 2 === 0 ? 1n : 0n])],
  ['begins turns', () => (member.turns += 1)],
  ['joins again and again', () => (member.epoch += 1)],
  ['is paused, or in a turn', () => (member.excused = true)],
  ['cannot reach the log', () => (isAway = true)],
  ['reaches the log now and then', (at) => (isAway = at % 2 === 0)],
])('one that %s has not', async (_name, between) => {
  expect(await looks(20, between)).toBe(0);
});

test('what nobody can take makes it begin anew ever more rarely, until a turn begins', async () => {
  const at: number[] = [];
  for (let look = 1; look <= 40; look += 1) {
    const before = stalls.length;
    if ((await looks(1)) === before) continue;
    at.push(look);
    member.epoch += 1;
  }
  expect(at).toEqual([3, 8, 17, 34]);
  member.turns += 1;
  expect(await looks(3)).toBe(5);
});

test('looks one at a time', async () => {
  await looks(1);
  await Promise.all([watch.look(), watch.look(), watch.look()]);
  expect(stalls).toEqual([]);
});
