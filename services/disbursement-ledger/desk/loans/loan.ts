// One loan as of a day: contract, standing, schedule, payouts, and what its postings add up to.
import { ratePpmOn, type Standing } from '@saidao/loans';
import { formatPpm, formatYuan, type BusinessDate } from '@saidao/values';
import type { Transaction } from '@saidao/worker';
import { standingAt, standingNow, tierOf, type LoanAccount } from '../../loan/account.ts';
import { world } from '../../loan/shipped.ts';
import type { Nature, Side } from '../../postings.ts';
import { dateOrNull } from '../books/asked.ts';
import { inBooks } from '../database.ts';
import { DeskFault } from '../fault.ts';
import { dayOfInstant } from '../instants.ts';
import { accountsOf, tierOn } from './portfolio-question.ts';

export interface LoanQuestion {
  readonly databaseUrl: string;
  readonly loan: string;
  /** A day, by value date; null: through the last day that anything is posted for. */
  readonly asOf: string | null;
}

/** What is kept as it is now alone, and told so where a day is asked about. */
const ofToday = ['status', 'undrawn', 'payouts'] as const;

export async function loanAnswer({ databaseUrl, loan, asOf }: LoanQuestion) {
  if (asOf !== null && dayOfInstant(asOf) !== null) {
    throw new DeskFault(
      'What a loan owes is told by value date: give a day. What the books said of it at an instant ' +
        'have `entries --loan` and `statement --loan`.',
    );
  }
  const date = dateOrNull(asOf);
  return inBooks(databaseUrl, async (books) => {
    const { ratePpm, ...summary } = await summaryOf(books, loan);
    const account = (await accountsOf(books, [loan])).get(loan);
    const at =
      account && (date === null ? standingNow(account, world) : standingAt(account, date, world));
    const inForcePpm = account && at ? ratePpmOn(account.contract, world.lpr, at.date) : ratePpm;
    return {
      ...summary,
      rate: formatPpm(inForcePpm),
      asOf: date,
      ofToday: date === null ? [] : ofToday,
      ...(account && at ? await standingTold(books, account, at, date) : NO_STANDING),
      payouts: await payoutsOf(books, loan),
      balances: await balancesOf(books, summary.lender, loan, date),
    };
  });
}

async function summaryOf(books: Transaction, loan: string) {
  const { rows } = await books.query<{
    loan_id: string;
    lender_id: string;
    application_id: string;
    borrower: string;
    borrower_uscc: string;
    product_id: string | null;
    principal_fen: bigint;
    undrawn_fen: bigint;
    rate_ppm: number;
    term_months: number;
    repayment: string;
    booked_on: BusinessDate;
    matures_on: BusinessDate;
    status: string;
  }>(
    `select *, booked_on::text as booked_on, matures_on::text as matures_on
     from book.loans where loan_id = $1`,
    [loan],
  );
  const [row] = rows;
  if (row === undefined) throw new DeskFault(`There is no loan ${loan} in the books.`);
  return {
    loan,
    lender: row.lender_id,
    application: row.application_id,
    borrower: row.borrower,
    uscc: row.borrower_uscc,
    product: row.product_id,
    limit: formatYuan(row.principal_fen),
    undrawn: formatYuan(row.undrawn_fen),
    /** As it was booked. */
    ratePpm: row.rate_ppm,
    months: row.term_months,
    method: row.repayment,
    bookedOn: row.booked_on,
    maturesOn: row.matures_on,
    status: row.status,
  };
}

/** Of a loan whose account is not there. */
const NO_STANDING = { standing: null, instalments: [] };

async function standingTold(
  books: Transaction,
  account: LoanAccount,
  at: Standing,
  date: BusinessDate | null,
) {
  const { instalments, paid, date: on } = at;
  const tier = date === null ? tierOf(account, at) : await tierOn(books, account, at, date);
  return {
    standing: {
      on,
      drawn: formatYuan(at.drawnFen),
      principal: formatYuan(at.principalFen),
      overduePrincipal: formatYuan(at.overduePrincipalFen),
      dueInterest: formatYuan(at.dueInterestFen),
      daysPastDue: at.daysPastDue,
      tier,
      ownTier: at.ownTier,
      accrued: formatYuan(at.accruedFen),
      penalty: formatYuan(at.penaltyFen),
      compound: formatYuan(at.compoundFen),
      costs: formatYuan(at.costsFen),
      received: formatYuan(at.receivedFen),
      paid: {
        costs: formatYuan(paid.costsFen),
        penalty: formatYuan(paid.penaltyFen),
        compound: formatYuan(paid.compoundFen),
        interest: formatYuan(paid.interestFen),
        principal: formatYuan(paid.principalFen),
      },
      suspense: formatYuan(at.suspenseFen),
      nonAccrualFrom: at.nonAccrualFrom,
      writtenOffOn: at.writtenOffOn,
      writtenOff: formatYuan(at.writtenOffFen),
      recovered: formatYuan(at.recoveredFen),
      claimed: formatYuan(at.claimedFen),
      guaranteePaid: formatYuan(at.guaranteePaidFen),
      guaranteeHeld: formatYuan(at.guaranteeHeldFen),
      settled: at.settled,
    },
    instalments: instalments.map(({ number, from, to, dueOn, ...fen }) => ({
      ...{ number, from, to, dueOn },
      opening: formatYuan(fen.openingFen),
      principal: formatYuan(fen.principalFen),
      interest: formatYuan(fen.interestFen),
      closing: formatYuan(fen.closingFen),
      paidPrincipal: formatYuan(fen.paidPrincipalFen),
      paidInterest: formatYuan(fen.paidInterestFen),
    })),
  };
}

async function payoutsOf(books: Transaction, loan: string) {
  const { rows } = await books.query<{
    payout_id: string;
    payee: string;
    amount_fen: bigint;
    status: string;
    rail_reference: string | null;
    paid_at: Date | null;
    cause: string | null;
  }>('select * from book.payouts where loan_id = $1 order by place', [loan]);
  return rows.map((row) => ({
    payout: row.payout_id,
    payee: row.payee,
    amount: formatYuan(row.amount_fen),
    status: row.status,
    railReference: row.rail_reference,
    paidAt: row.paid_at?.toISOString() ?? null,
    cause: row.cause,
  }));
}

/** What the loan's postings add to each account, positive on the side where that grows. */
async function balancesOf(
  books: Transaction,
  lender: string,
  loan: string,
  date: BusinessDate | null,
) {
  const { rows } = await books.query<{
    code: string;
    name: string;
    nature: Nature;
    grows: Side;
    currency: string;
    debit_fen: string;
    credit_fen: string;
  }>(
    `select a.code, a.name, a.nature, a.grows, p.currency,
       coalesce(sum(p.amount_fen) filter (where p.side = 'debit'), 0)::text as debit_fen,
       coalesce(sum(p.amount_fen) filter (where p.side = 'credit'), 0)::text as credit_fen
     from book.entries as e join book.postings as p using (lender_id, lane, seq)
     join book.accounts as a on a.lender_id = p.lender_id and a.code = p.account
     where e.lender_id = $1 and e.loan_id = $2 and ($3::date is null or e.value_date <= $3)
     group by a.code, a.name, a.nature, a.grows, p.currency order by a.code collate "C", p.currency`,
    [lender, loan, date],
  );
  return rows.map(({ code, name, nature, grows, currency, ...sums }) => {
    const debitFen = BigInt(sums.debit_fen);
    const creditFen = BigInt(sums.credit_fen);
    return {
      ...{ account: code, name, nature, currency },
      debits: formatYuan(debitFen),
      credits: formatYuan(creditFen),
      balance: formatYuan(grows === 'debit' ? debitFen - creditFen : creditFen - debitFen),
    };
  });
}
