-- Repayments as they were taken: one for a lender's source and reference, whichever loan it was for.
-- Up Migration
create table book.repayments (
  lender_id text not null,
  -- Who told of it: a bank file, a channel, an officer, the guarantor.
  source text not null,
  -- The source's own name for the payment.
  reference text not null,
  loan_id text not null references book.loans,
  amount_fen bigint not null check (amount_fen > 0),
  currency text not null check (currency = 'CNY'),
  value_date date not null,
  booked_on date not null,
  effect text not null check (effect in ('SCHEDULED', 'SHORTEN', 'LOWER', 'GUARANTEE')),
  payer text,
  -- Null: it stands.
  reversed_on date,
  constraint saidao_ledger_reference_taken primary key (lender_id, source, reference)
);
create index repayments_loan on book.repayments (loan_id);
create index repayments_value_date on book.repayments (lender_id, value_date);
