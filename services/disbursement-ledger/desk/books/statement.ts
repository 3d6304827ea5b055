// A statement of an account, of all its loans or of one: what was there, what came, what is left.
import { addDays, businessDateOf, formatYuan } from '@saidao/values';
import { statementOf, trialBalance } from '../../books/balances.ts';
import { inBooks } from '../database.ts';
import { DeskFault } from '../fault.ts';
import { asOfOf, dateOrNull, earlierOf, lendersOf } from './asked.ts';

export interface StatementQuestion {
  readonly databaseUrl: string;
  readonly lender: string;
  readonly account: string;
  readonly loan: string | null;
  /** Booking dates, both of them meant too; null: a month back from `until`, and the last day. */
  readonly since: string | null;
  readonly until: string | null;
  /** A day: booked on it or before. An instant, with its zone: booked at it or before. */
  readonly asOf: string | null;
}

export interface StatementAnswer {
  readonly lender: string;
  readonly account: string;
  readonly name: string;
  /** The side on which the balance is positive. */
  readonly grows: string;
  readonly currency: string;
  readonly loan: string | null;
  readonly since: string;
  readonly until: string;
  readonly opening: string;
  readonly lines: readonly {
    readonly bookingDate: string;
    readonly valueDate: string;
    readonly bookedAt: string;
    readonly entry: string;
    readonly movement: string;
    readonly loan: string;
    readonly side: string;
    readonly amount: string;
    readonly balance: string;
  }[];
  readonly closing: string;
}

const DAYS_BACK = 30;

export async function statementAnswer(question: StatementQuestion): Promise<StatementAnswer> {
  const { lender, account, loan } = question;
  const { bookedUntilMs, bookingDate } = asOfOf(question.asOf);
  const lastDay = bookingDate ?? businessDateOf(bookedUntilMs ?? Date.now());
  const until = earlierOf(dateOrNull(question.until), bookingDate) ?? lastDay;
  const since = dateOrNull(question.since) ?? addDays(until, -DAYS_BACK);
  if (since > until) throw new DeskFault(`${since} comes after ${until}.`);
  return inBooks(question.databaseUrl, async (books) => {
    await lendersOf(books, lender);
    const accounts = await trialBalance(books, lender);
    const own = accounts.find((one) => one.account === account);
    if (own === undefined) {
      const codes = accounts.map((one) => one.account).join(', ');
      throw new DeskFault(`${lender} has no account ${account}: it has ${codes}.`);
    }
    const asked = { lenderId: lender, account, since, until, bookedUntilMs };
    const loanId = loan ?? undefined;
    const { openingFen, lines, closingFen } = await statementOf(books, { ...asked, loanId });
    const { name, grows, currency } = own;
    return {
      ...{ lender, account, name, grows, currency, loan, since, until },
      opening: formatYuan(openingFen),
      lines: lines.map(({ bookingDate, valueDate, bookedAtMs, ...line }) => ({
        ...{ bookingDate, valueDate, bookedAt: new Date(bookedAtMs).toISOString() },
        ...{ entry: line.entryId, movement: line.movement, loan: line.loanId, side: line.side },
        amount: formatYuan(line.amountFen),
        balance: formatYuan(line.balanceFen),
      })),
      closing: formatYuan(closingFen),
    };
  });
}
