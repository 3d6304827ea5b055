// The data as shipped: whole, in order, and the LPR alike to what decisions are made with.
import { readFileSync } from 'node:fs';
import { adjusted, isWorkday } from '@saidao/loans';
import { daysBetween, fenOfYuan } from '@saidao/values';
import { describe, expect, it, test } from 'vitest';
import { calendar, lpr, lprVerifiedThrough, products, readCalendar, readLpr } from './shipped.ts';

describe('the calendar', () => {
  it.each([
    ['2025-01-28', false],
    ['2025-01-26', true],
    ['2026-02-23', false],
    ['2026-02-24', true],
    ['2026-09-20', true],
    ['2026-10-10', true],
    ['2026-11-26', true],
    ['2026-11-28', false],
  ])('%s is a workday: %s', (date, expected) => {
    expect(isWorkday(date, calendar)).toBe(expected);
  });

  it('carries what is due in Golden Week to the first day after it', () => {
    expect(adjusted('2026-10-01', 'FOLLOWING', calendar)).toBe('2026-10-08');
  });

  it('has as many days off as were announced for each year', () => {
    // 28 and 33 days in all, the weekends among them; here only those that are none.
    expect(calendar.holidays.filter((day) => day < '2026')).toHaveLength(18);
    expect(calendar.holidays.filter((day) => day >= '2026')).toHaveLength(19);
  });

  it('goes by the week alone where nobody has announced anything', () => {
    expect(calendar.to).toBe('2026-12-31');
    expect(isWorkday('2027-10-01', calendar)).toBe(true);
  });

  it('that cannot be so is not read', () => {
    expect(() => readCalendar({ ...calendar, holidays: ['2026-10-10'] })).toThrow('day off anyway');
  });
});

test('entrusted payment is wanted of whatever decisions want it of', () => {
  for (const { lenderId, entrusted } of products.all) {
    if (lenderId === null) continue;
    const path = new URL(`../../decisioning/policies/${lenderId}.v1.json`, import.meta.url);
    const { rules } = JSON.parse(readFileSync(path, 'utf8')) as {
      rules: { entrusted: { amountYuan: string; operator: string } };
    };
    const { amountYuan, operator } = rules.entrusted;
    expect({ amountFen: fenOfYuan(amountYuan), operator }).toEqual(entrusted);
  }
});

describe('the LPR', () => {
  it('has a value for each month up to the last, in parts per million', () => {
    expect(lpr.quotes.at(-1)).toEqual({
      date: '2026-09-20',
      oneYearPpm: 30_000,
      fiveYearPpm: 35_000,
    });
    lpr.quotes.slice(1).forEach(({ date }, index) => {
      expect(daysBetween(lpr.quotes[index]!.date, date)).toBeLessThan(40);
    });
    expect(lprVerifiedThrough >= lpr.quotes.at(-1)!.date).toBe(true);
  });

  it('is the one that decisions are made with', () => {
    const path = new URL('../../decisioning/policies/lpr.json', import.meta.url);
    const { rates, verifiedThrough } = JSON.parse(readFileSync(path, 'utf8')) as {
      rates: { date: string; '1Y': string; '5Y': string }[];
      verifiedThrough: string;
    };
    expect(readLpr({ source: lpr.source, rates, verifiedThrough })).toEqual(lpr);
    expect(lprVerifiedThrough).toBe(verifiedThrough);
  });

  test('out of order is not read', () => {
    const one = { date: '2026-01-20', '1Y': '3.00', '5Y': '3.50' };
    expect(() =>
      readLpr({ source: 's', verifiedThrough: '2026-01-20', rates: [one, one] }),
    ).toThrow('out of order');
  });
});
