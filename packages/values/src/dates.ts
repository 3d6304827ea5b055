// Business dates in Asia/Shanghai as YYYY-MM-DD text, with calendar arithmetic of our own.

/** A calendar date, `YYYY-MM-DD`, years 0001 to 9999. Dates compare as text. */
export type BusinessDate = string;

const dayMs = 86_400_000;
const shanghaiOffsetMs = 8 * 3_600_000;
const dateForm = /^(\d{4})-(\d{2})-(\d{2})$/;
const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** Whether the text is a date that exists: `2023-02-29` is not. */
export function isBusinessDate(text: unknown): text is BusinessDate {
  return typeof text === 'string' && partsOf(text) !== null;
}

/** How many days the month (1 to 12) has. */
export function daysInMonth(year: number, month: number): number {
  return month === 2 && isLeapYear(year) ? 29 : (monthDays[month - 1] ?? 0);
}

/** Whether the Gregorian year has 366 days. */
export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/**
 * The date in Asia/Shanghai at an instant, UTC+8 all year.
 *
 * China kept summer time from 1986 to 1991; no business date of this system lies there.
 */
export function businessDateOf(epochMs: number | bigint): BusinessDate {
  const at = Number(epochMs);
  if (!Number.isSafeInteger(at)) {
    throw new RangeError(`instant ${epochMs} is not whole milliseconds since 1970`);
  }
  return dateOfDay(Math.floor((at + shanghaiOffsetMs) / dayMs));
}

/** The instant at which the business date begins in Asia/Shanghai. */
export function startOfBusinessDateMs(date: BusinessDate): number {
  return dayOf(date) * dayMs - shanghaiOffsetMs;
}

/** The date so many days later; a negative number goes back. */
export function addDays(date: BusinessDate, days: number): BusinessDate {
  return dateOfDay(dayOf(date) + whole(days, 'days'));
}

/** The same day so many months later, or the last day of that month where it has no such day. */
export function addMonths(date: BusinessDate, months: number): BusinessDate {
  const { year, month, day } = known(date);
  const index = year * 12 + (month - 1) + whole(months, 'months');
  const toYear = Math.floor(index / 12);
  const toMonth = index - toYear * 12 + 1;
  return spell(toYear, toMonth, Math.min(day, daysInMonth(toYear, toMonth)));
}

/** The same day so many years later; 29 February becomes 28 in a common year. */
export function addYears(date: BusinessDate, years: number): BusinessDate {
  return addMonths(date, whole(years, 'years') * 12);
}

/** Days from the first date to the second, first day in and last day out; negative if earlier. */
export function daysBetween(from: BusinessDate, to: BusinessDate): number {
  return dayOf(to) - dayOf(from);
}

/** Whole months from the first date to the second: the most that `addMonths` fits in. */
export function monthsBetween(from: BusinessDate, to: BusinessDate): number {
  if (to < from) {
    const back = monthsBetween(to, from);
    return back === 0 ? 0 : -back;
  }
  const first = known(from);
  const last = known(to);
  const months = (last.year - first.year) * 12 + (last.month - first.month);
  return addMonths(from, months) > to ? months - 1 : months;
}

interface DateParts {
  year: number;
  month: number;
  day: number;
}

function partsOf(text: string): DateParts | null {
  const found = dateForm.exec(text);
  if (found === null) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (year < 1 || month < 1 || month > 12) return null;
  return day >= 1 && day <= daysInMonth(year, month) ? { year, month, day } : null;
}

function known(date: BusinessDate): DateParts {
  const parts = partsOf(date);
  if (parts === null) {
    const shown = JSON.stringify(date.slice(0, 40));
    throw new RangeError(`date ${shown} does not exist: write YYYY-MM-DD`);
  }
  return parts;
}

function whole(count: number, unit: string): number {
  if (!Number.isSafeInteger(count)) throw new RangeError(`${count} is not whole ${unit}`);
  return count;
}

function spell(year: number, month: number, day: number): BusinessDate {
  if (year < 1 || year > 9999) {
    throw new RangeError(`the date leaves the years 0001 to 9999 (year ${year})`);
  }
  const two = (part: number) => part.toString().padStart(2, '0');
  return `${year.toString().padStart(4, '0')}-${two(month)}-${two(day)}`;
}

// Days since 1970-01-01. Years are counted from March, so that the leap day comes last and every
// month before it has a fixed start; 400 years are always 146,097 days.
function dayOf(date: BusinessDate): number {
  const { year, month, day } = known(date);
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function dateOfDay(dayNumber: number): BusinessDate {
  const shifted = dayNumber + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  return spell(yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day);
}
