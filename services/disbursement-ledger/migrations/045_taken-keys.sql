-- A key is taken before its message is published, and answered once the log has acknowledged it.
-- Up Migration
alter table book.answered_keys
  alter column answered_at drop not null,
  alter column answered_at drop default;
