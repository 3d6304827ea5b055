-- Every call about an applicant's papers and persons: who was asked, why, and what came back.
--
-- Findings name the rows that they stand on, so a row is never changed. A person is named by a keyed
-- hash of the identity number (PERSONS_MAC_KEY), and the answers repeat neither name nor number; they
-- are personal data all the same. Retention: that of the submissions; what is older is deleted by
-- asked_at by whoever runs the database.
-- Up Migration
create table intake.provider_calls (
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
  -- HMAC-SHA256 of the answer's bytes, hex.
  answer_hash text,
  answer text,
  check ((outcome = 'answered') = (answered_at is not null)),
  check ((answer is null) = (answer_hash is null))
);
create index provider_calls_application on intake.provider_calls (application_id)
  where application_id is not null;
create index provider_calls_asked on intake.provider_calls using brin (asked_at);

create function intake.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'intake.provider_calls is evidence: rows are not changed';
end
$$;
create trigger provider_calls_not_changed
  before update on intake.provider_calls
  for each row execute function intake.refuse_change();

-- Down Migration
drop table intake.provider_calls;
drop function intake.refuse_change();
