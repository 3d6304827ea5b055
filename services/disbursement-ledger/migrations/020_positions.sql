-- Where each loan stands: for readers and for the days line, never for a balance. Postings say what is.
-- Up Migration
create table book.positions (
  loan_id text primary key references book.loans,
  lender_id text not null,
  application_id text not null,
  lane integer not null check (lane >= 0),
  product_id text,
  debtor_uscc text not null,
  -- Bases of inclusive lending that it counts for: nfra_1000w, pbc_2000w, s71_3000w.
  inclusive text[] not null,
  booked_on date not null,
  matures_on date not null,
  -- The last day that was closed; none yet: the day before it was booked.
  closed_on date not null,
  -- Settled: nothing is owed, and nothing can be drawn any more.
  status text not null check (status in ('open', 'settled', 'written-off')),
  limit_fen bigint not null check (limit_fen > 0),
  reserved_fen bigint not null check (reserved_fen >= 0),
  drawn_fen bigint not null check (drawn_fen >= 0),
  principal_fen bigint not null check (principal_fen >= 0),
  overdue_fen bigint not null check (overdue_fen >= 0),
  interest_fen bigint not null,
  days_past_due integer not null check (days_past_due >= 0),
  own_tier text not null
    check (own_tier in ('normal', 'special-mention', 'substandard', 'doubtful', 'loss')),
  tier text not null
    check (tier in ('normal', 'special-mention', 'substandard', 'doubtful', 'loss')),
  non_accrual boolean not null,
  allowance_fen bigint not null check (allowance_fen >= 0),
  suspense_fen bigint not null check (suspense_fen >= 0),
  written_off_fen bigint not null check (written_off_fen >= 0),
  recovered_fen bigint not null check (recovered_fen >= 0),
  claimed_fen bigint not null check (claimed_fen >= 0),
  guarantee_paid_fen bigint not null check (guarantee_paid_fen >= 0)
-- Each row is written anew on each day.
) with (fillfactor = 50);
-- What a day takes next.
create index positions_to_close on book.positions (lender_id, lane, closed_on, loan_id)
  where status = 'open';
-- The cross-rule asks for all loans of a debtor at a lender.
create index positions_debtor on book.positions (lender_id, debtor_uscc);
