-- Lenders whose payouts are refused since their books broke, until an operator deletes the row.
-- Up Migration
create table book.halts (
  lender_id text primary key,
  -- What broke first; the log of the worker has what came after it.
  reason text not null,
  -- Null where it could not be told whose event it was.
  application_id text,
  lane integer not null,
  halted_at timestamptz not null default now()
);
