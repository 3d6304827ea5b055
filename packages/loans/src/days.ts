// Dates as numbers of days: a loan is stepped each day, and counting in text would be slow.
import { addDays, daysBetween, type BusinessDate } from '@saidao/values';

const epoch = '1970-01-01';
/** All days of three centuries fit; more distinct ones than this and the tables start anew. */
const KNOWN_MAX = 120_000;

const dayByDate = new Map<BusinessDate, number>();
const dateByDay = new Map<number, BusinessDate>();
const startByMonth = new Map<number, number>();

/** Days since 1970-01-01; a date that does not exist is a RangeError. */
export function dayOf(date: BusinessDate): number {
  const known = dayByDate.get(date);
  if (known !== undefined) return known;
  const day = daysBetween(epoch, date);
  return kept(dayByDate, date, day);
}

/** The date of a number of days since 1970-01-01. */
export function dateOf(day: number): BusinessDate {
  return dateByDay.get(day) ?? kept(dateByDay, day, addDays(epoch, day));
}

/** As `addMonths` of dates: the last day of the month where it has no such day. */
export function dayMonthsAfter(date: BusinessDate, months: number): number {
  const month = Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7)) - 1 + months;
  const start = startOfMonth(month);
  const last = startOfMonth(month + 1) - 1;
  return Math.min(start + Number(date.slice(8, 10)) - 1, last);
}

function startOfMonth(month: number): number {
  const known = startByMonth.get(month);
  if (known !== undefined) return known;
  const year = Math.floor(month / 12);
  const two = (part: number) => part.toString().padStart(2, '0');
  const start = dayOf(`${year.toString().padStart(4, '0')}-${two((month % 12) + 1)}-01`);
  return kept(startByMonth, month, start);
}

/** What never changes may be remembered: a function of its argument alone stays one. */
function kept<K, V>(table: Map<K, V>, key: K, value: V): V {
  if (table.size >= KNOWN_MAX) table.clear();
  table.set(key, value);
  return value;
}
