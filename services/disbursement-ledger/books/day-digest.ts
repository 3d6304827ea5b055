// Closed days: where each chain of a lender stood, in one digest that is signed and names the last.
import { hash } from 'node:crypto';
import type { Transaction } from '@saidao/worker';
import type { BusinessDate } from '@saidao/values';
import { GENESIS } from './chain.ts';
import { lastPeriodOf, type LastPeriod } from './period-digest.ts';
import type { Signer } from './signing.ts';

/** Where a chain stood when its lane had closed the day. */
export interface LaneDay {
  readonly lane: number;
  readonly seq: bigint;
  readonly hash: Buffer;
  readonly closedAtMs: number;
}

export interface Day {
  readonly lenderId: string;
  readonly businessDate: BusinessDate;
  /** The digest of the day signed before; GENESIS for the first. */
  readonly previous: Buffer;
  readonly signedAtMs: number;
  readonly lanes: readonly LaneDay[];
  /** The last that was closed when the day was signed; null: none, by the older text. */
  readonly period: LastPeriod | null;
}

/** SHA-256 of the canonical text, which docs/ledger-books.md says for other languages. */
export function digestOf(day: Day): Buffer {
  const lanes = day.lanes.toSorted((a, b) => a.lane - b.lane);
  const { period } = day;
  const text = JSON.stringify([
    `saidao.ledger.day/${period === null ? 1 : 2}`,
    day.lenderId,
    day.businessDate,
    day.previous.toString('hex'),
    String(day.signedAtMs),
    ...(period === null ? [] : [[period.through, period.digest.toString('hex')]]),
    lanes.map(({ lane, seq, hash, closedAtMs }) => [
      String(lane),
      String(seq),
      hash.toString('hex'),
      String(closedAtMs),
    ]),
  ]);
  return hash('sha256', text, 'buffer');
}

export interface ClosedLane {
  readonly lenderId: string;
  readonly lane: number;
  readonly businessDate: BusinessDate;
  /** How many lanes there are: the day is signed once all have closed it. */
  readonly lanes: number;
  readonly nowMs: number;
}

export interface SignedDay {
  readonly lenderId: string;
  readonly businessDate: BusinessDate;
  readonly digest: Buffer;
  readonly signature: Buffer;
}

/**
 * Notes where the chain of the lane stands at the end of the day; the lane that is last signs the
 * day for the lender and is given it, every other null. A day that the lane has closed, or one
 * before it, changes nothing. To be called behind `writeEntries` in the same transaction.
 */
export async function closeLaneDay(
  transaction: Transaction,
  closed: ClosedLane,
  signer: Signer,
): Promise<SignedDay | null> {
  const { lenderId, businessDate, lanes, nowMs } = closed;
  // Of two lanes that close at once, the one behind has to see the other: it signs.
  await transaction.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
    `book.days/${lenderId}`,
  ]);
  if (!(await noteLane(transaction, closed))) return null;
  const noted = await lanesOf(transaction, lenderId, businessDate);
  if (noted.length < lanes) return null;
  const previous = await lastDigest(transaction, lenderId);
  const period = await lastPeriodOf(transaction, lenderId);
  const signedAtMs = Math.floor(nowMs);
  const digest = digestOf({ lenderId, businessDate, previous, signedAtMs, lanes: noted, period });
  const signature = signer.sign(digest);
  await transaction.query(
    `insert into book.day_digests (lender_id, business_date, lanes, previous, digest, public_key,
       signature, signed_at, closed_through, period_digest)
     values ($1, $2, $3, $4, $5, $6, $7, to_timestamp($8 / 1000.0), $9, $10)`,
    [
      ...[lenderId, businessDate, lanes, previous, digest, signer.publicKey, signature, signedAtMs],
      ...[period?.through ?? null, period?.digest ?? null],
    ],
  );
  return { lenderId, businessDate, digest, signature };
}

/** False where the lane has closed this day or a later one. */
async function noteLane(transaction: Transaction, closed: ClosedLane): Promise<boolean> {
  const { lenderId, lane, businessDate, nowMs } = closed;
  const { rowCount } = await transaction.query(
    `insert into book.lane_days (lender_id, business_date, lane, seq, hash, closed_at)
     select $1, $3, $2, coalesce(h.seq, 0), coalesce(h.hash, $4), to_timestamp($5 / 1000.0)
     from (values (1)) as one left join book.chain_heads as h on h.lender_id = $1 and h.lane = $2
     where not exists (
       select from book.lane_days as d
       where d.lender_id = $1 and d.lane = $2 and d.business_date >= $3)`,
    [lenderId, lane, businessDate, GENESIS, Math.floor(nowMs)],
  );
  return rowCount > 0;
}

async function lanesOf(
  transaction: Transaction,
  lenderId: string,
  businessDate: BusinessDate,
): Promise<readonly LaneDay[]> {
  const { rows } = await transaction.query<{
    lane: number;
    seq: bigint;
    hash: Buffer;
    closed_at: Date;
  }>(
    `select lane, seq, hash, closed_at from book.lane_days
     where lender_id = $1 and business_date = $2`,
    [lenderId, businessDate],
  );
  return rows.map(({ lane, seq, hash, closed_at }) => ({
    lane,
    seq,
    hash,
    closedAtMs: closed_at.getTime(),
  }));
}

async function lastDigest(transaction: Transaction, lenderId: string): Promise<Buffer> {
  const { rows } = await transaction.query<{ digest: Buffer }>(
    `select digest from book.day_digests where lender_id = $1
     order by business_date desc limit 1`,
    [lenderId],
  );
  return rows[0]?.digest ?? GENESIS;
}
