-- The latest decision is rewritten: with room on its page no index has to hear of it.
alter table decisioning.latest set (fillfactor = 50);

-- Down Migration
alter table decisioning.latest reset (fillfactor);
