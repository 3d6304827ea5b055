// How long a patent lives: from the filing date by its kind, never from its number.
import {
  addDays,
  addYears,
  monthsBetween,
  type BusinessDate,
  type PatentKind,
} from '@saidao/values';

const TERM_YEARS: Readonly<Record<PatentKind, number>> = {
  invention: 20,
  'utility-model': 10,
  design: 15,
};
const DESIGN_TERM_YEARS_BEFORE = 10;
const DESIGN_TERM_CHANGED_ON: BusinessDate = '2021-06-01';

/**
 * The first day on which the patent is no longer in force.
 *
 * Source: Patent Law of the PRC (2020), article 42: invention 20, utility model 10, design 15 years
 * from filing; found. Designs filed before 2021-06-01: 10 years; found. No holiday shift: a utility
 * model filed on 1999-09-06 ended on 2009-09-06; knowledge, unverified. `compensationDays` is what
 * the register says the term was extended by (article 42, paragraphs 2 and 3); found. `filed` is the
 * register's filing date, as international and divisional applications were filed before the year
 * in their number.
 */
export function expiryOf(
  kind: PatentKind,
  filed: BusinessDate,
  compensationDays = 0,
): BusinessDate {
  return addDays(addYears(filed, termYearsOf(kind, filed)), compensationDays);
}

/** The years of the term by kind and filing date, without compensation. */
export function termYearsOf(kind: PatentKind, filed: BusinessDate): number {
  const oldDesign = kind === 'design' && filed < DESIGN_TERM_CHANGED_ON;
  return oldDesign ? DESIGN_TERM_YEARS_BEFORE : TERM_YEARS[kind];
}

/** Whole months from the date to the day of expiry; 0 once it has expired. */
export function remainingMonths(on: BusinessDate, expires: BusinessDate): number {
  return Math.max(0, monthsBetween(on, expires));
}
