-- What decisions were reached from, reasons of declines, the officers' queue and their outcomes.
-- Up Migration
create table decisioning.assessments (
  id bigint generated always as identity primary key,
  application_id text not null,
  revision integer not null,
  lender_id text not null,
  product_id text not null,
  -- Lender and version, as czb-hz@1, and whether it was champion or challenger.
  policy text not null,
  policy_role text not null,
  policy_digest text not null,
  business_date date not null,
  judged_at timestamptz not null,
  outcome text not null check (outcome in ('approve', 'refer', 'decline')),
  tier text not null,
  amount_fen bigint,
  rate_ppm integer,
  size_class text not null,
  region_code text,
  -- SHA-256 of the input, which is canonical JSON; the policy gives the content for it, for ever.
  input_hash text not null,
  input text not null,
  content text not null,
  digest text not null,
  unique (application_id, revision, input_hash, policy)
);
create index assessments_by_date on decisioning.assessments (lender_id, business_date);

create function decisioning.refuse_other_evidence() returns trigger language plpgsql as $$
begin
  raise exception 'decisioning.assessments is evidence: rows are neither changed nor taken out';
end
$$;
create trigger assessments_append_only
  before update or delete on decisioning.assessments
  for each row execute function decisioning.refuse_other_evidence();
create trigger assessments_not_truncated
  before truncate on decisioning.assessments
  for each statement execute function decisioning.refuse_other_evidence();

alter table decisioning.decisions add column reason_codes text[] not null default '{}';
-- Not valid: rows of an older release are evidence too, and are not written anew.
alter table decisioning.decisions add constraint decline_has_reasons
  check (
    type <> 'LoanDeclined'
    or cardinality(reason_codes) between 1 and 4
    and array_position(reason_codes, null) is null
    -- A code that says nothing is no reason.
    and '' <> all (reason_codes)
  ) not valid;

alter table decisioning.latest
  add column about text,
  add column terms text,
  add column tier text,
  add column policy text,
  add column offer_expires_at_ms bigint;

-- Applications that wait for officers; a row goes when its application is referred no more.
create table decisioning.review_queue (
  application_id text primary key,
  lender_id text not null,
  product_id text not null,
  revision integer not null,
  tier text not null,
  amount_fen bigint,
  enterprise text not null,
  uscc text not null,
  reasons text not null,
  referred_at timestamptz not null,
  claimed_by text,
  claimed_until timestamptz,
  approvers text[] not null,
  terms text,
  overrides text[] not null,
  policy text not null,
  check ((claimed_by is null) = (claimed_until is null))
) with (fillfactor = 50);
create index review_queue_oldest
  on decisioning.review_queue (lender_id, referred_at, application_id);

-- What became of officers' actions; the door waits for it under the action's message id.
create table decisioning.review_outcomes (
  action_id text primary key,
  application_id text not null,
  lender_id text not null,
  officer text not null,
  action text not null,
  outcome text not null check (outcome in ('RECORDED', 'REFUSED')),
  cause text,
  text_zh text not null,
  text_en text not null,
  status text not null,
  decided_at timestamptz not null,
  check ((outcome = 'REFUSED') = (cause is not null))
);
create index review_outcomes_application on decisioning.review_outcomes (application_id);

-- Down Migration
drop table decisioning.review_outcomes;
drop table decisioning.review_queue;
alter table decisioning.latest
  drop column about, drop column terms, drop column tier, drop column policy,
  drop column offer_expires_at_ms;
alter table decisioning.decisions drop constraint decline_has_reasons, drop column reason_codes;
drop table decisioning.assessments;
drop function decisioning.refuse_other_evidence();
