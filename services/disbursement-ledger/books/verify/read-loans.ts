// Loans for who verifies them: a page at a time, each with all rows that are kept of it.
import { formatYuan, type BusinessDate, type Fen } from '@saidao/values';
import { stateFromText, type Transaction } from '@saidao/worker';
import { accountName, type LoanAccount } from '../../loan/account.ts';
import { repaymentName } from '../../loan/actions/repayments.ts';

/** A row as its columns are spelled; dates as `YYYY-MM-DD`. */
export type Row = Readonly<Record<string, string | null>>;

/** An entry of money, or one with evidence. */
export interface EntryOfLoan {
  readonly id: string;
  readonly movement: string;
  readonly valueDate: BusinessDate;
  readonly bookingDate: BusinessDate;
  readonly evidence: string | null;
  /** Each as `debit 1003 1.00`, in the order of their places. */
  readonly postings: string;
}

export interface KeptLoan {
  readonly loanId: string;
  readonly loan: Row | undefined;
  readonly position: Row | undefined;
  /** Undefined: it is not there, or cannot be read. */
  readonly account: LoanAccount | undefined;
  readonly repayments: readonly Row[];
  /** What each repayment was taken as, by its `source/reference`. */
  readonly taken: ReadonlyMap<string, string>;
  readonly payouts: readonly Row[];
  /** In the order of their chain. */
  readonly entries: readonly EntryOfLoan[];
  /** Debits less credits of each account. */
  readonly sums: ReadonlyMap<string, Fen>;
}

/** As many are held in memory at once. */
const LOANS_AT_ONCE = 250;

/** Every loan that the lender has or a position names, in the order of their ids. */
export async function* loansOf(
  books: Transaction,
  lenderId: string,
): AsyncGenerator<readonly KeptLoan[]> {
  let behind = '';
  for (;;) {
    const { rows } = await books.query<{ loan_id: string }>(
      `(select loan_id from book.loans where lender_id = $1 and loan_id > $2
         order by loan_id limit $3)
       union
       (select loan_id from book.positions where lender_id = $1 and loan_id > $2
         order by loan_id limit $3)
       order by 1 limit $3`,
      [lenderId, behind, LOANS_AT_ONCE],
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    yield await pageOf(
      books,
      lenderId,
      rows.map(({ loan_id }) => loan_id),
    );
    behind = last.loan_id;
  }
}

async function pageOf(
  books: Transaction,
  lenderId: string,
  loanIds: readonly string[],
): Promise<readonly KeptLoan[]> {
  const loans = await rowsOf(books, 'loans', loanIds);
  const positions = await rowsOf(books, 'positions', loanIds);
  const repayments = await rowsOf(books, 'repayments', loanIds);
  const payouts = await rowsOf(books, 'payouts', loanIds);
  const accounts = await sharedRows(books, loanIds.map(accountName));
  const names = [...repayments.values()].flat().map(nameOf);
  const taken = await sharedRows(books, names);
  const entries = await entriesOf(books, lenderId, loanIds);
  const sums = await sumsOf(books, lenderId, loanIds);
  return loanIds.map((loanId) => {
    const own = repayments.get(loanId) ?? [];
    return {
      loanId,
      loan: loans.get(loanId)?.[0],
      position: positions.get(loanId)?.[0],
      account: accountOf(accounts.get(accountName(loanId))),
      repayments: own,
      taken: new Map(
        own.flatMap((row) => {
          const content = taken.get(nameOf(row));
          return content === undefined ? [] : [[`${row['source']}/${row['reference']}`, content]];
        }),
      ),
      payouts: payouts.get(loanId) ?? [],
      entries: entries.get(loanId) ?? [],
      sums: sums.get(loanId) ?? new Map<string, Fen>(),
    };
  });
}

function nameOf({ lender_id, source, reference }: Row): string {
  return repaymentName({
    lenderId: String(lender_id),
    source: String(source),
    reference: String(reference),
  });
}

/** What is no account any more is told as missing. */
function accountOf(content: string | undefined): LoanAccount | undefined {
  if (content === undefined) return undefined;
  try {
    return stateFromText(content) as LoanAccount;
  } catch {
    return undefined;
  }
}

async function rowsOf(
  books: Transaction,
  table: 'loans' | 'positions' | 'repayments' | 'payouts',
  loanIds: readonly string[],
): Promise<ReadonlyMap<string, Row[]>> {
  const { rows } = await books.query<{ loan_id: string; content: Row }>(
    `select t.loan_id, (
         select jsonb_object_agg(c.key, c.value) from jsonb_each_text(to_jsonb(t)) as c) as content
     from book.${table} as t where t.loan_id = any($1)`,
    [loanIds],
  );
  return grouped(rows.map(({ loan_id, content }) => [loan_id, content]));
}

async function sharedRows(
  books: Transaction,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await books.query<{ name: string; content: string }>(
    `select name, content from book.shared_rows where name = any($1) and content is not null`,
    [names],
  );
  return new Map(rows.map(({ name, content }) => [name, content]));
}

async function entriesOf(
  books: Transaction,
  lenderId: string,
  loanIds: readonly string[],
): Promise<ReadonlyMap<string, EntryOfLoan[]>> {
  const { rows } = await books.query<{
    loan_id: string;
    id: string;
    movement: string;
    value_date: string;
    booking_date: string;
    evidence: string | null;
    sides: readonly string[];
    accounts: readonly string[];
    fen: readonly string[];
  }>(
    `select e.loan_id, e.id, e.movement, e.value_date::text as value_date,
       e.booking_date::text as booking_date, e.evidence, p.sides, p.accounts, p.fen
     from book.entries as e
     cross join lateral (
       select array_agg(side order by place) as sides,
         array_agg(account order by place) as accounts,
         array_agg(amount_fen::text order by place) as fen
       from book.postings
       where lender_id = e.lender_id and lane = e.lane and seq = e.seq) as p
     where e.lender_id = $1 and e.loan_id = any($2) and (e.evidence is not null
       or e.movement in ('RECEIPT', 'REPAYMENT', 'SUSPENSE', 'GUARANTEE_PAYMENT', 'RECOVERY'))
     order by e.lane, e.seq`,
    [lenderId, loanIds],
  );
  return grouped(
    rows.map((row) => [
      row.loan_id,
      {
        id: row.id,
        movement: row.movement,
        valueDate: row.value_date,
        bookingDate: row.booking_date,
        evidence: row.evidence,
        postings: (row.sides ?? [])
          .map((side, at) => `${side} ${row.accounts[at]} ${formatYuan(BigInt(row.fen[at] ?? 0))}`)
          .join(', '),
      },
    ]),
  );
}

async function sumsOf(
  books: Transaction,
  lenderId: string,
  loanIds: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, Fen>>> {
  const { rows } = await books.query<{ loan_id: string; account: string; fen: string }>(
    `select e.loan_id, p.account,
       sum(case p.side when 'debit' then p.amount_fen else -p.amount_fen end)::text as fen
     from book.entries as e
     -- Offset: each is looked up by its key, whatever the planner thinks of so many.
     cross join lateral (
       select account, side, amount_fen from book.postings
       where lender_id = e.lender_id and lane = e.lane and seq = e.seq offset 0) as p
     where e.lender_id = $1 and e.loan_id = any($2) group by e.loan_id, p.account`,
    [lenderId, loanIds],
  );
  const found = grouped(
    rows.map(({ loan_id, account, fen }) => [loan_id, [account, BigInt(fen)] as const]),
  );
  return new Map([...found].map(([loanId, sums]) => [loanId, new Map(sums)]));
}

function grouped<T>(rows: readonly (readonly [loanId: string, row: T])[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const [loanId, row] of rows) {
    const group = groups.get(loanId) ?? [];
    group.push(row);
    groups.set(loanId, group);
  }
  return groups;
}
