-- One live pledge for each patent, and those that have been let go.
-- Up Migration
create table pledge.live_pledges (
  patent_number text primary key,
  application_id text not null,
  lender_id text not null,
  revision integer not null,
  kept_at timestamptz not null,
  registration_number text,
  registered_at timestamptz,
  check ((registration_number is null) = (registered_at is null))
);
create index live_pledges_application on pledge.live_pledges (application_id);

create table pledge.past_pledges (
  id bigint generated always as identity primary key,
  patent_number text not null,
  application_id text not null,
  lender_id text not null,
  revision integer not null,
  kept_at timestamptz not null,
  registration_number text,
  registered_at timestamptz,
  released_at timestamptz not null,
  -- The type of the event that let it go.
  cause text not null
);
create index past_pledges_patent on pledge.past_pledges (patent_number, released_at);
create index past_pledges_application on pledge.past_pledges (application_id);

-- Down Migration
drop table pledge.past_pledges;
drop table pledge.live_pledges;
