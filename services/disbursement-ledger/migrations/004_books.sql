-- The books in double entry: append-only, balanced at commit, chained by hashes, closed by periods.
--
-- A constraint whose name is a code of the error table in lower case is told by that code. SD001 is
-- a broken invariant: it stops the lane of whoever tried, and halts the lender that the detail names.
-- Any other is a fault of what was to be booked: a dead letter.
--
-- All checks of entries and postings are made once for each statement, over what it added, and once
-- for each chain at commit; a foreign key or a trigger for each row would cost more than the insert.
-- They cannot be told by half: no row of these tables is ever changed or taken out.
-- Up Migration
create table book.accounts (
  lender_id text not null,
  code text not null,
  name text not null,
  nature text not null check (nature in ('asset', 'liability', 'income', 'expense', 'memo')),
  -- The side on which its balance grows.
  grows text not null check (grows in ('debit', 'credit')),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  primary key (lender_id, code)
);

-- One hash chain for each lender and lane: lanes write at once, and none waits for another's head.
create table book.chain_heads (
  lender_id text not null,
  lane integer not null check (lane >= 0),
  -- The last entry, and the last that nothing can be added to; equal at every commit.
  seq bigint not null default 0,
  complete_seq bigint not null default 0,
  -- Of the last entry; 32 zero bytes before the first.
  hash bytea not null default decode(repeat('00', 32), 'hex') check (length(hash) = 32),
  primary key (lender_id, lane),
  check (complete_seq between 0 and seq)
) with (fillfactor = 50);

create table book.entries (
  lender_id text not null,
  lane integer not null,
  -- Its place in the chain, from 1, without gaps.
  seq bigint not null,
  -- The business key: disbursement/<authorisation>, payout/<payout>, accrual/<loan>/<date> …
  id text not null constraint saidao_ledger_entry_exists unique,
  movement text not null check (movement in ('RESERVATION', 'RELEASE', 'DISBURSEMENT', 'PAYOUT',
    'RECEIPT', 'REPAYMENT', 'SUSPENSE', 'COSTS', 'ACCRUAL', 'PENALTY', 'NON_ACCRUAL', 'ALLOWANCE',
    'IMPAIRMENT', 'WRITE_OFF', 'RECOVERY', 'GUARANTEE_CLAIM', 'GUARANTEE_PAYMENT', 'REVERSAL')),
  event_id text not null,
  application_id text not null,
  loan_id text not null,
  value_date date not null,
  booking_date date not null,
  booked_at timestamptz(3) not null,
  -- What a reversal takes back: an entry, once.
  reverses text,
  prev_hash bytea not null,
  -- SHA-256 over every column and all postings; docs/ledger-books.md has the bytes.
  hash bytea not null check (length(hash) = 32),
  constraint saidao_ledger_chain_broken primary key (lender_id, lane, seq),
  constraint saidao_ledger_reversal_wrong check ((movement = 'REVERSAL') = (reverses is not null))
);
create unique index saidao_ledger_reversed_already on book.entries (reverses)
  where reverses is not null;
create index entries_loan on book.entries (loan_id);
-- Entries come in the order of their booking dates, nearly.
create index entries_booking_date on book.entries using brin (booking_date);

create table book.postings (
  lender_id text not null,
  lane integer not null,
  seq bigint not null,
  -- Its place in the entry, from 1.
  place smallint not null,
  account text not null,
  side text not null check (side in ('debit', 'credit')),
  -- Our policy: no single amount is above 10 trillion yuan, so that sums stay far from the largest.
  amount_fen bigint not null
    constraint saidao_ledger_amount_not_positive check (amount_fen > 0)
    constraint saidao_ledger_amount_too_large check (amount_fen <= 1000000000000000),
  currency text not null,
  primary key (lender_id, lane, seq, place)
);

-- Up to which day a lender's books are closed; the sums of all before stand in period_balances.
create table book.periods (
  lender_id text not null,
  closed_through date not null,
  -- Of the entries that are summed up, so that a question about an earlier time can pass it over.
  last_value_date date,
  last_booked_at timestamptz(3),
  closed_at timestamptz(3) not null,
  primary key (lender_id, closed_through)
);

-- All entries booked on the day or before.
create table book.period_balances (
  lender_id text not null,
  closed_through date not null,
  account text not null,
  currency text not null,
  debit_fen numeric not null check (debit_fen >= 0),
  credit_fen numeric not null check (credit_fen >= 0),
  primary key (lender_id, closed_through, account, currency),
  foreign key (lender_id, closed_through) references book.periods
);

-- Where each chain stood when its lane had done the work of a day.
create table book.lane_days (
  lender_id text not null,
  business_date date not null,
  lane integer not null,
  seq bigint not null,
  hash bytea not null check (length(hash) = 32),
  closed_at timestamptz(3) not null,
  primary key (lender_id, business_date, lane)
);

-- All chains of a lender as they stood then, in one digest that names the one before, and signed.
create table book.day_digests (
  lender_id text not null,
  business_date date not null,
  lanes integer not null check (lanes > 0),
  previous bytea not null check (length(previous) = 32),
  digest bytea not null check (length(digest) = 32),
  -- Ed25519.
  public_key bytea not null check (length(public_key) = 32),
  signature bytea not null check (length(signature) = 64),
  signed_at timestamptz(3) not null,
  primary key (lender_id, business_date)
);

-- A statement trigger also fires where no row matches, and for the owner of the table. It knows no
-- row, so that it can name nobody.
create function book.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% on book.% is refused: the books are append-only, correct by a reversing entry',
    tg_op, tg_table_name
    using errcode = 'SD001', constraint = 'saidao_ledger_append_only',
      schema = 'book', table = tg_table_name;
end
$$;

create function book.concerned(lender_id text, application_id text) returns text
  language sql stable as $$
    select jsonb_build_object('lenderId', lender_id, 'applicationId', application_id)::text
  $$;

-- Makes the chains that are missing and locks them all, in one order for everybody.
create function book.lock_heads(lenders text[], lanes integer[])
  returns table (lender_id text, lane integer, seq bigint, hash bytea)
  language plpgsql security definer set search_path = pg_catalog as $$
#variable_conflict use_column
begin
  insert into book.chain_heads (lender_id, lane)
    select w.lender_id, w.lane from unnest(lenders, lanes) as w (lender_id, lane)
    where not exists (
      select from book.chain_heads as h where h.lender_id = w.lender_id and h.lane = w.lane)
    order by 1, 2
    on conflict do nothing;
  return query
    select h.lender_id, h.lane, h.seq, h.hash
    from unnest(lenders, lanes) as w (lender_id, lane)
    join book.chain_heads as h on h.lender_id = w.lender_id and h.lane = w.lane
    order by 1, 2
    for update of h;
end
$$;

-- Shared by all who book for the lender, and alone with who closes a period: nobody books into a
-- period while it is being closed.
create function book.period_lock(lender_id text) returns bigint language sql immutable as $$
  select hashtextextended('book.periods/' || lender_id, 0)
$$;

-- The one that moves the heads: entries take the places behind a head, without a gap.
create function book.take_entries() returns trigger
  language plpgsql security definer set search_path = pg_catalog as $$
declare
  chain record;
  off record;
begin
  for chain in
    select lender_id, lane, min(seq) as low, max(seq) as high, count(*) as n,
      min(booking_date) as booking_date
    from added group by lender_id, lane order by lender_id, lane
  loop
    perform pg_advisory_xact_lock_shared(book.period_lock(chain.lender_id));
    if exists (
      select from book.periods as p
      where p.lender_id = chain.lender_id and p.closed_through >= chain.booking_date)
    then
      select a.id, a.booking_date, p.closed_through into off
        from added as a join book.periods as p on p.lender_id = a.lender_id
        where a.lender_id = chain.lender_id and p.closed_through >= a.booking_date
        order by p.closed_through desc limit 1;
      raise exception 'entry % is to be booked on %, but the books are closed through %: %',
        off.id, off.booking_date, off.closed_through, 'book it on a later day, with this value date'
        using errcode = 'check_violation', constraint = 'saidao_ledger_period_closed',
          schema = 'book', table = 'entries';
    end if;

    update book.chain_heads as h set seq = chain.high, hash = (
        select e.hash from book.entries as e
        where e.lender_id = chain.lender_id and e.lane = chain.lane and e.seq = chain.high)
      where h.lender_id = chain.lender_id and h.lane = chain.lane
        and h.seq = chain.low - 1 and chain.high - chain.low + 1 = chain.n;
    if not found then
      raise exception 'entries from % on do not continue the chain of % in lane %',
        chain.low, chain.lender_id, chain.lane
        using errcode = 'SD001', constraint = 'saidao_ledger_chain_broken', schema = 'book',
          table = 'entries', detail = book.concerned(chain.lender_id, null);
    end if;
  end loop;

  select a.loan_id, a.lender_id, a.application_id into off
    from (select distinct loan_id, lender_id, application_id from added) as a
    where not exists (
      select from book.loans as l
      where l.loan_id = a.loan_id and l.lender_id = a.lender_id
        and l.application_id = a.application_id)
    limit 1;
  if found then
    raise exception '% has no loan % of application %: nothing is booked on it',
      off.lender_id, off.loan_id, off.application_id
      using errcode = 'foreign_key_violation', constraint = 'saidao_ledger_loan_unknown',
        schema = 'book', table = 'entries';
  end if;

  select a.id, a.reverses into off from added as a
    where a.reverses is not null and not exists (
      select from book.entries as e
      where e.id = a.reverses and e.lender_id = a.lender_id and e.loan_id = a.loan_id
        and e.movement <> 'REVERSAL')
    limit 1;
  if found then
    raise exception 'entry % takes back %, which is no entry of its loan or a reversal itself',
      off.id, off.reverses
      using errcode = 'foreign_key_violation', constraint = 'saidao_ledger_reversal_wrong',
        schema = 'book', table = 'entries';
  end if;
  return null;
end
$$;

create function book.take_postings() returns trigger
  language plpgsql security definer set search_path = pg_catalog as $$
declare
  off record;
begin
  if exists (
    select from (select lender_id, lane, min(seq) as low, max(seq) as high from added
        group by lender_id, lane) as a
      left join book.chain_heads as h on h.lender_id = a.lender_id and h.lane = a.lane
    where h.seq is null or a.low <= h.complete_seq or a.high > h.seq)
  then
    select a.lender_id, a.lane, a.seq, e.id, e.application_id into off
      from added as a
      left join book.chain_heads as h on h.lender_id = a.lender_id and h.lane = a.lane
      left join book.entries as e
        on e.lender_id = a.lender_id and e.lane = a.lane and e.seq = a.seq
      where h.seq is null or a.seq <= h.complete_seq or a.seq > h.seq
      limit 1;
    raise exception 'entry % (% in lane % at %) is complete or not there: %',
      off.id, off.lender_id, off.lane, off.seq, 'a posting cannot be added to it'
      using errcode = 'SD001', constraint = 'saidao_ledger_entry_complete', schema = 'book',
        table = 'postings', detail = book.concerned(off.lender_id, off.application_id);
  end if;

  select p.lender_id, p.account, p.currency, c.currency as wanted into off
    from (select distinct lender_id, account, currency from added) as p
    left join book.accounts as c on c.lender_id = p.lender_id and c.code = p.account
    where c.code is null or c.currency <> p.currency
    limit 1;
  if found and off.wanted is null then
    raise exception '% has no account % in its chart', off.lender_id, off.account
      using errcode = 'foreign_key_violation', constraint = 'saidao_ledger_account_unknown',
        schema = 'book', table = 'postings';
  elsif found then
    raise exception 'account % of % is kept in %, not in %',
      off.account, off.lender_id, off.wanted, off.currency
      using errcode = 'check_violation', constraint = 'saidao_ledger_currency_wrong',
        schema = 'book', table = 'postings';
  end if;
  return null;
end
$$;

-- At commit, or when SET CONSTRAINTS hastens it; what was checked takes no further posting.
create function book.complete_entries() returns trigger
  language plpgsql security definer set search_path = pg_catalog as $$
declare
  head book.chain_heads := (
    select h from book.chain_heads as h where h.lender_id = new.lender_id and h.lane = new.lane);
  posted bigint;
  unequal bigint;
  off record;
begin
  -- Each follows the one before it; the first follows what the head held, which is complete.
  select l.id, l.application_id into off from (
      select e.id, e.application_id, e.seq, e.prev_hash, lag(e.hash) over (order by e.seq) as before
      from book.entries as e
      where e.lender_id = head.lender_id and e.lane = head.lane
        and e.seq >= head.complete_seq and e.seq <= head.seq) as l
    where l.seq > head.complete_seq
      and l.prev_hash <> coalesce(l.before, decode(repeat('00', 32), 'hex'))
    limit 1;
  if found then
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
  update book.chain_heads set complete_seq = head.seq
    where lender_id = head.lender_id and lane = head.lane;
  return null;
end
$$;

create function book.begin_period() returns trigger
  language plpgsql security definer set search_path = pg_catalog as $$
begin
  perform pg_advisory_xact_lock(book.period_lock(new.lender_id));
  if exists (
    select from book.periods
    where lender_id = new.lender_id and closed_through >= new.closed_through)
  then
    raise exception 'the books of % are closed through % or later already',
      new.lender_id, new.closed_through
      using errcode = 'check_violation', constraint = 'saidao_ledger_period_closed',
        schema = 'book', table = 'periods';
  end if;
  return new;
end
$$;

create trigger entries_taken after insert on book.entries referencing new table as added
  for each statement execute function book.take_entries();
create trigger postings_taken after insert on book.postings referencing new table as added
  for each statement execute function book.take_postings();
create constraint trigger entries_completed after update of seq on book.chain_heads
  deferrable initially deferred for each row execute function book.complete_entries();
create trigger period_begun before insert on book.periods
  for each row execute function book.begin_period();

create trigger entries_append_only before update or delete or truncate on book.entries
  for each statement execute function book.refuse_change();
create trigger postings_append_only before update or delete or truncate on book.postings
  for each statement execute function book.refuse_change();
create trigger accounts_append_only before update or delete or truncate on book.accounts
  for each statement execute function book.refuse_change();
create trigger periods_append_only before update or delete or truncate on book.periods
  for each statement execute function book.refuse_change();
create trigger period_balances_append_only before update or delete or truncate
  on book.period_balances for each statement execute function book.refuse_change();
create trigger lane_days_append_only before update or delete or truncate on book.lane_days
  for each statement execute function book.refuse_change();
create trigger day_digests_append_only before update or delete or truncate on book.day_digests
  for each statement execute function book.refuse_change();
-- Only the triggers above move a head, from zero on.
create trigger heads_moved_by_entries before update on book.chain_heads
  for each statement when (pg_trigger_depth() = 0) execute function book.refuse_change();
create trigger heads_kept before delete or truncate on book.chain_heads
  for each statement execute function book.refuse_change();
create trigger heads_begin_at_zero before insert on book.chain_heads
  for each row when (new.seq <> 0 or new.hash <> decode(repeat('00', 32), 'hex'))
  execute function book.refuse_change();
-- What entries are about stays: they name their loan without a foreign key.
create trigger loans_kept before delete or truncate on book.loans
  for each statement execute function book.refuse_change();
create trigger loans_keep_their_names before update of loan_id, lender_id, application_id
  on book.loans for each statement execute function book.refuse_change();

-- Always: also in a session that calls itself a replica.
alter table book.entries enable always trigger entries_taken;
alter table book.entries enable always trigger entries_append_only;
alter table book.postings enable always trigger postings_taken;
alter table book.postings enable always trigger postings_append_only;
alter table book.accounts enable always trigger accounts_append_only;
alter table book.periods enable always trigger period_begun;
alter table book.periods enable always trigger periods_append_only;
alter table book.period_balances enable always trigger period_balances_append_only;
alter table book.lane_days enable always trigger lane_days_append_only;
alter table book.day_digests enable always trigger day_digests_append_only;
alter table book.chain_heads enable always trigger entries_completed;
alter table book.chain_heads enable always trigger heads_moved_by_entries;
alter table book.chain_heads enable always trigger heads_kept;
alter table book.chain_heads enable always trigger heads_begin_at_zero;
alter table book.loans enable always trigger loans_kept;
alter table book.loans enable always trigger loans_keep_their_names;
