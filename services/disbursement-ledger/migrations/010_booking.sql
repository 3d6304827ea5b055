-- What of a loan's limit is still to be drawn, and since when a booked loan waits for its money.
-- Up Migration
alter table book.loans
  add column product_id text,
  -- The principal of a loan is its limit; owed is what was paid of it.
  add column undrawn_fen bigint not null default 0 check (undrawn_fen >= 0),
  add column available_until timestamptz(3),
  add column booked_at timestamptz(3),
  -- Told as LoanUnpaid and not cleared yet: select * from book.loans where unpaid_since is not null.
  add column unpaid_since timestamptz(3),
  add check (undrawn_fen <= principal_fen);
create index loans_unpaid on book.loans (lender_id) where unpaid_since is not null;
