-- The role that the lines run as: it adds to the books, and can neither change nor take out a row.
-- Up Migration
create schema if not exists days;

do $$
begin
  if not exists (select from pg_roles where rolname = 'saidao_ledger') then
    create role saidao_ledger nologin;
  end if;
-- Roles are of the whole cluster: another database of it may make this one at the same time.
exception when duplicate_object or unique_violation then
  null;
end
$$;

do $$
declare
  name text;
begin
  -- Whoever migrates is who connects: it takes the role on each connection.
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant saidao_ledger to %I', current_user);
  end if;
  foreach name in array array['book', 'payout', 'days'] loop
    execute format('grant usage on schema %I to saidao_ledger', name);
    execute format(
      'grant select, insert, update, delete on all tables in schema %I to saidao_ledger', name);
    -- Also for the tables of later migrations.
    execute format('alter default privileges in schema %I
      grant select, insert, update, delete on tables to saidao_ledger', name);
  end loop;
  foreach name in array array['accounts', 'entries', 'postings', 'periods', 'period_balances',
    'lane_days', 'day_digests'] loop
    execute format('revoke update, delete on book.%I from saidao_ledger', name);
  end loop;
end
$$;

-- Heads are made by the function below and moved by the entries themselves.
revoke insert, update, delete on book.chain_heads, book.migrations from saidao_ledger;
revoke execute on function book.lock_heads(text[], integer[]) from public;
grant execute on function book.lock_heads(text[], integer[]) to saidao_ledger;
