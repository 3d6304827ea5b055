// Instants and days as a person gives them on a command line.
import { isBusinessDate } from '@saidao/values';
import { InvalidArgumentError } from 'commander';

const DAY_CHARS = 10;
const DAY = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/**
 * `2026-11-20T02:00:00Z`, or a day, which begins at midnight in China; in milliseconds since 1970.
 * Throws InvalidArgumentError for anything else.
 */
export function instantMs(text: string): number {
  const full = DAY.test(text) ? `${text}T00:00:00+08:00` : INSTANT.test(text) ? text : '';
  // Taken by itself: Date.parse makes 2 March of 30 February.
  const ms = isBusinessDate(text.slice(0, DAY_CHARS)) ? Date.parse(full) : Number.NaN;
  if (!Number.isNaN(ms)) return ms;
  throw new InvalidArgumentError('It has to be as 2026-11-20 or 2026-11-20T02:00:00Z.');
}
