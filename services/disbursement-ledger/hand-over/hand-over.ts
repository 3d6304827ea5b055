// Hands loans over to a core system: read from the books, refused while anything is under way.
import { ratePpmOn } from '@saidao/loans';
import { businessDateOf, isBusinessDate, repaymentPlans, type BusinessDate } from '@saidao/values';
import type { Database } from '@saidao/worker';
import { withBooks } from '../desk/database.ts';
import { accountsOf } from '../desk/loans/portfolio-question.ts';
import { world } from '../loan/shipped.ts';
import { coreFineract, type CoreFineractOptions } from '../adapters/core-fineract.ts';
import {
  CoreRefused,
  CoreSilent,
  type BookedInCore,
  type CoreLedger,
  type LoanToBook,
} from './core.port.ts';

export type HandedOver =
  | ({ readonly loanId: string; readonly outcome: 'booked' | 'was-there' } & {
      readonly core: Pick<BookedInCore, 'clientId' | 'loanId'>;
    })
  | {
      readonly loanId: string;
      /** Refused: nothing helps but a person. Silent: the same command may be given again. */
      readonly outcome: 'refused' | 'silent';
      readonly why: string;
    };

/**
 * One loan after the other, each whatever became of those before. Of loans that are not the
 * lender's nothing is said but that there are none.
 */
export async function handOver(
  options: {
    readonly database: Database;
    readonly core: CoreLedger;
    readonly lenderId: string;
    readonly loanIds: readonly string[];
    /** The day whose rate is told. */
    readonly asOf: BusinessDate;
  },
  signal: AbortSignal,
): Promise<readonly HandedOver[]> {
  const { database, core, lenderId, loanIds, asOf } = options;
  const outcomes: HandedOver[] = [];
  for (const loanId of new Set(loanIds)) {
    signal.throwIfAborted();
    outcomes.push(await handOverOne(loanId));
  }
  return outcomes;

  async function handOverOne(loanId: string): Promise<HandedOver> {
    try {
      const loan = await loanToBook(database, loanId, lenderId, asOf);
      const { wasThere, clientId, loanId: idInCore } = await core.book(loan, signal);
      const outcome = wasThere ? 'was-there' : 'booked';
      return { loanId, outcome, core: { clientId, loanId: idInCore } };
    } catch (error) {
      if (error instanceof CoreRefused) return { loanId, outcome: 'refused', why: error.message };
      if (error instanceof CoreSilent) return { loanId, outcome: 'silent', why: error.message };
      throw error;
    }
  }
}

/** What whoever asks the desk has to say. */
export interface HandOverQuestion {
  readonly databaseUrl: string;
  readonly lenderId: string;
  readonly loanIds: readonly string[];
  readonly to: CoreFineractOptions;
}

/** The desk's answer: one outcome for each loan, in the order asked. */
export function answerHandOver({
  databaseUrl,
  lenderId,
  loanIds,
  to,
}: HandOverQuestion): Promise<readonly HandedOver[]> {
  const { signal } = new AbortController();
  const asOf = businessDateOf(Date.now());
  return withBooks(databaseUrl, (database) =>
    handOver({ database, core: coreFineract(to), lenderId, loanIds, asOf }, signal),
  );
}

interface Columns {
  readonly lender_id: string;
  readonly borrower: string;
  readonly borrower_uscc: string;
  readonly undrawn_fen: bigint;
  readonly term_months: number;
  readonly repayment: string;
  readonly booked_on: string;
  readonly open_payouts: number;
  readonly paid_fen: bigint;
  readonly paid_days: readonly string[];
  readonly others: readonly string[];
}

/** What a core takes over: a loan that was paid out on one day, and only grew older since. */
const TAKEN = ['RESERVATION', 'RELEASE', 'DISBURSEMENT', 'PAYOUT', 'ACCRUAL', 'ALLOWANCE'];

/** Rejects with CoreRefused, in words for whoever asked. */
export async function loanToBook(
  database: Database,
  loanId: string,
  lenderId: string,
  asOf: BusinessDate,
): Promise<LoanToBook> {
  const { rows } = await database.query<Columns & Record<string, unknown>>(
    `select l.lender_id, l.borrower, l.borrower_uscc, l.undrawn_fen, l.term_months, l.repayment,
       l.booked_on::text as booked_on,
       (select count(*)::int from book.payouts p
        where p.loan_id = l.loan_id and p.status in ('instructed', 'unknown')) as open_payouts,
       coalesce((select sum(p.amount_fen)::bigint from book.entries e
         join book.postings p using (lender_id, lane, seq)
         where e.loan_id = l.loan_id and e.movement = 'PAYOUT' and p.side = 'debit'), 0::bigint) as paid_fen,
       array(select distinct e.value_date::text from book.entries e
         where e.loan_id = l.loan_id and e.movement = 'PAYOUT' order by 1) as paid_days,
       array(select distinct e.movement from book.entries e
         where e.loan_id = l.loan_id and e.movement <> all($3) order by 1) as others
     from book.loans l where l.loan_id = $1 and l.lender_id = $2`,
    [loanId, lenderId, TAKEN],
  );
  const [row] = rows;
  if (row === undefined) throw new CoreRefused(`${lenderId} has no loan ${loanId}.`);
  const refuse = (why: string): never => {
    throw new CoreRefused(`${loanId} is not handed over: ${why}.`);
  };
  if (row.open_payouts > 0) refuse('a payout is still under way, see what the rail says of it');
  if (row.paid_fen === 0n) refuse('nothing of it was paid out');
  if (row.undrawn_fen > 0n) refuse('a part of it can still be drawn');
  if (row.paid_days.length > 1) {
    refuse(`it was paid out on several days (${row.paid_days.join(', ')}), a core books one`);
  }
  if (row.others.length > 0) {
    refuse(`its books hold ${row.others.join(', ')}, which a core would have to be told too`);
  }
  const account = (await accountsOf(database, [loanId])).get(loanId);
  if (account === undefined) return refuse('it has no account');
  const repayment = repaymentPlans.find((plan) => plan === row.repayment);
  const disbursedOn = dateOf(row.paid_days[0]);
  const bookedOn = dateOf(row.booked_on);
  if (repayment === undefined) return refuse(`no core knows the repayment ${row.repayment}`);
  return {
    loanId,
    lenderId,
    borrower: { name: row.borrower, uscc: row.borrower_uscc },
    principalFen: row.paid_fen,
    ratePpm: ratePpmOn(account.contract, world.lpr, asOf),
    termMonths: row.term_months,
    repayment,
    bookedOn: bookedOn < disbursedOn ? bookedOn : disbursedOn,
    disbursedOn,
  };
}

function dateOf(text: string | undefined): BusinessDate {
  if (!isBusinessDate(text)) throw new TypeError(`The books hold ${text}, which is no date.`);
  return text;
}
