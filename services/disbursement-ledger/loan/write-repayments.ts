// Writes repayments as they were taken, and which were taken back; the key refuses a second one.
import type { Transaction } from '@saidao/worker';
import type { RepaymentRow, ReversalRow } from './changes.ts';

export async function writeRepayments(
  transaction: Transaction,
  rows: readonly RepaymentRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await transaction.prepared(
    'book.write-repayments',
    `insert into book.repayments (lender_id, source, reference, loan_id, amount_fen, currency,
       value_date, booked_on, effect, payer)
     select lender_id, source, reference, loan_id, amount_fen, 'CNY', value_date, booked_on,
       effect, payer
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::date[],
       $7::date[], $8::text[], $9::text[])
       as w (lender_id, source, reference, loan_id, amount_fen, value_date, booked_on, effect,
         payer)`,
    [
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ source }) => source),
      rows.map(({ reference }) => reference),
      rows.map(({ loanId }) => loanId),
      rows.map(({ amountFen }) => amountFen),
      rows.map(({ valueDate }) => valueDate),
      rows.map(({ bookedOn }) => bookedOn),
      rows.map(({ effect }) => effect),
      rows.map(({ payer }) => payer),
    ],
  );
}

/** After `writeRepayments` of the same turn: one may be taken back in the turn that took it. */
export async function writeReversals(
  transaction: Transaction,
  rows: readonly ReversalRow[],
): Promise<void> {
  if (rows.length === 0) return;
  await transaction.prepared(
    'book.write-reversals',
    `update book.repayments as r set reversed_on = w.reversed_on
     from unnest($1::text[], $2::text[], $3::text[], $4::date[])
       as w (lender_id, source, reference, reversed_on)
     where r.lender_id = w.lender_id and r.source = w.source and r.reference = w.reference`,
    [
      rows.map(({ lenderId }) => lenderId),
      rows.map(({ source }) => source),
      rows.map(({ reference }) => reference),
      rows.map(({ reversedOn }) => reversedOn),
    ],
  );
}
