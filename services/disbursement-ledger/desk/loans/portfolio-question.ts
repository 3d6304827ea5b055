// The portfolio of a day out of the books: money from postings, tiers from where loans then stood.
import type { Standing } from '@saidao/loans';
import { businessDateOf, type BusinessDate, type Fen, type FiveTier } from '@saidao/values';
import { stateFromText, type Transaction } from '@saidao/worker';
import { debtorTierOf } from '../../days/debtor.ts';
import { accountName, standingAt, tierOf, type LoanAccount } from '../../loan/account.ts';
import { world } from '../../loan/shipped.ts';
import { dateOrNull, lendersOf } from '../books/asked.ts';
import { inBooks } from '../database.ts';
import { portfolioOf, type PortfolioLoan, type PortfolioRow } from './portfolio.ts';

export interface PortfolioQuestion {
  readonly databaseUrl: string;
  readonly lender: string | null;
  /** By value date; null: today. */
  readonly asOf: string | null;
}

export interface PortfolioAnswer {
  readonly asOf: BusinessDate;
  readonly rows: readonly PortfolioRow[];
}

export async function portfolioAnswer(question: PortfolioQuestion): Promise<PortfolioAnswer> {
  const asOf = dateOrNull(question.asOf) ?? businessDateOf(Date.now());
  return inBooks(question.databaseUrl, async (books) => {
    const lenders = await lendersOf(books, question.lender);
    const positions = await positionsOf(books, lenders, asOf);
    const money = await moneyOf(books, lenders, asOf);
    const tiers = await tiersOn(books, positions, asOf);
    const loans = positions.map(
      ({ loan_id, lender_id, product_id, debtor_uscc, inclusive, tier }): PortfolioLoan => ({
        lender: lender_id,
        product: product_id,
        debtorUscc: debtor_uscc,
        inclusive,
        disbursedFen: money.get(loan_id)?.disbursedFen ?? 0n,
        balanceFen: money.get(loan_id)?.balanceFen ?? 0n,
        tier: tiers.get(loan_id) ?? tier,
      }),
    );
    return { asOf, rows: portfolioOf(loans) };
  });
}

interface PositionRow {
  readonly loan_id: string;
  readonly lender_id: string;
  readonly product_id: string | null;
  readonly debtor_uscc: string;
  readonly inclusive: readonly string[];
  readonly closed_on: BusinessDate;
  readonly tier: FiveTier;
  readonly [column: string]: unknown;
}

async function positionsOf(
  books: Transaction,
  lenders: readonly string[],
  asOf: BusinessDate,
  /** Null: of all debtors. */
  debtorUscc: string | null = null,
): Promise<PositionRow[]> {
  const { rows } = await books.query<PositionRow>(
    `select loan_id, lender_id, product_id, debtor_uscc, inclusive, closed_on::text as closed_on,
       tier
     from book.positions where lender_id = any($1) and booked_on <= $2
       and ($3::text is null or debtor_uscc = $3) order by loan_id`,
    [lenders, asOf, debtorUscc],
  );
  return rows;
}

/** By loan: what was paid out and not taken back, and what of its principal is left. */
async function moneyOf(
  books: Transaction,
  lenders: readonly string[],
  asOf: BusinessDate,
): Promise<ReadonlyMap<string, { readonly disbursedFen: Fen; readonly balanceFen: Fen }>> {
  const { rows } = await books.query<{
    loan_id: string;
    disbursed_fen: string;
    balance_fen: string;
  }>(
    `select loan_id, sum(fen)::text as balance_fen,
       coalesce(sum(fen) filter (where account = '1303'
         and (movement = 'DISBURSEMENT' or reverses like 'disbursement/%')), 0)::text
         as disbursed_fen
     from (
       select e.loan_id, e.movement, e.reverses, p.account,
         case p.side when 'debit' then p.amount_fen else -p.amount_fen end as fen
       from book.entries as e join book.postings as p using (lender_id, lane, seq)
       where e.lender_id = any($1) and e.value_date <= $2
         -- A claim on the guarantor is principal of the loan until it is paid.
         and p.account in ('1303', '13031', '1221')
     ) as principal
     group by loan_id`,
    [lenders, asOf],
  );
  return new Map(
    rows.map(({ loan_id, disbursed_fen, balance_fen }) => [
      loan_id,
      { disbursedFen: BigInt(disbursed_fen), balanceFen: BigInt(balance_fen) },
    ]),
  );
}

const LOANS_AT_ONCE = 1_000;

/**
 * Where the position is of a later day, the tier is worked out anew for the day that is asked
 * about, with the debtor's other loans at the lender as they stood then. By loan; of others none.
 */
async function tiersOn(
  books: Transaction,
  positions: readonly PositionRow[],
  asOf: BusinessDate,
): Promise<ReadonlyMap<string, FiveTier>> {
  const debtorOf = (one: PositionRow) => `${one.lender_id} ${one.debtor_uscc}`;
  const later = positions.filter(({ closed_on }) => closed_on > asOf);
  const concerned = Map.groupBy(positions, debtorOf);
  const debtors = [...new Set(later.map(debtorOf))].map((name) => concerned.get(name) ?? []);
  const tiers = new Map<string, FiveTier>();
  for (const chunk of chunksOf(debtors)) {
    const accounts = await accountsOf(
      books,
      chunk.flat().map(({ loan_id }) => loan_id),
    );
    for (const loans of chunk) {
      const standings = loans.flatMap(({ loan_id }) => {
        const account = accounts.get(loan_id);
        return account === undefined ? [] : [{ loan_id, at: standingAt(account, asOf, world) }];
      });
      const debtorTier = debtorTierOf(standings.map(({ at }) => at));
      for (const { loan_id, at } of standings) {
        tiers.set(loan_id, tierOf({ ...accounts.get(loan_id)!, debtorTier }, at));
      }
    }
  }
  return tiers;
}

/** Of one loan, as the portfolio has it. `at` is where it stands by itself on `asOf`. */
export async function tierOn(
  books: Transaction,
  account: LoanAccount,
  at: Standing,
  asOf: BusinessDate,
): Promise<FiveTier> {
  const { contract, identity } = account;
  const positions = await positionsOf(books, [identity.lenderId], asOf, identity.debtorUscc);
  const tiers = await tiersOn(books, positions, asOf);
  return tiers.get(contract.loanId) ?? tierOf(account, at);
}

/** Whole debtors, together no more loans than are held at once by much. */
function* chunksOf(debtors: readonly (readonly PositionRow[])[]) {
  let chunk: (readonly PositionRow[])[] = [];
  let loans = 0;
  for (const debtor of debtors) {
    chunk.push(debtor);
    loans += debtor.length;
    if (loans < LOANS_AT_ONCE) continue;
    yield chunk;
    chunk = [];
    loans = 0;
  }
  if (chunk.length > 0) yield chunk;
}

/** By loan; of one that has none, none. */
export async function accountsOf(
  books: Transaction,
  loanIds: readonly string[],
): Promise<ReadonlyMap<string, LoanAccount>> {
  const { rows } = await books.query<{ name: string; content: string | null }>(
    'select name, content from book.shared_rows where name = any($1)',
    [loanIds.map(accountName)],
  );
  const byName = new Map(rows.map(({ name, content }) => [name, content]));
  return new Map(
    loanIds.flatMap((loanId) => {
      const content = byName.get(accountName(loanId)) ?? null;
      return content === null ? [] : [[loanId, stateFromText(content) as LoanAccount] as const];
    }),
  );
}
