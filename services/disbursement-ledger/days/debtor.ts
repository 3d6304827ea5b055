// The cross-rule for a debtor: where much of what it owes is not performing, nothing of it performs.
import type { Standing } from '@saidao/loans';
import { maxFen, ppmOne, type Fen, type FiveTier } from '@saidao/values';
import { isNonPerforming } from '../loan/posted.ts';

/**
 * Source: 商业银行金融资产风险分类办法 (2023 no. 1), domain rules s. 8: beyond 10 % of a corporate
 * debtor's claims at the bank non-performing, all of them are. Certainty: found. That a claim is
 * counted with its interest, and one that was written off as long as it stands, is our policy. Of
 * the debtor's loans at other banks (20 % beyond 90 days) the ledger knows nothing.
 */
export const debtorRule = {
  source: '商业银行金融资产风险分类办法 (2023 no. 1): beyond 10 % of the claims on a debtor.',
  beyondPpm: 100_000,
  tier: 'substandard',
} as const;

/** What the loans of one debtor at one lender, each at the end of a day, ask of all of them. */
export function debtorTierOf(standings: readonly Standing[]): FiveTier {
  let wholeFen = 0n;
  let badFen = 0n;
  for (const standing of standings) {
    const fen = claimFen(standing);
    wholeFen += fen;
    if (isNonPerforming(standing.ownTier)) badFen += fen;
  }
  const isBad = badFen * BigInt(ppmOne) > wholeFen * BigInt(debtorRule.beyondPpm);
  return isBad ? debtorRule.tier : 'normal';
}

/** What is owed in all, due or not. */
export function claimFen(standing: Standing): Fen {
  const { writtenOffOn, principalFen, paid } = standing;
  if (writtenOffOn !== null) {
    const lostFen = standing.writtenOffFen + standing.writtenOffClaimsFen;
    return principalFen + lostFen - standing.recoveredFen;
  }
  const { accruedFen, penaltyFen, compoundFen, costsFen } = standing;
  const paidFen = paid.interestFen + paid.penaltyFen + paid.compoundFen + paid.costsFen;
  // What was paid ahead for nights to come is no claim of the borrower's.
  return principalFen + maxFen(accruedFen + penaltyFen + compoundFen + costsFen - paidFen, 0n);
}
