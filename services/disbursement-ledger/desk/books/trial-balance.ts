// What every account of a lender holds, as of a day or an instant; debits and credits have to agree.
import { formatYuan, sumFen, type Fen } from '@saidao/values';
import { trialBalance, type AccountBalance, type AsOf } from '../../books/balances.ts';
import { inBooks } from '../database.ts';
import { asOfOf, dateOrNull, lendersOf } from './asked.ts';

export interface TrialBalanceQuestion {
  readonly databaseUrl: string;
  readonly lender: string | null;
  /** A day: booked on it or before. An instant, with its zone: booked at it or before. */
  readonly asOf: string | null;
  /** With a value date of this day or before, also where it was booked later. */
  readonly valueDate: string | null;
}

export interface TrialBalance {
  readonly lender: string;
  readonly accounts: readonly {
    readonly account: string;
    readonly name: string;
    readonly nature: string;
    readonly grows: string;
    readonly currency: string;
    readonly debits: string;
    readonly credits: string;
    /** Positive on the side where the account grows. */
    readonly balance: string;
  }[];
  readonly totals: readonly {
    readonly currency: string;
    readonly debits: string;
    readonly credits: string;
    /** Debits less credits: 0.00, or the books are broken. */
    readonly difference: string;
  }[];
}

export async function trialBalances(
  question: TrialBalanceQuestion,
): Promise<readonly TrialBalance[]> {
  const asOf: AsOf = {
    ...asOfOf(question.asOf),
    valueDate: dateOrNull(question.valueDate) ?? undefined,
  };
  return inBooks(question.databaseUrl, async (books) => {
    const answers: TrialBalance[] = [];
    for (const lender of await lendersOf(books, question.lender)) {
      answers.push(told(lender, await trialBalance(books, lender, asOf)));
    }
    return answers;
  });
}

function told(lender: string, balances: readonly AccountBalance[]): TrialBalance {
  const currencies = [...new Set(balances.map(({ currency }) => currency))];
  return {
    lender,
    accounts: balances.map(({ debitFen, creditFen, balanceFen, ...account }) => ({
      ...account,
      debits: formatYuan(debitFen),
      credits: formatYuan(creditFen),
      balance: formatYuan(balanceFen),
    })),
    totals: currencies.map((currency) => {
      const own = balances.filter((one) => one.currency === currency);
      const total = (fen: (one: AccountBalance) => Fen) => sumFen(own.map(fen));
      const debitFen = total((one) => one.debitFen);
      const creditFen = total((one) => one.creditFen);
      return {
        currency,
        debits: formatYuan(debitFen),
        credits: formatYuan(creditFen),
        difference: formatYuan(debitFen - creditFen),
      };
    }),
  };
}
