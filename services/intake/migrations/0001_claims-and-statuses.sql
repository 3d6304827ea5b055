-- Names of submissions, what the door has answered, and the view that GET reads.
-- Up Migration
create table intake.claims (
  lender_id text not null,
  channel text not null,
  reference text not null,
  application_id text not null unique,
  noted_hash text,
  claimed_at timestamptz not null default now(),
  primary key (lender_id, channel, reference)
);
create table intake.answered_keys (
  message_id text primary key,
  body_hash text not null,
  answered_at timestamptz not null default now()
);
create table intake.statuses (
  application_id text primary key,
  lender_id text not null,
  channel text not null,
  reference text not null,
  revision integer not null,
  status text not null,
  body_hash text not null,
  view text not null,
  changed_at timestamptz not null
);
