// What a turn of the book line writes on a real PostgreSQL: loans, payouts, entries and halts.
import type { TestDatabase } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { BookRow, Loan } from './booking/state.ts';
import { haltPayouts, writeBook } from './book.worker.ts';
import { ledgerDatabase } from './database.fixture.ts';
import { haltsIn } from './adapters/halts-postgres.ts';
import { loansIn } from './adapters/loans-postgres.ts';
import { entryId, postingsOf, type Entry, type Transfer } from './postings.ts';

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
    productId: null,
    borrower: '浙江示例智能锁科技有限公司',
    borrowerUscc: '91330100MA2H000142',
    principalFen: 10_000_000_000n,
    ratePpm: 30_000,
    termMonths: 24,
    repayment: 'BULLET',
    entrusted: true,
    bookedOn: '2026-11-20',
    bookedAtMs: 500,
    maturesOn: '2028-11-20',
    status: 'booked',
    undrawnFen: 0n,
    availableUntilMs: 9_000,
    disbursedFen: 0n,
    unpaidSinceMs: null,
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

function entryOf(loan: Loan, movement: Transfer, subject: string, change: Partial<Entry> = {}) {
  serial += 1;
  const { lenderId, applicationId, loanId, bookedOn: valueDate } = loan;
  const entry: Entry = {
    id: entryId(movement, subject),
    movement,
    eventId: `event-${serial}`,
    lenderId,
    applicationId,
    loanId,
    lane: 0,
    valueDate,
    bookingDate: valueDate,
    bookedAtMs: 1_000,
    reverses: null,
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

describe('broken books', () => {
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

test('an authorisation has one loan, whatever forgets that it was booked', async () => {
  const { authorisationId } = await bookedLoan();
  const another = loanOf({ authorisationId, payouts: [] });
  await expect(write(loanRow(another))).rejects.toMatchObject({
    constraint: 'one_loan_for_an_authorisation',
  });
});

describe('a reservation', () => {
  const settle = (loan: Loan, ...movements: Transfer[]) => {
    const [payout] = loan.payouts;
    return write(...movements.map((movement) => entryOf(loan, movement, payout!.payoutId)));
  };

  test.each<[string, Transfer[], Transfer[]]>([
    ['two commits', ['RELEASE', 'DISBURSEMENT', 'PAYOUT'], ['RELEASE', 'DISBURSEMENT', 'PAYOUT']],
    ['a commit and a void', ['RELEASE', 'DISBURSEMENT', 'PAYOUT'], ['RELEASE']],
    ['two voids', ['RELEASE'], ['RELEASE']],
  ])('of %s at once takes one, whole, and nothing of the other', async (_, one, other) => {
    const loan = loanOf();
    await write(loanRow(loan), entryOf(loan, 'RESERVATION', loan.authorisationId));
    const outcomes = await Promise.allSettled([settle(loan, ...one), settle(loan, ...other)]);
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused).toHaveLength(1);
    expect(refused[0]?.reason).toMatchObject({ constraint: 'saidao_ledger_entry_exists' });
    const won = outcomes[0]?.status === 'fulfilled' ? one : other;
    const found = await loansIn(db.database).find(loan.loanId, [LENDER]);
    expect(found?.entries.map(({ movement }) => movement).sort()).toEqual(
      [...won, 'RESERVATION'].sort(),
    );
    const reserved = found?.balances.find(({ account }) => account === '9001');
    expect(reserved).toMatchObject({ debitFen: loan.principalFen, creditFen: loan.principalFen });
  });
});

describe('a loan that waits for its money', () => {
  test('is found by who looks for late money, until it is cleared', async () => {
    const loan = loanOf({ undrawnFen: 5n, unpaidSinceMs: 7_000 });
    const late = () =>
      db.database.query(
        `select loan_id, undrawn_fen from book.loans
         where unpaid_since is not null and loan_id = $1`,
        [loan.loanId],
      );
    await write(loanRow(loan));
    expect((await late()).rows).toEqual([{ loan_id: loan.loanId, undrawn_fen: 5n }]);
    await write(loanRow({ ...loan, undrawnFen: 0n, unpaidSinceMs: null }));
    expect((await late()).rows).toEqual([]);
    const found = await loansIn(db.database).find(loan.loanId, [LENDER]);
    expect(found).toMatchObject({ undrawnFen: 0n, unpaidSinceMs: null, bookedAtMs: 500 });
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
      'book.lock-heads',
      'book.open-accounts',
      'book.insert-entries',
      'book.insert-postings',
    ]);
    const found = await loansIn(db.database).find(first.loanId, [LENDER]);
    const { revision: _notKept, disbursedFen: _ofTheLine, ...kept } = paid;
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
    const principalFen = 10n ** 15n;
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
