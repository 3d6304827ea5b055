// Closed days and periods on a real PostgreSQL: signed once by the lane that is last, and kept.
import { addDays, startOfBusinessDateMs } from '@saidao/values';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { LENDER, openBooks, refusalOf, type Books } from './books.fixture.ts';
import { closeLaneDay, digestOf } from './day-digest.ts';
import { closePeriod, PeriodRefused } from './periods.ts';
import { trialBalance } from './balances.ts';
import { developmentSigner, isSignedBy } from './signing.ts';

let books: Books;

beforeAll(async () => {
  books = await openBooks(inject('databaseUrl'));
});

afterAll(() => books.close());

const NOW_MS = Date.parse('2026-11-20T15:00:00.001Z');

const close = (lenderId: string, lane: number, businessDate: string, lanes = 2) =>
  books.within((transaction) =>
    closeLaneDay(
      transaction,
      { lenderId, lane, businessDate, lanes, nowMs: NOW_MS },
      developmentSigner,
    ),
  );

/** On the next day, unless another time is given. */
const closeThrough = (
  lenderId: string,
  through: string,
  nowMs = startOfBusinessDateMs(addDays(through, 1)),
) => books.within((transaction) => closePeriod(transaction, { lenderId, through, nowMs }));

describe('a day', () => {
  test('is signed by the lane that closes it last, over the heads of all', async () => {
    const lenderId = 'day-a';
    await books.write(books.entry(await books.loan({ lenderId, lane: 0 }), 'DISBURSEMENT'));
    expect(await close(lenderId, 0, '2026-11-20')).toBeNull();
    const signed = await close(lenderId, 1, '2026-11-20');
    const { rows } = await books.db.database.query<Record<string, Buffer>>(
      `select * from book.day_digests where lender_id = $1`,
      [lenderId],
    );
    expect(rows).toHaveLength(1);
    const { digest, signature, public_key, previous } = rows[0]!;
    expect(signed).toEqual({ lenderId, businessDate: '2026-11-20', digest, signature });
    expect(isSignedBy(public_key!, digest!, signature!)).toBe(true);
    const { rows: heads } = await books.db.database.query<{ seq: bigint; hash: Buffer }>(
      `select seq, hash from book.entries where lender_id = $1`,
      [lenderId],
    );
    const closedAtMs = NOW_MS;
    const none = { seq: 0n, hash: Buffer.alloc(32) };
    const expected = digestOf({
      lenderId,
      businessDate: '2026-11-20',
      previous: previous!,
      signedAtMs: NOW_MS,
      lanes: [
        { lane: 1, ...none, closedAtMs },
        { lane: 0, ...heads[0]!, closedAtMs },
      ],
      period: null,
    });
    expect(digest).toEqual(expected);
  });

  test('is closed once: again, or a day before it, changes nothing', async () => {
    const lenderId = 'day-b';
    await close(lenderId, 0, '2026-11-20', 1);
    const before = await books.count('book.lane_days');
    expect(await close(lenderId, 0, '2026-11-20', 1)).toBeNull();
    expect(await close(lenderId, 0, '2026-11-19', 1)).toBeNull();
    expect(await books.count('book.lane_days')).toBe(before);
  });

  test('names the digest of the day signed before', async () => {
    const lenderId = 'day-c';
    const first = await close(lenderId, 0, '2026-11-20', 1);
    await close(lenderId, 0, '2026-11-21', 1);
    const { rows } = await books.db.database.query(
      `select previous from book.day_digests where lender_id = $1 and business_date = '2026-11-21'`,
      [lenderId],
    );
    expect(rows).toEqual([{ previous: first?.digest }]);
  });

  test('is signed once when all lanes close it at once', async () => {
    const lenderId = 'day-d';
    const lanes = [0, 1, 2, 3, 4, 5];
    const signed = await Promise.all(lanes.map((lane) => close(lenderId, lane, '2026-11-20', 6)));
    expect(signed.filter((one) => one !== null)).toHaveLength(1);
  });
});

describe('a closed period', () => {
  test('takes nothing any more, whatever its value date; the next day does', async () => {
    const lenderId = 'period-a';
    const loan = await books.loan({ lenderId });
    await books.write(books.entry(loan, 'DISBURSEMENT'));
    await close(lenderId, 0, '2026-11-30', 1);
    await closeThrough(lenderId, '2026-11-30');
    const late = { bookingDate: '2026-11-30', valueDate: '2026-11-20' } as const;
    expect(await refusalOf(books.write(books.entry(loan, 'PAYOUT', 5n, late)))).toBe(
      '23514 saidao_ledger_period_closed',
    );
    const next = { bookingDate: '2026-12-01', valueDate: '2026-11-20' } as const;
    await books.write(books.entry(loan, 'PAYOUT', 5n, next));
    const other = await books.loan({ lenderId: LENDER });
    await books.write(books.entry(other, 'PAYOUT', 5n, late));
  });

  test('is closed once, in order, and only when its days are closed', async () => {
    const lenderId = 'period-b';
    await books.write(books.entry(await books.loan({ lenderId }), 'DISBURSEMENT'));
    await expect(closeThrough(lenderId, '2026-11-30')).rejects.toThrow(PeriodRefused);
    await close(lenderId, 0, '2026-11-29', 1);
    await expect(closeThrough(lenderId, '2026-11-30')).rejects.toThrow(
      'closed the days until 2026-11-29 only',
    );
    await close(lenderId, 0, '2026-11-30', 1);
    await closeThrough(lenderId, '2026-11-30');
    await expect(closeThrough(lenderId, '2026-11-30')).rejects.toThrow('already');
    const past = books.db.database.query(
      `insert into book.periods (lender_id, closed_through, closed_at)
       values ($1, '2026-10-31', now())`,
      [lenderId],
    );
    expect(await refusalOf(past)).toBe('23514 saidao_ledger_period_closed');
  });

  test('is not closed before its last day is over: loans are still booked on it', async () => {
    const lenderId = 'period-d';
    const loan = await books.loan({ lenderId });
    await close(lenderId, 0, '2026-11-30', 1);
    const midnightMs = startOfBusinessDateMs('2026-12-01');
    for (const nowMs of [midnightMs - 1, startOfBusinessDateMs('2026-11-29')]) {
      const closed = closeThrough(lenderId, '2026-11-30', nowMs);
      await expect(closed).rejects.toThrow(PeriodRefused);
      await expect(closed).rejects.toThrow('that day is not over');
    }
    const evening = { bookingDate: '2026-11-30', bookedAtMs: midnightMs - 1 } as const;
    await books.write(books.entry(loan, 'DISBURSEMENT', 5n, evening));
    await closeThrough(lenderId, '2026-11-30', midnightMs);
  });

  test('is not closed while somebody books into it', async () => {
    const lenderId = 'period-c';
    const loan = await books.loan({ lenderId });
    await close(lenderId, 0, '2026-11-30', 1);
    const entries = Array.from({ length: 20 }, () => books.entry(loan, 'DISBURSEMENT', 5n));
    const booked = entries.map((entry) => refusalOf(books.write(entry)));
    await Promise.all([...booked, closeThrough(lenderId, '2026-11-30')]);
    const taken = (await Promise.all(booked)).filter((refusal) => refusal === 'taken').length;
    // What was taken was taken before it was closed, and so is in its sums.
    const { rows } = await books.db.database.query(
      `select coalesce(sum(debit_fen), 0)::int as fen from book.period_balances
       where lender_id = $1`,
      [lenderId],
    );
    expect(rows).toEqual([{ fen: 5 * taken }]);
  });
});

describe('a balance', () => {
  const lenderId = 'balances';
  const fenOf = async (account: string, asOf: Parameters<typeof trialBalance>[2]) => {
    const rows = await trialBalance(books.db.database, lenderId, asOf);
    return rows.find((row) => row.account === account)?.balanceFen;
  };

  test('is what was booked until an instant or a day, or what counts from then on', async () => {
    const loan = await books.loan({ lenderId });
    const at = (day: string, valueDate = day, change = {}) => ({
      bookingDate: day,
      valueDate,
      bookedAtMs: Date.parse(`${day}T02:00:00.500Z`),
      ...change,
    });
    await books.write(
      books.entry(loan, 'DISBURSEMENT', 100n, at('2026-10-10')),
      books.entry(loan, 'DISBURSEMENT', 20n, at('2026-10-20')),
      books.entry(loan, 'PAYOUT', 5n, at('2026-10-20')),
    );
    const asked = async () => [
      await fenOf('1303', {}),
      await fenOf('1303', { bookedUntilMs: Date.parse('2026-10-20T02:00:00.499Z') }),
      await fenOf('1303', { bookedUntilMs: Date.parse('2026-10-20T02:00:00.500Z') }),
      await fenOf('1303', { bookingDate: '2026-10-09' }),
      await fenOf('1303', { bookingDate: '2026-10-19' }),
      await fenOf('1303', { valueDate: '2026-10-19' }),
      await fenOf('2011', {}),
    ];
    expect(await asked()).toEqual([120n, 100n, 120n, 0n, 100n, 100n, 115n]);

    await close(lenderId, 0, '2026-10-31', 1);
    await closeThrough(lenderId, '2026-10-31');
    expect(await asked()).toEqual([120n, 100n, 120n, 0n, 100n, 100n, 115n]);

    // Booked late: it counts for the days before, but no earlier reading of the books had it.
    await books.write(books.entry(loan, 'DISBURSEMENT', 7n, at('2026-11-02', '2026-10-15')));
    expect(await asked()).toEqual([127n, 100n, 120n, 0n, 100n, 107n, 122n]);
    expect(await fenOf('1303', { bookingDate: '2026-11-01' })).toBe(120n);
    const later = await trialBalance(books.db.database, lenderId, { valueDate: '2026-11-30' });
    const sum = (side: 'debitFen' | 'creditFen') =>
      later.reduce((total, row) => total + row[side], 0n);
    expect(sum('debitFen')).toBe(132n);
    expect(sum('creditFen')).toBe(132n);
  });
});
