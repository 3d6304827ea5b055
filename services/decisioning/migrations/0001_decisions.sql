-- Evidence of decisions, live approvals, and the latest decision of each application.
-- Up Migration
create table decisioning.decisions (
  id bigint generated always as identity primary key,
  application_id text not null,
  lender_id text not null,
  revision integer not null,
  -- The type of the event, or ReviewCounted for a verdict that decided nothing yet.
  type text not null,
  causation_id text not null,
  decided_at timestamptz not null,
  -- The event's data as canonical JSON, with the whole basis, and its SHA-256.
  content text not null,
  digest text not null,
  unique (application_id, causation_id, type)
);

create function decisioning.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'decisioning.decisions is evidence: rows are neither changed nor taken out';
end
$$;
create trigger decisions_append_only
  before update or delete on decisioning.decisions
  for each row execute function decisioning.refuse_change();
create trigger decisions_not_truncated
  before truncate on decisioning.decisions
  for each statement execute function decisioning.refuse_change();

create table decisioning.approvals (
  approval_id text primary key,
  application_id text not null,
  lender_id text not null,
  revision integer not null,
  amount_fen bigint not null check (amount_fen > 0),
  live boolean not null,
  changed_at timestamptz not null
);
create unique index approvals_one_live on decisioning.approvals (application_id) where live;

create table decisioning.latest (
  application_id text primary key,
  lender_id text not null,
  product_id text not null,
  revision integer not null,
  status text not null,
  amount_fen bigint,
  rate_ppm integer,
  reasons text not null,
  decided_at_ms bigint not null,
  correlation_id text not null,
  causation_id text not null
);

-- Idempotency-Keys that the door has answered.
create table decisioning.answered_keys (
  message_id text primary key,
  asked text not null,
  answered_at timestamptz not null default now()
);

-- Down Migration
drop table decisioning.answered_keys;
drop table decisioning.latest;
drop table decisioning.approvals;
drop table decisioning.decisions;
drop function decisioning.refuse_change();
