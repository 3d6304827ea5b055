// How long something takes in an office that rests on weekends and holidays.
import {
  addDays,
  businessDateOf,
  daysBetween,
  startOfBusinessDateMs,
  type BusinessDate,
} from '@saidao/values';

const A_SUNDAY: BusinessDate = '1900-01-07';

/**
 * The instant so much later, in which days of rest do not count. Our policy: a Saturday or Sunday
 * that is worked to make up for a holiday rests all the same: nobody is to be found late too soon.
 */
export function afterWorkingMs(
  fromMs: number,
  workingMs: number,
  holidays: ReadonlySet<BusinessDate>,
): number {
  let atMs = Math.floor(fromMs);
  let leftMs = workingMs;
  for (;;) {
    const date = businessDateOf(atMs);
    const endsAtMs = startOfBusinessDateMs(addDays(date, 1));
    if (!isRest(date, holidays)) {
      if (leftMs <= endsAtMs - atMs) return atMs + leftMs;
      leftMs -= endsAtMs - atMs;
    }
    atMs = endsAtMs;
  }
}

function isRest(date: BusinessDate, holidays: ReadonlySet<BusinessDate>): boolean {
  const weekday = daysBetween(A_SUNDAY, date) % 7;
  return weekday === 0 || weekday === 6 || holidays.has(date);
}
