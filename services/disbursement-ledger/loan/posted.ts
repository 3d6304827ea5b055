// What of a loan stands in the books, as cumulative figures: an entry is the difference of two.
import type { LoanContract, Standing } from '@saidao/loans';
import {
  maxFen,
  minFen,
  mulDivHalfUp,
  ppmOne,
  shareFen,
  type Fen,
  type FiveTier,
} from '@saidao/values';

/** All cumulative since booking, but for the balances, which say so. */
export interface Posted {
  readonly drawnFen: Fen;
  readonly receivedFen: Fen;
  /** What was received is for one of these six, or was given back. */
  readonly costsPaidFen: Fen;
  /** All kinds of interest; also what of a loan written off is recovered beyond its principal. */
  readonly interestPaidFen: Fen;
  readonly principalPaidFen: Fen;
  readonly guaranteePaidFen: Fen;
  /** Principal of a loan that was written off. */
  readonly recoveredFen: Fen;
  /** A balance: the borrower's and the guarantor's money that nothing is owed for yet. */
  readonly suspenseFen: Fen;
  readonly accruedFen: Fen;
  /** Penalty and compound interest. */
  readonly penaltyFen: Fen;
  /** Of both: bears no VAT, by the days on which it was earned. */
  readonly exemptFen: Fen;
  /** A balance: earned, unpaid, and in no income, as the loan is on non-accrual or written off. */
  readonly suspendedFen: Fen;
  /** A balance: charged and unpaid; income only when they are paid. */
  readonly costsOwedFen: Fen;
  readonly claimedFen: Fen;
  readonly writtenOffFen: Fen;
  /** A balance: principal that is kept as impaired. */
  readonly impairedFen: Fen;
  /** A balance. */
  readonly allowanceFen: Fen;
}

export const nothingPosted: Posted = {
  drawnFen: 0n,
  receivedFen: 0n,
  costsPaidFen: 0n,
  interestPaidFen: 0n,
  principalPaidFen: 0n,
  guaranteePaidFen: 0n,
  recoveredFen: 0n,
  suspenseFen: 0n,
  accruedFen: 0n,
  penaltyFen: 0n,
  exemptFen: 0n,
  suspendedFen: 0n,
  costsOwedFen: 0n,
  claimedFen: 0n,
  writtenOffFen: 0n,
  impairedFen: 0n,
  allowanceFen: 0n,
};

/** The last three tiers: principal of such a loan is kept as impaired. */
export function isNonPerforming(tier: FiveTier): boolean {
  return tier !== 'normal' && tier !== 'special-mention';
}

/**
 * What should stand in the books: money as of the last day that anything happened on (`cash`),
 * interest and what follows from it as of the last night that was accrued (`accrued`; undefined:
 * none yet).
 */
export function targetOf(
  contract: LoanContract,
  atLast: Standing,
  accrued: Standing | undefined,
  tier: FiveTier,
): Posted {
  const cash = withoutNewClaim(atLast, accrued);
  const { paid } = cash;
  const interestFen = accrued === undefined ? 0n : accrued.accruedFen;
  const penaltyFen = accrued === undefined ? 0n : accrued.penaltyFen + accrued.compoundFen;
  const recovered = recoveredPartsOf(cash);
  const interestPaidFen =
    paid.interestFen + paid.penaltyFen + paid.compoundFen + recovered.interestFen;
  const costsPaidFen = paid.costsFen + recovered.costsFen;
  const isSuspended = accrued?.nonAccrualFrom != null || cash.writtenOffOn !== null;
  const suspendedFen = isSuspended ? interestFen + penaltyFen - interestPaidFen : 0n;
  const receivableFen = interestFen + penaltyFen - suspendedFen - interestPaidFen;
  const principalFen = onBalanceFen(cash);
  // A drawing is provided for at the end of its day; what is repaid is nothing to lose at once.
  const lentFen = accrued === undefined ? 0n : minFen(principalFen, onBalanceFen(accrued));
  const target: Posted = {
    drawnFen: cash.drawnFen,
    receivedFen: cash.receivedFen,
    costsPaidFen,
    interestPaidFen,
    principalPaidFen: paid.principalFen,
    guaranteePaidFen: cash.guaranteePaidFen,
    recoveredFen: recovered.principalFen,
    suspenseFen: cash.suspenseFen + cash.guaranteeHeldFen,
    accruedFen: interestFen,
    penaltyFen,
    exemptFen: accrued?.exemptFen ?? 0n,
    suspendedFen,
    costsOwedFen: cash.costsFen - costsPaidFen,
    claimedFen: cash.claimedFen,
    writtenOffFen: cash.writtenOffFen,
    impairedFen: isNonPerforming(tier) ? principalFen : 0n,
    allowanceFen: shareFen(lentFen + maxFen(receivableFen, 0n), contract.allowancePpm[tier]),
  };
  assertWhole(contract.loanId, target, cash.refundedFen);
  return target;
}

/** The guarantor is asked at the end of a day, and the last one may not be over. */
function withoutNewClaim(cash: Standing, accrued: Standing | undefined): Standing {
  const claimedOn = cash.guaranteeClaimedOn;
  const isOver = claimedOn === null || (accrued !== undefined && claimedOn <= accrued.date);
  return isOver ? cash : { ...cash, claimedFen: 0n };
}

/** Principal that is an asset: not written off, and no claim on the guarantor. */
function onBalanceFen({ drawnFen, paid, claimedFen, writtenOffFen }: Standing): Fen {
  return drawnFen - paid.principalFen - claimedFen - writtenOffFen;
}

/** Principal first, as that alone was in the books; then interest, then costs. */
function recoveredPartsOf({ recoveredFen, writtenOffFen, paid, ...cash }: Standing): {
  readonly principalFen: Fen;
  readonly interestFen: Fen;
  readonly costsFen: Fen;
} {
  const principalFen = minFen(recoveredFen, writtenOffFen);
  const unpaidCostsFen = cash.costsFen - paid.costsFen;
  const claimsFen = maxFen(cash.writtenOffClaimsFen - unpaidCostsFen, 0n);
  const interestFen = minFen(recoveredFen - principalFen, claimsFen);
  return { principalFen, interestFen, costsFen: recoveredFen - principalFen - interestFen };
}

/** Interest that is in income, VAT included. */
export function recognisedFen({ accruedFen, penaltyFen, suspendedFen }: Posted): Fen {
  return accruedFen + penaltyFen - suspendedFen;
}

/**
 * VAT that interest in income includes, rounded once on all of it that bears any. What was earned
 * on exempt days comes into income first: as it is older, it is paid first.
 *
 * Source: domain rules s. 8, 6 % inclusive. Certainty: known; unconfirmed whether the exemption of
 * small credit goes on, which is why it is a switch with dates. That the day on which interest is
 * earned decides, and that of a loan on non-accrual the oldest comes in first, is our policy.
 */
export function vatFen({ vat }: LoanContract, interestFen: Fen, exemptFen: Fen): Fen {
  const taxedFen = maxFen(interestFen - exemptFen, 0n);
  return mulDivHalfUp(taxedFen, BigInt(vat.ratePpm), BigInt(ppmOne + vat.ratePpm));
}

function assertWhole(loanId: string, target: Posted, refundedFen: Fen): void {
  const { costsPaidFen, interestPaidFen, principalPaidFen } = target;
  const { guaranteePaidFen, recoveredFen, suspenseFen, receivedFen } = target;
  const takenFen = costsPaidFen + interestPaidFen + principalPaidFen;
  const keptFen = takenFen + guaranteePaidFen + recoveredFen + suspenseFen;
  if (keptFen + refundedFen === receivedFen) return;
  const message = `What loan ${loanId} received, ${receivedFen} fen, is not what it was taken for.`;
  throw Object.assign(new Error(message), { code: 'SAIDAO_INVARIANT' });
}
