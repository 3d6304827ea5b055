// The one place that puts entries into the books: chained, append-only, all of a turn at once.
import { fenMax, maxFen, minFen } from '@saidao/values';
import type { Transaction } from '@saidao/worker';
import { chart, type Entry } from '../postings.ts';
import { linked, type Head, type Linked } from './chain.ts';

/**
 * Books the entries, in this order in the chain of their lender and lane. Called once in a
 * transaction, after every row of it is locked that others lock too: the heads of the chains are
 * locked here, in one order, and stay so until the commit. A refusal is a database error whose
 * constraint names the code (`saidao_ledger_…`); balance is checked at commit.
 */
export async function writeEntries(
  transaction: Transaction,
  entries: readonly Entry[],
): Promise<void> {
  if (entries.length === 0) return;
  const chains = chainsOf(entries);
  const [heads] = await Promise.all([
    lockHeads(transaction, [...chains.values()]),
    openAccounts(transaction, [...new Set(entries.map(({ lenderId }) => lenderId))].sort()),
  ]);
  const all = [...chains].flatMap(([name, { entries }]) => linked(heads.get(name)!, entries));
  // Handed to the connection at once: postings without their entries would be a broken invariant.
  await Promise.all([insertEntries(transaction, all), insertPostings(transaction, all)]);
}

interface Chain {
  readonly lenderId: string;
  readonly lane: number;
  readonly entries: Entry[];
}

function chainsOf(entries: readonly Entry[]): ReadonlyMap<string, Chain> {
  const chains = new Map<string, Chain>();
  for (const entry of entries) {
    const { lenderId, lane } = entry;
    const name = `${lenderId}/${lane}`;
    const chain = chains.get(name) ?? { lenderId, lane, entries: [] };
    chain.entries.push({ ...entry, bookedAtMs: Math.floor(entry.bookedAtMs) });
    chains.set(name, chain);
  }
  return chains;
}

async function lockHeads(
  transaction: Transaction,
  chains: readonly Omit<Chain, 'entries'>[],
): Promise<ReadonlyMap<string, Head>> {
  const { rows } = await transaction.prepared<{
    lender_id: string;
    lane: number;
    seq: bigint;
    hash: Buffer;
  }>('book.lock-heads', 'select * from book.lock_heads($1::text[], $2::int[])', [
    chains.map(({ lenderId }) => lenderId),
    chains.map(({ lane }) => lane),
  ]);
  return new Map(
    rows.map(({ lender_id, lane, seq, hash }) => [`${lender_id}/${lane}`, { seq, hash }]),
  );
}

/** Every lender has the whole chart from its first entry on, and what a later release adds. */
async function openAccounts(transaction: Transaction, lenders: readonly string[]): Promise<void> {
  const accounts = lenders.flatMap((lenderId) =>
    chart.map((account) => ({ ...account, lenderId })),
  );
  await transaction.prepared(
    'book.open-accounts',
    `insert into book.accounts (lender_id, code, name, nature, grows, currency)
     select lender_id, code, name, nature, grows, 'CNY'
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
       as w (lender_id, code, name, nature, grows)
     on conflict do nothing`,
    [
      accounts.map(({ lenderId }) => lenderId),
      accounts.map(({ code }) => code),
      accounts.map(({ name }) => name),
      accounts.map(({ nature }) => nature),
      accounts.map(({ grows }) => grows),
    ],
  );
}

function insertEntries(
  transaction: Transaction,
  entries: readonly Linked<Entry>[],
): Promise<unknown> {
  return transaction.prepared(
    'book.insert-entries',
    `insert into book.entries (lender_id, lane, seq, id, movement, event_id, application_id,
       loan_id, value_date, booking_date, booked_at, reverses, prev_hash, hash, evidence)
     select lender_id, lane, seq, id, movement, event_id, application_id, loan_id,
       value_date::date, booking_date::date, to_timestamp(booked_at_ms / 1000.0), reverses,
       prev_hash, hash, evidence
     from unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::text[], $6::text[],
       $7::text[], $8::text[], $9::text[], $10::text[], $11::bigint[], $12::text[], $13::bytea[],
       $14::bytea[], $15::text[])
       as w (lender_id, lane, seq, id, movement, event_id, application_id, loan_id, value_date,
         booking_date, booked_at_ms, reverses, prev_hash, hash, evidence)`,
    [
      entries.map(({ lenderId }) => lenderId),
      entries.map(({ lane }) => lane),
      entries.map(({ seq }) => seq),
      entries.map(({ id }) => id),
      entries.map(({ movement }) => movement),
      entries.map(({ eventId }) => eventId),
      entries.map(({ applicationId }) => applicationId),
      entries.map(({ loanId }) => loanId),
      entries.map(({ valueDate }) => valueDate),
      entries.map(({ bookingDate }) => bookingDate),
      entries.map(({ bookedAtMs }) => bookedAtMs),
      entries.map(({ reverses }) => reverses),
      entries.map(({ prevHash }) => prevHash),
      entries.map(({ hash }) => hash),
      entries.map(({ evidence = null }) => evidence),
    ],
  );
}

function insertPostings(
  transaction: Transaction,
  entries: readonly Linked<Entry>[],
): Promise<unknown> {
  const postings = entries.flatMap((entry) =>
    entry.postings.map((posting, index) => ({ entry, posting, place: index + 1 })),
  );
  return transaction.prepared(
    'book.insert-postings',
    `insert into book.postings (lender_id, lane, seq, place, account, side, amount_fen, currency)
     select * from unnest($1::text[], $2::int[], $3::bigint[], $4::int[], $5::text[], $6::text[],
       $7::bigint[], $8::text[])`,
    [
      postings.map(({ entry }) => entry.lenderId),
      postings.map(({ entry }) => entry.lane),
      postings.map(({ entry }) => entry.seq),
      postings.map(({ place }) => place),
      postings.map(({ posting }) => posting.account),
      postings.map(({ posting }) => posting.side),
      // What no bigint holds is refused as the largest and the least are.
      postings.map(({ posting }) => maxFen(-fenMax, minFen(fenMax, posting.amountFen))),
      postings.map(({ posting }) => posting.currency),
    ],
  );
}
