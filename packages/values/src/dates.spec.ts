// Business dates: agreement with the engine's calendar and the laws of the arithmetic.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  addDays,
  addMonths,
  addYears,
  businessDateOf,
  daysBetween,
  daysInMonth,
  isBusinessDate,
  monthsBetween,
  startOfBusinessDateMs,
} from './dates.ts';

const dayMs = 86_400_000;
// Three centuries either side leave room for the additions below.
const date = fc.integer({ min: -110_000, max: 146_000 }).map((day) => utcDate(day));
const utcDate = (day: number) => new Date(day * dayMs).toISOString().slice(0, 10);

describe('a business date', () => {
  test.each(['2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31', '2026-11-22'])(
    '%s exists',
    (text) => expect(isBusinessDate(text)).toBe(true),
  );

  test.each([
    '2023-02-29',
    '1900-02-29',
    '2026-04-31',
    '2026-13-01',
    '2026-00-10',
    '2026-01-00',
    '0000-01-01',
    '2026-1-1',
    '20260101',
    '2026-01-01T00:00:00Z',
    ' 2026-01-01',
    '２０２６-01-01',
    '',
    null,
    20260101,
  ])('%j does not', (text) => expect(isBusinessDate(text)).toBe(false));

  it('is refused by name where it does not exist', () => {
    expect(() => addDays('2023-02-29', 1)).toThrow('date "2023-02-29" does not exist');
    expect(() => daysBetween('2023-01-01', 'soon')).toThrow('date "soon" does not exist');
  });
});

describe('the date in Shanghai', () => {
  test.each([
    ['2026-11-22T15:59:59.999Z', '2026-11-22'],
    ['2026-11-22T16:00:00.000Z', '2026-11-23'],
    ['1969-12-31T15:59:59.999Z', '1969-12-31'],
    ['1969-12-31T16:00:00.000Z', '1970-01-01'],
    ['2024-02-28T16:00:00.000Z', '2024-02-29'],
  ])('of %s is %s', (instant, expected) => {
    expect(businessDateOf(Date.parse(instant))).toBe(expected);
    expect(businessDateOf(BigInt(Date.parse(instant)))).toBe(expected);
  });

  it('agrees with the engine since 1992, when summer time had ended', () => {
    const shanghai = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Shanghai' });
    const from = Date.parse('1992-01-01T00:00:00Z');
    const to = Date.parse('2200-01-01T00:00:00Z');
    fc.assert(
      fc.property(fc.integer({ min: from, max: to }), (instant) => {
        expect(businessDateOf(instant)).toBe(shanghai.format(instant));
      }),
    );
  });

  it('begins at its start', () => {
    fc.assert(
      fc.property(date, (day) => {
        const start = startOfBusinessDateMs(day);
        expect(businessDateOf(start)).toBe(day);
        expect(businessDateOf(start - 1)).toBe(addDays(day, -1));
      }),
    );
  });

  test.each([0.5, Number.NaN, 2 ** 60])('refuses %d', (instant) => {
    expect(() => businessDateOf(instant)).toThrow(RangeError);
  });
});

describe('days', () => {
  it('agree with the engine', () => {
    fc.assert(
      fc.property(date, fc.integer({ min: -40_000, max: 40_000 }), (from, days) => {
        const to = utcDate(Date.parse(from) / dayMs + days);
        expect(addDays(from, days)).toBe(to);
        expect(daysBetween(from, to)).toBe(days);
      }),
    );
  });

  it('agree with the engine on every single day of two centuries', () => {
    const first = Date.parse('1900-01-01') / dayMs;
    const last = Date.parse('2101-12-31') / dayMs;
    const wrong: string[] = [];
    for (let day = first; day <= last; day += 1) {
      const date = utcDate(day);
      if (businessDateOf(day * dayMs) !== date || daysBetween('1970-01-01', date) !== day) {
        wrong.push(date);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('do not leave the years 0001 to 9999', () => {
    expect(addDays('9999-12-30', 1)).toBe('9999-12-31');
    expect(() => addDays('9999-12-31', 1)).toThrow('leaves the years 0001 to 9999');
    expect(() => addDays('0001-01-01', -1)).toThrow('leaves the years 0001 to 9999');
    expect(() => addDays('2026-01-01', 0.5)).toThrow('0.5 is not whole days');
  });
});

describe('months', () => {
  test.each([
    ['2026-01-31', 1, '2026-02-28'],
    ['2024-01-31', 1, '2024-02-29'],
    ['2026-03-31', -1, '2026-02-28'],
    ['2026-11-30', 3, '2027-02-28'],
    ['2026-12-15', 1, '2027-01-15'],
    ['2026-01-15', -1, '2025-12-15'],
    ['2026-01-15', -13, '2024-12-15'],
    ['2026-05-31', 0, '2026-05-31'],
  ])('%s and %d months is %s', (from, months, to) => expect(addMonths(from, months)).toBe(to));

  test.each([
    ['2024-02-29', 1, '2025-02-28'],
    ['2024-02-29', 4, '2028-02-29'],
    ['1999-09-06', 10, '2009-09-06'],
  ])('%s and %d years is %s', (from, years, to) => expect(addYears(from, years)).toBe(to));

  test.each([
    ['2026-01-31', '2026-02-28', 1],
    ['2026-01-31', '2026-02-27', 0],
    ['2026-01-15', '2026-02-14', 0],
    ['2026-01-15', '2027-01-15', 12],
    ['2026-02-28', '2026-01-31', -1],
    ['2026-02-14', '2026-01-15', 0],
  ])('from %s to %s are %d', (from, to, months) => expect(monthsBetween(from, to)).toBe(months));

  it('counted between are the most that can be added', () => {
    fc.assert(
      fc.property(date, date, (one, other) => {
        const [from, to] = one < other ? [one, other] : [other, one];
        const months = monthsBetween(from, to);
        expect(addMonths(from, months) <= to).toBe(true);
        expect(addMonths(from, months + 1) > to).toBe(true);
        expect(monthsBetween(to, from) + months).toBe(0);
      }),
    );
  });

  it('keep the day or take the last of the month', () => {
    fc.assert(
      fc.property(date, fc.integer({ min: -600, max: 600 }), (from, months) => {
        const to = addMonths(from, months);
        expect(isBusinessDate(to)).toBe(true);
        const lastDay = daysInMonth(Number(to.slice(0, 4)), Number(to.slice(5, 7)));
        expect(Number(to.slice(8))).toBe(Math.min(Number(from.slice(8)), lastDay));
        expect(monthsBetween(from, to)).toBe(months);
      }),
    );
  });

  it('have the days of the calendar', () => {
    expect(Array.from({ length: 12 }, (_, index) => daysInMonth(2026, index + 1))).toEqual([
      31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31,
    ]);
    expect([2024, 1900, 2000].map((year) => daysInMonth(year, 2))).toEqual([29, 28, 29]);
  });
});
