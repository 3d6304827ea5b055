-- Drifts of models: each told once a day, and written down before it is said on the topic.
-- Up Migration
create table scoring.model_drifts (
  -- <model>@<version>/<lender>/<subject>/<business date>
  id text primary key,
  -- The event as it is said, in the canonical JSON of this project.
  drift text not null,
  noted_at timestamptz not null default now(),
  said_at timestamptz
);
create index model_drifts_unsaid on scoring.model_drifts (noted_at) where said_at is null;

-- Down Migration
drop table scoring.model_drifts;
