// The loans of a chunk through their days: each day in its turn, with what the debtor's others ask.
import type { LoanWorld, Standing } from '@saidao/loans';
import { addDays, type BusinessDate, type FiveTier } from '@saidao/values';
import { BrokenInvariant } from '@saidao/worker';
import { daysKey, type DaysRow } from '../days.decide.ts';
import { standingAt, type LoanAccount } from '../loan/account.ts';
import { closeLoanDay } from '../loan/closing.ts';
import type { Position } from '../loan/positions.ts';
import type { Entry } from '../postings.ts';
import { debtorTierOf } from './debtor.ts';

export interface LoanOfChunk {
  readonly loanId: string;
  /** All loans of its debtor on which something was owed, itself among them; empty: no other. */
  readonly ofDebtor: readonly string[];
}

export interface Chunk {
  readonly row: DaysRow;
  readonly loans: readonly LoanOfChunk[];
}

export interface ClosedLoan {
  readonly account: LoanAccount;
  readonly entries: readonly Entry[];
  readonly position: Position;
  /** The days on which something changed that readers have to be told. */
  readonly changedOn: BusinessDate | null;
  /** How many days it was taken through. */
  readonly days: number;
}

/**
 * Closes each loan's days up to that of the chunk, in the order given. `accountOf` has every loan
 * that `ofDebtor` names, as it was read; one that is closed already is left out of the answer.
 */
export function closeLoans(
  { row, loans }: Chunk,
  accountOf: (loanId: string) => LoanAccount | undefined,
  world: LoanWorld,
): ClosedLoan[] {
  const standings = new Map<string, Standing>();
  const standingOf = (loanId: string, date: BusinessDate): Standing => {
    const place = `${loanId} ${date}`;
    const known = standings.get(place);
    if (known !== undefined) return known;
    const standing = standingAt(accountThere(loanId), date, world);
    standings.set(place, standing);
    return standing;
  };
  // What a loan that came late lacks is booked on this day: no period is closed before its days.
  const booking = { bookingDate: row.date, eventId: daysKey(row, row.date), nowMs: row.nowMs };
  return loans.flatMap((loan) => {
    const account = accountThere(loan.loanId);
    const closed = guarded(account, () => closeOne(loan, account));
    return closed === undefined ? [] : [closed];
  });

  function accountThere(loanId: string): LoanAccount {
    const account = accountOf(loanId);
    if (account !== undefined) return account;
    const { lenderId } = row;
    throw new BrokenInvariant(`Loan ${loanId} has a position and no account.`, { lenderId });
  }

  function closeOne({ ofDebtor, loanId }: LoanOfChunk, first: LoanAccount): ClosedLoan | undefined {
    let account = first;
    let position: Position | undefined;
    let changedOn: BusinessDate | null = null;
    let days = 0;
    const entries: Entry[] = [];
    const begin = first.closedOn === null ? first.contract.bookedOn : addDays(first.closedOn, 1);
    for (let date = begin; date <= row.date; date = addDays(date, 1)) {
      const debtorTier: FiveTier =
        ofDebtor.length > 1 ? debtorTierOf(ofDebtor.map((id) => standingOf(id, date))) : 'normal';
      // By the same facts: days add none.
      const known = ofDebtor.length > 1 ? standingOf(loanId, date) : undefined;
      const closed = closeLoanDay(account, { ...booking, date, debtorTier }, world, known);
      ({ account, position } = closed);
      entries.push(...closed.entries);
      if (closed.changed) changedOn = date;
      days += 1;
    }
    return position && { account, entries, position, changedOn, days };
  }
}

/** A loan that cannot be reckoned stops its lane: without it the day would be signed as whole. */
function guarded<T>({ contract, identity }: LoanAccount, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { lenderId, applicationId } = identity;
    const message = `Loan ${contract.loanId} cannot be closed: ${error.message}`;
    throw new BrokenInvariant(message, { lenderId, applicationId }, { cause: error });
  }
}
