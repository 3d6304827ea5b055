// What follows an attempt: success, another try after a while, giving up, and who is gone.
import { describe, expect, it, test } from 'vitest';
import { retryAfterMsOf, settledBy, type Answered } from './attempts.ts';

const NOW_MS = Date.UTC(2026, 10, 20);
const retriesMs = [5_000, 300_000];
const answered = (code: number, retryAfterMs?: number): Answered => ({
  ...{ kind: 'answered', code, retryAfterMs, answer: '' },
});
const silent: Answered = { kind: 'silent', fault: 'no answer in time' };
const after = (given: Answered, attempt = 1, chance = 0) =>
  settledBy({ attempt, answered: given, nowMs: NOW_MS, retriesMs, chance });

describe('an attempt', () => {
  test.each([200, 202, 204, 299])('answered with %i is done', (code) => {
    expect(after(answered(code))).toEqual({ status: 'delivered' });
  });

  test.each([100, 301, 307, 400, 404, 429, 500, 503])('answered with %i is made again', (code) => {
    const dueAtMs = NOW_MS + 5_000;
    expect(after(answered(code))).toEqual({ status: 'pending', dueAtMs, gone: false });
  });

  it('that nobody answered is made again, later each time, and spread by chance', () => {
    expect(after(silent)).toMatchObject({ dueAtMs: NOW_MS + 5_000 });
    expect(after(silent, 2)).toMatchObject({ dueAtMs: NOW_MS + 300_000 });
    expect(after(silent, 2, 1)).toMatchObject({ dueAtMs: NOW_MS + 360_000 });
  });

  it('that was the last one is given up', () => {
    expect(after(silent, 3)).toEqual({ status: 'failed' });
  });

  it('is not made before Retry-After, nor a day later than it would be', () => {
    expect(after(answered(503, 60_000))).toMatchObject({ dueAtMs: NOW_MS + 60_000 });
    expect(after(answered(503, 1_000))).toMatchObject({ dueAtMs: NOW_MS + 5_000 });
    expect(after(answered(503, 9e12))).toMatchObject({ dueAtMs: NOW_MS + 86_400_000 });
  });

  it('answered with 410 keeps its event, and says that nobody listens', () => {
    expect(after(answered(410), 3)).toEqual({ status: 'pending', dueAtMs: NOW_MS, gone: true });
  });
});

test.each([
  ['120', 120_000],
  ['Fri, 20 Nov 2026 00:01:00 GMT', 60_000],
  ['Thu, 19 Nov 2026 00:00:00 GMT', 0],
  ['soon', undefined],
  [undefined, undefined],
])('Retry-After: %s', (header, ms) => expect(retryAfterMsOf(header, NOW_MS)).toBe(ms));
