-- A reversal takes back exactly what it names: its postings are checked at commit with the balance.
--
-- The read that follows the chain counts reversals as it goes, so that a commit without one, which is
-- nearly every one, costs no more than before.
-- Up Migration
-- At commit, or when SET CONSTRAINTS hastens it; what was checked takes no further posting.
create or replace function book.complete_entries() returns trigger
  language plpgsql security definer set search_path = pg_catalog as $$
declare
  head book.chain_heads := (
    select h from book.chain_heads as h where h.lender_id = new.lender_id and h.lane = new.lane);
  broken_at bigint;
  reversals bigint;
  posted bigint;
  unequal bigint;
  off record;
begin
  -- Each follows the one before it; the first follows what the head held, which is complete.
  select min(l.seq) filter (
      where l.prev_hash <> coalesce(l.before, decode(repeat('00', 32), 'hex'))),
    count(l.reverses) into broken_at, reversals from (
      select e.seq, e.prev_hash, e.reverses, lag(e.hash) over (order by e.seq) as before
      from book.entries as e
      where e.lender_id = head.lender_id and e.lane = head.lane
        and e.seq >= head.complete_seq and e.seq <= head.seq) as l
    where l.seq > head.complete_seq;
  if broken_at is not null then
    select e.id, e.application_id into off from book.entries as e
      where e.lender_id = head.lender_id and e.lane = head.lane and e.seq = broken_at;
    raise exception 'entry % does not continue the chain of % in lane %: it names another before it',
      off.id, head.lender_id, head.lane
      using errcode = 'SD001', constraint = 'saidao_ledger_chain_broken', schema = 'book',
        table = 'entries', detail = book.concerned(head.lender_id, off.application_id);
  end if;
  select count(distinct s.seq), count(*) filter (where s.fen <> 0) into posted, unequal from (
    select seq, currency, sum(case side when 'debit' then amount_fen else -amount_fen end) as fen
    from book.postings
    where lender_id = head.lender_id and lane = head.lane
      and seq > head.complete_seq and seq <= head.seq
    group by seq, currency) as s;
  if posted <> head.seq - head.complete_seq then
    select e.id, e.application_id into off from book.entries as e
      where e.lender_id = head.lender_id and e.lane = head.lane
        and e.seq > head.complete_seq and e.seq <= head.seq
        and not exists (
          select from book.postings as p
          where p.lender_id = e.lender_id and p.lane = e.lane and p.seq = e.seq)
      limit 1;
    raise exception 'entry % has no postings', off.id
      using errcode = 'SD001', constraint = 'saidao_ledger_entry_empty', schema = 'book',
        table = 'entries', detail = book.concerned(head.lender_id, off.application_id);
  end if;
  if unequal > 0 then
    select e.id, e.application_id, p.currency,
        sum(case p.side when 'debit' then p.amount_fen else -p.amount_fen end) as fen
      into off from book.postings as p
      join book.entries as e on e.lender_id = p.lender_id and e.lane = p.lane and e.seq = p.seq
      where p.lender_id = head.lender_id and p.lane = head.lane
        and p.seq > head.complete_seq and p.seq <= head.seq
      group by e.id, e.application_id, p.currency
      having sum(case p.side when 'debit' then p.amount_fen else -p.amount_fen end) <> 0
      limit 1;
    raise exception 'entry % is not balanced: debits less credits are % fen of %',
      off.id, off.fen, off.currency
      using errcode = 'SD001', constraint = 'saidao_ledger_entry_unbalanced', schema = 'book',
        table = 'postings', detail = book.concerned(head.lender_id, off.application_id);
  end if;
  if reversals > 0 then
    -- What an entry took back it took back whole: account, currency and amount, on the other side.
    select r.id, r.reverses into off from book.entries as r
      join book.entries as e on e.id = r.reverses
      where r.lender_id = head.lender_id and r.lane = head.lane
        and r.seq > head.complete_seq and r.seq <= head.seq
        and (select array_agg(row(p.account, p.currency, p.amount_fen, p.side)::text order by
              p.account, p.currency, p.amount_fen, p.side)
            from book.postings as p
            where p.lender_id = r.lender_id and p.lane = r.lane and p.seq = r.seq)
          is distinct from (select array_agg(row(p.account, p.currency, p.amount_fen, o.side)::text
              order by p.account, p.currency, p.amount_fen, o.side)
            from book.postings as p
            cross join lateral (
              select case p.side when 'debit' then 'credit' else 'debit' end as side) as o
            where p.lender_id = e.lender_id and p.lane = e.lane and p.seq = e.seq)
      limit 1;
    if found then
      raise exception 'entry % takes back %, but its postings are not those on the other side',
        off.id, off.reverses
        using errcode = 'check_violation', constraint = 'saidao_ledger_reversal_wrong',
          schema = 'book', table = 'postings';
    end if;
  end if;
  update book.chain_heads set complete_seq = head.seq
    where lender_id = head.lender_id and lane = head.lane;
  return null;
end
$$;
