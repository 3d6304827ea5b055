// What a core system that takes a loan over has to do: book the same loan once, however often asked.
import type { BusinessDate, Fen, RepaymentPlan } from '@saidao/values';

/** A loan whose money is out and on which nothing has been repaid: all a core needs to go on. */
export interface LoanToBook {
  readonly loanId: string;
  readonly lenderId: string;
  readonly borrower: { readonly name: string; readonly uscc: string };
  /** What was paid out, which may be less than the limit. */
  readonly principalFen: Fen;
  /** In force on the day of the hand-over. */
  readonly ratePpm: number;
  readonly termMonths: number;
  readonly repayment: RepaymentPlan;
  readonly bookedOn: BusinessDate;
  readonly disbursedOn: BusinessDate;
}

export interface BookedInCore {
  /** The core's own ids. */
  readonly clientId: number;
  readonly loanId: number;
  /** The core had the whole loan before: nothing was written. */
  readonly wasThere: boolean;
}

export interface CoreLedger {
  /**
   * Client, loan, approval and disbursement, each looked for before it is made. Rejects with
   * CoreRefused where trying again cannot help, with CoreSilent where it can.
   */
  book(loan: LoanToBook, signal: AbortSignal): Promise<BookedInCore>;
}

/** The core does not take the loan, or has another one under its id: for a person to settle. */
export class CoreRefused extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CoreRefused';
  }
}

/** No answer that says what became of a step: the same hand-over is simply asked for again. */
export class CoreSilent extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'CoreSilent';
  }
}
