-- What the line and the door never do: they take out no row, and change no call that was made.
-- Up Migration
revoke delete on intake.claims, intake.answered_keys, intake.statuses from saidao_intake;
revoke update, delete on intake.provider_calls from saidao_intake;

-- Down Migration
grant delete on intake.claims, intake.answered_keys, intake.statuses to saidao_intake;
grant update, delete on intake.provider_calls to saidao_intake;
