// The price of a loan: the loan prime rate in force, plus basis points within the product's bounds.
import { isBusinessDate, ppmOf } from '@saidao/values';
import type { LprRow, LprTable, PriceRule } from './policy.ts';

/** Loan prime rates in force on a day, in parts per million. */
export interface LprRates {
  /** Day of publication. */
  readonly date: string;
  readonly oneYearPpm: number;
  readonly fiveYearPpm: number;
}

export interface Lpr {
  readonly ratePpm: number;
  /** Day of publication. */
  readonly date: string;
}

const ppmPerBp = 100;

/** The rates in force on a business date; null where none are known, which refers. */
export function lprOn(table: LprTable, businessDate: string): LprRates | null {
  const row =
    businessDate <= table.verifiedThrough
      ? table.rates.findLast(({ date }) => date <= businessDate)
      : table.takenAsInForce.find(({ from, to }) => from <= businessDate && businessDate <= to);
  if (row === undefined) return null;
  // The table is in per cent: `3.00` is 30000 parts per million.
  return {
    date: row.date,
    oneYearPpm: ppmOf(row['1Y']) / 100,
    fiveYearPpm: ppmOf(row['5Y']) / 100,
  };
}

/** On it of each month a rate is published, or later: before it that of the month before holds. */
const PUBLICATION_DAY = 20;

/** Every fault of the table as a sentence: a month that nobody has entered is not to be guessed. */
export function faultsOfLpr({ rates, takenAsInForce, verifiedThrough }: LprTable): string[] {
  const faults = [...rates, ...takenAsInForce].filter((row) => !isWhole(row)).map(notWhole);
  rates.forEach(({ date }, index) => {
    const before = rates[index - 1];
    if (before === undefined) return;
    if (date <= before.date) faults.push(`rate ${date} is out of order`);
    else if (monthAt(date) > monthAt(before.date) + 1) {
      faults.push(`the rate of the month before ${date} is missing`);
    }
  });
  const last = rates.at(-1);
  if (last === undefined || !isBusinessDate(verifiedThrough) || verifiedThrough < last.date) {
    faults.push(`the rates cannot be verified through ${verifiedThrough}`);
  } else {
    const months = monthAt(verifiedThrough) - monthAt(last.date);
    if (months > 1 || (months === 1 && Number(verifiedThrough.slice(8)) >= PUBLICATION_DAY)) {
      faults.push(`verified through ${verifiedThrough}, and the last rate is of ${last.date}`);
    }
  }
  let through = verifiedThrough;
  for (const { from, to, date } of takenAsInForce) {
    if (![from, to].every(isBusinessDate) || from > to || date > from) {
      faults.push(`the rate taken as in force from ${from} to ${to} is not whole`);
    }
    if (from <= through) faults.push(`${from} has a rate already`);
    through = to;
  }
  return faults;
}

const isWhole = (row: LprRow): boolean =>
  isBusinessDate(row.date) &&
  [row['1Y'], row['5Y']].every((text) => /^\d{1,2}\.\d{2}$/.test(text)) &&
  row.source.trim() !== '';

const notWhole = ({ date }: LprRow): string => `the rate of ${date} is not whole`;

/** Months since the year nought. */
const monthAt = (date: string): number => Number(date.slice(0, 4)) * 12 + Number(date.slice(5, 7));

/**
 * The rate for a term. Up to one year the one-year rate, over five the five-year rate; between is
 * the contract's choice.
 */
export function lprFor(rates: LprRates, termMonths: number, between: '1Y' | '5Y'): Lpr {
  const tenor = termMonths <= 12 ? '1Y' : termMonths > 60 ? '5Y' : between;
  return {
    ratePpm: tenor === '1Y' ? rates.oneYearPpm : rates.fiveYearPpm,
    date: rates.date,
  };
}

/** The add-on in parts per million: the product's own and the rules', held within its bounds. */
export function addOnPpm(price: PriceRule, ruleBps: readonly number[]): number {
  const wanted = ruleBps.reduce((sum, bp) => sum + bp, price.addOnBp);
  const held = Math.min(Math.max(wanted, price.leastAddOnBp), price.mostAddOnBp);
  return held * ppmPerBp;
}
