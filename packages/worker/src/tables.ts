// The tables of the machinery in each line's own database schema.
import { createHash } from 'node:crypto';
import type { Database, Transaction } from './database.ts';
import { assertLineName } from './line-name.ts';
import { takeAway } from './rights.ts';

// One row for each application holds its heads: the lock on that row is the lock on all of them,
// and a turn reads and writes them with one statement each.
const TABLES = (line: string): string => `
do $$ begin
  -- Whoever may not make schemas may find one that was made beforehand.
  if to_regnamespace('${line}') is null then create schema ${line}; end if;
end $$;
create table if not exists ${line}.applications (
  application_id text primary key,
  -- topic -> last number: taken (a topic that the line reads) or given (one that it writes).
  heads jsonb not null default '{}',
  revision integer not null default 0,
  state text,
  correlation_id text,
  lender_id text,
  -- The dead letter that blocks the application here, if one does.
  blocked_topic text,
  blocked_number bigint,
  blocked_at timestamptz,
  -- JSON of the inputs whose outputs may not be on the log yet: what their successor says first.
  given text,
  changed_at timestamptz not null default now(),
  check ((blocked_topic is null) = (blocked_number is null))
-- Each row is updated a few times: with room on its page no index has to hear of it.
) with (fillfactor = 50);
alter table ${line}.applications add column if not exists given text;
create index if not exists applications_blocked on ${line}.applications (blocked_at)
  where blocked_topic is not null;
create table if not exists ${line}.shared_rows (
  name text primary key,
  content text
) with (fillfactor = 50);
create table if not exists ${line}.journal (
  key text not null,
  topic text not null,
  identity text not null,
  digest bytea not null,
  outputs bytea,
  written_at timestamptz not null default now(),
  primary key (key, topic, identity)
);
create index if not exists journal_written on ${line}.journal using brin (written_at);
create table if not exists ${line}.parked (
  key text not null,
  topic text not null,
  identity text not null,
  application_id text not null,
  number bigint,
  digest bytea not null,
  record bytea not null,
  sequence bigint generated always as identity,
  parked_at timestamptz not null default now(),
  primary key (key, topic, identity)
);
create index if not exists parked_application on ${line}.parked (application_id, sequence);
-- Who had which record given again or given up, why, and what came of it: written with the turn
-- that did it, and kept for good.
create table if not exists ${line}.replays (
  key text not null,
  id text not null,
  action text not null,
  actor text not null,
  reason text not null,
  topic text not null,
  partition integer not null,
  record_offset bigint not null,
  application_id text,
  outcome text not null,
  done_at timestamptz not null default now(),
  primary key (key, id)
);
create index if not exists replays_done on ${line}.replays using brin (done_at);
create table if not exists ${line}.timers (
  id text primary key,
  application_id text not null,
  lane integer not null,
  name text not null,
  due_at timestamptz not null,
  revision integer not null,
  lender_id text not null,
  correlation_id text not null,
  detail text not null,
  -- Of what set it: the same trace goes on when it is due.
  traceparent text
);
alter table ${line}.timers add column if not exists traceparent text;
create index if not exists timers_due on ${line}.timers (lane, due_at);
create index if not exists timers_application on ${line}.timers (application_id);
-- Digests of this text, one of each release: who may not migrate can see whether it was done.
create table if not exists ${line}.table_versions (
  digest text primary key,
  made_at timestamptz not null default now()
);
`;

/** What a line does to no row of these. */
const NEVER: Readonly<Record<string, string>> = {
  applications: 'delete',
  shared_rows: 'delete',
  journal: 'update',
  parked: 'update',
  replays: 'update, delete',
  timers: 'update',
  table_versions: 'insert, update, delete',
};

/** Creates what is missing of a line's tables; safe when several replicas start at once. */
export async function migrateLine(database: Database, line: string): Promise<void> {
  assertLineName(line);
  await database.transaction(async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock(hashtext($1))', [`saidao ${line}`]);
    await transaction.query(TABLES(line));
    await transaction.query(
      `insert into ${line}.table_versions (digest) values ($1) on conflict do nothing`,
      [versionOf(line)],
    );
  });
}

/** Leaves the role of a line the rights to the line's tables that it uses. */
export async function narrowLine(
  transaction: Transaction,
  line: string,
  role: string,
): Promise<void> {
  for (const [table, rights] of Object.entries(NEVER)) {
    await takeAway(transaction, { role, table: `${line}.${table}`, rights });
  }
}

/** Whether a line's tables were made by this release, or by a later one after it. */
export async function isLineMigrated(on: Transaction, line: string): Promise<boolean> {
  const { rowCount } = await on.query(`select from ${line}.table_versions where digest = $1`, [
    versionOf(line),
  ]);
  return rowCount > 0;
}

function versionOf(line: string): string {
  return createHash('sha256').update(TABLES(line)).digest('hex').slice(0, 16);
}
