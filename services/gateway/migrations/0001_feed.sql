-- What each lender's risk teams are told, in the order in which it was committed.
-- Up Migration
create table gateway.feeds (
  lender_id text primary key,
  -- Given under this row's lock, which is held until the commit: whoever has seen a number will
  -- never find a smaller one afterwards.
  last_number bigint not null,
  -- Numbers up to this one are kept no more.
  dropped_number bigint not null default 0 check (dropped_number between 0 and last_number)
) with (fillfactor = 50);

create table gateway.feed (
  lender_id text not null,
  number bigint not null,
  event_id text not null unique,
  application_id text not null,
  type text not null,
  product_id text,
  channel text,
  -- The event as everybody is told it: CloudEvents 1.0 in JSON.
  content text not null,
  recorded_at timestamptz not null,
  primary key (lender_id, number)
);
create index feed_application on gateway.feed (lender_id, application_id, number);

-- Down Migration
drop table gateway.feed;
drop table gateway.feeds;
