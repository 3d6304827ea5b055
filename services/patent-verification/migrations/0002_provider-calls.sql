-- Every call to a provider: who was asked about what, why, on which consent, and what came back.
--
-- Findings name the rows that they stand on, so a row is never changed. Retention: as long as the
-- decisions that stand on it; what is older is deleted by asked_at by whoever runs the database.
-- The answers are as they were received and may name persons (inventors, owners): whoever may read
-- this table may read those.
-- Up Migration
create table verify.provider_calls (
  id uuid primary key,
  provider text not null,
  lender_id text not null,
  -- Null: a control question, about no application.
  application_id text,
  subject text not null,
  purpose text not null,
  consent_id text,
  asked_at timestamptz not null,
  answered_at timestamptz,
  -- answered, or why there is no answer: timeout, refused, error, garbage, given-up.
  outcome text not null,
  -- Tries within the deadline.
  attempts integer not null check (attempts > 0),
  -- SHA-256 of the answer's bytes, hex.
  answer_hash text,
  answer text,
  check ((outcome = 'answered') = (answered_at is not null)),
  check ((answer is null) = (answer_hash is null))
);
create index provider_calls_application on verify.provider_calls (application_id)
  where application_id is not null;
-- Rows come in the order of time: a few bytes for many pages find an age as well as a full index.
create index provider_calls_asked on verify.provider_calls using brin (asked_at);

create function verify.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'verify.provider_calls is evidence: rows are not changed';
end
$$;
create trigger provider_calls_not_changed
  before update on verify.provider_calls
  for each row execute function verify.refuse_change();

-- Down Migration
drop table verify.provider_calls;
drop function verify.refuse_change();
