// When a system is at rest: no look at it is one moment, as lines are asked one after the other.
import { expect, test } from 'vitest';
import { untilAtRest, type Left } from './settled.ts';

const DEADLINE_MS = 5_000;

/** Of a line that reads one topic. */
function leftOf(topic: string, read: number, end: number): Left {
  const open = read < end ? [`${end - read} of ${topic}`] : [];
  return { open, ends: [`${topic}:${end}`] };
}

test('a line that was told something after it was asked is waited for', async () => {
  // The first reads what the second tells, and is asked before: nobody is met at work.
  const ends = { told: 0, asked: 1 };
  const read = { told: 0, asked: 0 };
  let looks = 0;
  await untilAtRest(async () => {
    looks += 1;
    const first = leftOf('told', read.told, ends.told);
    if (looks === 1) [read.asked, ends.told] = [1, 1];
    if (looks === 3) read.told = 1;
    return [first, leftOf('asked', read.asked, ends.asked)];
  }, DEADLINE_MS);
  expect(read).toEqual({ told: 1, asked: 1 });
  // Open in the second and the third; as it was, in the fifth.
  expect(looks).toBe(5);
});

test('a topic that has grown between two looks may have been told of', async () => {
  let end = 0;
  let looks = 0;
  await untilAtRest(async () => {
    looks += 1;
    if (looks === 2) end = 1;
    return [leftOf('told', end, end)];
  }, DEADLINE_MS);
  expect(looks).toBe(3);
});

test('what is left is told once it was waited for in vain', async () => {
  const look = async () => [leftOf('told', 1, 3), leftOf('asked', 0, 1)];
  await expect(untilAtRest(look, 0)).rejects.toThrow('2 of told; 1 of asked');
});
