// Repayment schedules: what of a loan is due when, to the fen; the last instalment takes the rest.
import {
  addDays,
  addMonths,
  daysBetween,
  mulDivHalfUp,
  ppmOne,
  type BusinessDate,
  type Fen,
  type RepaymentPlan,
} from '@saidao/values';
import { adjusted, type Calendar, type Convention } from './calendar.ts';

export const dayCounts = ['MONTHS_12', 'ACT_360', 'ACT_365'] as const;
/** Whole months at a twelfth of the yearly rate, or days: the first in, the last out. */
export type DayCount = (typeof dayCounts)[number];

/** A yearly rate, in parts per million, from a day on. */
export interface RateStep {
  readonly from: BusinessDate;
  readonly ratePpm: number;
}

/** How interest of a product is counted; a product may differ. */
export interface Counting {
  readonly dayCount: DayCount;
  /** Interest is settled on this day of each month; null: on the day of the month it was drawn. */
  readonly interestDay: number | null;
}

/**
 * Source: domain rules s. 8. Equal instalments and equal principal go by whole months, others by
 * actual days over 360 with the interest day in each month. Certainty: banks do either [F43];
 * which method goes which way is ours.
 */
export const countingOf: Readonly<Record<RepaymentPlan, Counting>> = {
  EQUAL_INSTALMENT: { dayCount: 'MONTHS_12', interestDay: null },
  EQUAL_PRINCIPAL: { dayCount: 'MONTHS_12', interestDay: null },
  INTEREST_MONTHLY_PRINCIPAL_AT_END: { dayCount: 'ACT_360', interestDay: 21 },
  BULLET: { dayCount: 'ACT_360', interestDay: null },
};

export interface ScheduleTerms {
  readonly principalFen: Fen;
  readonly method: RepaymentPlan;
  readonly from: BusinessDate;
  readonly termMonths: number;
  /** In the order of their days; the first is in force from the first day. */
  readonly rates: readonly RateStep[];
  readonly counting: Counting;
  readonly convention: Convention;
  readonly calendar: Calendar;
}

export interface Instalment {
  /** From 1. */
  readonly number: number;
  /** The days that its interest is for: the first in, the last out. */
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly dueOn: BusinessDate;
  readonly openingFen: Fen;
  readonly principalFen: Fen;
  readonly interestFen: Fen;
  readonly closingFen: Fen;
}

interface Period {
  readonly from: BusinessDate;
  readonly to: BusinessDate;
}

const MONTHS_MAX = 1_200;
/** Nights of a year; where whole months are counted only penalty goes by them. */
const DAYS_OF_YEAR = { MONTHS_12: 360n, ACT_360: 360n, ACT_365: 365n } as const;

/**
 * Every instalment in order. Interest is rounded half up once for each period. No part is negative,
 * and the last instalment leaves nothing. Terms that make no sense are a RangeError.
 */
export function scheduleOf(terms: ScheduleTerms): Instalment[] {
  assertWhole(terms);
  const periods = periodsOf(terms);
  const instalments: Instalment[] = [];
  let openingFen = terms.principalFen;
  let levelFen = 0n;
  let levelRate: number | undefined;
  periods.forEach(({ from, to }, index) => {
    const ratePpm = rateOn(terms.rates, from);
    if (ratePpm !== levelRate) {
      // A new rate: what is left is spread anew over the periods that are left.
      levelFen = levelOf(terms.method, openingFen, ratePpm, periods.length - index);
      levelRate = ratePpm;
    }
    const interestFen = interestOf(terms, openingFen, { from, to });
    const isLast = index === periods.length - 1;
    const principalFen = isLast
      ? openingFen
      : principalOf(terms.method, levelFen, interestFen, openingFen);
    const closingFen = openingFen - principalFen;
    const day = adjusted(to, terms.convention, terms.calendar);
    // A convention puts nothing on a day on which the period has not begun to run.
    const dueOn = day > from ? day : to;
    const parts = { openingFen, principalFen, interestFen, closingFen };
    instalments.push({ number: index + 1, from, to, dueOn, ...parts });
    openingFen = closingFen;
  });
  return instalments;
}

/** The rate in force on a day, in parts per million. */
export function rateOn(rates: readonly RateStep[], date: BusinessDate): number {
  const step = rates.findLast(({ from }) => from <= date);
  if (step === undefined) throw new RangeError(`No rate is in force on ${date}.`);
  return step.ratePpm;
}

/**
 * Interest of a balance over a span, rounded half up once. By whole months the rate of the first
 * day holds for all of it; by days each day bears its own.
 */
export function interestOf(
  { rates, counting }: Pick<ScheduleTerms, 'rates' | 'counting'>,
  balanceFen: Fen,
  { from, to }: Period,
): Fen {
  if (counting.dayCount === 'MONTHS_12') {
    const months = BigInt(monthsOf(from, to));
    const ratePpm = BigInt(rateOn(rates, from));
    return mulDivHalfUp(balanceFen, ratePpm * months, BigInt(ppmOne) * 12n);
  }
  const changes = rates.map((step) => step.from).filter((day) => day > from && day < to);
  const starts = [from, ...changes];
  const ratedDays = starts.reduce((sum, start, at) => {
    const days = daysBetween(start, starts[at + 1] ?? to);
    return sum + BigInt(rateOn(rates, start)) * BigInt(days);
  }, 0n);
  return mulDivHalfUp(balanceFen, ratedDays, BigInt(ppmOne) * yearDaysOf(counting));
}

/** The days of a year by which penalty interest, and interest by days, are counted. */
export function yearDaysOf({ dayCount }: Counting): bigint {
  return DAYS_OF_YEAR[dayCount];
}

/**
 * `P·i(1+i)ⁿ ÷ ((1+i)ⁿ − 1)`, exact, rounded half up once; without interest an equal part of the
 * principal. Source: domain rules s. 8, found in published bank rules.
 */
export function equalInstalmentFen(principalFen: Fen, ratePpm: number, months: number): Fen {
  if (ratePpm === 0) return mulDivHalfUp(principalFen, 1n, BigInt(months));
  const year = BigInt(ppmOne) * 12n;
  const rate = BigInt(ratePpm);
  const grown = (year + rate) ** BigInt(months);
  return mulDivHalfUp(principalFen, rate * grown, year * (grown - year ** BigInt(months)));
}

/** What is paid in each period alike: the whole instalment, or the principal in it, or nothing. */
export function levelOf(
  method: RepaymentPlan,
  openingFen: Fen,
  ratePpm: number,
  periods: number,
): Fen {
  switch (method) {
    case 'EQUAL_INSTALMENT':
      return equalInstalmentFen(openingFen, ratePpm, periods);
    case 'EQUAL_PRINCIPAL':
      return mulDivHalfUp(openingFen, 1n, BigInt(periods));
    case 'INTEREST_MONTHLY_PRINCIPAL_AT_END':
    case 'BULLET':
      return 0n;
  }
}

/** The principal in a level instalment: never negative, nor more than is left. */
export function principalOf(
  method: RepaymentPlan,
  levelFen: Fen,
  interestFen: Fen,
  openingFen: Fen,
): Fen {
  return within(method === 'EQUAL_INSTALMENT' ? levelFen - interestFen : levelFen, openingFen);
}

function within(fen: Fen, mostFen: Fen): Fen {
  if (fen < 0n) return 0n;
  return fen > mostFen ? mostFen : fen;
}

function periodsOf({ method, from, termMonths, counting }: ScheduleTerms): Period[] {
  const end = addMonths(from, termMonths);
  if (method === 'BULLET') return [{ from, to: end }];
  const { interestDay } = counting;
  const ends: BusinessDate[] = [];
  if (interestDay === null) {
    // Always counted from the first day: the 31st stays the 31st where a month has one.
    for (let month = 1; month < termMonths; month += 1) ends.push(addMonths(from, month));
  } else {
    const first = `${from.slice(0, 7)}-01`;
    for (let month = 0; month <= termMonths; month += 1) {
      const day = addDays(addMonths(first, month), interestDay - 1);
      if (day > from && day < end) ends.push(day);
    }
  }
  return [...ends, end].map((to, index) => ({ from: ends[index - 1] ?? from, to }));
}

/** Whole months between two days of a schedule by months. */
function monthsOf(from: BusinessDate, to: BusinessDate): number {
  const months = (date: BusinessDate) => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7));
  return months(to) - months(from);
}

function assertWhole({ principalFen, termMonths, rates, from, counting }: ScheduleTerms): void {
  if (principalFen <= 0n) {
    throw new RangeError(
      `A principal of ${principalFen} fen has no schedule: it has to be positive.`,
    );
  }
  if (!Number.isInteger(termMonths) || termMonths < 1 || termMonths > MONTHS_MAX) {
    throw new RangeError(
      `A term of ${termMonths} months has no schedule: write 1 to ${MONTHS_MAX}.`,
    );
  }
  const [first] = rates;
  if (first === undefined || first.from > from)
    throw new RangeError(`No rate is in force on ${from}.`);
  rates.forEach((step, index) => {
    if (!Number.isInteger(step.ratePpm) || step.ratePpm < 0) {
      throw new RangeError(`A rate of ${step.ratePpm} parts per million is none.`);
    }
    const before = rates[index - 1];
    if (before !== undefined && before.from >= step.from) {
      throw new RangeError(`The rate from ${step.from} is out of order.`);
    }
  });
  const { dayCount, interestDay } = counting;
  if (interestDay === null) return;
  if (dayCount === 'MONTHS_12') {
    throw new RangeError('Whole months run from the day of drawing: they have no interest day.');
  }
  if (!Number.isInteger(interestDay) || interestDay < 1 || interestDay > 28) {
    throw new RangeError(`${interestDay} is no day that each month has: write 1 to 28.`);
  }
}
