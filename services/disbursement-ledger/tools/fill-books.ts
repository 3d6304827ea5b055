// Fills the books with paid loans up to so many entries, and says what a posting cost at the end.
import { text } from 'node:stream/consumers';
import type { BusinessDate } from '@saidao/values';
import { openDatabase, type Database } from '@saidao/worker';
import { writeEntries } from '../books/write-entries.ts';
import { postingsOf, type Entry, type Transfer } from '../postings.ts';

/** Put to it as JSON on its standard input. */
export interface FillQuestion {
  readonly databaseUrl: string;
  readonly lenders: readonly string[];
  readonly lanes: number;
  /** Entries of all lenders, those that are there included. */
  readonly untilEntries: number;
  /** Of the last so many entries the cost is told. */
  readonly sampleEntries: number;
}

/** Its answer, as JSON on its standard output. */
export interface Filled {
  readonly entries: number;
  readonly postings: number;
  readonly seconds: number;
  /** Of the sample: a transaction's time with its commit over its postings, the median of all. */
  readonly microsPerPosting: number;
}

const MOVEMENTS = ['RESERVATION', 'RELEASE', 'DISBURSEMENT', 'PAYOUT'] as const;
/** As a turn of the line has. */
const LOANS_OF_A_TURN = 100;
const AMOUNT_FEN = 50_000_000n;
const BOOKED_ON: BusinessDate = '2026-11-20';

const question = JSON.parse(await text(process.stdin)) as FillQuestion;
const database = openDatabase({ url: question.databaseUrl, poolMax: 2 });
try {
  process.stdout.write(`${JSON.stringify(await fill(database, question))}\n`);
} finally {
  await database.close();
}

async function fill(database: Database, asked: FillQuestion): Promise<Filled> {
  const { untilEntries, sampleEntries, lanes, lenders } = asked;
  let entries = await entriesIn(database);
  const startedMs = performance.now();
  const costs: number[] = [];
  let postings = 0;
  for (let turn = 0; entries < untilEntries; turn += 1) {
    const lane = turn % lanes;
    const loans = await openLoans(database, lenders, entries);
    const booked = loans.flatMap((loan) => entriesOf(loan, lane));
    const turnMs = performance.now();
    await database.transaction((transaction) => writeEntries(transaction, booked));
    const turnPostings = booked.reduce((sum, entry) => sum + entry.postings.length, 0);
    entries += booked.length;
    postings += turnPostings;
    if (entries <= untilEntries - sampleEntries) continue;
    costs.push(((performance.now() - turnMs) * 1_000) / turnPostings);
  }
  const seconds = (performance.now() - startedMs) / 1_000;
  const sorted = costs.toSorted((a, b) => a - b);
  return { entries, postings, seconds, microsPerPosting: sorted[sorted.length >> 1] ?? 0 };
}

async function entriesIn(database: Database): Promise<number> {
  const { rows } = await database.query<{ count: bigint }>(
    'select count(*) as count from book.entries',
  );
  return Number(rows[0]?.count ?? 0n);
}

interface FilledLoan {
  readonly loanId: string;
  readonly applicationId: string;
  readonly lenderId: string;
}

/** Copies of a loan that the line booked, under ids of their own that grow as real ones do. */
async function openLoans(
  database: Database,
  lenders: readonly string[],
  from: number,
): Promise<readonly FilledLoan[]> {
  const loans = Array.from({ length: LOANS_OF_A_TURN }, (_, index): FilledLoan => {
    const serial = (from * LOANS_OF_A_TURN + index).toString(16).padStart(12, '0');
    const applicationId = `019b0000-0000-7000-8000-${serial}`;
    const lenderId = lenders[index % lenders.length] ?? '';
    return { applicationId, loanId: `${applicationId}-L1`, lenderId };
  });
  await database.query(
    `insert into book.loans
     select (jsonb_populate_record(l, jsonb_build_object('loan_id', w.loan_id, 'lender_id',
       w.lender_id, 'application_id', w.application_id, 'authorisation_id',
       w.application_id || '/authorisation/1'))).*
     from book.loans as l,
       unnest($1::text[], $2::text[], $3::text[]) as w (loan_id, lender_id, application_id)
     where l.loan_id = (select min(loan_id) from book.loans)`,
    [
      loans.map(({ loanId }) => loanId),
      loans.map(({ lenderId }) => lenderId),
      loans.map(({ applicationId }) => applicationId),
    ],
  );
  return loans;
}

function entriesOf(loan: FilledLoan, lane: number): Entry[] {
  return MOVEMENTS.map((movement: Transfer) => ({
    ...loan,
    id: `${movement.toLowerCase()}/${loan.loanId}`,
    movement: movement as (typeof MOVEMENTS)[number],
    eventId: `${loan.applicationId}/saidao.payout-results.v1/1`,
    lane,
    valueDate: BOOKED_ON,
    bookingDate: BOOKED_ON,
    bookedAtMs: Date.now(),
    reverses: null,
    postings: postingsOf(movement, AMOUNT_FEN),
  }));
}
