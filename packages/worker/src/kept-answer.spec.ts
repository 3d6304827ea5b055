// What a scrape is shown of an answer that comes late, not at all, or is refused.
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { keptAnswer } from './kept-answer.ts';

const SCRAPES_MS = 15_000;

let answersMs: number[];
let asked: number;

beforeEach(() => {
  vi.useFakeTimers();
  asked = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

/** The n-th is answered by n, after the n-th of these times or the last that there is. */
async function ask(): Promise<number> {
  asked += 1;
  const serial = asked;
  const answerMs = answersMs[serial - 1] ?? answersMs.at(-1)!;
  const { promise, resolve } = Promise.withResolvers<void>();
  if (answerMs < Infinity) setTimeout(resolve, answerMs);
  await promise;
  return serial;
}

/** What each of so many scrapes shows. */
async function scraped(answer: () => Promise<number | undefined>, times: number) {
  const shown: (number | undefined)[] = [];
  for (let scrape = 0; scrape < times; scrape += 1) {
    void answer().then((one) => shown.push(one));
    await vi.advanceTimersByTimeAsync(SCRAPES_MS);
  }
  return shown;
}

it('shows an answer that always comes after 1.5 s, of the scrape before', async () => {
  answersMs = [1_500];
  const answer = keptAnswer(ask, 5_000);
  expect(await scraped(answer, 4)).toEqual([undefined, 1, 2, 3]);
  expect(asked).toBe(4);
});

it('shows what it has when it answers in time, and asks no more often than it keeps it', async () => {
  answersMs = [10];
  const answer = keptAnswer(ask, 20_000);
  expect(await scraped(answer, 4)).toEqual([1, 1, 2, 2]);
});

it('shows the last answer for a minute where none comes any more', async () => {
  answersMs = [10, Infinity];
  const answer = keptAnswer(ask, 5_000);
  expect(await scraped(answer, 6)).toEqual([1, 1, 1, 1, undefined, undefined]);
});

it('shows nothing once it was refused, until it is answered again', async () => {
  let refuses = true;
  answersMs = [10];
  const answer = keptAnswer(async () => {
    const one = await ask();
    if (one > 1 && refuses) throw new Error('gone');
    return one;
  }, 5_000);
  expect(await scraped(answer, 3)).toEqual([1, undefined, undefined]);
  refuses = false;
  expect(await scraped(answer, 1)).toEqual([4]);
});
