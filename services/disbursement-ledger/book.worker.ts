// The book line: authorisations, pledges and payout results in, loans and instructions to pay out.
import { topics } from '@saidao/schemas';
import { defineLine, type BrokenLane, type Transaction } from '@saidao/worker';
import { decideBook } from './book.decide.ts';
import { bookLocks } from './booking/locks.ts';
import {
  bookStateAt,
  initialBookState,
  type BookRow,
  type BookRules,
  type Loan,
} from './booking/state.ts';
import { writeEntries } from './books/write-entries.ts';
import type { LoanRow } from './loan/changes.ts';
import { writeLoanRows } from './loan/write-loan.ts';
import type { Entry } from './postings.ts';

export const bookLine = (rules: BookRules) =>
  defineLine({
    name: 'book',
    consumes: [
      topics.decisions,
      topics.pledges,
      topics.payoutResults,
      topics.repayments,
      topics.loanActions,
    ],
    when: [
      'ApprovalUndone',
      'DisbursementAuthorised',
      'CancellationRequested',
      'PledgeRegistered',
      'PledgeConfirmed',
      'PledgeRefused',
      'CollateralChanged',
      'DrawdownRequested',
      'RepaymentReceived',
      'RescheduleRequested',
      'CostsCharged',
      'MisuseFound',
      'WriteOffRequested',
      'ReversalRequested',
      'RefundRequested',
      'PayoutConfirmed',
      'PayoutRejected',
      'PayoutUnknown',
    ],
    initialState: initialBookState,
    newRevision: bookStateAt,
    locks: bookLocks,
    decide: (input) => decideBook(input, rules),
    record: writeBook,
    produces: [topics.disbursements],
    // The days line writes timers of this one, for what is to be told of a day.
    findsTimersMs: 1_000,
    onBroken: haltPayouts,
  });

/** The payout line sends nothing for these lenders from now on. The first reason stands. */
export async function haltPayouts(transaction: Transaction, broken: BrokenLane): Promise<void> {
  const { lenders, reason, applicationId, lane } = broken;
  await transaction.query(
    `insert into book.halts (lender_id, reason, application_id, lane)
     select lender_id, $2, $3, $4 from unnest($1::text[]) as w (lender_id)
     on conflict do nothing`,
    [[...lenders], reason, applicationId ?? null, lane],
  );
}

/** Entries are only ever inserted: their keys refuse what was booked before. Sent together. */
export async function writeBook(transaction: Transaction, rows: readonly BookRow[]): Promise<void> {
  const loans = new Map<string, { readonly loan: Loan; readonly atMs: number }>();
  const entries: Entry[] = [];
  const others: LoanRow[] = [];
  for (const row of rows) {
    if (row.kind === 'loan') loans.set(row.loan.loanId, row);
    else if (row.kind === 'entry') entries.push(row.entry);
    else others.push(row);
  }
  const written: Promise<unknown>[] = [];
  if (loans.size > 0) {
    const all = [...loans.values()].map(({ loan }) => loan);
    written.push(writeLoans(transaction, [...loans.values()]), writePayouts(transaction, all));
  }
  written.push(writeLoanRows(transaction, others));
  // Last: it locks the heads of the chains, and every other row is locked before them.
  written.push(writeEntries(transaction, entries));
  await Promise.all(written);
}

function writeLoans(
  transaction: Transaction,
  rows: readonly { readonly loan: Loan; readonly atMs: number }[],
): Promise<unknown> {
  const column = <T>(of: (loan: Loan) => T): T[] => rows.map(({ loan }) => of(loan));
  return transaction.prepared(
    'book.write-loans',
    `insert into book.loans (loan_id, lender_id, application_id, authorisation_id, approval_id,
       borrower, borrower_uscc, principal_fen, currency, rate_ppm, term_months, repayment,
       entrusted, booked_on, matures_on, status, changed_at, product_id, undrawn_fen,
       available_until, booked_at, unpaid_since)
     select loan_id, lender_id, application_id, authorisation_id, approval_id, borrower,
       borrower_uscc, principal_fen, 'CNY', rate_ppm, term_months, repayment, entrusted,
       booked_on, matures_on, status, to_timestamp(at_ms / 1000.0), product_id, undrawn_fen,
       to_timestamp(available_until_ms / 1000.0), to_timestamp(booked_at_ms / 1000.0),
       to_timestamp(unpaid_since_ms / 1000.0)
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
       $7::text[], $8::bigint[], $9::int[], $10::int[], $11::text[], $12::boolean[], $13::date[],
       $14::date[], $15::text[], $16::bigint[], $17::text[], $18::bigint[], $19::bigint[],
       $20::bigint[], $21::bigint[])
       as w (loan_id, lender_id, application_id, authorisation_id, approval_id, borrower,
         borrower_uscc, principal_fen, rate_ppm, term_months, repayment, entrusted, booked_on,
         matures_on, status, at_ms, product_id, undrawn_fen, available_until_ms, booked_at_ms,
         unpaid_since_ms)
     on conflict (loan_id) do update set status = excluded.status,
       changed_at = excluded.changed_at, undrawn_fen = excluded.undrawn_fen,
       unpaid_since = excluded.unpaid_since`,
    [
      column(({ loanId }) => loanId),
      column(({ lenderId }) => lenderId),
      column(({ applicationId }) => applicationId),
      column(({ authorisationId }) => authorisationId),
      column(({ approvalId }) => approvalId),
      column(({ borrower }) => borrower),
      column(({ borrowerUscc }) => borrowerUscc),
      column(({ principalFen }) => principalFen),
      column(({ ratePpm }) => ratePpm),
      column(({ termMonths }) => termMonths),
      column(({ repayment }) => repayment),
      column(({ entrusted }) => entrusted),
      column(({ bookedOn }) => bookedOn),
      column(({ maturesOn }) => maturesOn),
      column(({ status }) => status),
      rows.map(({ atMs }) => Math.floor(atMs)),
      column(({ productId }) => productId),
      column(({ undrawnFen }) => undrawnFen),
      column(({ availableUntilMs }) => availableUntilMs),
      column(({ bookedAtMs }) => bookedAtMs),
      column(({ unpaidSinceMs }) => unpaidSinceMs),
    ],
  );
}

function writePayouts(transaction: Transaction, loans: readonly Loan[]): Promise<unknown> {
  const payouts = loans.flatMap(({ loanId, payouts }) =>
    payouts.map((payout, place) => ({ ...payout, loanId, place })),
  );
  return transaction.prepared(
    'book.write-payouts',
    `insert into book.payouts (payout_id, loan_id, place, payee, amount_fen, status,
       rail_reference, paid_at, cause)
     select payout_id, loan_id, place, payee, amount_fen, status, rail_reference,
       to_timestamp(paid_at_ms / 1000.0), cause
     from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::bigint[], $6::text[],
       $7::text[], $8::bigint[], $9::text[])
       as w (payout_id, loan_id, place, payee, amount_fen, status, rail_reference, paid_at_ms,
         cause)
     on conflict (payout_id) do update set status = excluded.status,
       rail_reference = excluded.rail_reference, paid_at = excluded.paid_at,
       cause = excluded.cause`,
    [
      payouts.map(({ payoutId }) => payoutId),
      payouts.map(({ loanId }) => loanId),
      payouts.map(({ place }) => place),
      payouts.map(({ payee }) => payee),
      payouts.map(({ amountFen }) => amountFen),
      payouts.map(({ status }) => status),
      payouts.map(({ railReference }) => railReference),
      payouts.map(({ paidAtMs }) => paidAtMs),
      payouts.map(({ cause }) => cause),
    ],
  );
}
