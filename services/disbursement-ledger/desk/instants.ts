// Instants as they are written, with their zone.
import { businessDateOf, type BusinessDate } from '@saidao/values';

/** The business date of an instant that is written with its zone; null: it is none. */
export function dayOfInstant(text: string): BusinessDate | null {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;
  const epochMs = form.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(epochMs) ? null : businessDateOf(epochMs);
}
