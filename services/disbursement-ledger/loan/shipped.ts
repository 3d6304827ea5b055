// The data that loans are kept by, read and checked once at the start: products, calendar and LPR.
import { faultsOfCalendar, type Calendar, type LoanWorld, type LprHistory } from '@saidao/loans';
import { isBusinessDate, ppmOf, type BusinessDate } from '@saidao/values';
import calendarDocument from './calendar.json' with { type: 'json' };
import lprDocument from './lpr.json' with { type: 'json' };
import productsDocument from './products.json' with { type: 'json' };
import { readProducts, type Products } from './products.ts';

interface LprDocument {
  readonly source: string;
  /** No publication up to this day is missing; what came after it is not known here. */
  readonly verifiedThrough: BusinessDate;
  readonly rates: readonly {
    readonly date: string;
    readonly '1Y': string;
    readonly '5Y': string;
  }[];
}

export const products: Products = readProducts(productsDocument);
export const calendar: Calendar = readCalendar(calendarDocument);
export const lpr: LprHistory = readLpr(lprDocument);
export const world: LoanWorld = { calendar, lpr };
/** After this day a reset goes by the last value known: put the newer ones into lpr.json. */
export const lprVerifiedThrough: BusinessDate = lprDocument.verifiedThrough;

/** A calendar that cannot be so is an Error that names every fault. */
export function readCalendar(document: Calendar): Calendar {
  const faults = faultsOfCalendar(document);
  if (faults.length > 0) throw new Error(`calendar.json cannot be so: ${faults.join('; ')}.`);
  const { source, from, to, holidays, workdays } = document;
  return { source, from, to, holidays, workdays };
}

/** Per cent as published to parts per million; days out of order are an Error. */
export function readLpr({ source, rates }: LprDocument): LprHistory {
  const quotes = rates.map((rate) => ({
    date: rate.date,
    oneYearPpm: ppmOfPercent(rate['1Y']),
    fiveYearPpm: ppmOfPercent(rate['5Y']),
  }));
  quotes.forEach(({ date }, index) => {
    const before = quotes[index - 1];
    if (!isBusinessDate(date) || (before !== undefined && before.date >= date)) {
      throw new Error(`lpr.json cannot be so: ${date} is no date, or out of order.`);
    }
  });
  return { source, quotes };
}

function ppmOfPercent(text: string): number {
  return ppmOf(text) / 100;
}
