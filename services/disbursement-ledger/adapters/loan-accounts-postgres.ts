// Accounts of loans as the book line keeps them, and what was asked of them, for the doors.
import { fromJson } from '@saidao/values';
import type { Database } from '@saidao/worker';
import { accountName, type LoanAccount } from '../loan/account.ts';
import type { LoanAccounts } from '../loan/doors/ports.ts';

const ACTIONS_MAX = 100;

export function loanAccountsIn(database: Database): LoanAccounts {
  return {
    async find(loanId, lenders) {
      const { rows } = await database.prepared<{ content: string | null }>(
        'book.find-account',
        `select s.content from book.loans as l join book.shared_rows as s on s.name = $2
         where l.loan_id = $1 and l.lender_id = any($3)`,
        [loanId, accountName(loanId), lenders],
      );
      const content = rows[0]?.content;
      return content == null ? undefined : (fromJson(content) as LoanAccount);
    },
    async actionsOf(loanId) {
      const { rows } = await database.prepared<{
        action_id: string;
        lender_id: string;
        action: string;
        officer: string;
        status: string;
        cause: string | null;
        content: string;
        decided_at: Date;
      }>(
        'book.actions-of-loan',
        `select action_id, lender_id, action, officer, status, cause, content::text as content,
           decided_at
         from book.loan_actions where loan_id = $1
         order by decided_at desc, action_id limit ${ACTIONS_MAX}`,
        [loanId],
      );
      return rows.map((row) => ({
        actionId: row.action_id,
        loanId,
        lenderId: row.lender_id,
        action: row.action,
        officer: row.officer,
        status: row.status,
        cause: row.cause,
        content: row.content,
        atMs: row.decided_at.getTime(),
      }));
    },
  };
}
