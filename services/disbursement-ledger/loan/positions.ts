// Where each loan stands, as a row for readers: the portfolio, the queue of days, the doors.
import type { Standing } from '@saidao/loans';
import { addDays, type BusinessDate, type Fen, type FiveTier } from '@saidao/values';
import { tierOf, type LoanAccount } from './account.ts';

export const positionStatuses = ['open', 'settled', 'written-off'] as const;
export type PositionStatus = (typeof positionStatuses)[number];

export interface Position {
  readonly loanId: string;
  readonly lenderId: string;
  readonly applicationId: string;
  readonly lane: number;
  readonly productId: string | null;
  readonly debtorUscc: string;
  readonly inclusive: readonly string[];
  readonly bookedOn: BusinessDate;
  readonly maturesOn: BusinessDate;
  /** The last day that was closed; none yet: the day before it was booked. */
  readonly closedOn: BusinessDate;
  /** Settled: nothing is owed, and nothing can be drawn any more. */
  readonly status: PositionStatus;
  readonly limitFen: Fen;
  readonly reservedFen: Fen;
  readonly drawnFen: Fen;
  /** Owed by the borrower; what was written off is not in it. */
  readonly principalFen: Fen;
  readonly overdueFen: Fen;
  /** Interest, penalty and compound interest earned and not paid, in income or not. */
  readonly interestFen: Fen;
  readonly daysPastDue: number;
  readonly ownTier: FiveTier;
  readonly tier: FiveTier;
  readonly nonAccrual: boolean;
  readonly allowanceFen: Fen;
  readonly suspenseFen: Fen;
  readonly writtenOffFen: Fen;
  readonly recoveredFen: Fen;
  readonly claimedFen: Fen;
  readonly guaranteePaidFen: Fen;
}

export function positionOf(account: LoanAccount, standing: Standing): Position {
  const { contract, identity, closedOn, posted, reservedFen } = account;
  const { lenderId, applicationId, lane, productId, debtorUscc, inclusive } = identity;
  const { loanId, limitFen, bookedOn } = contract;
  return {
    loanId,
    lenderId,
    applicationId,
    lane,
    productId,
    debtorUscc,
    inclusive,
    bookedOn,
    maturesOn: standing.maturesOn,
    closedOn: closedOn ?? addDays(bookedOn, -1),
    status: statusOf(account, standing),
    limitFen,
    reservedFen,
    drawnFen: standing.drawnFen,
    principalFen: standing.principalFen,
    overdueFen: standing.overduePrincipalFen,
    interestFen: posted.accruedFen + posted.penaltyFen - posted.interestPaidFen,
    daysPastDue: standing.daysPastDue,
    ownTier: standing.ownTier,
    tier: tierOf(account, standing),
    nonAccrual: standing.nonAccrualFrom !== null,
    allowanceFen: posted.allowanceFen,
    suspenseFen: posted.suspenseFen,
    writtenOffFen: standing.writtenOffFen,
    recoveredFen: standing.recoveredFen,
    claimedFen: standing.claimedFen,
    guaranteePaidFen: standing.guaranteePaidFen,
  };
}

function statusOf({ reservedFen }: LoanAccount, standing: Standing): PositionStatus {
  if (standing.writtenOffOn !== null) return 'written-off';
  const isOwed = standing.drawnFen > 0n && !standing.settled;
  return isOwed || reservedFen > 0n ? 'open' : 'settled';
}
