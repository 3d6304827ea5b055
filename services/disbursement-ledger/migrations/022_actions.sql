-- What officers asked of loans and what came of it, and the Idempotency-Keys that doors have answered.
-- Up Migration
create table book.loan_actions (
  -- The message id of the action, or of a repayment that was refused.
  action_id text primary key,
  loan_id text not null references book.loans,
  lender_id text not null,
  -- WriteOffRequested, RepaymentReceived …
  action text not null,
  officer text not null,
  status text not null check (status in ('PROPOSED', 'TAKEN', 'REFUSED')),
  cause text,
  -- As it was asked for: a second officer has to see what the first proposed.
  content jsonb not null,
  decided_at timestamptz not null,
  check ((status = 'REFUSED') = (cause is not null))
);
create index loan_actions_loan on book.loan_actions (loan_id, decided_at);

create table book.answered_keys (
  message_id text primary key,
  asked text not null,
  answered_at timestamptz not null default now()
);
