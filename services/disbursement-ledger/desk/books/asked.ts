// Which lenders, days and entries a question is about, as it was written at a terminal.
import { isBusinessDate, type BusinessDate } from '@saidao/values';
import type { Transaction } from '@saidao/worker';
import { lendersIn } from '../../books/balances.ts';
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
  const asked = {
    loanId: filter.loan ?? undefined,
    account: filter.account ?? undefined,
    since: dateOrNull(filter.since) ?? undefined,
    until: dateOrNull(filter.until) ?? undefined,
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

/** The instant that was written, with its zone, in milliseconds; null where it is none. */
export function instantOrNull(text: string | null): number | null {
  if (text === null || dayOfInstant(text) === null) return null;
  return Date.parse(text);
}
