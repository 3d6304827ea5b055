// The loan prime rate: its history as data, and the rate of a loan that is reset by it.
import { addMonths, type BusinessDate } from '@saidao/values';
import type { RateStep } from './schedule.ts';

/** One publication; in force from its date until the next. */
export interface LprQuote {
  readonly date: BusinessDate;
  readonly oneYearPpm: number;
  readonly fiveYearPpm: number;
}

/** Every publication known, in the order of their dates. */
export interface LprHistory {
  readonly source: string;
  readonly quotes: readonly LprQuote[];
}

/** How a floating rate follows the LPR: the quote and points added to it. */
export interface LprReset {
  /** In parts per million, and may be negative: 15 basis points are 1,500. */
  readonly addOnPpm: number;
  readonly tenor: '1Y' | '5Y';
  /** On 1 January, or on the first day of each quarter of the calendar. */
  readonly reset: 'YEARLY' | 'QUARTERLY';
}

/** What of a contract its rate depends on. */
export interface RateTerms {
  readonly bookedOn: BusinessDate;
  readonly ratePpm: number;
  readonly lpr: LprReset | null;
}

/**
 * The rates of a loan in force up to a day, that day included: the contract's until the first day
 * of reset after booking, then on each the LPR last published before it with the points added.
 * A quote that is not known keeps the last; where none is known the rate stays. No rate is below
 * nought. Source: domain rules s. 8 (fixed, or a day of reset). Certainty: which days is ours.
 */
export function ratesUntil(
  { bookedOn, ratePpm, lpr }: RateTerms,
  { quotes }: LprHistory,
  date: BusinessDate,
): RateStep[] {
  const steps: RateStep[] = [{ from: bookedOn, ratePpm }];
  if (lpr === null) return steps;
  const months = lpr.reset === 'YEARLY' ? 12 : 3;
  const january = `${bookedOn.slice(0, 4)}-01-01`;
  for (let at = 1; ; at += 1) {
    const from = addMonths(january, at * months);
    if (from > date) return steps;
    const quote = quotes.findLast((one) => one.date < from);
    if (from <= bookedOn || quote === undefined) continue;
    const basePpm = lpr.tenor === '1Y' ? quote.oneYearPpm : quote.fiveYearPpm;
    const nextPpm = Math.max(0, basePpm + lpr.addOnPpm);
    if (nextPpm !== steps.at(-1)?.ratePpm) steps.push({ from, ratePpm: nextPpm });
  }
}

/** The rate of a loan in force on a day, in parts per million; before its booking the contract's. */
export function ratePpmOn(terms: RateTerms, lpr: LprHistory, date: BusinessDate): number {
  return ratesUntil(terms, lpr, date).at(-1)?.ratePpm ?? terms.ratePpm;
}

/** The first day after a date on which the rate is looked at again; null: it is fixed. */
export function nextResetAfter(lpr: LprReset | null, date: BusinessDate): BusinessDate | null {
  if (lpr === null) return null;
  const months = lpr.reset === 'YEARLY' ? 12 : 3;
  const january = `${date.slice(0, 4)}-01-01`;
  const past = Math.floor((Number(date.slice(5, 7)) - 1) / months);
  return addMonths(january, (past + 1) * months);
}
