// The prime rate: which quote a loan takes on which day.
import { describe, expect, it } from 'vitest';
import { nextResetAfter, ratesUntil, type LprHistory, type LprReset } from './lpr.ts';

const history: LprHistory = {
  source: 'for specs',
  quotes: [
    { date: '2025-05-20', oneYearPpm: 30_000, fiveYearPpm: 35_000 },
    { date: '2026-02-20', oneYearPpm: 29_000, fiveYearPpm: 34_000 },
    { date: '2026-07-01', oneYearPpm: 28_000, fiveYearPpm: 33_000 },
  ],
};
const terms = (lpr: Partial<LprReset> | null, bookedOn = '2025-11-05') => ({
  bookedOn,
  ratePpm: 36_000,
  lpr:
    lpr === null
      ? null
      : { addOnPpm: 5_000, tenor: '1Y' as const, reset: 'YEARLY' as const, ...lpr },
});

describe('the rates of a loan', () => {
  const first = { from: '2025-11-05', ratePpm: 36_000 };

  it('are one where it is fixed', () => {
    expect(ratesUntil(terms(null), history, '2030-01-01')).toEqual([first]);
  });

  it('change on 1 January, that day included and no later one', () => {
    expect(ratesUntil(terms({}), history, '2025-12-31')).toEqual([first]);
    expect(ratesUntil(terms({}), history, '2027-06-30')).toEqual([
      first,
      { from: '2026-01-01', ratePpm: 35_000 },
      { from: '2027-01-01', ratePpm: 33_000 },
    ]);
  });

  it('or each quarter, by a quote of an earlier day; the same rate is no change', () => {
    const steps = ratesUntil(terms({ reset: 'QUARTERLY', tenor: '5Y' }), history, '2026-12-31');
    expect(steps).toEqual([
      first,
      { from: '2026-01-01', ratePpm: 40_000 },
      { from: '2026-04-01', ratePpm: 39_000 },
      { from: '2026-10-01', ratePpm: 38_000 },
    ]);
  });

  it('stay where no quote is known, and are not below nought', () => {
    const none = { ...history, quotes: [] };
    expect(ratesUntil(terms({}), none, '2028-01-01')).toEqual([first]);
    expect(ratesUntil(terms({ addOnPpm: -40_000 }), history, '2026-01-01')[1]).toMatchObject({
      ratePpm: 0,
    });
  });

  it('take no reset on the day of booking', () => {
    expect(
      ratesUntil(terms({ reset: 'QUARTERLY' }, '2026-04-01'), history, '2026-06-30'),
    ).toHaveLength(1);
  });
});

it.each([
  ['YEARLY', '2026-01-01', '2027-01-01'],
  ['YEARLY', '2026-12-31', '2027-01-01'],
  ['QUARTERLY', '2026-01-01', '2026-04-01'],
  ['QUARTERLY', '2026-03-31', '2026-04-01'],
  ['QUARTERLY', '2026-11-20', '2027-01-01'],
] as const)('%s after %s the rate is looked at again on %s', (reset, date, next) => {
  expect(nextResetAfter({ addOnPpm: 0, tenor: '1Y', reset }, date)).toBe(next);
});

it('a fixed rate is never looked at again', () => {
  expect(nextResetAfter(null, '2026-01-01')).toBeNull();
});
