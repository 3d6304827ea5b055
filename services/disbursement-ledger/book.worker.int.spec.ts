// The books on a real PostgreSQL: balanced at commit, append-only also for the owner, each thing once.
import { brokenInvariantOf, sqlStateOf } from '@saidao/worker';
import type { TestDatabase } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { BookRow, Loan } from './book.decide.ts';
import { haltPayouts, writeBook } from './book.worker.ts';
import { ledgerDatabase } from './database.fixture.ts';
import { haltsIn } from './adapters/halts-postgres.ts';
import { loansIn } from './adapters/loans-postgres.ts';
import { entryId, postingsOf, type Entry, type Movement } from './postings.ts';

let db: TestDatabase;
let serial = 0;

beforeAll(async () => {
  db = await ledgerDatabase(inject('databaseUrl'));
});

afterAll(() => db.close());

const LENDER = 'exim-zj';

function loanOf(change: Partial<Loan> = {}): Loan {
  serial += 1;
  const authorisationId = `A${serial}`;
  return {
    loanId: `L${serial}`,
    authorisationId,
    approvalId: `P${serial}`,
    applicationId: `application-${serial}`,
    lenderId: LENDER,
    revision: 1,
    borrower: '浙江示例智能锁科技有限公司',
    borrowerUscc: '91330100MA2H000142',
    principalFen: 10_000_000_000n,
    ratePpm: 30_000,
    termMonths: 24,
    repayment: 'BULLET',
    entrusted: true,
    bookedOn: '2026-11-20',
    maturesOn: '2028-11-20',
    status: 'booked',
    payouts: [
      {
        payoutId: `${authorisationId}/1`,
        payee: '浙江示例电机有限公司',
        amountFen: 10_000_000_000n,
        status: 'instructed',
        railReference: null,
        paidAtMs: null,
        cause: null,
      },
    ],
    ...change,
  };
}

function entryOf(loan: Loan, movement: Movement, subject: string, change: Partial<Entry> = {}) {
  serial += 1;
  const { lenderId, applicationId, loanId, bookedOn: valueDate } = loan;
  const entry: Entry = {
    id: entryId(movement, subject),
    movement,
    eventId: `event-${serial}`,
    lenderId,
    applicationId,
    loanId,
    valueDate,
    bookedAtMs: 1_000,
    postings: postingsOf(movement, loan.principalFen),
    ...change,
  };
  return { kind: 'entry', entry } as const;
}

const loanRow = (loan: Loan): BookRow => ({ kind: 'loan', loan, atMs: 1_000 });
const write = (...rows: BookRow[]) =>
  db.database.transaction((transaction) => writeBook(transaction, rows));

async function bookedLoan(): Promise<Loan> {
  const loan = loanOf();
  await write(loanRow(loan), entryOf(loan, 'DISBURSEMENT', loan.authorisationId));
  return loan;
}

/** The SQLSTATE and the constraint that refused it. */
async function refusalOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return `${sqlStateOf(error)} ${(error as { constraint?: string }).constraint ?? ''}`.trim();
  }
  return 'taken';
}

async function count(table: string): Promise<number> {
  const { rows } = await db.database.query<{ n: bigint }>(`select count(*) as n from ${table}`);
  return Number(rows[0]?.n);
}

const insertEntry = (id: string, loan: Loan) =>
  `insert into book.entries (id, movement, event_id, lender_id, application_id, loan_id,
     value_date, booked_at) values ('${id}', 'PAYOUT', 'event of ${id}', '${LENDER}',
     '${loan.applicationId}', '${loan.loanId}', '2026-11-20', now())`;
const insertPosting = (
  id: string,
  place: number,
  side: string,
  amountFen: number,
  { currency = 'CNY', lender = LENDER, account = '2011' } = {},
) =>
  `insert into book.postings (entry_id, place, lender_id, account, side, amount_fen, currency)
   values ('${id}', ${place}, '${lender}', '${account}', '${side}', ${amountFen}, '${currency}')`;

function inOneTransaction(...statements: string[]): Promise<void> {
  return db.database.transaction(async (transaction) => {
    for (const statement of statements) await transaction.query(statement);
  });
}

describe('an entry', () => {
  test('is taken when its debits are its credits', async () => {
    const loan = await bookedLoan();
    await inOneTransaction(
      insertEntry('E-balanced', loan),
      insertPosting('E-balanced', 1, 'debit', 700),
      insertPosting('E-balanced', 2, 'credit', 300),
      insertPosting('E-balanced', 3, 'credit', 400),
    );
    expect(await count(`book.postings where entry_id = 'E-balanced'`)).toBe(3);
  });

  test('that is not balanced is refused at commit, not before', async () => {
    const loan = await bookedLoan();
    const reached: string[] = [];
    const work = db.database.transaction(async (transaction) => {
      await transaction.query(insertEntry('E-off', loan));
      await transaction.query(insertPosting('E-off', 1, 'debit', 700));
      await transaction.query(insertPosting('E-off', 2, 'credit', 699));
      reached.push('commit');
    });
    expect(await refusalOf(work)).toBe('SD001 entry_balanced');
    expect(reached).toEqual(['commit']);
    expect(await count(`book.entries where id = 'E-off'`)).toBe(0);
  });

  test('has to balance in each currency', async () => {
    const loan = await bookedLoan();
    const work = inOneTransaction(
      insertEntry('E-mixed', loan),
      insertPosting('E-mixed', 1, 'debit', 700),
      insertPosting('E-mixed', 2, 'credit', 700, { currency: 'USD' }),
    );
    expect(await refusalOf(work)).toBe('SD001 entry_balanced');
  });

  test('without postings is refused', async () => {
    const loan = await bookedLoan();
    const work = inOneTransaction(insertEntry('E-empty', loan));
    expect(await refusalOf(work)).toBe('SD001 entry_has_postings');
  });

  test('takes no postings after its transaction, balanced or not', async () => {
    const loan = await bookedLoan();
    const id = entryId('DISBURSEMENT', loan.authorisationId);
    const work = inOneTransaction(
      insertPosting(id, 3, 'debit', 1),
      insertPosting(id, 4, 'credit', 1),
    );
    expect(await refusalOf(work)).toBe('SD001 entry_complete');
  });

  test('is checked again when postings come after a hastened check', async () => {
    const loan = await bookedLoan();
    const work = inOneTransaction(
      insertEntry('E-hastened', loan),
      insertPosting('E-hastened', 1, 'debit', 700),
      insertPosting('E-hastened', 2, 'credit', 700),
      'set constraints all immediate',
      'set constraints all deferred',
      insertPosting('E-hastened', 3, 'credit', 1),
    );
    expect(await refusalOf(work)).toBe('SD001 entry_balanced');
  });

  test.each([
    ['of nothing', insertPosting('E-odd', 1, 'debit', 0), '23514 postings_amount_fen_check'],
    ['below nothing', insertPosting('E-odd', 1, 'debit', -5), '23514 postings_amount_fen_check'],
    ['on no side', insertPosting('E-odd', 1, 'both', 5), '23514 postings_side_check'],
    [
      'on an account that the lender does not have',
      insertPosting('E-odd', 1, 'debit', 5, { account: '9999' }),
      '23503 postings_lender_id_account_fkey',
    ],
    [
      'of another lender',
      insertPosting('E-odd', 1, 'debit', 5, { lender: 'boc-zj' }),
      '23503 postings_entry_id_lender_id_fkey',
    ],
  ])('takes no posting %s', async (_what, posting, refusal) => {
    const loan = await bookedLoan();
    const other = loanOf({ lenderId: 'boc-zj' });
    await write(loanRow(other), entryOf(other, 'DISBURSEMENT', other.authorisationId));
    expect(await refusalOf(inOneTransaction(insertEntry('E-odd', loan), posting))).toBe(refusal);
  });

  test('belongs to the lender and the application of its loan', async () => {
    const loan = await bookedLoan();
    const stray = entryOf(loan, 'PAYOUT', 'stray', { applicationId: 'another' });
    expect(await refusalOf(write(stray))).toMatch(/^23503 entries_loan_id_lender_id/);
  });
});

describe('the books', () => {
  test.each(['book.entries', 'book.postings'])('%s is never changed or emptied', async (table) => {
    await bookedLoan();
    const before = await count(table);
    const { rows } = await db.database.query<{ owner: boolean }>(
      `select pg_get_userbyid(relowner) = current_user as owner from pg_class
       where oid = $1::regclass`,
      [table],
    );
    expect(rows[0]?.owner).toBe(true);
    const statements = [
      `update ${table} set lender_id = lender_id`,
      `delete from ${table}`,
      `delete from ${table} where false`,
      `truncate ${table} cascade`,
    ];
    for (const statement of statements) {
      expect(await refusalOf(db.database.query(statement)), statement).toBe('SD001 append_only');
      const asReplica = inOneTransaction(
        "set local session_replication_role = 'replica'",
        statement,
      );
      expect(await refusalOf(asReplica), statement).toBe('SD001 append_only');
    }
    expect(await count(table)).toBe(before);
  });

  test('are balanced for a session that calls itself a replica too', async () => {
    const loan = await bookedLoan();
    const work = inOneTransaction(
      "set local session_replication_role = 'replica'",
      insertEntry('E-replica', loan),
      insertPosting('E-replica', 1, 'debit', 700),
    );
    expect(await refusalOf(work)).toBe('SD001 entry_balanced');
  });

  test('are not lost with the loans or accounts that they are about', async () => {
    await bookedLoan();
    for (const table of ['book.loans', 'book.accounts']) {
      expect(await refusalOf(db.database.query(`truncate ${table} cascade`))).toBe(
        'SD001 append_only',
      );
      expect(await refusalOf(db.database.query(`delete from ${table}`))).toMatch(/^23503/);
    }
  });

  test('take one disbursement for an authorisation', async () => {
    const loan = await bookedLoan();
    const again = entryOf(loan, 'DISBURSEMENT', loan.authorisationId);
    expect(await refusalOf(write(again))).toBe('23505 entries_pkey');
    const second = loanOf({ authorisationId: loan.authorisationId, payouts: [] });
    expect(await refusalOf(write(loanRow(second)))).toBe('23505 one_loan_for_an_authorisation');
  });

  test('take one confirmation for a payout', async () => {
    const loan = await bookedLoan();
    const subject = `${loan.authorisationId}/1`;
    await write(entryOf(loan, 'PAYOUT', subject));
    expect(await refusalOf(write(entryOf(loan, 'PAYOUT', subject)))).toBe('23505 entries_pkey');
  });

  test('take one entry for an event', async () => {
    const loan = await bookedLoan();
    const { entry } = entryOf(loan, 'PAYOUT', `${loan.authorisationId}/1`);
    await write({ kind: 'entry', entry });
    const other = { ...entry, id: 'payout/other' };
    expect(await refusalOf(write({ kind: 'entry', entry: other }))).toBe(
      '23505 one_entry_for_an_event',
    );
  });
});

describe('broken books', () => {
  test('say whose they are, where an entry says it', async () => {
    const loan = await bookedLoan();
    const { applicationId } = loan;
    const id = entryId('DISBURSEMENT', loan.authorisationId);
    const broken = [
      [insertEntry('E-whose', loan), insertPosting('E-whose', 1, 'debit', 7)],
      [insertEntry('E-whose', loan)],
      [insertPosting(id, 3, 'debit', 1)],
    ];
    for (const statements of broken) {
      const error = await inOneTransaction(...statements).catch((thrown: unknown) => thrown);
      expect(brokenInvariantOf(error)).toMatchObject({ lenderId: LENDER, applicationId });
    }
    const deleted = await db.database.query('delete from book.entries').catch((thrown) => thrown);
    expect(brokenInvariantOf(deleted)).toMatchObject({ lenderId: undefined });
  });

  test('are not those that hold a business key already: that is a fault of the event', async () => {
    const loan = await bookedLoan();
    const again = write(entryOf(loan, 'DISBURSEMENT', loan.authorisationId));
    expect(brokenInvariantOf(await again.catch((thrown: unknown) => thrown))).toBeUndefined();
  });

  test('halt the payouts of their lenders, for the first reason, until the row is gone', async () => {
    const halts = haltsIn(db.database);
    const halt = (reason: string, lenders: readonly string[]) =>
      db.database.transaction((transaction) =>
        haltPayouts(transaction, { lane: 2, reason, lenders, applicationId: undefined }),
      );
    await halt('not balanced', ['halted-a', 'halted-b']);
    await halt('another', ['halted-b', 'halted-c']);
    const { rows } = await db.database.query(
      'select lender_id, reason, application_id, lane from book.halts order by lender_id',
    );
    const common = { application_id: null, lane: 2 };
    expect(rows).toEqual([
      { lender_id: 'halted-a', reason: 'not balanced', ...common },
      { lender_id: 'halted-b', reason: 'not balanced', ...common },
      { lender_id: 'halted-c', reason: 'another', ...common },
    ]);
    expect(await halts.isHalted('halted-b')).toBe(true);
    expect(await halts.isHalted(LENDER)).toBe(false);
    await db.database.query(`delete from book.halts where lender_id = 'halted-b'`);
    expect(await halts.isHalted('halted-b')).toBe(false);
  });
});

describe('a turn', () => {
  test('writes all its loans, payouts and entries, the last state of each loan', async () => {
    const loans = [loanOf(), loanOf({ lenderId: 'czb-hz' }), loanOf()];
    const rows = loans.flatMap((loan): BookRow[] => [
      loanRow(loan),
      entryOf(loan, 'DISBURSEMENT', loan.authorisationId),
    ]);
    const [first] = loans as [Loan, ...Loan[]];
    const [payout] = first.payouts;
    const paid: Loan = {
      ...first,
      status: 'disbursed',
      payouts: [{ ...payout!, status: 'paid', railReference: 'R1', paidAtMs: 5_000 }],
    };
    const names: string[] = [];
    await db.database.transaction((transaction) =>
      writeBook(
        {
          ...transaction,
          prepared(name, text, values) {
            names.push(name);
            return transaction.prepared(name, text, values);
          },
        },
        [...rows, loanRow(paid), entryOf(first, 'PAYOUT', payout!.payoutId)],
      ),
    );
    expect(names).toEqual([
      'book.write-loans',
      'book.write-payouts',
      'book.open-accounts',
      'book.write-entries',
      'book.write-postings',
    ]);
    const found = await loansIn(db.database).find(first.loanId, [LENDER]);
    const { revision: _notKept, ...kept } = paid;
    expect(found).toMatchObject({
      ...kept,
      changedAtMs: 1_000,
      entries: [{ movement: 'DISBURSEMENT' }, { movement: 'PAYOUT', valueDate: '2026-11-20' }],
    });
    expect(found?.balances).toMatchObject([
      { account: '1003', debitFen: 0n, creditFen: 10_000_000_000n },
      { account: '1303', debitFen: 10_000_000_000n, creditFen: 0n },
      { account: '2011', debitFen: 10_000_000_000n, creditFen: 10_000_000_000n },
    ]);
  });

  test('holds amounts up to the largest, to the fen', async () => {
    const principalFen = 2n ** 63n - 1n;
    const loan = loanOf({ principalFen, payouts: [] });
    await write(loanRow(loan), entryOf(loan, 'DISBURSEMENT', loan.authorisationId));
    const found = await loansIn(db.database).find(loan.loanId, [LENDER]);
    expect(found?.principalFen).toBe(principalFen);
    expect(found?.balances[0]?.debitFen).toBe(principalFen);
  });

  test('shows a loan to its own lender only', async () => {
    const loan = await bookedLoan();
    const loans = loansIn(db.database);
    expect(await loans.find(loan.loanId, ['boc-zj', 'czb-hz'])).toBeUndefined();
    expect(await loans.ofApplication(loan.applicationId, ['boc-zj'])).toEqual([]);
    expect(await loans.ofApplication(loan.applicationId, ['boc-zj', LENDER])).toHaveLength(1);
    expect(await loans.find(loan.loanId, [])).toBeUndefined();
  });
});
