-- Closed periods in a chain of digests; the last of it is in the digest of each day that is signed.
--
-- Null in rows of releases before this one: those were in no chain, and are not missed.
-- Up Migration
alter table book.periods
  add column previous bytea check (length(previous) = 32),
  add column digest bytea check (length(digest) = 32),
  add check ((previous is null) = (digest is null));

alter table book.day_digests
  -- Through which day the books were closed when the day was signed, and the digest of that period.
  add column closed_through date,
  add column period_digest bytea check (length(period_digest) = 32),
  add check ((closed_through is null) = (period_digest is null));
