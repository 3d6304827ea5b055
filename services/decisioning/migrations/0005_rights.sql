-- What the line and the door never do: change evidence or outcomes, take out rows but of the queue.
-- Up Migration
revoke update, delete on decisioning.decisions, decisioning.assessments,
  decisioning.review_outcomes from saidao_decisioning;
revoke delete on decisioning.approvals, decisioning.latest, decisioning.answered_keys
  from saidao_decisioning;

-- Down Migration
grant update, delete on decisioning.decisions, decisioning.assessments,
  decisioning.review_outcomes to saidao_decisioning;
grant delete on decisioning.approvals, decisioning.latest, decisioning.answered_keys
  to saidao_decisioning;
