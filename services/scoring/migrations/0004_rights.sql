-- What the lines and the watch never do: they change no score, and take out no drift.
-- Up Migration
revoke update, delete on scoring.scores from saidao_scoring;
revoke delete on scoring.model_drifts from saidao_scoring;

-- Down Migration
grant update, delete on scoring.scores to saidao_scoring;
grant delete on scoring.model_drifts to saidao_scoring;
