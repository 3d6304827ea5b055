// Closes the books of a lender through a day: nothing is booked there any more.
import { closePeriod, PeriodRefused } from '../../books/periods.ts';
import { withBooks } from '../database.ts';
import { DeskFault } from '../fault.ts';
import { dateOrNull, lendersOf } from './asked.ts';

export interface PeriodQuestion {
  readonly databaseUrl: string;
  readonly lender: string;
  readonly through: string;
}

export async function periodClosed(
  question: PeriodQuestion,
  nowMs: number,
): Promise<{ readonly lender: string; readonly through: string }> {
  const { lender } = question;
  const through = dateOrNull(question.through) ?? '';
  return withBooks(question.databaseUrl, (database) =>
    database.transaction(async (transaction) => {
      await lendersOf(transaction, lender);
      try {
        await closePeriod(transaction, { lenderId: lender, through, nowMs });
      } catch (error) {
        if (!(error instanceof PeriodRefused)) throw error;
        throw new DeskFault(error.message, { cause: error });
      }
      return { lender, through };
    }),
  );
}
