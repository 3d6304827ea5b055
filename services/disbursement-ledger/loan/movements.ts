// What has to be posted so that the books hold what they should: target less posted, by movement.
import type { LoanContract } from '@saidao/loans';
import { maxFen, minFen, type Fen } from '@saidao/values';
import {
  accrualPostings,
  nonAccrualPostings,
  postingsFrom,
  recoveryPostings,
  repaymentPostings,
  transferOf,
  writeOffPostings,
  type Movement,
  type Posting,
} from '../postings.ts';
import { recognisedFen, vatFen, type Posted } from './posted.ts';

/** An entry without its name and date. */
export interface Draft {
  readonly movement: Movement;
  readonly postings: readonly Posting[];
}

/** What money was taken for. Differences: what was taken for something else before moves over. */
export interface Money {
  readonly receivedFen: Fen;
  readonly costsFen: Fen;
  readonly interestFen: Fen;
  readonly principalFen: Fen;
  /** Principal that is kept as impaired. */
  readonly impairedFen: Fen;
  readonly suspenseFen: Fen;
  readonly guaranteeFen: Fen;
  readonly recoveredFen: Fen;
}

/**
 * The entries that lead from what is posted to the target, each balanced; none that would be
 * empty. Differences are signed: a negative one stands on the other side.
 */
export function movementsBetween(contract: LoanContract, posted: Posted, target: Posted): Draft[] {
  const by = (figure: keyof Posted): Fen => target[figure] - posted[figure];
  const money = moneyBetween(posted, target);
  // A claim on the guarantor and a write-off take out of impaired loans.
  const impairedFen =
    by('impairedFen') + money.impairedFen + by('claimedFen') + by('writtenOffFen');
  // What was charged to loss: the balance, and what write-offs used of it.
  const chargedFen = by('allowanceFen') + by('writtenOffFen') - by('recoveredFen');
  const owedFen = by('costsOwedFen');
  return filled([
    { movement: 'DISBURSEMENT', postings: transferOf('DISBURSEMENT', by('drawnFen')) },
    ...earned(contract, posted, by),
    {
      // Off balance until they are paid: what is claimed is no income yet.
      movement: 'COSTS',
      postings: postingsFrom({ debit: [['9004', owedFen]], credit: [['9099', owedFen]] }),
    },
    ...draftsOfMoney(money),
    { movement: 'IMPAIRMENT', postings: transferOf('IMPAIRMENT', impairedFen) },
    { movement: 'GUARANTEE_CLAIM', postings: transferOf('GUARANTEE_CLAIM', by('claimedFen')) },
    { movement: 'ALLOWANCE', postings: transferOf('ALLOWANCE', chargedFen) },
    { movement: 'WRITE_OFF', postings: writeOffPostings(by('writtenOffFen'), 0n) },
  ]);
}

export function moneyBetween(posted: Posted, target: Posted): Money {
  const by = (figure: keyof Posted): Fen => target[figure] - posted[figure];
  const paidFen = by('principalPaidFen');
  const impairedFen = posted.impairedFen > 0n ? minFen(paidFen, posted.impairedFen) : 0n;
  return {
    receivedFen: by('receivedFen'),
    costsFen: by('costsPaidFen'),
    interestFen: by('interestPaidFen'),
    principalFen: paidFen - impairedFen,
    impairedFen,
    suspenseFen: by('suspenseFen'),
    guaranteeFen: by('guaranteePaidFen'),
    recoveredFen: by('recoveredFen'),
  };
}

/**
 * The entries of money alone. With nothing received it only changes what it was taken for: money
 * that waited in suspense has become due, or goes back to the borrower's deposit.
 */
export function draftsOfMoney(money: Money): Draft[] {
  return filled([
    { movement: 'RECEIPT', postings: transferOf('RECEIPT', money.receivedFen) },
    {
      movement: money.receivedFen === 0n ? 'SUSPENSE' : 'REPAYMENT',
      postings: repaymentPostings(money),
    },
    {
      movement: 'GUARANTEE_PAYMENT',
      postings: transferOf('GUARANTEE_PAYMENT', money.guaranteeFen),
    },
    { movement: 'RECOVERY', postings: recoveryPostings(money.recoveredFen) },
  ]);
}

/** What is posted once the entries of the money are taken back. */
export function withoutMoney(posted: Posted, money: Money): Posted {
  return {
    ...posted,
    receivedFen: posted.receivedFen - money.receivedFen,
    costsPaidFen: posted.costsPaidFen - money.costsFen,
    interestPaidFen: posted.interestPaidFen - money.interestFen,
    principalPaidFen: posted.principalPaidFen - money.principalFen - money.impairedFen,
    impairedFen: posted.impairedFen + money.impairedFen,
    suspenseFen: posted.suspenseFen - money.suspenseFen,
    guaranteePaidFen: posted.guaranteePaidFen - money.guaranteeFen,
    recoveredFen: posted.recoveredFen - money.recoveredFen,
    // A recovery goes through the allowance.
    allowanceFen: posted.allowanceFen - money.recoveredFen,
  };
}

/**
 * Interest, penalty and what of both is kept out of income. While a loan is on non-accrual what it
 * earns goes to the memo at once, and to no account of the balance sheet.
 */
function earned(
  contract: LoanContract,
  posted: Posted,
  by: (figure: keyof Posted) => Fen,
): Draft[] {
  const suspendedFen = by('suspendedFen');
  const penaltyAtOnceFen = common(by('penaltyFen'), suspendedFen);
  const interestAtOnceFen = common(by('accruedFen'), suspendedFen - penaltyAtOnceFen);
  let incomeFen = recognisedFen(posted);
  let taxFen = vatFen(contract, incomeFen, posted.exemptFen);
  const exemptFen = posted.exemptFen + by('exemptFen');
  const vatOf = (differenceFen: Fen): Fen => {
    const beforeFen = taxFen;
    incomeFen += differenceFen;
    taxFen = vatFen(contract, incomeFen, exemptFen);
    return taxFen - beforeFen;
  };
  const interestFen = by('accruedFen') - interestAtOnceFen;
  const penaltyFen = by('penaltyFen') - penaltyAtOnceFen;
  const takenOutFen = suspendedFen - penaltyAtOnceFen - interestAtOnceFen;
  return [
    { movement: 'ACCRUAL', postings: accrualPostings(interestFen, vatOf(interestFen)) },
    { movement: 'PENALTY', postings: accrualPostings(penaltyFen, vatOf(penaltyFen)) },
    {
      movement: 'NON_ACCRUAL',
      postings: nonAccrualPostings(takenOutFen, -vatOf(-takenOutFen), suspendedFen),
    },
  ];
}

/** What of two differences goes the same way. */
function common(oneFen: Fen, otherFen: Fen): Fen {
  if (oneFen > 0n && otherFen > 0n) return minFen(oneFen, otherFen);
  return oneFen < 0n && otherFen < 0n ? maxFen(oneFen, otherFen) : 0n;
}

function filled(drafts: readonly Draft[]): Draft[] {
  return drafts.filter(({ postings }) => postings.length > 0);
}
