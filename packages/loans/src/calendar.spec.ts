// Days of business: holidays, worked weekends and where each convention puts a date.
import { describe, expect, it } from 'vitest';
import { adjusted, faultsOfCalendar, isWorkday } from './calendar.ts';
import { calendar } from './loan.fixture.ts';

describe('a day of business', () => {
  it.each([
    ['2026-09-30', true, 'a Wednesday'],
    ['2026-10-01', false, 'a holiday'],
    ['2026-10-03', false, 'a Saturday'],
    ['2026-10-10', true, 'a Saturday that is worked'],
    ['2026-10-11', false, 'a Sunday'],
    ['2031-10-01', true, 'a Wednesday beyond the calendar'],
    ['1969-12-28', false, 'a Sunday before 1970'],
  ])('%s: %s, %s', (date, expected) => {
    expect(isWorkday(date, calendar)).toBe(expected);
  });
});

describe('a due date', () => {
  it.each([
    ['FOLLOWING', '2026-10-01', '2026-10-05'],
    ['PRECEDING', '2026-10-02', '2026-09-30'],
    ['FOLLOWING', '2026-10-10', '2026-10-10'],
    ['MODIFIED_FOLLOWING', '2026-10-31', '2026-10-30'],
    ['MODIFIED_FOLLOWING', '2026-10-18', '2026-10-19'],
    ['NONE', '2026-10-01', '2026-10-01'],
  ] as const)('by %s: %s is paid on %s', (convention, date, expected) => {
    expect(adjusted(date, convention, calendar)).toBe(expected);
  });

  it('is nowhere where a calendar has no workday in reach', () => {
    const holidays = Array.from(
      { length: 31 },
      (_, at) => `2026-12-${String(at + 1).padStart(2, '0')}`,
    );
    const closed = { ...calendar, holidays: [...holidays, '2027-01-01'] };
    expect(() => adjusted('2026-12-01', 'FOLLOWING', closed)).toThrow('no workday within 31 days');
  });
});

describe('a calendar', () => {
  it('that makes sense has no fault', () => {
    expect(faultsOfCalendar(calendar)).toEqual([]);
  });

  it('tells every day that says nothing', () => {
    expect(
      faultsOfCalendar({ ...calendar, holidays: ['2026-10-03'], workdays: ['2026-10-09'] }),
    ).toEqual(['2026-10-03 is a day off anyway', '2026-10-09 is a workday anyway']);
    expect(faultsOfCalendar({ ...calendar, holidays: ['2026-02-30', '2029-01-01'] })).toEqual([
      '2026-02-30 is no date',
      '2029-01-01 lies outside of 2025-01-01 to 2027-12-31',
    ]);
    expect(faultsOfCalendar({ ...calendar, to: '2024-01-01' })).toEqual([
      '2025-01-01 to 2024-01-01 is no span of days',
    ]);
  });
});
