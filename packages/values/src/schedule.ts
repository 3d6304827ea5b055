// Repayment schedules of the four plans, exact to the fen.
import { addMonths, daysBetween, isBusinessDate, type BusinessDate } from './dates.ts';
import { minFen, mulDivHalfUp, sumFen, type Fen } from './money.ts';
import { interestFen, monthlyInterestFen } from './rates.ts';

export type RepaymentPlan =
  'EQUAL_INSTALMENT' | 'EQUAL_PRINCIPAL' | 'INTEREST_MONTHLY_PRINCIPAL_AT_END' | 'BULLET';

/** How the interest of a period is counted: a twelfth of the year, or its actual days. */
export type DayCount = 'MONTHS/12' | 'ACT/360' | 'ACT/365';

export interface ScheduleTerms {
  plan: RepaymentPlan;
  principalFen: Fen;
  ratePpm: number;
  termMonths: number;
  drawnOn: BusinessDate;
  /** Left out: MONTHS/12 for the two equal plans, ACT/360 for the two others. */
  dayCount?: DayCount;
  /** Day of the month on which interest is paid; interest-monthly by actual days only. */
  interestDay?: number;
}

export interface Instalment {
  number: number;
  from: BusinessDate;
  dueOn: BusinessDate;
  principalFen: Fen;
  interestFen: Fen;
  amountFen: Fen;
  /** Principal still owed after this instalment. */
  balanceFen: Fen;
}

export const repaymentPlans: readonly RepaymentPlan[] = [
  'EQUAL_INSTALMENT',
  'EQUAL_PRINCIPAL',
  'INTEREST_MONTHLY_PRINCIPAL_AT_END',
  'BULLET',
];

const termMonthsMax = 600;
const interestDayDefault = 21;

/**
 * The instalments of a loan from drawdown to maturity.
 *
 * Equal instalment (等额本息) and equal principal (等额本金) count whole months from drawdown at a
 * twelfth of the yearly rate; interest-monthly (按月付息到期还本) pays the actual days on the 21st
 * with the stub last; bullet (一次性还本付息) pays all at maturity. Interest is rounded half up once
 * for each period and the last instalment absorbs the rest. Source: domain rules s. 8. Certainty:
 * formulas found and checked by script; ACT/360 and the 21st are knowledge, so a product may
 * choose otherwise.
 */
export function scheduleOf(terms: ScheduleTerms): Instalment[] {
  refuseBadTerms(terms);
  const { plan, principalFen, ratePpm, termMonths } = terms;
  const level =
    plan === 'EQUAL_INSTALMENT' ? levelInstalmentFen(principalFen, ratePpm, termMonths) : 0n;
  const part = plan === 'EQUAL_PRINCIPAL' ? mulDivHalfUp(principalFen, 1n, BigInt(termMonths)) : 0n;
  const dates = dueDates(terms);
  const instalments: Instalment[] = [];
  let from = terms.drawnOn;
  let balanceFen = principalFen;
  dates.forEach((dueOn, index) => {
    const interest = periodInterestFen(terms, balanceFen, from, dueOn);
    const wanted = plan === 'EQUAL_INSTALMENT' ? level - interest : part;
    const last = index === dates.length - 1;
    const principal = last ? balanceFen : minFen(wanted > 0n ? wanted : 0n, balanceFen);
    balanceFen -= principal;
    instalments.push({
      number: index + 1,
      from,
      dueOn,
      principalFen: principal,
      interestFen: interest,
      amountFen: principal + interest,
      balanceFen,
    });
    from = dueOn;
  });
  return instalments;
}

/** The sum of the interest of all instalments. */
export function interestTotalFen(instalments: readonly Instalment[]): Fen {
  return sumFen(instalments.map((instalment) => instalment.interestFen));
}

/**
 * The level instalment `P·i·(1+i)^n ÷ ((1+i)^n − 1)`, i a twelfth of the yearly rate.
 *
 * Computed as one exact fraction and rounded once: a float of (1+i)^n loses fen on large loans.
 */
export function levelInstalmentFen(principalFen: Fen, ratePpm: number, termMonths: number): Fen {
  const months = BigInt(termMonths);
  if (ratePpm === 0) return mulDivHalfUp(principalFen, 1n, months);
  const year = 12_000_000n;
  const rate = BigInt(ratePpm);
  const grown = (year + rate) ** months;
  return mulDivHalfUp(principalFen, rate * grown, year * (grown - year ** months));
}

function dueDates(terms: ScheduleTerms): BusinessDate[] {
  const { plan, drawnOn, termMonths } = terms;
  const maturesOn = addMonths(drawnOn, termMonths);
  if (plan === 'BULLET') return [maturesOn];
  if (plan !== 'INTEREST_MONTHLY_PRINCIPAL_AT_END' || dayCountOf(terms) === 'MONTHS/12') {
    return Array.from({ length: termMonths }, (_, index) => addMonths(drawnOn, index + 1));
  }
  const day = (terms.interestDay ?? interestDayDefault).toString().padStart(2, '0');
  const dates: BusinessDate[] = [];
  for (let month = 0; month <= termMonths; month += 1) {
    const date = `${addMonths(`${drawnOn.slice(0, 7)}-01`, month).slice(0, 7)}-${day}`;
    if (date > drawnOn && date < maturesOn) dates.push(date);
  }
  return [...dates, maturesOn];
}

function periodInterestFen(
  terms: ScheduleTerms,
  balanceFen: Fen,
  from: BusinessDate,
  dueOn: BusinessDate,
): Fen {
  const dayCount = dayCountOf(terms);
  if (dayCount === 'MONTHS/12') {
    return monthlyInterestFen(
      balanceFen,
      terms.ratePpm,
      terms.plan === 'BULLET' ? terms.termMonths : 1,
    );
  }
  const basisDays = dayCount === 'ACT/360' ? 360 : 365;
  return interestFen(balanceFen, terms.ratePpm, daysBetween(from, dueOn), basisDays);
}

function dayCountOf(terms: ScheduleTerms): DayCount {
  if (terms.dayCount !== undefined) return terms.dayCount;
  const equal = terms.plan === 'EQUAL_INSTALMENT' || terms.plan === 'EQUAL_PRINCIPAL';
  return equal ? 'MONTHS/12' : 'ACT/360';
}

function refuseBadTerms(terms: ScheduleTerms): void {
  const { principalFen, ratePpm, termMonths, interestDay = interestDayDefault } = terms;
  if (!repaymentPlans.includes(terms.plan)) {
    throw new RangeError(
      `plan ${JSON.stringify(terms.plan)} is none of ${repaymentPlans.join(', ')}`,
    );
  }
  if (principalFen <= 0n) throw new RangeError(`principal ${principalFen} fen is not above 0`);
  if (!Number.isSafeInteger(ratePpm) || ratePpm < 0) {
    throw new RangeError(`rate ${ratePpm} is not whole parts per million from 0`);
  }
  if (!Number.isSafeInteger(termMonths) || termMonths < 1 || termMonths > termMonthsMax) {
    throw new RangeError(`term ${termMonths} is not whole months from 1 to ${termMonthsMax}`);
  }
  if (!Number.isSafeInteger(interestDay) || interestDay < 1 || interestDay > 28) {
    throw new RangeError(`interest day ${interestDay} is not a day from 1 to 28`);
  }
  if (!isBusinessDate(terms.drawnOn)) {
    throw new RangeError(`drawdown ${JSON.stringify(terms.drawnOn)} is no date: write YYYY-MM-DD`);
  }
}
