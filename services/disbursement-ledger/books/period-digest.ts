// The digest of a closed period: its last day and its sums, and the digest of the period before.
import { hash } from 'node:crypto';
import type { BusinessDate, Fen } from '@saidao/values';
import type { Transaction } from '@saidao/worker';

/** All entries booked until the last day of the period, on one account. */
export interface PeriodSum {
  readonly account: string;
  readonly currency: string;
  readonly debitFen: Fen;
  readonly creditFen: Fen;
}

export interface ClosedPeriod {
  readonly lenderId: string;
  readonly through: BusinessDate;
  /** The digest of the period closed before; GENESIS for the first. */
  readonly previous: Buffer;
  readonly lastValueDate: BusinessDate | null;
  readonly lastBookedAtMs: number | null;
  readonly closedAtMs: number;
  readonly sums: readonly PeriodSum[];
}

/** SHA-256 of the canonical text, which docs/ledger-books.md says for other languages. */
export function periodDigestOf(period: ClosedPeriod): Buffer {
  const { lastBookedAtMs } = period;
  const text = JSON.stringify([
    'saidao.ledger.period/1',
    period.lenderId,
    period.through,
    period.previous.toString('hex'),
    period.lastValueDate,
    lastBookedAtMs === null ? null : String(lastBookedAtMs),
    String(period.closedAtMs),
    period.sums
      .map(({ account, currency, debitFen, creditFen }) => [
        ...[account, currency, String(debitFen), String(creditFen)],
      ])
      // Codes are of ASCII: every language sorts them alike.
      .sort((one, other) => (`${one[0]} ${one[1]}` < `${other[0]} ${other[1]}` ? -1 : 1)),
  ]);
  return hash('sha256', text, 'buffer');
}

/** A period that is closed, as days and later periods name it. */
export interface LastPeriod {
  readonly through: BusinessDate;
  readonly digest: Buffer;
}

/** Null where none is closed, or none since periods are chained. */
export async function lastPeriodOf(
  transaction: Transaction,
  lenderId: string,
): Promise<LastPeriod | null> {
  const { rows } = await transaction.query<{ through: BusinessDate; digest: Buffer }>(
    `select closed_through::text as through, digest from book.periods
     where lender_id = $1 and digest is not null order by closed_through desc limit 1`,
    [lenderId],
  );
  return rows[0] ?? null;
}
