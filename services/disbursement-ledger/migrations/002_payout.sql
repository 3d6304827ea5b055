-- Every payout that was instructed, and how its asking stands.
-- Up Migration
create table payout.payouts (
  payout_id text primary key,
  application_id text not null,
  lender_id text not null,
  loan_id text not null,
  payee text not null,
  amount_fen bigint not null check (amount_fen > 0),
  -- Held: no asking is recorded; its lender is halted, or the rail's breaker is open. A turn that died
  -- may have sent it.
  status text not null check (status in ('held', 'unknown', 'confirmed', 'rejected')),
  attempts integer not null check (attempts >= 0),
  -- The rail knows the key for another payout: a person has to settle it with the rail.
  key_taken boolean not null,
  rail_reference text,
  paid_at timestamptz,
  -- Why it was rejected, why the last asking brought no answer, or why it is not asked about.
  cause text,
  asked_first_at timestamptz,
  changed_at timestamptz not null,
  check ((status = 'held') = (attempts = 0)),
  check ((status = 'held') = (asked_first_at is null)),
  check ((status = 'confirmed') = (rail_reference is not null)),
  check ((status = 'confirmed') = (paid_at is not null))
);
create index payouts_unknown on payout.payouts (asked_first_at) where status = 'unknown';
