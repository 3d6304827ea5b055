-- Loans and their payouts as they stand; what money is where, the entries alone say (004).
-- Up Migration
create table book.loans (
  loan_id text primary key,
  lender_id text not null,
  application_id text not null,
  authorisation_id text not null constraint one_loan_for_an_authorisation unique,
  approval_id text not null,
  borrower text not null,
  borrower_uscc text not null,
  principal_fen bigint not null check (principal_fen > 0),
  currency text not null check (currency = 'CNY'),
  rate_ppm integer not null check (rate_ppm >= 0),
  term_months integer not null check (term_months > 0),
  repayment text not null,
  entrusted boolean not null,
  booked_on date not null,
  matures_on date not null,
  status text not null check (status in ('booked', 'disbursed', 'payout-failed')),
  changed_at timestamptz not null,
  unique (loan_id, lender_id, application_id),
  check (matures_on > booked_on)
);
create index loans_application on book.loans (application_id);

create table book.payouts (
  payout_id text primary key,
  loan_id text not null references book.loans,
  -- The place among the loan's payouts.
  place integer not null,
  payee text not null,
  amount_fen bigint not null check (amount_fen > 0),
  status text not null check (status in ('instructed', 'unknown', 'paid', 'rejected')),
  rail_reference text,
  paid_at timestamptz,
  cause text,
  unique (loan_id, place),
  check ((status = 'paid') = (rail_reference is not null)),
  check ((status = 'paid') = (paid_at is not null))
);
