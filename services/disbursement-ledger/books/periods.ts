// Closed periods: nothing is booked into them any more, and what they come to is kept.
import { businessDateOf, type BusinessDate } from '@saidao/values';
import type { Transaction } from '@saidao/worker';
import { GENESIS } from './chain.ts';
import { lastPeriodOf, periodDigestOf, type PeriodSum } from './period-digest.ts';

export interface Period {
  readonly lenderId: string;
  /** The last day that is closed, and all before it. */
  readonly through: BusinessDate;
  readonly nowMs: number;
}

/** Why a period cannot be closed: what is wrong, and what to do. */
export class PeriodRefused extends Error {}

/**
 * Closes the books of a lender through a day, and keeps the sums of each account until then: what
 * is asked of a later time adds up only what was booked since. Rejects with PeriodRefused where
 * days are still to be closed, the last is not over, or the period is closed already.
 */
export async function closePeriod(transaction: Transaction, period: Period): Promise<void> {
  const { lenderId, through, nowMs } = period;
  // From here on nobody books for the lender until this is committed; what is read below is all.
  await transaction.query('select pg_advisory_xact_lock(book.period_lock($1))', [lenderId]);
  await assertClosable(transaction, period);
  const closedAtMs = Math.floor(nowMs);
  const previous = (await lastPeriodOf(transaction, lenderId))?.digest ?? GENESIS;
  const { lastValueDate, lastBookedAtMs } = await lastEntryOf(transaction, period);
  const sums = await sumsOf(transaction, period);
  const closed = { lenderId, through, previous, lastValueDate, lastBookedAtMs, closedAtMs, sums };
  await transaction.query(
    `insert into book.periods (lender_id, closed_through, last_value_date, last_booked_at,
       closed_at, previous, digest)
     values ($1, $2, $3, to_timestamp($4 / 1000.0), to_timestamp($5 / 1000.0), $6, $7)`,
    [
      ...[lenderId, through, lastValueDate, lastBookedAtMs, closedAtMs],
      ...[previous, periodDigestOf(closed)],
    ],
  );
  await transaction.query(
    `insert into book.period_balances (lender_id, closed_through, account, currency, debit_fen,
       credit_fen)
     select $1, $2, account, currency, debit_fen, credit_fen
     from unnest($3::text[], $4::text[], $5::numeric[], $6::numeric[])
       as w (account, currency, debit_fen, credit_fen)`,
    [
      ...[lenderId, through],
      sums.map(({ account }) => account),
      sums.map(({ currency }) => currency),
      sums.map(({ debitFen }) => String(debitFen)),
      sums.map(({ creditFen }) => String(creditFen)),
    ],
  );
}

/** Of the entries that are summed up, so that a question about an earlier time can pass it over. */
async function lastEntryOf(
  transaction: Transaction,
  { lenderId, through }: Period,
): Promise<{ lastValueDate: BusinessDate | null; lastBookedAtMs: number | null }> {
  const { rows } = await transaction.query<{ value_date: BusinessDate | null; at: Date | null }>(
    `select max(value_date)::text as value_date, max(booked_at) as at
     from book.entries where lender_id = $1 and booking_date <= $2`,
    [lenderId, through],
  );
  const { value_date: lastValueDate = null, at = null } = rows[0] ?? {};
  return { lastValueDate, lastBookedAtMs: at === null ? null : at.getTime() };
}

/** Those of the period before, and what was booked since. */
async function sumsOf(
  transaction: Transaction,
  { lenderId, through }: Period,
): Promise<readonly PeriodSum[]> {
  const { rows } = await transaction.query<{
    account: string;
    currency: string;
    debit_fen: string;
    credit_fen: string;
  }>(
    `with earlier as (
       select max(closed_through) as through from book.periods
       where lender_id = $1 and closed_through < $2)
     select account, currency, sum(debit_fen)::text as debit_fen,
       sum(credit_fen)::text as credit_fen
     from (
       select account, currency, debit_fen, credit_fen
       from book.period_balances
       where lender_id = $1 and closed_through = (select through from earlier)
       union all
       select p.account, p.currency,
         case p.side when 'debit' then p.amount_fen else 0 end,
         case p.side when 'credit' then p.amount_fen else 0 end
       from book.entries as e join book.postings as p using (lender_id, lane, seq)
       where e.lender_id = $1 and e.booking_date <= $2
         and e.booking_date > coalesce((select through from earlier), '-infinity')) as sums
     group by account, currency`,
    [lenderId, through],
  );
  return rows.map(({ account, currency, debit_fen, credit_fen }) => ({
    ...{ account, currency, debitFen: BigInt(debit_fen), creditFen: BigInt(credit_fen) },
  }));
}

async function assertClosable(transaction: Transaction, period: Period): Promise<void> {
  const { lenderId, through, nowMs } = period;
  const { rows } = await transaction.query<{ closed: string | null; signed: string | null }>(
    `select
       (select max(closed_through)::text from book.periods where lender_id = $1) as closed,
       (select max(business_date)::text from book.day_digests where lender_id = $1) as signed`,
    [lenderId],
  );
  const { closed = null, signed = null } = rows[0] ?? {};
  if (closed !== null && closed >= through) {
    throw new PeriodRefused(`The books of ${lenderId} are closed through ${closed} already.`);
  }
  if (signed === null || signed < through) {
    throw new PeriodRefused(
      `The books of ${lenderId} cannot be closed through ${through}: all lanes have closed ` +
        `${signed === null ? 'no day' : `the days until ${signed} only`}. Close the days first.`,
    );
  }
  // Its day may be closed already; but new loans and payouts are booked on it until midnight.
  if (through >= businessDateOf(nowMs)) {
    throw new PeriodRefused(
      `The books of ${lenderId} cannot be closed through ${through}: that day is not over, and all ` +
        `that is still booked on it would be refused. Close them from the next day on.`,
    );
  }
}
