// The periods of a plan in days: when each begins, ends and falls due.
import type { BusinessDate, RepaymentPlan } from '@saidao/values';
import { adjustedDay, type Calendar, type Convention } from './calendar.ts';
import { dayMonthsAfter, dayOf } from './days.ts';
import type { Counting } from './schedule.ts';

/** In days since 1970-01-01. */
export interface PlanPeriod {
  readonly start: number;
  readonly end: number;
  readonly due: number;
  /** Whole months, for a product that counts by them. */
  readonly months: number;
}

export interface PlanTerms {
  readonly method: RepaymentPlan;
  readonly from: BusinessDate;
  readonly termMonths: number;
  readonly counting: Counting;
  readonly convention: Convention;
  readonly calendar: Calendar;
}

/** The same periods as of a schedule. */
export function planPeriods(terms: PlanTerms): PlanPeriod[] {
  const { from, method, termMonths, convention, calendar } = terms;
  const start = dayOf(from);
  const months = method === 'BULLET' ? termMonths : 1;
  const ends = [...endsWithin(terms, start), dayMonthsAfter(from, termMonths)];
  return ends.map((end, index) => {
    const begin = ends[index - 1] ?? start;
    const day = adjustedDay(end, convention, calendar);
    return { start: begin, end, due: day > begin ? day : end, months };
  });
}

function endsWithin({ method, from, termMonths, counting }: PlanTerms, start: number): number[] {
  if (method === 'BULLET') return [];
  const { interestDay } = counting;
  const ends: number[] = [];
  if (interestDay === null) {
    for (let month = 1; month < termMonths; month += 1) ends.push(dayMonthsAfter(from, month));
    return ends;
  }
  const last = dayMonthsAfter(from, termMonths);
  const first: BusinessDate = `${from.slice(0, 7)}-01`;
  for (let month = 0; month <= termMonths; month += 1) {
    const day = dayMonthsAfter(first, month) + interestDay - 1;
    if (day > start && day < last) ends.push(day);
  }
  return ends;
}
