// The price of a loan: the loan prime rate in force, plus basis points within the product's bounds.
import { ppmOf } from '@saidao/values';
import type { LprTable, PriceRule } from './policy.ts';

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
