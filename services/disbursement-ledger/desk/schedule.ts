// A repayment schedule by the very function that loans go by, for anyone who wants to re-compute one.
import {
  conventions,
  countingOf,
  dayCounts,
  scheduleOf,
  type Convention,
  type Counting,
  type DayCount,
  type RateStep,
  type ScheduleTerms,
} from '@saidao/loans';
import {
  fenOfYuan,
  formatPpm,
  formatYuan,
  isBusinessDate,
  ppmOf,
  repaymentPlans,
  sumFen,
  type BusinessDate,
  type RepaymentPlan,
} from '@saidao/values';
import { calendar } from '../loan/shipped.ts';
import { DeskFault } from './fault.ts';

/** As it is written at a terminal: yuan, fractions, dates, names in any case. */
export interface ScheduleQuestion {
  readonly principal: string;
  readonly rate: string;
  /** Rates from later days on, each as `2026-07-05=0.03`. */
  readonly resets: readonly string[];
  readonly months: string;
  readonly method: string;
  readonly from: string;
  /** Null: as the house counts this method. */
  readonly dayCount: string | null;
  /** Null: as the house counts this method; `none`: on the day of drawing. */
  readonly interestDay: string | null;
  readonly convention: string;
}

/** Amounts in yuan with two decimals, rates as fractions. */
export interface ScheduleAnswer {
  readonly principal: string;
  readonly rates: readonly { readonly from: BusinessDate; readonly rate: string }[];
  readonly months: number;
  readonly method: string;
  readonly from: BusinessDate;
  readonly dayCount: DayCount;
  readonly interestDay: number | null;
  readonly convention: string;
  readonly calendar: string;
  readonly instalments: readonly {
    readonly number: number;
    readonly from: BusinessDate;
    readonly to: BusinessDate;
    readonly dueOn: BusinessDate;
    readonly opening: string;
    readonly principal: string;
    readonly interest: string;
    readonly payment: string;
    readonly closing: string;
  }[];
  readonly interestTotal: string;
  readonly paymentTotal: string;
}

export function scheduleAnswer(question: ScheduleQuestion): ScheduleAnswer {
  return told(() => {
    const terms = termsOf(question);
    const all = scheduleOf(terms);
    const interestFen = sumFen(all.map((one) => one.interestFen));
    return {
      principal: formatYuan(terms.principalFen),
      rates: terms.rates.map(({ from, ratePpm }) => ({ from, rate: formatPpm(ratePpm) })),
      months: terms.termMonths,
      method: kebabOf(terms.method),
      from: terms.from,
      ...terms.counting,
      convention: kebabOf(terms.convention),
      calendar: calendar.source,
      instalments: all.map(({ number, from, to, dueOn, ...fen }) => ({
        ...{ number, from, to, dueOn },
        opening: formatYuan(fen.openingFen),
        principal: formatYuan(fen.principalFen),
        interest: formatYuan(fen.interestFen),
        payment: formatYuan(fen.principalFen + fen.interestFen),
        closing: formatYuan(fen.closingFen),
      })),
      interestTotal: formatYuan(interestFen),
      paymentTotal: formatYuan(terms.principalFen + interestFen),
    };
  });
}

function termsOf(question: ScheduleQuestion): ScheduleTerms {
  const { from } = question;
  if (!isBusinessDate(from)) throw new DeskFault(`${String(from)} is no date: write YYYY-MM-DD.`);
  const method = named(question.method, repaymentPlans, 'method');
  return {
    principalFen: fenOfYuan(question.principal),
    method,
    from,
    termMonths: wholeOf(question.months, 'months'),
    rates: [{ from, ratePpm: ppmOf(question.rate) }, ...question.resets.map(resetOf)],
    counting: countingBy(question, method),
    convention: named<Convention>(question.convention, conventions, 'convention'),
    calendar,
  };
}

function countingBy({ dayCount, interestDay }: ScheduleQuestion, method: RepaymentPlan): Counting {
  const usual = countingOf[method];
  const chosen = dayCount === null ? usual.dayCount : named(dayCount, dayCounts, 'day count');
  // By whole months there is no interest day to be usual.
  const day = chosen === 'MONTHS_12' ? null : usual.interestDay;
  if (interestDay === null) return { dayCount: chosen, interestDay: day };
  const isNone = interestDay === 'none';
  return { dayCount: chosen, interestDay: isNone ? null : wholeOf(interestDay, 'interest day') };
}

function resetOf(text: string): RateStep {
  const [from = '', rate = '', ...more] = text.split('=');
  if (!isBusinessDate(from) || rate === '' || more.length > 0) {
    throw new DeskFault(`The reset ${text} is none: write DATE=RATE, as 2026-07-05=0.03.`);
  }
  return { from, ratePpm: ppmOf(rate) };
}

function wholeOf(text: string, what: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw new DeskFault(`${text} is no number of ${what}: write whole digits.`);
}

/** One of the names in any case, with dashes or underscores. */
function named<T extends string>(text: string, names: readonly T[], what: string): T {
  const wanted = text.toUpperCase().replaceAll('-', '_');
  const found = names.find((name) => name === wanted);
  if (found !== undefined) return found;
  throw new DeskFault(`There is no ${what} ${text}: write ${names.map(kebabOf).join(', ')}.`);
}

function kebabOf(name: string): string {
  return name.toLowerCase().replaceAll('_', '-');
}

/** What the values and the schedule themselves refuse is a sentence for whoever asked. */
function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new DeskFault(`${error.message.replace(/\.$/, '')}.`, { cause: error });
  }
}
