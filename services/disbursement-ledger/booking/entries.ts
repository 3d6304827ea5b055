// Entries of a loan before it owes anything and while its money is on the way.
import type { BusinessDate, Fen } from '@saidao/values';
import { entryId, postingsOf, type Transfer } from '../postings.ts';
import type { BookRow, Input, Loan } from './state.ts';

/** When it is booked, and upon what where that is to be kept in the chain. */
export interface BookedOn {
  readonly valueDate: BusinessDate;
  readonly bookingDate: BusinessDate;
  readonly evidence?: string;
}

/** The row of one entry; its business key is the movement and its subject. */
export function entryRow(
  input: Input,
  loan: Loan,
  movement: Transfer,
  subject: string,
  amountFen: Fen,
  on: BookedOn,
): BookRow {
  const { applicationId, lenderId, loanId } = loan;
  return {
    kind: 'entry',
    entry: {
      id: entryId(movement, subject),
      movement,
      eventId: input.event.id,
      lenderId,
      applicationId,
      loanId,
      lane: input.lane,
      ...on,
      bookedAtMs: input.nowMs,
      reverses: null,
      postings: postingsOf(movement, amountFen),
    },
  };
}

export function laterOf(one: BusinessDate, other: BusinessDate): BusinessDate {
  return one > other ? one : other;
}
