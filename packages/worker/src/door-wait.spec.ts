// A door's waiting: it ends with the answer or in time, and only so many wait at once.
import { expect, test } from 'vitest';
import { doorWait } from './door-wait.ts';

test('ends with what is found, now or later', async () => {
  const wait = doorWait();
  expect(await wait(() => Promise.resolve('now'), 0)).toBe('now');
  let asked = 0;
  const later = () => Promise.resolve((asked += 1) > 3 ? 'later' : undefined);
  expect(await wait(later, 5_000)).toBe('later');
  expect(asked).toBe(4);
});

test('ends in time where nothing comes, and has asked once more at the end', async () => {
  let asked = 0;
  const never = () => Promise.resolve(((asked += 1), undefined));
  const startedMs = performance.now();
  expect(await doorWait()(never, 60)).toBeUndefined();
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(59);
  expect(asked).toBeGreaterThanOrEqual(3);
});

test('lets only so many wait, and the others ask once', async () => {
  const wait = doorWait(1);
  let isThere = false;
  const first = wait(() => Promise.resolve(isThere ? 'there' : undefined), 60_000);
  let asked = 0;
  const one = () => Promise.resolve(((asked += 1), undefined));
  await Promise.resolve();
  expect(await wait(one, 60_000)).toBeUndefined();
  expect(asked).toBe(1);
  isThere = true;
  expect(await first).toBe('there');
  // And there is room again.
  expect(await wait(() => Promise.resolve('more'), 10)).toBe('more');
});

test('rejects as the asking does, and holds no place', async () => {
  const wait = doorWait(1);
  let asked = 0;
  const breaks = () =>
    (asked += 1) > 1 ? Promise.reject(new Error('gone')) : Promise.resolve(undefined);
  await expect(wait(breaks, 5_000)).rejects.toThrow('gone');
  let again = 0;
  const found = await wait(() => Promise.resolve((again += 1) > 1 ? 'found' : undefined), 5_000);
  expect(found).toBe('found');
});
