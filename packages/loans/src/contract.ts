// What lender and borrower agreed, as far as it decides what a loan owes on a day.
import {
  addMonths,
  isBusinessDate,
  ppmOne,
  type BusinessDate,
  type Fen,
  type FiveTier,
  type RepaymentPlan,
} from '@saidao/values';
import { conventions, type Convention } from './calendar.ts';
import type { LprReset } from './lpr.ts';
import type { Counting } from './schedule.ts';
import { faultsOfWaterfall, type Waterfall } from './waterfall.ts';

/** A contract never changes: what changes a loan later is a fact of its own. */
export interface LoanContract {
  readonly loanId: string;
  /** No more than this is drawn in all. */
  readonly limitFen: Fen;
  readonly method: RepaymentPlan;
  /** Periods run from here, whenever the first part is drawn. */
  readonly bookedOn: BusinessDate;
  /** `bookedOn` and `termMonths` later. */
  readonly maturesOn: BusinessDate;
  readonly termMonths: number;
  /** A year's rate in parts per million; with `lpr` the rate until the first reset. */
  readonly ratePpm: number;
  /** Null: the rate is fixed. */
  readonly lpr: LprReset | null;
  readonly counting: Counting;
  readonly convention: Convention;
  readonly penalty: PenaltyTerms;
  readonly waterfall: Waterfall;
  /** So many days past due count as overdue for technical reasons only, 7 at most. */
  readonly technicalDays: number;
  /** More days past due than this, and interest is no longer taken as earned. */
  readonly nonAccrualAfterDays: number;
  readonly vat: VatTerms;
  /** Of the principal; nought where nobody stands for it. */
  readonly guaranteeSharePpm: number;
  readonly guarantor: string | null;
  /** At the end of the first day that is so many days past due the guarantor is asked. */
  readonly guaranteeClaimAfterDays: number;
  /** Of principal and receivable together. */
  readonly allowancePpm: Readonly<Record<FiveTier, number>>;
}

/** Interest bears the rate, inclusive, from the day after `exemptThrough`; null: from the first. */
export interface VatTerms {
  readonly ratePpm: number;
  readonly exemptThrough: BusinessDate | null;
}

/**
 * Penalty interest.
 *
 * Source: 银发〔2003〕251号 (domain rules s. 8): overdue at 1.3 to 1.5 times the contract rate,
 * misuse at 1.5 to 2.0 times, in its place and never both; unpaid interest compounds at the rate
 * of the penalty. Certainty: found, but for "never both", which is known.
 */
export interface PenaltyTerms {
  /** Times the contract rate that overdue principal bears in its place: 1,500,000 is 1.5. */
  readonly overdueTimesPpm: number;
  /** Times the contract rate that all principal bears while the money is misused. */
  readonly misuseTimesPpm: number;
  /** Whether unpaid interest bears the rate of the penalty. */
  readonly compounds: boolean;
  /** Paid within so many days after the due date: no penalty at all; later: from the due date. */
  readonly graceDays: number;
}

/** Every fault of a contract as a sentence. */
export function faultsOfContract(contract: LoanContract): string[] {
  const { limitFen, bookedOn, maturesOn, termMonths, ratePpm, penalty } = contract;
  const faults = faultsOfWaterfall(contract.waterfall);
  const { exemptThrough } = contract.vat;
  if (exemptThrough !== null && !isBusinessDate(exemptThrough)) {
    faults.push(`${String(exemptThrough)} is no day through which interest bears no VAT`);
  }
  if (limitFen <= 0n) faults.push(`a limit of ${limitFen} fen lends nothing`);
  if (!isBusinessDate(bookedOn)) return [...faults, `${String(bookedOn)} is no date to book on`];
  if (!isCount(termMonths) || termMonths === 0) faults.push(`${termMonths} months are no term`);
  else if (maturesOn !== addMonths(bookedOn, termMonths)) {
    faults.push(`${maturesOn} is not ${termMonths} months after ${bookedOn}`);
  }
  if (!isCount(ratePpm)) faults.push(`a rate of ${ratePpm} parts per million is none`);
  if (!conventions.includes(contract.convention)) {
    faults.push(`${contract.convention} is no convention: write one of ${conventions.join(', ')}`);
  }
  for (const [name, times] of [
    ['overdue', penalty.overdueTimesPpm],
    ['misuse', penalty.misuseTimesPpm],
  ] as const) {
    if (!isCount(times) || times < ppmOne) {
      faults.push(`${name} at ${times} parts per million of the rate is less than the rate`);
    }
  }
  for (const [name, days] of [
    ['days of grace', penalty.graceDays],
    ['technical days', contract.technicalDays],
    ['days until non-accrual', contract.nonAccrualAfterDays],
    ['days until the guarantor is asked', contract.guaranteeClaimAfterDays],
  ] as const) {
    if (!isCount(days)) faults.push(`${days} are no ${name}`);
  }
  for (const [name, share] of [
    ['guaranteed', contract.guaranteeSharePpm],
    ...Object.entries(contract.allowancePpm),
  ] as const) {
    if (!isCount(share) || share > ppmOne) faults.push(`${name} ${share} is no share of a million`);
  }
  return faults;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
