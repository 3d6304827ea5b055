-- A key is taken before its message is published, and answered once the log has acknowledged it.
-- Up Migration
alter table decisioning.answered_keys
  alter column answered_at drop not null,
  alter column answered_at drop default;

-- Down Migration
delete from decisioning.answered_keys where answered_at is null;
alter table decisioning.answered_keys
  alter column answered_at set default now(),
  alter column answered_at set not null;
