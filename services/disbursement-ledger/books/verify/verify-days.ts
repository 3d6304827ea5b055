// Checks the closed days of a lender: each digest over all heads, its signature, and the last one.
import type { BusinessDate } from '@saidao/values';
import type { Transaction } from '@saidao/worker';
import { GENESIS } from '../chain.ts';
import { digestOf, type LaneDay } from '../day-digest.ts';
import type { LastPeriod } from '../period-digest.ts';
import { isSignedBy } from '../signing.ts';
import type { Fault, FaultKind } from './fault.ts';

interface KeptLaneDay extends LaneDay {
  readonly businessDate: BusinessDate;
  /** Of the entry at its place; null where there is none. */
  readonly hashThere: Buffer | null;
  readonly idThere: string | null;
}

interface KeptDigest {
  readonly business_date: BusinessDate;
  readonly lanes: number;
  readonly previous: Buffer;
  readonly digest: Buffer;
  readonly public_key: Buffer;
  readonly signature: Buffer;
  readonly signed_at: Date;
  readonly closed_through: BusinessDate | null;
  readonly period_digest: Buffer | null;
}

/** How many days are signed; of `periods` each says by which digest it is kept. */
export async function verifyDays(
  books: Transaction,
  lenderId: string,
  trustedKeys: readonly Buffer[],
  periods: ReadonlyMap<BusinessDate, Buffer>,
  find: (fault: Fault) => void,
): Promise<number> {
  const lanes = await laneDaysOf(books, lenderId);
  for (const day of lanes) {
    const there = day.seq === 0n ? GENESIS : day.hashThere;
    if (there?.equals(day.hash)) continue;
    const { lane, seq, idThere: entryId, businessDate } = day;
    const what = there === null ? 'there is no entry' : 'the entry there has another hash';
    const says = `On ${businessDate} the chain stood at ${seq} with ${hex(day.hash)}, but ${what}.`;
    find({ kind: 'day-changed', lenderId, lane, seq, entryId, says });
  }

  const { rows: digests } = await books.query<KeptDigest & Record<string, unknown>>(
    `select business_date::text as business_date, lanes, previous, digest, public_key, signature,
       signed_at, closed_through::text as closed_through, period_digest
     from book.day_digests where lender_id = $1 order by business_date`,
    [lenderId],
  );
  const byDate = Map.groupBy(lanes, ({ businessDate }) => businessDate);
  let previous: Buffer = GENESIS;
  for (const kept of digests) {
    const { business_date: businessDate, digest } = kept;
    const noted = byDate.get(businessDate) ?? [];
    const fault = (kind: FaultKind, says: string): void =>
      find({
        kind,
        lenderId,
        lane: null,
        seq: null,
        entryId: null,
        says: `${businessDate}: ${says}`,
      });
    if (!kept.previous.equals(previous)) {
      fault('digest-changed', 'its digest does not name the one of the day signed before.');
    }
    if (noted.length !== kept.lanes) {
      fault('digest-changed', `${noted.length} lanes are noted, the digest is over ${kept.lanes}.`);
    }
    const signedAtMs = kept.signed_at.getTime();
    const period = periodNamedBy(kept);
    const day = {
      ...{ lenderId, businessDate, previous: kept.previous, signedAtMs, lanes: noted, period },
    };
    if (!digestOf(day).equals(digest)) {
      fault('digest-changed', 'its digest is not that of what is noted of its lanes.');
    }
    if (!isSignedBy(kept.public_key, digest, kept.signature)) {
      fault('signature-wrong', 'its signature is not one of its key for its digest.');
    } else if (!trustedKeys.some((key) => key.equals(kept.public_key))) {
      fault('key-unknown', `it is signed by a key that nobody trusts: ${hex(kept.public_key)}.`);
    }
    if (period !== null && !periods.get(period.through)?.equals(period.digest)) {
      const is = periods.has(period.through) ? 'another is kept' : 'no such period is kept';
      const says = `it was signed with the books closed through ${period.through}, but ${is}.`;
      fault(periods.has(period.through) ? 'period-changed' : 'period-missing', says);
    }
    previous = digest;
  }
  reportUnsigned(byDate, digests, (businessDate, says) =>
    find({
      kind: 'digest-missing',
      lenderId,
      lane: null,
      seq: null,
      entryId: null,
      says: `${businessDate}: ${says}`,
    }),
  );
  return digests.length;
}

function periodNamedBy({ closed_through, period_digest }: KeptDigest): LastPeriod | null {
  if (closed_through === null || period_digest === null) return null;
  return { through: closed_through, digest: period_digest };
}

/** A day that as many lanes have closed as ever signed one has to be signed itself. */
function reportUnsigned(
  byDate: ReadonlyMap<BusinessDate, readonly unknown[]>,
  digests: readonly KeptDigest[],
  find: (businessDate: BusinessDate, says: string) => void,
): void {
  const lanes = Math.max(1, ...digests.map((one) => one.lanes));
  const signed = new Set(digests.map(({ business_date }) => business_date));
  const latest = digests.at(-1)?.business_date ?? '';
  for (const [businessDate, noted] of byDate) {
    if (signed.has(businessDate)) continue;
    if (digests.length > 0 && noted.length >= lanes) {
      find(businessDate, 'all lanes have closed it, but its digest is missing.');
    } else if (businessDate < latest) {
      find(businessDate, 'later days are signed, but its digest is missing.');
    }
  }
}

async function laneDaysOf(books: Transaction, lenderId: string): Promise<readonly KeptLaneDay[]> {
  const { rows } = await books.query<{
    business_date: BusinessDate;
    lane: number;
    seq: bigint;
    hash: Buffer;
    closed_at: Date;
    hash_there: Buffer | null;
    id_there: string | null;
  }>(
    `select d.business_date::text as business_date, d.lane, d.seq, d.hash, d.closed_at,
       e.hash as hash_there, e.id as id_there
     from book.lane_days as d left join book.entries as e using (lender_id, lane, seq)
     where d.lender_id = $1 order by d.business_date, d.lane`,
    [lenderId],
  );
  return rows.map((row) => ({
    businessDate: row.business_date,
    lane: row.lane,
    seq: row.seq,
    hash: row.hash,
    closedAtMs: row.closed_at.getTime(),
    hashThere: row.hash_there,
    idThere: row.id_there,
  }));
}

const hex = (bytes: Buffer): string => bytes.toString('hex');
