// A loan for specs, changed where a rule needs it, and the world that it stands in.
import { addMonths, fenOfYuan, type BusinessDate, type Fen } from '@saidao/values';
import type { Calendar } from './calendar.ts';
import type { LoanContract } from './contract.ts';
import type { LoanFact, RepaymentEffect } from './facts.ts';
import { countingOf } from './schedule.ts';
import { standingOn, type Standing } from './standing.ts';
import { waterfallDefault } from './waterfall.ts';
import type { LoanWorld } from './world.ts';

export const calendar: Calendar = {
  source: 'for specs',
  from: '2025-01-01',
  to: '2027-12-31',
  holidays: ['2026-10-01', '2026-10-02'],
  workdays: ['2026-10-10'],
};

/** The two quotes of spring are made up, so that a reset can be seen. */
export const world: LoanWorld = {
  calendar,
  lpr: {
    source: 'for specs',
    quotes: [
      { date: '2025-12-22', oneYearPpm: 30_000, fiveYearPpm: 35_000 },
      { date: '2026-03-20', oneYearPpm: 29_000, fiveYearPpm: 34_000 },
      { date: '2026-06-22', oneYearPpm: 28_500, fiveYearPpm: 33_500 },
    ],
  },
};

/** 1,000,000.00 at 3.45 % for 12 months in equal instalments from 2026-01-05. */
export function contractOf(change: Partial<LoanContract> = {}): LoanContract {
  const method = change.method ?? 'EQUAL_INSTALMENT';
  const bookedOn = change.bookedOn ?? '2026-01-05';
  const termMonths = change.termMonths ?? 12;
  return {
    loanId: 'loan-1',
    limitFen: fenOfYuan('1000000.00'),
    method,
    bookedOn,
    maturesOn: addMonths(bookedOn, termMonths),
    termMonths,
    ratePpm: 34_500,
    lpr: null,
    counting: countingOf[method],
    convention: 'NONE',
    penalty: {
      overdueTimesPpm: 1_500_000,
      misuseTimesPpm: 2_000_000,
      compounds: true,
      graceDays: 0,
    },
    waterfall: waterfallDefault,
    technicalDays: 0,
    nonAccrualAfterDays: 90,
    vat: { ratePpm: 60_000, exemptThrough: null },
    guaranteeSharePpm: 800_000,
    guarantor: 'guarantor',
    guaranteeClaimAfterDays: 90,
    allowancePpm: {
      normal: 10_000,
      'special-mention': 20_000,
      substandard: 250_000,
      doubtful: 500_000,
      loss: 1_000_000,
    },
    ...change,
  };
}

export function drawn(on: BusinessDate, yuan: string, id = `drawn-${on}`): LoanFact {
  return { id, kind: 'DRAWN', on, amountFen: fenOfYuan(yuan) };
}

export function repaid(
  on: BusinessDate,
  amount: string | Fen,
  effect: RepaymentEffect = 'SCHEDULED',
  id = `repaid-${on}`,
): LoanFact {
  const amountFen = typeof amount === 'string' ? fenOfYuan(amount) : amount;
  return { id, kind: 'REPAID', on, amountFen, effect };
}

export function standing(
  contract: LoanContract,
  facts: readonly LoanFact[],
  date: BusinessDate,
): Standing {
  return standingOn(contract, facts, date, world);
}
