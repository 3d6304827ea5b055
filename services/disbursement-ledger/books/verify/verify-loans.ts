// Checks the loans of a lender: each against its entries, and against what its facts come to.
import { formatYuan, type Fen } from '@saidao/values';
import type { Transaction } from '@saidao/worker';
import { world } from '../../loan/shipped.ts';
import { faultsOfLoan } from './compare-loan.ts';
import type { Fault } from './fault.ts';
import { loansOf, type KeptLoan } from './read-loans.ts';

/** How many loans have a position. */
export async function verifyLoans(
  books: Transaction,
  lenderId: string,
  find: (fault: Fault) => void,
): Promise<number> {
  let loans = 0;
  for await (const page of loansOf(books, lenderId)) {
    for (const kept of page) {
      if (kept.position !== undefined) loans += 1;
      comparePosition(kept, lenderId, find);
      for (const fault of faultsOfLoan(kept, world)) {
        find({ ...fault, lenderId, lane: laneOf(kept), seq: null });
      }
    }
  }
  return loans;
}

function laneOf({ position }: KeptLoan): number | null {
  return position === undefined ? null : Number(position['lane']);
}

// What a position says, and the accounts whose debits less credits it has to be.
const figures = [
  ['reserved_fen', 1n, ['9001']],
  // A claim on the guarantor is principal of the loan until it is paid.
  ['principal_fen', 1n, ['1303', '13031', '1221']],
  ['interest_fen', 1n, ['1132', '9003']],
  ['allowance_fen', -1n, ['1304']],
  ['suspense_fen', -1n, ['2241']],
] as const;

/** By the postings alone, whatever the facts say. */
function comparePosition(kept: KeptLoan, lenderId: string, find: (fault: Fault) => void): void {
  const { loanId, position, sums } = kept;
  if (position === undefined) return;
  for (const [column, sign, accounts] of figures) {
    let fen: Fen = 0n;
    for (const account of accounts) fen += sign * (sums.get(account) ?? 0n);
    const isFen = BigInt(position[column] ?? 0);
    if (isFen === fen) continue;
    const says =
      `Loan ${loanId} is told with ${column} ${formatYuan(isFen)}, its postings ` +
      `on ${accounts.join(', ')} come to ${formatYuan(fen)}.`;
    const kind = 'position-differs';
    find({ kind, lenderId, lane: laneOf(kept), seq: null, entryId: null, says });
  }
}
