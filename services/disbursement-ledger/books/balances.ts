// What the accounts of a lender hold: sums over its postings, as of any instant or day.
import type { BusinessDate, Fen } from '@saidao/values';
import type { Transaction } from '@saidao/worker';
import type { Nature, Side } from '../postings.ts';

/** All that is given has to hold; nothing given: everything in the books. */
export interface AsOf {
  /** Booked at this instant or before: what the books said then. */
  readonly bookedUntilMs?: number | undefined;
  /** Booked on this day of the books or before. */
  readonly bookingDate?: BusinessDate | undefined;
  /** With a value date of this day or before, also where it was booked later. */
  readonly valueDate?: BusinessDate | undefined;
}

export interface AccountBalance {
  readonly account: string;
  readonly name: string;
  readonly nature: Nature;
  /** The side on which the balance is positive. */
  readonly grows: Side;
  readonly currency: string;
  readonly debitFen: Fen;
  readonly creditFen: Fen;
  readonly balanceFen: Fen;
}

/**
 * Every account of the lender's chart, by its code, those without postings too. Debits and credits
 * add up to the same. What is asked of a time after a closed period starts from its sums.
 */
export async function trialBalance(
  books: Transaction,
  lenderId: string,
  asOf: AsOf = {},
): Promise<readonly AccountBalance[]> {
  const { bookedUntilMs = null, bookingDate = null, valueDate = null } = asOf;
  await readWhole(books, 'on');
  const { rows } = await books.query<{
    code: string;
    name: string;
    nature: Nature;
    grows: Side;
    currency: string;
    debit_fen: string;
    credit_fen: string;
  }>(
    // A period is passed over where any entry of it is later than what is asked.
    `with kept as (
       select max(closed_through) as through from book.periods
       where lender_id = $1 and ($3::date is null or closed_through <= $3)
         and ($2::bigint is null or last_booked_at is null
           or last_booked_at <= to_timestamp($2 / 1000.0))
         and ($4::date is null or last_value_date is null or last_value_date <= $4)),
     sums as (
       select account, currency, debit_fen, credit_fen from book.period_balances
       where lender_id = $1 and closed_through = (select through from kept)
       union all
       select p.account, p.currency,
         sum(p.amount_fen) filter (where p.side = 'debit'),
         sum(p.amount_fen) filter (where p.side = 'credit')
       from book.entries as e join book.postings as p using (lender_id, lane, seq)
       where e.lender_id = $1
         and e.booking_date > coalesce((select through from kept), '-infinity')
         and ($2::bigint is null or e.booked_at <= to_timestamp($2 / 1000.0))
         and ($3::date is null or e.booking_date <= $3)
         and ($4::date is null or e.value_date <= $4)
       group by p.account, p.currency)
     select a.code, a.name, a.nature, a.grows, coalesce(s.currency, a.currency) as currency,
       coalesce(sum(s.debit_fen), 0)::text as debit_fen,
       coalesce(sum(s.credit_fen), 0)::text as credit_fen
     from book.accounts as a left join sums as s on s.account = a.code
     where a.lender_id = $1
     group by a.code, a.name, a.nature, a.grows, coalesce(s.currency, a.currency)
     order by a.code collate "C", 5`,
    [lenderId, bookedUntilMs, bookingDate, valueDate],
  );
  await readWhole(books, 'off');
  return rows.map((row) => {
    const debitFen = BigInt(row.debit_fen);
    const creditFen = BigInt(row.credit_fen);
    const { code: account, name, nature, grows, currency } = row;
    const balanceFen = grows === 'debit' ? debitFen - creditFen : creditFen - debitFen;
    return { account, name, nature, grows, currency, debitFen, creditFen, balanceFen };
  });
}

/**
 * Whether whole tables may be read and joined by hashing, in this transaction: of a line's turn
 * every statement finds its rows by key, but here most are wanted.
 */
async function readWhole(books: Transaction, how: 'on' | 'off'): Promise<void> {
  await books.query(
    `select set_config(name, $1, true)
     from unnest(array['enable_seqscan', 'enable_hashjoin']) as w (name)`,
    [how],
  );
}

/** The lenders that have books. */
export async function lendersIn(books: Transaction): Promise<readonly string[]> {
  const { rows } = await books.query<{ lender_id: string }>(
    'select distinct lender_id from book.accounts order by lender_id',
  );
  return rows.map(({ lender_id }) => lender_id);
}

export interface StatementAsked {
  readonly lenderId: string;
  readonly account: string;
  /** Left out: of all loans. */
  readonly loanId?: string | undefined;
  /** Booking dates, both inclusive. */
  readonly since: BusinessDate;
  readonly until: BusinessDate;
  /** Booked at this instant or before: what the books said then. */
  readonly bookedUntilMs?: number | undefined;
}

export interface StatementLine {
  readonly entryId: string;
  readonly movement: string;
  readonly loanId: string;
  readonly valueDate: BusinessDate;
  readonly bookingDate: BusinessDate;
  readonly bookedAtMs: number;
  readonly side: Side;
  readonly amountFen: Fen;
  readonly currency: string;
  /** Of the account behind this line, on the side where it grows. */
  readonly balanceFen: Fen;
}

export interface Statement {
  readonly openingFen: Fen;
  readonly lines: readonly StatementLine[];
  readonly closingFen: Fen;
}

/**
 * What happened on an account between two booking dates, in the order of booking. An account that
 * the lender does not have is a RangeError.
 */
export async function statementOf(books: Transaction, asked: StatementAsked): Promise<Statement> {
  const { lenderId, account, loanId = null, since, until, bookedUntilMs = null } = asked;
  const { rows: accounts } = await books.query<{ grows: Side }>(
    'select grows from book.accounts where lender_id = $1 and code = $2',
    [lenderId, account],
  );
  const grows = accounts[0]?.grows;
  if (grows === undefined) throw new RangeError(`${lenderId} has no account ${account}.`);
  const { rows } = await books.query<{
    id: string;
    movement: string;
    loan_id: string;
    value_date: string;
    booking_date: string;
    booked_at: Date;
    side: Side;
    amount_fen: bigint;
    currency: string;
  }>(
    `select e.id, e.movement, e.loan_id, e.value_date::text as value_date,
       e.booking_date::text as booking_date, e.booked_at, p.side, p.amount_fen, p.currency
     from book.entries as e join book.postings as p using (lender_id, lane, seq)
     where e.lender_id = $1 and p.account = $2 and ($3::text is null or e.loan_id = $3)
       and e.booking_date >= $4 and e.booking_date <= $5
       and ($6::bigint is null or e.booked_at <= to_timestamp($6 / 1000.0))
     order by e.booking_date, e.booked_at, e.lane, e.seq, p.place`,
    [lenderId, account, loanId, since, until, bookedUntilMs],
  );
  const { rows: earlier } = await books.query<{ fen: string }>(
    `select coalesce(sum(case p.side when $4 then p.amount_fen else -p.amount_fen end), 0)::text
       as fen
     from book.entries as e join book.postings as p using (lender_id, lane, seq)
     where e.lender_id = $1 and p.account = $2 and ($3::text is null or e.loan_id = $3)
       and e.booking_date < $5
       and ($6::bigint is null or e.booked_at <= to_timestamp($6 / 1000.0))`,
    [lenderId, account, loanId, grows, since, bookedUntilMs],
  );
  const openingFen = BigInt(earlier[0]?.fen ?? 0);
  let balanceFen = openingFen;
  const lines = rows.map((row): StatementLine => {
    balanceFen += row.side === grows ? row.amount_fen : -row.amount_fen;
    return {
      entryId: row.id,
      movement: row.movement,
      loanId: row.loan_id,
      valueDate: row.value_date as BusinessDate,
      bookingDate: row.booking_date as BusinessDate,
      bookedAtMs: row.booked_at.getTime(),
      side: row.side,
      amountFen: row.amount_fen,
      currency: row.currency,
      balanceFen,
    };
  });
  return { openingFen, lines, closingFen: balanceFen };
}
