-- Every score that was given: what models are watched by, and what an older score was.
-- Up Migration
create table scoring.scores (
  application_id text not null,
  revision integer not null,
  -- 1 for the first score of the revision, one more for each that followed.
  round integer not null,
  lender_id text not null,
  product_id text not null,
  business_date date not null,
  -- VERIFIED or COLLATERAL_CHANGED.
  cause text not null,
  model_id text not null,
  model_version integer not null,
  model_digest text not null,
  input_hash text not null,
  -- Hundredths of a point.
  points integer not null check (points between 0 and max_points),
  max_points integer not null check (max_points between 0 and 10000),
  coverage_ppm integer not null,
  grade text not null,
  stars integer not null,
  stage text not null,
  -- Six digits of GB/T 2260.
  region_code text not null,
  size_class text not null,
  founded_year integer,
  -- By the factor's code: the share of its points it got, in per cent; null: missing.
  factor_shares jsonb not null,
  scored_at timestamptz not null,
  primary key (application_id, revision, round)
);
-- The last so many of a lender.
create index scores_by_lender on scoring.scores (lender_id, scored_at);

create function scoring.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'scoring.scores keeps every score: rows are neither changed nor taken out';
end
$$;
create trigger scores_append_only
  before update or delete on scoring.scores
  for each row execute function scoring.refuse_change();
create trigger scores_not_truncated
  before truncate on scoring.scores
  for each statement execute function scoring.refuse_change();

-- Down Migration
drop table scoring.scores;
drop function scoring.refuse_change();
