-- What was scored, kept with each score: another card can be tried on it as it was then.
-- Up Migration
-- Canonical JSON; null: a score of the time before it was kept.
alter table scoring.scores add column inputs text;

-- Down Migration
alter table scoring.scores drop column inputs;
