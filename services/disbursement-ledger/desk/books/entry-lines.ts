// Entries as lines: JSON for programs, CSV with a row for each posting, or a text for people.
import { formatYuan } from '@saidao/values';
import type { StoredEntry } from '../../books/read-entries.ts';

export const entryForms = ['json', 'csv', 'text'] as const;
export type EntryForm = (typeof entryForms)[number];

const csvColumns = [
  ...['lender', 'lane', 'seq', 'entry', 'movement', 'loan', 'application', 'event'],
  ...['valueDate', 'bookingDate', 'bookedAt', 'reverses', 'account', 'side', 'amount', 'currency'],
];

/** What stands before the first entry. */
export function headerLines(form: EntryForm): string[] {
  return form === 'csv' ? [csvColumns.join(',')] : [];
}

export function linesOfEntry(entry: StoredEntry, form: EntryForm): string[] {
  switch (form) {
    case 'json':
      return [JSON.stringify(told(entry))];
    case 'csv':
      return csvOf(entry);
    case 'text':
      return textOf(entry);
  }
}

/** Amounts in yuan; `hash` is the entry's in its chain. */
function told({ bookedAtMs, hash, lenderId, postings, prevHash, seq, ...entry }: StoredEntry) {
  return {
    lender: lenderId,
    ...entry,
    seq: String(seq),
    bookedAt: new Date(bookedAtMs).toISOString(),
    prevHash: prevHash.toString('hex'),
    hash: hash.toString('hex'),
    postings: postings.map(({ account, side, amountFen, currency }) => ({
      ...{ account, side, amount: formatYuan(amountFen), currency },
    })),
  };
}

function csvOf(entry: StoredEntry): string[] {
  const { lenderId, lane, seq, id, movement, loanId, applicationId, eventId } = entry;
  const { valueDate, bookingDate, bookedAtMs, reverses, postings } = entry;
  const common = [
    ...[lenderId, String(lane), String(seq), id, movement, loanId, applicationId, eventId],
    ...[valueDate, bookingDate, new Date(bookedAtMs).toISOString(), reverses ?? ''],
  ];
  return postings.map(({ account, side, amountFen, currency }) =>
    [...common, account, side, formatYuan(amountFen), currency].map(cell).join(','),
  );
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function textOf({ id, movement, bookingDate, postings, ...entry }: StoredEntry): string[] {
  const value = entry.valueDate === bookingDate ? '' : `, value ${entry.valueDate}`;
  const reverses = entry.reverses === null ? '' : `, takes back ${entry.reverses}`;
  return [
    `${bookingDate}${value}  ${movement}  ${entry.lenderId}  ${entry.loanId}  ${id}${reverses}`,
    ...postings.map(({ account, side, amountFen, currency }) => {
      const amount = formatYuan(amountFen).padStart(18);
      return `  ${account.padEnd(6)} ${side.padEnd(6)} ${amount} ${currency}`;
    }),
  ];
}
