// Books on a real PostgreSQL for specs: loans to book for, entries to book, and who refused what.
import { sqlStateOf, type Database, type Transaction } from '@saidao/worker';
import { ledgerDatabase } from '../database.fixture.ts';
import { entryId, postingsOf, type Entry, type Posting, type Transfer } from '../postings.ts';
import { writeEntries } from './write-entries.ts';

export const LENDER = 'exim-zj';
export const OTHER_LENDER = 'boc-zj';
export const BOOKED_AT_MS = Date.parse('2026-11-20T02:00:00.123Z');

export type Subject = Pick<Entry, 'lenderId' | 'applicationId' | 'loanId' | 'lane'>;

export async function openBooks(databaseUrl: string) {
  const db = await ledgerDatabase(databaseUrl);
  let serial = 0;

  /** A loan that the books may be about. */
  async function loan(change: Partial<Subject> = {}): Promise<Subject> {
    serial += 1;
    const subject = {
      lenderId: LENDER,
      applicationId: `application-${serial}`,
      loanId: `loan-${serial}`,
      lane: 0,
      ...change,
    };
    await db.database.query(
      `insert into book.loans (loan_id, lender_id, application_id, authorisation_id, approval_id,
         borrower, borrower_uscc, principal_fen, currency, rate_ppm, term_months, repayment,
         entrusted, booked_on, matures_on, status, changed_at)
       values ($1, $2, $3, $4, 'approval', 'borrower', '91330100MA2H000142', 10000000000, 'CNY',
         30000, 24, 'BULLET', true, '2026-11-20', '2028-11-20', 'booked', now())`,
      [subject.loanId, subject.lenderId, subject.applicationId, `authorisation-${serial}`],
    );
    return subject;
  }

  /** An entry of an amount, or of postings that may be of any kind. */
  function entry(
    subject: Subject,
    movement: Transfer,
    posted: bigint | readonly WildPosting[] = 10_000n,
    change: Partial<Entry> = {},
  ): Entry {
    serial += 1;
    return {
      ...subject,
      id: entryId(movement, `${subject.loanId}/${serial}`),
      movement,
      eventId: `event-${serial}`,
      valueDate: '2026-11-20',
      bookingDate: '2026-11-20',
      bookedAtMs: BOOKED_AT_MS,
      reverses: null,
      postings: typeof posted === 'bigint' ? postingsOf(movement, posted) : (posted as Posting[]),
      ...change,
    };
  }

  const within = <T>(work: (transaction: Transaction) => Promise<T>): Promise<T> =>
    db.database.transaction(work);

  async function write(...entries: readonly Entry[]): Promise<void> {
    await within((transaction) => writeEntries(transaction, entries));
  }

  const tamper = (...statements: readonly string[]) => tamperIn(db.database, ...statements);

  async function count(from: string): Promise<number> {
    const { rows } = await db.database.query<{ n: bigint }>(`select count(*) as n from ${from}`);
    return Number(rows[0]?.n);
  }

  return { db, loan, entry, write, within, tamper, count, close: () => db.close() };
}

/** As a superuser who goes past every trigger and constraint, and leaves them as they were. */
export async function tamperIn(
  database: Database,
  ...statements: readonly string[]
): Promise<void> {
  const { rows } = await database.query<{ table: string; trigger: string }>(
    `select tgrelid::regclass::text as table, tgname as trigger from pg_trigger
     where tgrelid::regclass::text like 'book.%' and not tgisinternal`,
  );
  const off = rows.map(({ table, trigger }) => `alter table ${table} disable trigger ${trigger}`);
  const on = rows.map(
    ({ table, trigger }) => `alter table ${table} enable always trigger ${trigger}`,
  );
  await database.transaction(async (transaction) => {
    for (const statement of [...off, ...statements, ...on]) await transaction.query(statement);
  });
}

export type Books = Awaited<ReturnType<typeof openBooks>>;

/** A posting that need not be one. */
export interface WildPosting {
  readonly account: string;
  readonly side: string;
  readonly amountFen: bigint;
  readonly currency: string;
}

export function wild(
  account: string,
  side: string,
  amountFen: bigint,
  currency = 'CNY',
): WildPosting {
  return { account, side, amountFen, currency };
}

/** The SQLSTATE and the constraint that refused it; `taken` where nothing did. */
export async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return refusalIn(error);
  }
  return 'taken';
}

export function refusalIn(error: unknown): string {
  const { constraint = String(error) } = error as { constraint?: string };
  return `${sqlStateOf(error)} ${constraint}`;
}
