// Fills the books with loans that have lived for half a year, for whoever reads books afterwards.
import { text } from 'node:stream/consumers';
import { startOfBusinessDateMs } from '@saidao/values';
import { openDatabase, stateToText, type Database, type Transaction } from '@saidao/worker';
import { migrateLedger } from '../adapters/tables-postgres.ts';
import { writeEntries } from '../books/write-entries.ts';
import { accountName } from '../loan/account.ts';
import { writePositions } from '../loan/write-positions.ts';
import { lifeOf, type LivesOptions, type LoanLife } from './loan-lives.ts';

/** Put to it as JSON on its standard input. */
export interface LiveLoansQuestion extends LivesOptions {
  readonly databaseUrl: string;
  readonly loans: number;
}

/** Its answer, as JSON on its standard output. */
export interface LiveLoans {
  readonly loans: number;
  readonly entries: number;
  readonly seconds: number;
}

const LOANS_AT_ONCE = 250;

const question = JSON.parse(await text(process.stdin)) as LiveLoansQuestion;
const { databaseUrl } = question;
const database = openDatabase({ url: databaseUrl, poolMax: 2, statementTimeoutMs: 120_000 });
try {
  await migrateLedger(databaseUrl);
  process.stdout.write(`${JSON.stringify(await fill(database, question))}\n`);
} finally {
  await database.close();
}

async function fill(on: Database, { loans, ...options }: LiveLoansQuestion): Promise<LiveLoans> {
  const begunMs = performance.now();
  let entries = 0;
  for (let at = 0; at < loans; at += LOANS_AT_ONCE) {
    const count = Math.min(LOANS_AT_ONCE, loans - at);
    const lives = Array.from({ length: count }, (_, index) => lifeOf(at + index, options));
    await on.transaction((transaction) => write(transaction, lives));
    entries += lives.reduce((sum, life) => sum + life.entries.length, 0);
  }
  await on.query('vacuum analyze');
  return { loans, entries, seconds: (performance.now() - begunMs) / 1_000 };
}

async function write(transaction: Transaction, lives: readonly LoanLife[]): Promise<void> {
  const column = <T>(of: (life: LoanLife) => T): T[] => lives.map(of);
  const loanIds = column(({ account }) => account.contract.loanId);
  await transaction.query(
    `insert into book.loans (loan_id, lender_id, application_id, authorisation_id, approval_id,
       borrower, borrower_uscc, principal_fen, currency, rate_ppm, term_months, repayment,
       entrusted, booked_on, matures_on, status, changed_at, product_id)
     select loan_id, lender_id, application_id, authorisation_id, 'approval', 'borrower', uscc, fen,
       'CNY', rate_ppm, term_months, repayment, true, booked_on::date, matures_on::date,
       'disbursed', now(), product_id
     from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
       $7::int[], $8::int[], $9::text[], $10::text[], $11::text[], $12::text[])
       as w (loan_id, lender_id, application_id, authorisation_id, uscc, fen, rate_ppm,
         term_months, repayment, booked_on, matures_on, product_id)`,
    [
      loanIds,
      column(({ account }) => account.identity.lenderId),
      column(({ account }) => account.identity.applicationId),
      column(({ account }) => account.identity.authorisationId),
      column(({ account }) => account.identity.debtorUscc),
      column(({ account }) => account.contract.limitFen),
      column(({ account }) => account.contract.ratePpm),
      column(({ account }) => account.contract.termMonths),
      column(({ account }) => account.contract.method),
      column(({ account }) => account.contract.bookedOn),
      column(({ account }) => account.contract.maturesOn),
      column(({ account }) => account.identity.productId),
    ],
  );
  await writePayouts(transaction, lives);
  await transaction.query(
    'insert into book.shared_rows (name, content) select * from unnest($1::text[], $2::text[])',
    [loanIds.map(accountName), column(({ account }) => stateToText(account))],
  );
  await writePositions(
    transaction,
    column(({ position }) => position),
  );
  await writeEntries(
    transaction,
    lives.flatMap(({ entries }) => entries),
  );
}

async function writePayouts(transaction: Transaction, lives: readonly LoanLife[]): Promise<void> {
  const payouts = lives.flatMap((life) =>
    life.payouts.map((payout, place) => ({
      ...payout,
      place,
      loanId: life.account.contract.loanId,
    })),
  );
  await transaction.query(
    `insert into book.payouts (payout_id, loan_id, place, payee, amount_fen, status,
       rail_reference, paid_at)
     select payout_id, loan_id, place, payee, fen, 'paid', reference, to_timestamp(paid_s)
     from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::bigint[], $6::text[],
       $7::bigint[]) as w (payout_id, loan_id, place, payee, fen, reference, paid_s)`,
    [
      payouts.map(({ payoutId }) => payoutId),
      payouts.map(({ loanId }) => loanId),
      payouts.map(({ place }) => place),
      payouts.map(({ payee }) => payee),
      payouts.map(({ amountFen }) => amountFen),
      payouts.map(({ railReference }) => railReference),
      payouts.map(({ paidOn }) => startOfBusinessDateMs(paidOn) / 1_000),
    ],
  );
}
