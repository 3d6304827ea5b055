-- What an entry was booked upon, hashed with it: the terms of its loan, and what happened to it.
--
-- Null for most: of what time alone brings, and in rows of releases before this one. An entry with
-- evidence is hashed by another text than one without; docs/ledger-books.md has both.
-- Up Migration
alter table book.entries add column evidence text;
