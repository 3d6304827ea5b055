// What keeps a patent in force: the yearly fee, its months of grace, and the end of a right unpaid.
import { addMonths, addYears, shareFen, type BusinessDate, type Fen } from '@saidao/values';
import type { PatentKind } from '@saidao/values';
import { termYearsOf } from './life.ts';

/** Fees in fen, each up to and with the patent year that stands before it. */
type Schedule = readonly (readonly [throughYear: number, feeFen: Fen])[];

/**
 * Invention: found, CNIPA's schedule of fees. Utility model and design: found there too. Reductions
 * for small firms are not counted: whether one is granted is the register's to say.
 */
const SCHEDULES: Readonly<Record<PatentKind, Schedule>> = {
  invention: [
    [3, 900_00n],
    [6, 1_200_00n],
    [9, 2_000_00n],
    [12, 4_000_00n],
    [15, 6_000_00n],
    [20, 8_000_00n],
  ],
  'utility-model': [
    [3, 600_00n],
    [5, 900_00n],
    [8, 1_200_00n],
    [10, 2_000_00n],
  ],
  design: [
    [3, 600_00n],
    [5, 900_00n],
    [8, 1_200_00n],
    [10, 2_000_00n],
    [15, 3_000_00n],
  ],
};

/** Of the full fee, for a payment in the second, third, … sixth month after the due date; found. */
const SURCHARGES_PPM = [0, 50_000, 100_000, 150_000, 200_000, 250_000];
export const GRACE_MONTHS = SURCHARGES_PPM.length;

/** The fee of a patent year, in fen; undefined for a year that the kind does not have. */
export function annuityFen(kind: PatentKind, patentYear: number): Fen | undefined {
  if (!Number.isInteger(patentYear) || patentYear < 1) return undefined;
  return SCHEDULES[kind].find(([throughYear]) => patentYear <= throughYear)?.[1];
}

/**
 * The last day on which a patent year's fee is paid in time: the day of the filing date, before the
 * year begins. Knowledge, unverified: the Guidelines count so; no holiday shift is counted.
 */
export function annuityDueOn(filed: BusinessDate, patentYear: number): BusinessDate {
  return addYears(filed, patentYear - 1);
}

/** The surcharge on a fee paid on a day, in fen; undefined once the months of grace are over. */
export function surchargeFen(
  feeFen: Fen,
  dueOn: BusinessDate,
  paidOn: BusinessDate,
): Fen | undefined {
  if (paidOn <= dueOn) return 0n;
  const month = SURCHARGES_PPM.findIndex((_, index) => paidOn <= addMonths(dueOn, index + 1));
  return month < 0 ? undefined : shareFen(feeFen, SURCHARGES_PPM[month]!);
}

export type AnnuityStanding =
  | { readonly kind: 'paid'; readonly nextDueOn: BusinessDate | null }
  | {
      readonly kind: 'grace';
      readonly patentYear: number;
      readonly dueOn: BusinessDate;
      /** The last day on which fee and surcharge keep the right. */
      readonly endsOn: BusinessDate;
      readonly feeFen: Fen;
      readonly surchargeFen: Fen;
    }
  /** The right ended on the day the fee was due: retroactively, found. */
  | { readonly kind: 'lapsed'; readonly patentYear: number; readonly endedOn: BusinessDate };

/** How a patent whose fees are paid through a patent year stands on a day. */
export function annuityStanding(
  patent: {
    readonly kind: PatentKind;
    readonly filed: BusinessDate;
    readonly paidThroughYear: number;
  },
  on: BusinessDate,
): AnnuityStanding {
  const patentYear = patent.paidThroughYear + 1;
  const feeFen = annuityFen(patent.kind, patentYear);
  if (feeFen === undefined || patentYear > termYearsOf(patent.kind, patent.filed)) {
    return { kind: 'paid', nextDueOn: null };
  }
  const dueOn = annuityDueOn(patent.filed, patentYear);
  if (on <= dueOn) return { kind: 'paid', nextDueOn: dueOn };
  const surcharge = surchargeFen(feeFen, dueOn, on);
  if (surcharge === undefined) return { kind: 'lapsed', patentYear, endedOn: dueOn };
  const endsOn = addMonths(dueOn, GRACE_MONTHS);
  return { kind: 'grace', patentYear, dueOn, endsOn, feeFen, surchargeFen: surcharge };
}
