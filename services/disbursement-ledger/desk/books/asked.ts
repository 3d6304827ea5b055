// Which lenders, days and entries a question is about, as it was written at a terminal.
import { isBusinessDate, type BusinessDate } from '@saidao/values';
import type { Transaction } from '@saidao/worker';
import { lendersIn, type AsOf } from '../../books/balances.ts';
import { entriesIn, type StoredEntry } from '../../books/read-entries.ts';
import { DeskFault } from '../fault.ts';
import { dayOfInstant } from '../instants.ts';

/** Which entries are meant; null: no matter. Days are booking dates, both of them meant too. */
export interface EntryFilter {
  readonly lender: string | null;
  readonly loan: string | null;
  /** Entries that have a posting there. */
  readonly account: string | null;
  readonly since: string | null;
  readonly until: string | null;
  /** A day: booked on it or before. An instant, with its zone: booked at it or before. */
  readonly asOf: string | null;
}

/** The lender that is asked for, or all that have books; one without books is a DeskFault. */
export async function lendersOf(
  books: Transaction,
  lender: string | null,
): Promise<readonly string[]> {
  const lenders = await lendersIn(books);
  if (lender === null) return lenders;
  if (lenders.includes(lender)) return [lender];
  const others = lenders.length === 0 ? 'none at all' : `those of ${lenders.join(', ')}`;
  throw new DeskFault(`There are no books of ${lender}; there are ${others}.`);
}

/** Page by page, lender after lender, each in the order of its chains. */
export async function* entriesAsked(
  books: Transaction,
  filter: EntryFilter,
): AsyncGenerator<readonly StoredEntry[]> {
  const asOf = asOfOf(filter.asOf);
  const asked = {
    loanId: filter.loan ?? undefined,
    account: filter.account ?? undefined,
    since: dateOrNull(filter.since) ?? undefined,
    until: earlierOf(dateOrNull(filter.until), asOf.bookingDate),
    bookedUntilMs: asOf.bookedUntilMs,
  };
  for (const lenderId of await lendersOf(books, filter.lender)) {
    yield* entriesIn(books, { ...asked, lenderId });
  }
}

/** The date that was written; null where none was, a DeskFault where it is none. */
export function dateOrNull(text: string | null): BusinessDate | null {
  if (text === null || isBusinessDate(text)) return text;
  throw new DeskFault(`${String(text)} is no date: write YYYY-MM-DD.`);
}

/** A day of the books, or an instant with its zone; nothing where nothing was written. */
export function asOfOf(text: string | null): Pick<AsOf, 'bookedUntilMs' | 'bookingDate'> {
  const bookedUntilMs = instantOrNull(text);
  if (bookedUntilMs !== null) return { bookedUntilMs };
  return { bookingDate: dateOrNull(text) ?? undefined };
}

export function earlierOf(
  one: BusinessDate | null,
  other: BusinessDate | undefined,
): BusinessDate | undefined {
  if (one === null || other === undefined) return one ?? other;
  return one < other ? one : other;
}

/** The instant that was written, with its zone, in milliseconds; null where it is none. */
function instantOrNull(text: string | null): number | null {
  if (text === null || dayOfInstant(text) === null) return null;
  return Date.parse(text);
}
