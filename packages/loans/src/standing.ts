// What a loan owes at the end of a day: worked out anew from its contract and all that happened.
import type { BusinessDate, Fen, FiveTier } from '@saidao/values';
import type { LoanContract } from './contract.ts';
import { dateOf, dayOf } from './days.ts';
import { factsUntil, type LoanFact } from './facts.ts';
import { LoanRun } from './loan-run.ts';
import type { Row } from './row.ts';
import type { Instalment } from './schedule.ts';
import type { PaidParts } from './waterfall.ts';
import type { LoanWorld } from './world.ts';

/**
 * One row of the plan and what was paid of it. An early repayment and a re-scheduling end the
 * period they fall in: they are rows of their own, due on their day.
 */
export interface InstalmentStanding extends Instalment {
  readonly paidPrincipalFen: Fen;
  readonly paidInterestFen: Fen;
  /** On its overdue principal so far. */
  readonly penaltyFen: Fen;
  /** On its unpaid interest so far. */
  readonly compoundFen: Fen;
}

/**
 * A loan at the END of `date`; every sum is cumulative since booking, unless said.
 *
 * `receivedFen` = the parts of `paid` + `recoveredFen` + `guaranteePaidFen` + `suspenseFen` +
 * `guaranteeHeldFen` + `refundedFen`, and
 * `principalFen` = `drawnFen` − `paid.principalFen` − `guaranteePaidFen` − `writtenOffFen`.
 */
export interface Standing {
  readonly date: BusinessDate;
  /** Past rows as they fell due, the rest as they will if all is paid and nothing else happens. */
  readonly instalments: readonly InstalmentStanding[];
  readonly drawnFen: Fen;
  /** Contract interest earned, the night after `date` too; each period is rounded once. */
  readonly accruedFen: Fen;
  /** On overdue principal, rounded once for each instalment, and for misuse, rounded once. */
  readonly penaltyFen: Fen;
  /** On unpaid interest, rounded once for each instalment. */
  readonly compoundFen: Fen;
  /** Of these three together: earned by the last night that bears no VAT. */
  readonly exemptFen: Fen;
  readonly costsFen: Fen;
  readonly receivedFen: Fen;
  /**
   * By the borrower before any write-off, and after it what was set against a claim on the
   * guarantor; the guarantor's money is not in it.
   */
  readonly paid: PaidParts;
  /** Now: received of the borrower, and nothing owed for it yet. */
  readonly suspenseFen: Fen;
  /** Now: received of the guarantor, which is not asked for it. */
  readonly guaranteeHeldFen: Fen;
  /** Out of these two, back to the deposit of whoever had paid it. */
  readonly refundedFen: Fen;
  /** Now: owed, due or not; the part that a guarantor was asked for too, until it has paid. */
  readonly principalFen: Fen;
  /** Now: due on or before `date` and unpaid. */
  readonly overduePrincipalFen: Fen;
  /** Now: interest due on or before `date` and unpaid. */
  readonly dueInterestFen: Fen;
  /** From `oldestDueOn` to `date`: nought on the due date itself. */
  readonly daysPastDue: number;
  /** Due date of the oldest instalment unpaid at the end of `date`; null: none is. */
  readonly oldestDueOn: BusinessDate | null;
  /** The first day beyond the contract's days past due, until a day with nothing past due. */
  readonly nonAccrualFrom: BusinessDate | null;
  /** By this loan alone. */
  readonly ownTier: FiveTier;
  readonly writtenOffOn: BusinessDate | null;
  /** Principal written off: what the guarantor was asked for, and has not paid, is not in it. */
  readonly writtenOffFen: Fen;
  /** Interest, penalty, compound interest and costs that were unpaid when it was written off. */
  readonly writtenOffClaimsFen: Fen;
  /** Received for what was written off. */
  readonly recoveredFen: Fen;
  /** At the end of this day the guarantor was asked; null: by all that is known it was not. */
  readonly guaranteeClaimedOn: BusinessDate | null;
  /** Asked of the guarantor, as far as the principal is still owed or the guarantor has paid. */
  readonly claimedFen: Fen;
  readonly guaranteePaidFen: Fen;
  /** Something was drawn, and nothing is owed. */
  readonly settled: boolean;
  /** The last day of the plan as it stands; the contract's while nothing is drawn. */
  readonly maturesOn: BusinessDate;
}

/**
 * Where a loan stands at the end of a day. The same for the facts in any order and told any number
 * of times; facts and quotes of later days change nothing of it. A term of no months, in the
 * contract or in a re-scheduling, is a RangeError, and so is an amount that is not positive.
 */
export function standingOn(
  contract: LoanContract,
  facts: readonly LoanFact[],
  date: BusinessDate,
  world: LoanWorld,
): Standing {
  const run = new LoanRun(contract, factsUntil(facts, date), date, world);
  const day = dayOf(date);
  // At the end of a day its night is earned, unless the loan was written off on it or before.
  const night = Math.min(day + 1, run.writtenOffOn ?? Infinity);
  const { paid, drawnFen, costsFen, principalFen, writtenOffOn } = run;
  const accruedFen = run.accruedFen(night);
  const penaltyFen = run.penaltyFen(night);
  const compoundFen = run.compoundFen(night);
  const isLost = writtenOffOn !== null;
  const overdue = run.overdueFen(day);
  const owedFen = isLost
    ? run.lostFen
    : accruedFen + penaltyFen + compoundFen + costsFen - claimsMet(paid);
  const settled = drawnFen > 0n && principalFen === 0n && owedFen === 0n;
  const oldestDue = settled ? null : run.oldestDue(day);
  const daysPastDue = oldestDue === null ? 0 : day - oldestDue;
  const standing = {
    date,
    drawnFen,
    accruedFen,
    penaltyFen,
    compoundFen,
    exemptFen: run.exemptFen(night),
    costsFen,
    receivedFen: run.receivedFen,
    paid,
    suspenseFen: run.suspenseFen,
    guaranteeHeldFen: run.guaranteeHeldFen,
    refundedFen: run.refundedFen,
    principalFen,
    overduePrincipalFen: isLost ? principalFen : overdue.principalFen,
    dueInterestFen: isLost ? 0n : overdue.interestFen,
    daysPastDue,
    oldestDueOn: oldestDue === null ? null : dateOf(oldestDue),
    nonAccrualFrom: run.nonAccrualFrom === null ? null : dateOf(run.nonAccrualFrom),
    ownTier: settled ? 'normal' : isLost ? 'loss' : run.tierOn(date, daysPastDue),
    writtenOffOn: writtenOffOn === null ? null : dateOf(writtenOffOn),
    writtenOffFen: run.writtenOffFen,
    writtenOffClaimsFen: run.writtenOffClaimsFen,
    recoveredFen: run.recoveredFen,
    guaranteeClaimedOn: run.claimedOn === null ? null : dateOf(run.claimedOn),
    claimedFen: run.guaranteePaidFen + run.openClaimFen,
    guaranteePaidFen: run.guaranteePaidFen,
    settled,
  } as const;
  run.project();
  const instalments = run.rows.map((row) => instalmentOf(row, run));
  const last = instalments.at(-1);
  return { ...standing, instalments, maturesOn: last?.to ?? contract.maturesOn };
}

function claimsMet({ costsFen, penaltyFen, compoundFen, interestFen }: PaidParts): Fen {
  return costsFen + penaltyFen + compoundFen + interestFen;
}

function instalmentOf(row: Row, run: LoanRun): InstalmentStanding {
  return {
    number: row.number,
    from: dateOf(row.from),
    to: dateOf(row.to),
    dueOn: dateOf(row.due),
    openingFen: row.openingFen,
    principalFen: row.principalFen,
    interestFen: row.interestFen,
    closingFen: row.openingFen - row.principalFen,
    paidPrincipalFen: row.paidPrincipalFen,
    paidInterestFen: row.paidInterestFen,
    penaltyFen: run.penaltyOf(row),
    compoundFen: run.compoundOf(row),
  };
}
