// The feeds in PostgreSQL: numbered in the order of commits, read in pages, dropped when old.
import type { Database, Transaction } from '@saidao/worker';
import { cloudEventOf } from '../cloud-event.ts';
import type { FeedRow } from '../decide.ts';
import type { Feed, FeedPage, FeedPageQuestion, FeedPlace } from '../ports.ts';
import { recordDeliveries, releaseDeliveries } from './webhooks-postgres.ts';

/**
 * Writes a turn's rows, and a delivery for each webhook that is told of one. The lenders' counters
 * stay locked until the commit, so that numbers become visible in their order; they are the last
 * locks that a turn takes, and sorted.
 */
export async function recordFeed(
  transaction: Transaction,
  rows: readonly FeedRow[],
): Promise<void> {
  if (rows.length === 0) return;
  const byLender = Object.entries(Object.groupBy(rows, ({ lenderId }) => lenderId))
    .map(([lenderId, own = []]) => ({ lenderId, own }))
    .toSorted((one, other) => (one.lenderId < other.lenderId ? -1 : 1));
  const counted = await transaction.prepared<{ lender_id: string; last_number: bigint }>(
    'gateway.count',
    `insert into gateway.feeds as feeds (lender_id, last_number)
     select * from unnest($1::text[], $2::bigint[])
     on conflict (lender_id)
       do update set last_number = feeds.last_number + excluded.last_number
     returning lender_id, last_number`,
    [byLender.map(({ lenderId }) => lenderId), byLender.map(({ own }) => BigInt(own.length))],
  );
  const lastOf = new Map(counted.rows.map((row) => [row.lender_id, row.last_number]));
  const places = byLender.map(({ lenderId, own }) => {
    const last = lastOf.get(lenderId) as bigint;
    return { lenderId, own, first: last - BigInt(own.length) + 1n, last };
  });
  const numbered = places.flatMap(({ own, first }) =>
    own.map((row, index) => ({ ...row, number: first + BigInt(index) })),
  );
  await transaction.prepared(
    'gateway.feed',
    `insert into gateway.feed (lender_id, number, event_id, application_id, type, product_id,
       channel, content, recorded_at)
     select lender_id, number, event_id, application_id, type, product_id, channel, content,
       to_timestamp(recorded_at_ms / 1000.0)
     from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
       $7::text[], $8::text[], $9::bigint[])
       as rows (lender_id, number, event_id, application_id, type, product_id, channel, content,
         recorded_at_ms)`,
    [
      numbered.map((row) => row.lenderId),
      numbered.map((row) => row.number),
      numbered.map((row) => row.eventId),
      numbered.map((row) => row.applicationId),
      numbered.map((row) => row.type),
      numbered.map((row) => row.productId),
      numbered.map((row) => row.channel),
      numbered.map(cloudEventOf),
      numbered.map((row) => BigInt(row.recordedAtMs)),
    ],
  );
  await recordDeliveries(transaction, places);
}

export function feedIn(database: Database): Feed {
  return {
    places: (lenderIds) => places(database, lenderIds),
    page: (question) => page(database, question),
    drop: (...asked) => drop(database, ...asked),
  };
}

async function places(
  database: Database,
  lenderIds: readonly string[],
): Promise<ReadonlyMap<string, FeedPlace>> {
  const { rows } = await database.prepared<{
    lender_id: string;
    last_number: bigint;
    dropped_number: bigint;
  }>(
    'gateway.places',
    `select lender_id, last_number, dropped_number from gateway.feeds
     where lender_id = any($1::text[])`,
    [lenderIds],
  );
  const found = new Map(rows.map((row) => [row.lender_id, row]));
  return new Map(
    lenderIds.map((lenderId) => {
      const row = found.get(lenderId);
      return [lenderId, { last: row?.last_number ?? 0n, dropped: row?.dropped_number ?? 0n }];
    }),
  );
}

/** In one statement, so that what was dropped meanwhile is never missing without a word. */
async function page(
  database: Database,
  { lenderId, after, upTo, filter, limit }: FeedPageQuestion,
): Promise<FeedPage> {
  const { rows } = await database.prepared<{
    dropped_number: bigint;
    number: bigint | null;
    type: string;
    content: string;
  }>(
    'gateway.page',
    `select feeds.dropped_number, feed.number, feed.type, feed.content
     from gateway.feeds left join lateral (
       select number, type, content from gateway.feed
       where lender_id = $1 and number > $2 and number <= $3
         and ($4::text[] is null or type = any($4::text[]))
         and ($5::text is null or product_id = $5)
         and ($6::text is null or application_id = $6)
         and ($7::text[] is null or channel = any($7::text[]))
       order by number limit $8
     ) feed on true
     where feeds.lender_id = $1 order by feed.number`,
    [
      lenderId,
      after,
      upTo,
      filter.types ?? null,
      filter.productId ?? null,
      filter.applicationId ?? null,
      filter.channels ?? null,
      limit,
    ],
  );
  const events = rows.flatMap(({ number, type, content }) =>
    number === null ? [] : [{ number, type, content }],
  );
  return { events, dropped: rows[0]?.dropped_number ?? 0n };
}

async function drop(
  database: Database,
  nowMs: number,
  keptMs: number,
  limit: number,
): Promise<number> {
  const { rows } = await database.query<{ lender_id: string }>(
    'select lender_id from gateway.feeds order by lender_id',
  );
  let dropped = 0;
  for (const { lender_id: lenderId } of rows) {
    // In one statement: who reads sees the events, or that they are gone.
    const { rows: gone } = await database.query<{ dropped: bigint }>(
      `with old as (
         select number from gateway.feed
         where lender_id = $1 and recorded_at < to_timestamp($2 / 1000.0)
           and number <= (select dropped_number + $3 from gateway.feeds where lender_id = $1)
       ), gone as (
         delete from gateway.feed where lender_id = $1 and number <= (select max(number) from old)
         returning number
       ), told as (
         update gateway.feeds set dropped_number = (select max(number) from gone)
         where lender_id = $1 and exists (select from gone)
       )
       select count(*) as dropped from gone`,
      [lenderId, nowMs - keptMs, limit],
    );
    // Deliveries go with their events.
    await releaseDeliveries(database, lenderId, nowMs, limit);
    dropped += Number(gone[0]?.dropped ?? 0n);
  }
  return dropped;
}
