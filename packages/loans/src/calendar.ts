// Business days: a calendar of holidays as data, and where a due date goes that falls on none.
import { isBusinessDate, type BusinessDate } from '@saidao/values';
import { dateOf, dayOf } from './days.ts';

/** Days on which a bank settles although, or does not settle because, the week says otherwise. */
export interface Calendar {
  readonly source: string;
  /** First and last day that it speaks of: beyond them nobody has said what is a holiday. */
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  /** Days off that are no Saturday or Sunday. */
  readonly holidays: readonly BusinessDate[];
  /** Saturdays and Sundays that are worked (调休). */
  readonly workdays: readonly BusinessDate[];
}

export const conventions = ['NONE', 'FOLLOWING', 'MODIFIED_FOLLOWING', 'PRECEDING'] as const;
/** Where a due date goes that is no business day. */
export type Convention = (typeof conventions)[number];

/** No run of days off is as long. */
const DAYS_OFF_MAX = 31;

/** A date beyond the calendar goes by the week alone, as its holidays are not known yet. */
export function isWorkday(date: BusinessDate, calendar: Calendar): boolean {
  return isWorking(dayOf(date), daysOf(calendar));
}

/** The day on which what is due on a date is paid. */
export function adjusted(
  date: BusinessDate,
  convention: Convention,
  calendar: Calendar,
): BusinessDate {
  return convention === 'NONE' ? date : dateOf(adjustedDay(dayOf(date), convention, calendar));
}

/** The same of days since 1970-01-01. */
export function adjustedDay(day: number, convention: Convention, calendar: Calendar): number {
  switch (convention) {
    case 'NONE':
      return day;
    case 'FOLLOWING':
      return nextWorkday(day, 1, calendar);
    case 'PRECEDING':
      return nextWorkday(day, -1, calendar);
    case 'MODIFIED_FOLLOWING': {
      const following = nextWorkday(day, 1, calendar);
      return dateOf(following).slice(0, 7) === dateOf(day).slice(0, 7)
        ? following
        : nextWorkday(day, -1, calendar);
    }
  }
}

/** Every fault of a calendar as a sentence. */
export function faultsOfCalendar({ from, to, holidays, workdays }: Calendar): string[] {
  const faults: string[] = [];
  if (!isBusinessDate(from) || !isBusinessDate(to) || from > to) {
    return [`${from} to ${to} is no span of days`];
  }
  for (const day of [...holidays, ...workdays]) {
    if (!isBusinessDate(day)) faults.push(`${String(day)} is no date`);
    else if (day < from || day > to) faults.push(`${day} lies outside of ${from} to ${to}`);
  }
  if (faults.length > 0) return faults;
  for (const day of holidays) if (isWeekend(day)) faults.push(`${day} is a day off anyway`);
  for (const day of workdays) if (!isWeekend(day)) faults.push(`${day} is a workday anyway`);
  return faults;
}

interface CalendarDays {
  readonly holidays: ReadonlySet<number>;
  readonly workdays: ReadonlySet<number>;
}

const daysByCalendar = new WeakMap<Calendar, CalendarDays>();

function daysOf(calendar: Calendar): CalendarDays {
  const known = daysByCalendar.get(calendar);
  if (known !== undefined) return known;
  const days = {
    holidays: new Set(calendar.holidays.map(dayOf)),
    workdays: new Set(calendar.workdays.map(dayOf)),
  };
  daysByCalendar.set(calendar, days);
  return days;
}

function nextWorkday(day: number, step: 1 | -1, calendar: Calendar): number {
  const days = daysOf(calendar);
  for (let away = 0; away <= DAYS_OFF_MAX; away += 1) {
    const next = day + away * step;
    if (isWorking(next, days)) return next;
  }
  throw new RangeError(
    `The calendar has no workday within ${DAYS_OFF_MAX} days of ${dateOf(day)}.`,
  );
}

function isWorking(day: number, { holidays, workdays }: CalendarDays): boolean {
  if (workdays.has(day)) return true;
  return !isWeekendDay(day) && !holidays.has(day);
}

/** 1970-01-01 was a Thursday. */
function isWeekendDay(day: number): boolean {
  const ofWeek = (((day + 4) % 7) + 7) % 7;
  return ofWeek === 0 || ofWeek === 6;
}

function isWeekend(date: BusinessDate): boolean {
  return isWeekendDay(dayOf(date));
}
