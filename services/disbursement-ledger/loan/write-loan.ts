// Writes what decisions on loans have come to, except entries: those are written with all others.
import type { Transaction } from '@saidao/worker';
import type { LoanRow } from './changes.ts';
import { writeActions } from './write-actions.ts';
import { writePositions } from './write-positions.ts';
import { writeRepayments, writeReversals } from './write-repayments.ts';

/** After the loans themselves are written; entries among the rows are left to `writeEntries`. */
export async function writeLoanRows(
  transaction: Transaction,
  rows: readonly LoanRow[],
): Promise<void> {
  const positions = rows.flatMap((row) => (row.kind === 'position' ? [row.position] : []));
  const repayments = rows.flatMap((row) => (row.kind === 'repayment' ? [row.repayment] : []));
  const reversals = rows.filter((row) => row.kind === 'reversal');
  const actions = rows.flatMap((row) => (row.kind === 'action' ? [row.action] : []));
  await Promise.all([
    writePositions(transaction, positions),
    writeRepayments(transaction, repayments),
    // Sent on one connection in this order.
    writeReversals(transaction, reversals),
    writeActions(transaction, actions),
  ]);
}
