// The books as a plain-text journal that hledger reads: every entry a transaction, by the fen.
import { formatYuan } from '@saidao/values';
import type { StoredEntry } from '../../books/read-entries.ts';
import type { Nature } from '../../postings.ts';

export interface JournalAccount {
  readonly lenderId: string;
  readonly code: string;
  readonly name: string;
  readonly nature: Nature;
}

/** What of an entry stands in the journal. */
export type JournalEntry = Omit<StoredEntry, 'prevHash'>;

// hledger's own letters; memo accounts are off balance, so that they are none of these.
const types: Readonly<Record<Nature, string | null>> = {
  asset: 'A',
  liability: 'L',
  income: 'R',
  expense: 'X',
  memo: null,
};
const INDENT = '    ';

/** What stands before the transactions: how amounts are written, and every account. */
export function openingLines(accounts: readonly JournalAccount[]): string[] {
  return [
    '; Each entry of the books is one transaction: value date=booking date, (id of the entry).',
    'commodity 1000.00 CNY',
    '',
    ...accounts.map((account) => {
      const type = types[account.nature];
      return `account ${accountName(account)}${type === null ? '' : `  ; type:${type}`}`;
    }),
    '',
  ];
}

/** A transaction and the empty line behind it; `names` has each account's name by its code. */
export function transactionLines(
  entry: JournalEntry,
  names: (lenderId: string, code: string) => string,
): string[] {
  const { id, movement, lenderId, postings } = entry;
  const booked = new Date(entry.bookedAtMs).toISOString();
  return [
    `${entry.valueDate}=${entry.bookingDate} * (${id.replace(/[)\s]/g, '_')}) ${movement}`,
    `${INDENT}; loan:${tag(entry.loanId)}, application:${tag(entry.applicationId)}`,
    `${INDENT}; event:${tag(entry.eventId)}, booked:${booked}`,
    `${INDENT}; chain:${lenderId}/${entry.lane}/${entry.seq}, hash:${entry.hash.toString('hex')}`,
    ...(entry.reverses === null ? [] : [`${INDENT}; reverses:${tag(entry.reverses)}`]),
    ...postings.map(({ account, side, amountFen, currency }) => {
      const amount = formatYuan(side === 'debit' ? amountFen : -amountFen);
      return `${INDENT}${names(lenderId, account)}  ${amount} ${currency}`;
    }),
    '',
  ];
}

/**
 * `lender:code name`. A colon would begin an account below, two blanks the amount, a semicolon a
 * comment: a name has none of them there.
 */
export function accountName({ lenderId, code, name }: Omit<JournalAccount, 'nature'>): string {
  const plain = name.replace(/\s*[:;]\s*/g, ' - ').replace(/\s+/g, ' ');
  return `${lenderId}:${`${code} ${plain}`.trim()}`;
}

/** A comma or a line break would end the value. */
function tag(text: string): string {
  return text.replace(/[,\r\n]/g, '_');
}
