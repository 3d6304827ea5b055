// Loans and their postings as PostgreSQL holds them, for readers; nothing is written here.
import type { Database } from '@saidao/worker';
import type { Loan, Payout } from '../booking/state.ts';
import type { Movement, Nature, Side } from '../postings.ts';
import type { LoanBalance, LoanInBooks, Loans, LoanSummary, PostedEntry } from '../ports.ts';

interface LoanColumns {
  readonly loan_id: string;
  readonly lender_id: string;
  readonly application_id: string;
  readonly authorisation_id: string;
  readonly approval_id: string;
  readonly borrower: string;
  readonly borrower_uscc: string;
  readonly principal_fen: bigint;
  readonly rate_ppm: number;
  readonly term_months: number;
  readonly repayment: string;
  readonly entrusted: boolean;
  readonly booked_on: string;
  readonly matures_on: string;
  readonly status: Loan['status'];
  readonly changed_at: Date;
  readonly product_id: string | null;
  readonly undrawn_fen: bigint;
  readonly available_until: Date;
  readonly booked_at: Date;
  readonly unpaid_since: Date | null;
}

// A date column would be read as midnight of the process's own time zone, so dates come as text.
const LOAN_COLUMNS = `loan_id, lender_id, application_id, authorisation_id, approval_id, borrower,
  borrower_uscc, principal_fen, rate_ppm, term_months, repayment, entrusted,
  booked_on::text as booked_on, matures_on::text as matures_on, status, changed_at,
  product_id, undrawn_fen, available_until, booked_at, unpaid_since`;

export function loansIn(database: Database): Loans {
  return {
    async find(loanId, lenders) {
      const { rows } = await database.prepared<LoanColumns & Record<string, unknown>>(
        'book.find-loan',
        `select ${LOAN_COLUMNS} from book.loans where loan_id = $1 and lender_id = any($2)`,
        [loanId, lenders],
      );
      const [row] = rows;
      if (row === undefined) return undefined;
      const [payouts, entries, balances] = await Promise.all([
        payoutsOf(database, loanId),
        entriesOf(database, loanId),
        balancesOf(database, loanId),
      ]);
      return { ...summaryOf(row), payouts, entries, balances } satisfies LoanInBooks;
    },
    async ofApplication(applicationId, lenders) {
      const { rows } = await database.prepared<LoanColumns & Record<string, unknown>>(
        'book.loans-of-application',
        `select ${LOAN_COLUMNS} from book.loans
         where application_id = $1 and lender_id = any($2) order by loan_id`,
        [applicationId, lenders],
      );
      return rows.map(summaryOf);
    },
  };
}

function summaryOf(row: LoanColumns): LoanSummary {
  return {
    loanId: row.loan_id,
    lenderId: row.lender_id,
    applicationId: row.application_id,
    authorisationId: row.authorisation_id,
    approvalId: row.approval_id,
    borrower: row.borrower,
    borrowerUscc: row.borrower_uscc,
    principalFen: row.principal_fen,
    ratePpm: row.rate_ppm,
    termMonths: row.term_months,
    repayment: row.repayment,
    entrusted: row.entrusted,
    bookedOn: row.booked_on,
    maturesOn: row.matures_on,
    status: row.status,
    productId: row.product_id,
    undrawnFen: row.undrawn_fen,
    availableUntilMs: row.available_until.getTime(),
    bookedAtMs: row.booked_at.getTime(),
    unpaidSinceMs: row.unpaid_since?.getTime() ?? null,
    changedAtMs: row.changed_at.getTime(),
  };
}

async function payoutsOf(database: Database, loanId: string): Promise<readonly Payout[]> {
  const { rows } = await database.prepared<{
    payout_id: string;
    payee: string;
    amount_fen: bigint;
    status: Payout['status'];
    rail_reference: string | null;
    paid_at: Date | null;
    cause: string | null;
  }>('book.payouts-of-loan', 'select * from book.payouts where loan_id = $1 order by place', [
    loanId,
  ]);
  return rows.map((row) => ({
    payoutId: row.payout_id,
    payee: row.payee,
    amountFen: row.amount_fen,
    status: row.status,
    railReference: row.rail_reference,
    paidAtMs: row.paid_at?.getTime() ?? null,
    cause: row.cause,
  }));
}

async function entriesOf(database: Database, loanId: string): Promise<readonly PostedEntry[]> {
  const { rows } = await database.prepared<{
    id: string;
    movement: Movement;
    value_date: string;
    booked_at: Date;
    account: string;
    side: Side;
    amount_fen: bigint;
    currency: string;
  }>(
    'book.entries-of-loan',
    `select e.id, e.movement, e.value_date::text as value_date, e.booked_at, p.account, p.side,
       p.amount_fen, p.currency
     from book.entries as e join book.postings as p using (lender_id, lane, seq)
     where e.loan_id = $1 order by e.booked_at, e.movement, e.id, p.place`,
    [loanId],
  );
  const entries = new Map<string, PostedEntry & { postings: PostedEntry['postings'][number][] }>();
  for (const { id, movement, value_date, booked_at, ...row } of rows) {
    const entry = entries.get(id) ?? {
      id,
      movement,
      valueDate: value_date,
      bookedAtMs: booked_at.getTime(),
      postings: [],
    };
    const { account, side, amount_fen: amountFen, currency } = row;
    entry.postings.push({ account, side, amountFen, currency });
    entries.set(id, entry);
  }
  return [...entries.values()];
}

async function balancesOf(database: Database, loanId: string): Promise<readonly LoanBalance[]> {
  const { rows } = await database.prepared<{
    account: string;
    name: string;
    nature: Nature;
    grows: Side;
    currency: string;
    debit_fen: string;
    credit_fen: string;
  }>(
    'book.balances-of-loan',
    `select p.account, a.name, a.nature, a.grows, p.currency,
       coalesce(sum(p.amount_fen) filter (where p.side = 'debit'), 0)::text as debit_fen,
       coalesce(sum(p.amount_fen) filter (where p.side = 'credit'), 0)::text as credit_fen
     from book.entries as e join book.postings as p using (lender_id, lane, seq)
     join book.accounts as a on a.lender_id = e.lender_id and a.code = p.account
     where e.loan_id = $1 group by p.account, a.name, a.nature, a.grows, p.currency
     order by p.account, p.currency`,
    [loanId],
  );
  return rows.map(({ account, name, nature, grows, currency, debit_fen, credit_fen }) => ({
    account,
    name,
    nature,
    grows,
    currency,
    debitFen: BigInt(debit_fen),
    creditFen: BigInt(credit_fen),
  }));
}
