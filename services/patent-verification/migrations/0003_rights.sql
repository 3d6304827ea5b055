-- What the lines never do: they change no call that was made and no pledge that has been let go.
-- Up Migration
revoke update, delete on verify.provider_calls, pledge.past_pledges
  from saidao_patent_verification;

-- Down Migration
grant update, delete on verify.provider_calls, pledge.past_pledges to saidao_patent_verification;
