-- Who is told by a request of ours, and what became of each event for each of them.
-- Up Migration
create table gateway.webhooks (
  id text primary key,
  lender_id text not null,
  url text not null,
  types text[],
  product_id text,
  application_id text,
  -- Why nothing is sent: its owner wants none, it answered 410, or nothing succeeded for too long.
  disabled text check (disabled in ('OFF', 'GONE', 'FAILING')),
  -- Secrets are made of the gateway's key, the id and a generation: none is kept.
  generation integer not null default 1,
  previous_until timestamptz,
  -- When the first attempt began since which none has succeeded.
  failing_since timestamptz,
  created_by text not null,
  created_at timestamptz not null
);
create index webhooks_lender on gateway.webhooks (lender_id);

create table gateway.deliveries (
  webhook_id text not null references gateway.webhooks on delete cascade,
  lender_id text not null,
  number bigint not null,
  application_id text not null,
  -- A failed one holds back the later ones of its application.
  status text not null check (status in ('pending', 'delivered', 'failed')),
  attempts integer not null default 0,
  -- Not to be tried before; while it is tried, when somebody else may.
  due_at timestamptz not null,
  first_attempted_at timestamptz,
  attempted_at timestamptz,
  code integer,
  answer text,
  fault text,
  primary key (webhook_id, number),
  foreign key (lender_id, number) references gateway.feed (lender_id, number) on delete cascade
);
create index deliveries_feed on gateway.deliveries (lender_id, number);
create index deliveries_due on gateway.deliveries (webhook_id, due_at) where status = 'pending';
create index deliveries_open on gateway.deliveries (webhook_id, application_id, number)
  where status <> 'delivered';

-- Down Migration
drop table gateway.deliveries;
drop table gateway.webhooks;
