-- A status is rewritten several times: with room on its page no index has to hear of it.
alter table intake.statuses set (fillfactor = 50);

-- Down Migration
alter table intake.statuses reset (fillfactor);
