// Halted lenders as PostgreSQL holds them: the book line writes them, an operator deletes them.
import type { Database } from '@saidao/worker';
import type { Halts } from '../ports.ts';

/** Asked anew for every payout: one that was just halted must not be paid from memory. */
export function haltsIn(database: Database): Halts {
  return {
    async isHalted(lenderId) {
      const { rowCount } = await database.prepared(
        'book.find-halt',
        'select from book.halts where lender_id = $1',
        [lenderId],
      );
      return rowCount > 0;
    },
  };
}
