// Instants as they are written, with their zone.
import { businessDateOf, isBusinessDate, type BusinessDate } from '@saidao/values';

/**
 * The business date of an instant that is written with its zone; null: it is none. A day that is
 * none is not the one behind it, as for Date.parse, and 24:00 not the next day's 00:00.
 */
export function dayOfInstant(text: string): BusinessDate | null {
  const form = /^\d{4}-\d\d-\d\dT(?!24)\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;
  const epochMs = form.test(text) && isBusinessDate(text.slice(0, 10)) ? Date.parse(text) : NaN;
  return Number.isNaN(epochMs) ? null : businessDateOf(epochMs);
}
