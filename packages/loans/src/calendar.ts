// Business days: a calendar of holidays as data, and where a due date goes that falls on none.
import { addDays, isBusinessDate, type BusinessDate } from '@saidao/values';

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
  if (calendar.workdays.includes(date)) return true;
  return !isWeekend(date) && !calendar.holidays.includes(date);
}

/** The day on which what is due on a date is paid. */
export function adjusted(
  date: BusinessDate,
  convention: Convention,
  calendar: Calendar,
): BusinessDate {
  switch (convention) {
    case 'NONE':
      return date;
    case 'FOLLOWING':
      return nextWorkday(date, 1, calendar);
    case 'PRECEDING':
      return nextWorkday(date, -1, calendar);
    case 'MODIFIED_FOLLOWING': {
      const following = nextWorkday(date, 1, calendar);
      return following.slice(0, 7) === date.slice(0, 7)
        ? following
        : nextWorkday(date, -1, calendar);
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

function nextWorkday(date: BusinessDate, step: 1 | -1, calendar: Calendar): BusinessDate {
  for (let days = 0; days <= DAYS_OFF_MAX; days += 1) {
    const day = addDays(date, days * step);
    if (isWorkday(day, calendar)) return day;
  }
  throw new RangeError(`The calendar has no workday within ${DAYS_OFF_MAX} days of ${date}.`);
}

function isWeekend(date: BusinessDate): boolean {
  const day = new Date(`${date}T00:00:00Z`).getUTCDay();
  return day === 0 || day === 6;
}
