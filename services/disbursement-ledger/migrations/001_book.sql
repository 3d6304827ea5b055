-- The books in double entry, append-only and balanced at commit; beside them loans as they stand.
-- Up Migration
create table book.accounts (
  lender_id text not null,
  code text not null,
  name text not null,
  nature text not null check (nature in ('asset', 'liability', 'income', 'expense')),
  primary key (lender_id, code)
);

-- As the line last left them; the postings alone say what money is where.
create table book.loans (
  loan_id text primary key,
  lender_id text not null,
  application_id text not null,
  authorisation_id text not null constraint one_loan_for_an_authorisation unique,
  approval_id text not null,
  borrower text not null,
  borrower_uscc text not null,
  principal_fen bigint not null check (principal_fen > 0),
  currency text not null check (currency = 'CNY'),
  rate_ppm integer not null check (rate_ppm >= 0),
  term_months integer not null check (term_months > 0),
  repayment text not null,
  entrusted boolean not null,
  booked_on date not null,
  matures_on date not null,
  status text not null check (status in ('booked', 'disbursed', 'payout-failed')),
  changed_at timestamptz not null,
  unique (loan_id, lender_id, application_id),
  check (matures_on > booked_on)
);
create index loans_application on book.loans (application_id);

create table book.payouts (
  payout_id text primary key,
  loan_id text not null references book.loans,
  -- The place among the loan's payouts.
  place integer not null,
  payee text not null,
  amount_fen bigint not null check (amount_fen > 0),
  status text not null check (status in ('instructed', 'unknown', 'paid', 'rejected')),
  rail_reference text,
  paid_at timestamptz,
  cause text,
  unique (loan_id, place),
  check ((status = 'paid') = (rail_reference is not null)),
  check ((status = 'paid') = (paid_at is not null))
);

create table book.entries (
  -- The business key: disbursement/<authorisation>, payout/<payout>.
  id text primary key,
  movement text not null check (movement in ('DISBURSEMENT', 'PAYOUT')),
  event_id text not null constraint one_entry_for_an_event unique,
  lender_id text not null,
  application_id text not null,
  loan_id text not null,
  value_date date not null,
  booked_at timestamptz not null,
  -- The transaction that wrote it: no other may add postings.
  written_in xid8 not null,
  unique (id, lender_id),
  foreign key (loan_id, lender_id, application_id)
    references book.loans (loan_id, lender_id, application_id)
);
create index entries_loan on book.entries (loan_id);
create index entries_value_date on book.entries (lender_id, value_date);

create table book.postings (
  entry_id text not null,
  place integer not null,
  lender_id text not null,
  account text not null,
  side text not null check (side in ('debit', 'credit')),
  amount_fen bigint not null check (amount_fen > 0),
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  primary key (entry_id, place),
  foreign key (entry_id, lender_id) references book.entries (id, lender_id),
  foreign key (lender_id, account) references book.accounts (lender_id, code)
);
create index postings_account on book.postings (lender_id, account);

-- SD001 is a broken invariant: it stops the lane of whoever tried, and halts the lender that the
-- detail names. A business key that is there already stays a unique violation: a dead letter.

-- A statement trigger also fires where no row matches, and for the owner of the table. It knows no
-- row, so that it can name nobody.
create function book.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% on book.% is refused: the books are append-only, correct by a reversing entry',
    tg_op, tg_table_name
    using errcode = 'SD001', constraint = 'append_only',
      schema = 'book', table = tg_table_name;
end
$$;
create trigger entries_append_only before update or delete or truncate on book.entries
  for each statement execute function book.refuse_change();
create trigger postings_append_only before update or delete or truncate on book.postings
  for each statement execute function book.refuse_change();

create function book.mark_writer() returns trigger language plpgsql as $$
begin
  new.written_in := pg_current_xact_id();
  return new;
end
$$;
create trigger entries_written_in before insert on book.entries
  for each row execute function book.mark_writer();

create function book.concerned(lender_id text, application_id text) returns text
  language sql stable as $$
    select jsonb_build_object('lenderId', lender_id, 'applicationId', application_id)::text
  $$;

create function book.refuse_late_posting() returns trigger language plpgsql as $$
declare
  writer xid8 := (select written_in from book.entries where id = new.entry_id);
begin
  if writer is not null and writer <> pg_current_xact_id() then
    raise exception 'entry % is complete: a posting cannot be added to it later', new.entry_id
      using errcode = 'SD001', constraint = 'entry_complete', schema = 'book', table = 'postings',
        detail = book.concerned(new.lender_id,
          (select application_id from book.entries where id = new.entry_id));
  end if;
  return new;
end
$$;
create trigger postings_in_time before insert on book.postings
  for each row execute function book.refuse_late_posting();

create function book.check_entry() returns trigger language plpgsql as $$
begin
  if not exists (select from book.postings where entry_id = new.id) then
    raise exception 'entry % has no postings', new.id
      using errcode = 'SD001', constraint = 'entry_has_postings', schema = 'book',
        table = 'entries', detail = book.concerned(new.lender_id, new.application_id);
  end if;
  return null;
end
$$;
create constraint trigger entries_have_postings after insert on book.entries
  deferrable initially deferred
  for each row execute function book.check_entry();

-- On each posting, not once for the entry: a check that was hastened by SET CONSTRAINTS would miss
-- what the same transaction adds after it.
create function book.check_balance() returns trigger language plpgsql as $$
declare
  off record;
begin
  select currency, sum(case side when 'debit' then amount_fen else -amount_fen end) as fen
    into off from book.postings where entry_id = new.entry_id
    group by currency
    having sum(case side when 'debit' then amount_fen else -amount_fen end) <> 0
    limit 1;
  if found then
    raise exception 'entry % is not balanced: debits less credits are % fen of %',
      new.entry_id, off.fen, off.currency
      using errcode = 'SD001', constraint = 'entry_balanced', schema = 'book', table = 'postings',
        detail = book.concerned(new.lender_id,
          (select application_id from book.entries where id = new.entry_id));
  end if;
  return null;
end
$$;
create constraint trigger postings_balanced after insert on book.postings
  deferrable initially deferred
  for each row execute function book.check_balance();

-- Always: also in a session that calls itself a replica.
alter table book.entries enable always trigger entries_append_only;
alter table book.entries enable always trigger entries_written_in;
alter table book.entries enable always trigger entries_have_postings;
alter table book.postings enable always trigger postings_append_only;
alter table book.postings enable always trigger postings_in_time;
alter table book.postings enable always trigger postings_balanced;
