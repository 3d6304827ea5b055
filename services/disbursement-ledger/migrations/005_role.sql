-- The role that the lines run as: it adds to the books, and can neither change nor take out a row.
-- It is there, and has every other right to the tables above, before the first migration runs.
-- Up Migration
revoke update, delete on book.accounts, book.entries, book.postings, book.periods,
  book.period_balances, book.lane_days, book.day_digests from saidao_ledger;

-- Heads are made by the function below and moved by the entries themselves.
revoke insert, update, delete on book.chain_heads from saidao_ledger;
revoke execute on function book.lock_heads(text[], integer[]) from public;
grant execute on function book.lock_heads(text[], integer[]) to saidao_ledger;
