// A statement of the payout rail, whichever format it came in: movements on a lender's account.
import { fenOfYuan, type BusinessDate, type Fen } from '@saidao/values';

export interface StatementLine {
  /** Where it stands, for people: `line 12`, `Stmt 1 Ntry 3`. */
  readonly place: string;
  readonly valueDate: BusinessDate;
  /** Null where the rail does not say. */
  readonly bookingDate: BusinessDate | null;
  /** The rail's own name of the movement. */
  readonly railReference: string | null;
  /** Everything that may name the payout: its key, or a reference that it was given on the way. */
  readonly references: readonly string[];
  readonly payee: string | null;
  /** Positive where money left the account, negative where it came back; in minor units. */
  readonly amountFen: Fen;
  readonly currency: string;
  /** Pending: announced, not booked; it counts for nothing yet. */
  readonly status: 'booked' | 'pending';
}

export interface Statement {
  readonly format: 'csv' | 'camt.053.001.02' | 'camt.053.001.08';
  readonly lines: readonly StatementLine[];
  /** Whose account the statement says it is of, in the rail's own names. */
  readonly accounts: readonly string[];
  /** The days that the statement itself says it is of; null where it does not. */
  readonly since: BusinessDate | null;
  readonly until: BusinessDate | null;
}

/** Bytes; 100,000 entries of camt.053 are about half of it. */
export const STATEMENT_BYTES_MAX = 256 * 1024 * 1024;
export const LINES_MAX = 1_000_000;

/** What cannot be read as a statement: a sentence with the place. */
export class StatementFault extends Error {}

/** The fen of an amount that is written as it has to be; null: it is above the largest. */
export function fenOrNull(yuan: string): Fen | null {
  try {
    return fenOfYuan(yuan);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}
