// Fills a database with live loans as they stood at the end of the day before, entries and all.
import { text } from 'node:stream/consumers';
import { addDays, startOfBusinessDateMs, type BusinessDate } from '@saidao/values';
import { openDatabase, stateToText, type Database, type Transaction } from '@saidao/worker';
import { migrateLedger } from '../adapters/tables-postgres.ts';
import { closeLaneDay } from '../books/day-digest.ts';
import { developmentSigner } from '../books/signing.ts';
import { writeEntries } from '../books/write-entries.ts';
import { accountName, standingAt, tierOf, type LoanAccount } from '../loan/account.ts';
import { closeLoanDay, type ClosedLoanDay } from '../loan/closing.ts';
import { world } from '../loan/shipped.ts';
import { toTell } from '../loan/told.ts';
import { writePositions } from '../loan/write-positions.ts';
import { debtorTierOf } from '../days/debtor.ts';
import { loanBook, type LoanOfBook } from './loan-book.ts';

/** Put to it as JSON on its standard input. */
export interface FillLoansQuestion {
  readonly databaseUrl: string;
  readonly loans: number;
  readonly seed: number;
  readonly partitions: number;
  /** The day that is to be closed. */
  readonly date: BusinessDate;
}

/** Its answer, as JSON on its standard output; amounts as text. */
export interface FilledLoans {
  readonly loans: number;
  readonly entries: number;
  readonly pastDue: number;
  /** What all loans earn in the night after the day, by their schedules. */
  readonly nightFen: string;
  /** Of it what no loan earns that is more than 90 days past due: what goes into income. */
  readonly performingNightFen: string;
  readonly seconds: number;
}

const BATCH = 500;
const NON_ACCRUAL_AFTER_DAYS = 90;

const question = JSON.parse(await text(process.stdin)) as FillLoansQuestion;
const database = openDatabase({
  url: question.databaseUrl,
  poolMax: 4,
  statementTimeoutMs: 120_000,
});
try {
  await migrateLedger(question.databaseUrl);
  process.stdout.write(`${JSON.stringify(await fill(database, question))}\n`);
} finally {
  await database.close();
}

async function fill(on: Database, asked: FillLoansQuestion): Promise<FilledLoans> {
  const { loans: count, date } = asked;
  const startedMs = performance.now();
  let entries = 0;
  let pastDue = 0;
  let nightFen = 0n;
  let performingNightFen = 0n;
  let batch: LoanOfBook[] = [];
  // One batch is written while the next is made.
  let writing: Promise<void> = Promise.resolve();
  const flush = async (): Promise<void> => {
    const closed = closedBefore(batch, date);
    entries += closed.reduce((sum, one) => sum + one.entries.length, 0);
    batch = [];
    await writing;
    writing = on.transaction((transaction) => write(transaction, closed));
  };
  for (const loan of loanBook({ ...asked, count })) {
    nightFen += loan.nightFen;
    if (loan.daysPastDue <= NON_ACCRUAL_AFTER_DAYS) performingNightFen += loan.nightFen;
    if (loan.daysPastDue > 0) pastDue += 1;
    batch.push(loan);
    if (batch.length === BATCH) await flush();
  }
  if (batch.length > 0) await flush();
  await writing;
  await closeDayBefore(on, asked);
  await on.query('vacuum analyze');
  return {
    ...{ loans: count, entries, pastDue },
    nightFen: String(nightFen),
    performingNightFen: String(performingNightFen),
    seconds: (performance.now() - startedMs) / 1_000,
  };
}

async function closeDayBefore(
  on: Database,
  { date, partitions }: FillLoansQuestion,
): Promise<void> {
  const nowMs = startOfBusinessDateMs(date);
  const { rows } = await on.query<{ lender_id: string }>(
    'select distinct lender_id from book.positions',
  );
  for (const { lender_id: lenderId } of rows) {
    for (let lane = 0; lane < partitions; lane += 1) {
      const closed = { lenderId, lane, businessDate: addDays(date, -1), lanes: partitions, nowMs };
      await on.transaction((transaction) => closeLaneDay(transaction, closed, developmentSigner));
    }
  }
}

/** All that happened in one posting, and everything told; the debtor's loans stand in one batch. */
function closedBefore(loans: readonly LoanOfBook[], date: BusinessDate): ClosedLoanDay[] {
  const before = addDays(date, -1);
  const nowMs = startOfBusinessDateMs(date);
  const debtors = Map.groupBy(loans, ({ account: { identity } }) => identity.debtorUscc);
  return loans.map(({ account }) => {
    const others = debtors.get(account.identity.debtorUscc) ?? [];
    const debtorTier =
      others.length < 2
        ? 'normal'
        : debtorTierOf(others.map((one) => standingAt(one.account, before, world)));
    const at = { date: before, bookingDate: before, eventId: `fill/${before}`, nowMs };
    const closed = closeLoanDay(account, { ...at, debtorTier }, world);
    const standing = standingAt(closed.account, before, world);
    const tier = tierOf(closed.account, standing);
    const told = toTell(closed.account, standing, tier);
    return { ...closed, account: { ...closed.account, told } };
  });
}

async function write(transaction: Transaction, closed: readonly ClosedLoanDay[]): Promise<void> {
  const accounts = closed.map(({ account }) => account);
  const column = <T>(of: (account: LoanAccount) => T): T[] => accounts.map(of);
  const loanIds = column(({ contract }) => contract.loanId);
  const applicationIds = column(({ identity }) => identity.applicationId);
  const lenderIds = column(({ identity }) => identity.lenderId);
  await transaction.query(
    `insert into book.applications (application_id, revision, correlation_id, lender_id)
     select application_id, 1, application_id, lender_id
     from unnest($1::text[], $2::text[]) as w (application_id, lender_id)`,
    [applicationIds, lenderIds],
  );
  await transaction.query(
    `insert into book.loans (loan_id, lender_id, application_id, authorisation_id, approval_id,
       borrower, borrower_uscc, principal_fen, currency, rate_ppm, term_months, repayment,
       entrusted, booked_on, matures_on, status, changed_at)
     select loan_id, lender_id, application_id, authorisation_id, 'approval', 'borrower', uscc, fen,
       'CNY', rate_ppm, term_months, repayment, false, booked_on, matures_on, 'disbursed', now()
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
       $7::int[], $8::int[], $9::text[], $10::date[], $11::date[])
       as w (loan_id, lender_id, application_id, authorisation_id, uscc, fen, rate_ppm,
         term_months, repayment, booked_on, matures_on)`,
    [
      ...[loanIds, lenderIds, applicationIds],
      column(({ identity }) => identity.authorisationId),
      column(({ identity }) => identity.debtorUscc),
      column(({ contract }) => contract.limitFen),
      column(({ contract }) => contract.ratePpm),
      column(({ contract }) => contract.termMonths),
      column(({ contract }) => contract.method),
      column(({ contract }) => contract.bookedOn),
      column(({ contract }) => contract.maturesOn),
    ],
  );
  await transaction.query(
    `insert into book.shared_rows (name, content)
     select * from unnest($1::text[], $2::text[])`,
    [loanIds.map(accountName), column(stateToText)],
  );
  await writePositions(
    transaction,
    closed.map(({ position }) => position),
  );
  await writeEntries(
    transaction,
    closed.flatMap(({ entries }) => entries),
  );
}
