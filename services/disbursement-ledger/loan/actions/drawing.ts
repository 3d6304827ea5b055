// Whether more may be drawn of a loan: not while what was drawn before is in trouble.
import type { LoanWorld } from '@saidao/loans';
import { bookingDateOf, postedThrough, standingAt, tierOf, type LoanAccount } from '../account.ts';

/**
 * Why no further part may be drawn; undefined: it may. Our policy: past due, misused, watched after
 * a re-scheduling, classified worse by its debtor's other loans or written off, and no money leaves.
 */
export function drawFaultOf(
  account: LoanAccount,
  nowMs: number,
  world: LoanWorld,
): 'WRITTEN_OFF' | 'TIER_NOT_NORMAL' | undefined {
  const today = bookingDateOf(account, nowMs);
  const through = postedThrough(account);
  const { writtenOffOn, ownTier } = standingAt(account, today > through ? today : through, world);
  if (writtenOffOn !== null) return 'WRITTEN_OFF';
  // Where nothing is owed the debtor's other loans count all the same.
  return tierOf(account, { ownTier, settled: false }) === 'normal' ? undefined : 'TIER_NOT_NORMAL';
}
