// The watch over a member that takes nothing: when it is a stall, and when it is none.
import { beforeEach, expect, test } from 'vitest';
import { StallWatch } from './stall-watch.ts';
import type { PartitionLag } from './port.ts';
import type { Watched } from './stall-watch.ts';

const member = {
  ...{ turns: 0, epoch: 1, resting: false, reading: true, lanes: [0, 1] as number[] | undefined },
};
const place = { read: undefined as bigint | undefined, isWaiting: false, isExcused: false };
let places: (typeof place)[];
let lags: bigint[];
let isAway: boolean;
let asked: number;
let answer: Promise<readonly PartitionLag[]> | undefined;
let stalls: string[];
let hopeless: boolean[];
let watch: StallWatch;

const watched: Watched = {
  turnsBegun: () => member.turns,
  epoch: () => member.epoch,
  isResting: () => member.resting,
  isReading: () => member.reading,
  lanes: () => member.lanes,
  progressOf: (_topic, partition) => places[partition]!,
  backlog: () => {
    asked += 1;
    if (answer !== undefined) return answer;
    return isAway
      ? Promise.reject(new Error('the log is away'))
      : Promise.resolve(
          lags.map((lag, partition) => ({ topic: 'things', partition, lag, next: 100n })),
        );
  },
  onStall: (message, isHopeless) => {
    stalls.push(message);
    hopeless.push(isHopeless);
  },
};

beforeEach(() => {
  Object.assign(member, { turns: 0, epoch: 1, resting: false, reading: true, lanes: [0, 1] });
  places = [{ ...place }, { ...place }, { ...place }];
  lags = [0n, 3n, 0n];
  isAway = false;
  asked = 0;
  answer = undefined;
  stalls = [];
  hopeless = [];
  watch = new StallWatch(watched);
});

async function looks(times: number, between: (at: number) => void = () => undefined) {
  for (let at = 0; at < times; at += 1) {
    between(at);
    await watch.look();
  }
  return stalls.length;
}

test('a member that takes nothing though it is behind has stalled', async () => {
  expect(await looks(2)).toBe(0);
  expect(await looks(1)).toBe(1);
  expect(stalls).toEqual(['is 3 records behind on things in lanes 1 and takes none of them']);
  expect(hopeless).toEqual([false]);
});

test('a look that never ends is the end of that look alone', async () => {
  const { promise, resolve } = Promise.withResolvers<readonly PartitionLag[]>();
  answer = promise;
  const lost = watch.look();
  await watch.look();
  expect(asked).toBe(1);
  answer = undefined;
  expect(await looks(2)).toBe(0);
  // What it finds after all says nothing of now.
  resolve([{ topic: 'things', partition: 1, lag: 3n, next: 100n }]);
  await lost;
  expect(stalls).toEqual([]);
  expect(await looks(1)).toBe(1);
});

test('one that never joined has stalled too', async () => {
  member.lanes = undefined;
  expect(await looks(3)).toBe(1);
});

test('one whose other lanes go on has stalled too', async () => {
  const othersGoOn = (at: number) => {
    member.turns += 5;
    places[0]!.read = BigInt(at);
  };
  expect(await looks(3, othersGoOn)).toBe(1);
});

test('so has one that has records of a lane and begins no turn at all', async () => {
  places[1]!.isWaiting = true;
  expect(await looks(3)).toBe(1);
});

test.each<[string, (at: number) => void]>([
  ['is not behind', () => (lags = [0n, 0n, 0n])],
  ['is behind only where others are to take', () => (lags = [0n, 0n, 9n])],
  ['was behind only at this moment', (at) => (lags = [at % 2 === 0 ? 1n : 0n])],
  ['reads on', (at) => (places[1]!.read = BigInt(at))],
  ['has read all there is, of which nothing is for it', () => (places[1]!.read = 100n)],
  ['joins again and again', () => (member.epoch += 1)],
  ['is paused, or ending', () => (member.resting = true)],
  ['was paused a moment ago', (at) => (member.resting = at % 2 === 0)],
  ['holds the lane back, or is to try it again', () => (places[1]!.isExcused = true)],
  ['is in a turn of the lane', () => (places[1] = { ...place, isWaiting: true, isExcused: true })],
  ['cannot reach the log', () => (isAway = true)],
  ['reaches the log now and then', (at) => (isAway = at % 2 === 0)],
])('one that %s has not', async (_name, between) => {
  expect(await looks(20, between)).toBe(0);
});

test('a lane that waits while the others take their turns has not stalled', async () => {
  places[1]!.isWaiting = true;
  expect(await looks(20, () => (member.turns += 1))).toBe(0);
});

test('what nobody can take makes it begin anew ever more rarely, until more is read', async () => {
  const at: number[] = [];
  for (let look = 1; look <= 40; look += 1) {
    const before = stalls.length;
    if ((await looks(1)) === before) continue;
    at.push(look);
    member.epoch += 1;
  }
  expect(at).toEqual([3, 8, 17, 34]);
  expect(hopeless).toEqual([false, false, false, false]);
  places[1]!.read = 7n;
  expect(await looks(3)).toBe(5);
});

test.each<[string, () => void]>([
  ['fetches are not answered', () => (member.reading = false)],
  ['records wait and no turn begins', () => (places[1]!.isWaiting = true)],
])('a second stall in a row is hopeless where %s', async (_name, breaks) => {
  breaks();
  await looks(3);
  member.epoch += 1;
  await looks(5);
  expect(hopeless).toEqual([false, true]);
});

test('looks one at a time', async () => {
  await looks(1);
  await Promise.all([watch.look(), watch.look(), watch.look()]);
  expect(stalls).toEqual([]);
});
