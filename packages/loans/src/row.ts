// One instalment that fell due: what of it is unpaid, and what that has borne since.
import { mulDivHalfUp, ppmOne, type Fen } from '@saidao/values';
import type { Clock } from './clock.ts';
import type { Claim } from './waterfall.ts';

/** Days since 1970-01-01. Kept by the one run of a loan that it belongs to, and changed by it. */
export interface Row {
  readonly number: number;
  readonly from: number;
  readonly to: number;
  readonly due: number;
  readonly openingFen: Fen;
  /** Less when what was unpaid of it is re-scheduled. */
  principalFen: Fen;
  readonly interestFen: Fen;
  paidPrincipalFen: Fen;
  paidInterestFen: Fen;
  /** Fen times rate times nights, up to `weighedTo`: rounded only where it is read. */
  penaltyWeight: bigint;
  compoundWeight: bigint;
  weighedTo: number;
  paidPenaltyFen: Fen;
  paidCompoundFen: Fen;
}

/** How a loan turns what overdue money has borne into fen. */
export interface RowTerms {
  readonly clock: Clock;
  readonly compounds: boolean;
  readonly graceDays: number;
  readonly yearDays: bigint;
}

const ppmSquared = BigInt(ppmOne) * BigInt(ppmOne);

/** Half up, once for all that a weight was added up from. */
export function fenOfWeight(weight: bigint, yearDays: bigint): Fen {
  return weight === 0n ? 0n : mulDivHalfUp(weight, 1n, ppmSquared * yearDays);
}

export function unpaidPrincipal(row: Row): Fen {
  return row.principalFen - row.paidPrincipalFen;
}

export function unpaidInterest(row: Row): Fen {
  return row.interestFen - row.paidInterestFen;
}

export function isUnpaid(row: Row): boolean {
  return unpaidPrincipal(row) > 0n || unpaidInterest(row) > 0n;
}

/**
 * Adds what its unpaid money bore until a day, before that money changes. Within the days of
 * grace nothing counts, and beyond them all from the due date on what is still unpaid.
 */
export function weigh(row: Row, day: number, { clock, compounds, graceDays }: RowTerms): void {
  if (day <= row.due + graceDays || day <= row.weighedTo) return;
  const borne = clock.overdue(day) - clock.overdue(row.weighedTo);
  const principalFen = unpaidPrincipal(row);
  if (principalFen > 0n) row.penaltyWeight += principalFen * borne;
  if (compounds) {
    const interestFen = unpaidInterest(row);
    if (interestFen > 0n) row.compoundWeight += interestFen * borne;
  }
  row.weighedTo = day;
}

/** What of a row can be asked for, as of the day that it was weighed to. */
export function claimsOfRow(row: Row, dueOn: string, yearDays: bigint): Claim[] {
  const { number: instalment } = row;
  const claims: Claim[] = [];
  const penaltyFen = fenOfWeight(row.penaltyWeight, yearDays) - row.paidPenaltyFen;
  if (penaltyFen > 0n) claims.push({ kind: 'PENALTY', instalment, dueOn, owedFen: penaltyFen });
  const compoundFen = fenOfWeight(row.compoundWeight, yearDays) - row.paidCompoundFen;
  if (compoundFen > 0n) claims.push({ kind: 'COMPOUND', instalment, dueOn, owedFen: compoundFen });
  const interestFen = unpaidInterest(row);
  if (interestFen > 0n) claims.push({ kind: 'INTEREST', instalment, dueOn, owedFen: interestFen });
  const principalFen = unpaidPrincipal(row);
  if (principalFen > 0n) {
    claims.push({ kind: 'PRINCIPAL', instalment, dueOn, owedFen: principalFen });
  }
  return claims;
}
