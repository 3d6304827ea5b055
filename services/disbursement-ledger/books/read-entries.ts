// Entries as they are read back: a page at a time, in the order of their chains.
import type { BusinessDate } from '@saidao/values';
import type { Database, Transaction } from '@saidao/worker';
import type { Side } from '../postings.ts';
import type { ChainedEntry, PostedPosting } from './chain.ts';

export type StoredEntry = ChainedEntry & { readonly hash: Buffer };

/** What is left out is not asked for: all entries of the lender. */
export interface EntriesAsked {
  readonly lenderId: string;
  readonly lane?: number | undefined;
  readonly id?: string | undefined;
  readonly loanId?: string | undefined;
  readonly applicationId?: string | undefined;
  readonly movement?: string | undefined;
  /** Entries with a posting on it, whole. */
  readonly account?: string | undefined;
  /** Booking dates, both inclusive. */
  readonly since?: BusinessDate | undefined;
  readonly until?: BusinessDate | undefined;
  /** Booked at this instant or before. */
  readonly bookedUntilMs?: number | undefined;
}

/** A place behind which to go on. */
export interface Place {
  readonly lane: number;
  readonly seq: bigint;
}

interface EntryColumns {
  readonly lender_id: string;
  readonly lane: number;
  readonly seq: bigint;
  readonly id: string;
  readonly movement: string;
  readonly event_id: string;
  readonly application_id: string;
  readonly loan_id: string;
  readonly value_date: string;
  readonly booking_date: string;
  readonly booked_at: Date;
  readonly reverses: string | null;
  readonly prev_hash: Buffer;
  readonly hash: Buffer;
  readonly evidence: string | null;
}

interface PostingColumns {
  readonly lane: number;
  readonly seq: bigint;
  readonly place: number;
  readonly account: string;
  readonly side: Side;
  readonly amount_fen: bigint;
  readonly currency: string;
}

/** Reads the books as they are at one instant, whoever books meanwhile; nothing can be written. */
export async function readBooks<T>(
  database: Database,
  work: (books: Transaction) => Promise<T>,
): Promise<T> {
  return database.transaction(async (transaction) => {
    await transaction.query('set transaction isolation level repeatable read, read only');
    return work(transaction);
  });
}

const PAGE = 2_000;

/** Every entry that is asked for, in pages, chain after chain. */
export async function* entriesIn(
  books: Transaction,
  asked: EntriesAsked,
  size = PAGE,
): AsyncGenerator<readonly StoredEntry[]> {
  let behind: Place = { lane: -1, seq: 0n };
  for (;;) {
    const page = await pageOf(books, asked, behind, size);
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (last === undefined || page.length < size) return;
    behind = last;
  }
}

/** All entries of a loan, in its chain's order: the order in which they were booked. */
export async function entriesOfLoan(
  books: Transaction,
  lenderId: string,
  loanId: string,
): Promise<readonly StoredEntry[]> {
  const pages = await Array.fromAsync(entriesIn(books, { lenderId, loanId }));
  return pages.flat();
}

async function pageOf(
  books: Transaction,
  asked: EntriesAsked,
  behind: Place,
  size: number,
): Promise<readonly StoredEntry[]> {
  const values: unknown[] = [asked.lenderId, behind.lane, behind.seq, size];
  const conditions: string[] = [];
  const when = (condition: (place: string) => string, value: unknown): void => {
    if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
  };
  when((place) => `lane = ${place}`, asked.lane);
  when((place) => `id = ${place}`, asked.id);
  when((place) => `loan_id = ${place}`, asked.loanId);
  when((place) => `application_id = ${place}`, asked.applicationId);
  when((place) => `movement = ${place}`, asked.movement);
  when((place) => `booking_date >= ${place}`, asked.since);
  when((place) => `booking_date <= ${place}`, asked.until);
  when((place) => `booked_at <= to_timestamp(${place} / 1000.0)`, asked.bookedUntilMs);
  when(
    (place) => `exists (select from book.postings as p where p.lender_id = e.lender_id
      and p.lane = e.lane and p.seq = e.seq and p.account = ${place})`,
    asked.account,
  );
  const { rows } = await books.query<EntryColumns & Record<string, unknown>>(
    `select lender_id, lane, seq, id, movement, event_id, application_id, loan_id,
       value_date::text as value_date, booking_date::text as booking_date, booked_at, reverses,
       prev_hash, hash, evidence
     from book.entries as e
     where lender_id = $1 and (lane, seq) > ($2::int, $3::bigint)
       ${conditions.map((condition) => `and ${condition}`).join(' ')}
     order by lane, seq limit $4`,
    values,
  );
  const postings = await postingsAt(books, asked.lenderId, rows);
  return rows.map((row) => storedOf(row, postings.get(nameOf(row)) ?? []));
}

/** By `lane/seq`. */
async function postingsAt(
  books: Transaction,
  lenderId: string,
  places: readonly Place[],
): Promise<ReadonlyMap<string, readonly PostedPosting[]>> {
  const { rows } = await books.query<PostingColumns & Record<string, unknown>>(
    `select p.lane, p.seq, p.place, p.account, p.side, p.amount_fen, p.currency
     from unnest($2::int[], $3::bigint[]) as w (lane, seq)
     -- Offset: each is looked up by its key, whatever the planner thinks of so many.
     cross join lateral (
       select * from book.postings
       where lender_id = $1 and lane = w.lane and seq = w.seq offset 0) as p
     order by p.lane, p.seq, p.place`,
    [lenderId, places.map(({ lane }) => lane), places.map(({ seq }) => seq)],
  );
  const found = new Map<string, PostedPosting[]>();
  for (const row of rows) {
    const { place, account, side, amount_fen: amountFen, currency } = row;
    const name = nameOf(row);
    const postings = found.get(name) ?? [];
    postings.push({ place, account, side, amountFen, currency });
    found.set(name, postings);
  }
  return found;
}

const nameOf = ({ lane, seq }: Place): string => `${lane}/${seq}`;

function storedOf(row: EntryColumns, postings: readonly PostedPosting[]): StoredEntry {
  return {
    lenderId: row.lender_id,
    lane: row.lane,
    seq: row.seq,
    id: row.id,
    movement: row.movement,
    eventId: row.event_id,
    applicationId: row.application_id,
    loanId: row.loan_id,
    valueDate: row.value_date as BusinessDate,
    bookingDate: row.booking_date as BusinessDate,
    bookedAtMs: row.booked_at.getTime(),
    reverses: row.reverses,
    prevHash: row.prev_hash,
    hash: row.hash,
    evidence: row.evidence,
    postings,
  };
}
