-- Closed periods whatever the isolation of whoever books, and halts that leave a trace.
-- Up Migration
-- What is closed is looked for behind a lock: a transaction with one snapshot for all of it would look
-- at the periods as they were before it had the lock, and book into one that was closed meanwhile.
create function book.refuse_isolation() returns trigger language plpgsql as $$
begin
  raise exception '% on book.% is refused in a % transaction: use read committed',
    tg_op, tg_table_name, current_setting('transaction_isolation')
    using errcode = 'invalid_transaction_state', schema = 'book', table = tg_table_name;
end
$$;
create trigger entries_read_committed before insert on book.entries
  for each statement when (current_setting('transaction_isolation') <> 'read committed')
  execute function book.refuse_isolation();
create trigger periods_read_committed before insert on book.periods
  for each statement when (current_setting('transaction_isolation') <> 'read committed')
  execute function book.refuse_isolation();
alter table book.entries enable always trigger entries_read_committed;
alter table book.periods enable always trigger periods_read_committed;

-- A halt is set by an insert and lifted by a delete, which are logged; the lines only set.
create trigger halts_kept before update or truncate on book.halts
  for each statement execute function book.refuse_change();
alter table book.halts enable always trigger halts_kept;
revoke update, delete on book.halts from saidao_ledger;
-- By its trigger alone, which is its owner's.
revoke insert, update, delete on book.halt_log from saidao_ledger;
