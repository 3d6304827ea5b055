// The price of a loan: the loan prime rate in force, plus basis points within the product's bounds.
import { ppmOf } from '@saidao/values';
import type { LprTable, PriceRule } from './policy.ts';

export interface Lpr {
  readonly ratePpm: number;
  /** Day of publication. */
  readonly date: string;
}

const ppmPerBp = 100;

/**
 * The rate for a term on a business date; undefined where none is known, which refers.
 *
 * Up to one year the one-year rate, over five the five-year rate; between is the contract's choice.
 */
export function lprFor(
  table: LprTable,
  businessDate: string,
  termMonths: number,
  between: '1Y' | '5Y',
): Lpr | undefined {
  const row =
    businessDate <= table.verifiedThrough
      ? table.rates.findLast(({ date }) => date <= businessDate)
      : table.takenAsInForce.find(({ from, to }) => from <= businessDate && businessDate <= to);
  if (row === undefined) return undefined;
  const tenor = termMonths <= 12 ? '1Y' : termMonths > 60 ? '5Y' : between;
  // The table is in per cent: `3.00` is 30000 parts per million.
  return { ratePpm: ppmOf(row[tenor]) / 100, date: row.date };
}

/** The add-on in parts per million: the product's own and the rules', held within its bounds. */
export function addOnPpm(price: PriceRule, ruleBps: readonly number[]): number {
  const wanted = ruleBps.reduce((sum, bp) => sum + bp, price.addOnBp);
  const held = Math.min(Math.max(wanted, price.leastAddOnBp), price.mostAddOnBp);
  return held * ppmPerBp;
}
