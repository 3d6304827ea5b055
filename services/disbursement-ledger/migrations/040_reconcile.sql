-- Halts of two kinds, each with who set and who lifted it; and every statement that was reconciled.
-- Up Migration
alter table book.halts
  -- Of no lane: not the books are broken, the rail says something else.
  alter column lane drop not null,
  add column kind text not null default 'BROKEN' check (kind in ('BROKEN', 'RECONCILE')),
  -- Each is lifted by itself: a statement that was explained mends no books.
  drop constraint halts_pkey,
  add primary key (lender_id, kind);

create table book.halt_log (
  id bigint generated always as identity primary key,
  lender_id text not null,
  what text not null check (what in ('HALTED', 'LIFTED')),
  kind text not null,
  reason text not null,
  actor text not null,
  at timestamptz not null default now()
);
create index halt_log_lender on book.halt_log (lender_id, id);

create table book.reconciliations (
  id bigint generated always as identity primary key,
  lender_id text not null,
  file_name text not null,
  sha256 bytea not null check (length(sha256) = 32),
  format text not null,
  since date not null,
  until date not null,
  lines integer not null,
  matched integer not null,
  missing integer not null,
  extra integer not null,
  differing integer not null,
  repeated integer not null,
  pending integer not null,
  mismatch_fen numeric not null check (mismatch_fen >= 0),
  bound_fen bigint not null check (bound_fen >= 0),
  actor text not null,
  at timestamptz not null default now(),
  check (since <= until)
);
create index reconciliations_lender on book.reconciliations (lender_id, id);

-- Where a statement's lines and days are looked up.
create index payouts_rail_reference on book.payouts (rail_reference);
create index payouts_paid_at on book.payouts (paid_at);

-- By trigger: who deletes a row by hand stands in the log too.
create function book.log_halt() returns trigger
  language plpgsql security definer set search_path = pg_catalog as $$
declare
  actor text := coalesce(nullif(current_setting('saidao.actor', true), ''), session_user);
begin
  if tg_op = 'INSERT' then
    insert into book.halt_log (lender_id, what, kind, reason, actor)
      values (new.lender_id, 'HALTED', new.kind, new.reason, actor);
  else
    insert into book.halt_log (lender_id, what, kind, reason, actor)
      values (old.lender_id, 'LIFTED', old.kind,
        coalesce(nullif(current_setting('saidao.reason', true), ''), 'deleted by hand'), actor);
  end if;
  return null;
end
$$;
create trigger halts_logged after insert or delete on book.halts
  for each row execute function book.log_halt();

create trigger halt_log_append_only before update or delete or truncate on book.halt_log
  for each statement execute function book.refuse_change();
create trigger reconciliations_append_only before update or delete or truncate
  on book.reconciliations for each statement execute function book.refuse_change();
alter table book.halts enable always trigger halts_logged;
alter table book.halt_log enable always trigger halt_log_append_only;
alter table book.reconciliations enable always trigger reconciliations_append_only;
