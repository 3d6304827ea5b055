// Writes what was asked of loans and what came of it, for officers to read.
import type { Transaction } from '@saidao/worker';
import type { ActionRow } from './changes.ts';

export async function writeActions(
  transaction: Transaction,
  rows: readonly ActionRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await transaction.prepared(
    'book.write-actions',
    `insert into book.loan_actions (action_id, loan_id, lender_id, action, officer, status, cause,
       content, decided_at)
     select action_id, loan_id, lender_id, action, officer, status, cause, content::jsonb,
       to_timestamp(at_ms / 1000.0)
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
       $7::text[], $8::text[], $9::bigint[])
       as w (action_id, loan_id, lender_id, action, officer, status, cause, content, at_ms)
     -- The same id on another loan, of a writer that does not keep to our door: the event tells.
     on conflict (action_id) do nothing`,
    [
      rows.map(({ actionId }) => actionId),
      rows.map(({ loanId }) => loanId),
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ action }) => action),
      rows.map(({ officer }) => officer),
      rows.map(({ status }) => status),
      rows.map(({ cause }) => cause),
      rows.map(({ content }) => content),
      rows.map(({ atMs }) => atMs),
    ],
  );
}
