// Which field of an entry was changed: the one that, put right, gives the hash again.
import { addDays, formatYuan, isBusinessDate } from '@saidao/values';
import { chart, imbalanceOf, movements, otherSideOf, type Posting } from '../../postings.ts';
import { hashOf, type ChainedEntry, type PostedPosting } from '../chain.ts';

export interface ChangedField {
  /** As the column is called: `entries.movement`, `postings.amount_fen` … */
  readonly column: string;
  readonly was: string;
}

type Variant = ChangedField & { readonly entry: ChainedEntry };

/**
 * The field and what it was, where one alone was changed and can be guessed: the hash proves the
 * guess. Undefined where it cannot, as for an event's identity, or where more was changed.
 */
export function changedField(entry: ChainedEntry, hash: Buffer): ChangedField | undefined {
  for (const { column, was, entry: variant } of variantsOf(entry)) {
    if (hashOf(variant).equals(hash)) return { column, was };
  }
  return undefined;
}

function* variantsOf(entry: ChainedEntry): Generator<Variant> {
  for (const movement of movements) {
    yield { column: 'entries.movement', was: movement, entry: { ...entry, movement } };
  }
  for (const reverses of [null, entry.id.replace(/^reversal\//, '')]) {
    yield { column: 'entries.reverses', was: reverses ?? 'null', entry: { ...entry, reverses } };
  }
  const applicationId = entry.loanId.replace(/-L\d+$/, '');
  yield {
    column: 'entries.application_id',
    was: applicationId,
    entry: { ...entry, applicationId },
  };
  for (const loanId of loansOf(entry)) {
    yield { column: 'entries.loan_id', was: loanId, entry: { ...entry, loanId } };
  }
  for (const posting of entry.postings) yield* postingVariants(entry, posting);
  yield* dateVariants(entry);
}

/** An application has a few loans at most, numbered. */
const LOANS_MAX = 9;

function loansOf({ applicationId }: ChainedEntry): string[] {
  return Array.from({ length: LOANS_MAX }, (_, index) => `${applicationId}-L${index + 1}`);
}

function* postingVariants(entry: ChainedEntry, posting: PostedPosting): Generator<Variant> {
  const { account, side, amountFen } = posting;
  const at = `${posting.place ?? entry.postings.indexOf(posting) + 1}`;
  const variant = (column: string, was: string, change: Partial<PostedPosting>): Variant => ({
    column: `postings.${column} at place ${at}`,
    was,
    entry: {
      ...entry,
      postings: entry.postings.map((one) => (one === posting ? { ...one, ...change } : one)),
    },
  });
  yield variant('side', otherSideOf(side), { side: otherSideOf(side) });
  yield variant('currency', 'CNY', { currency: 'CNY' });
  for (const { code } of chart) {
    if (code !== account) yield variant('account', code, { account: code });
  }
  // The amount that balances the entry.
  const offFen = imbalanceOf(entry.postings as readonly Posting[]).get('CNY') ?? 0n;
  const wasFen = side === 'debit' ? amountFen - offFen : amountFen + offFen;
  yield variant('amount_fen', formatYuan(wasFen), { amountFen: wasFen });
  for (let place = 1; place <= entry.postings.length; place += 1) {
    const others = entry.postings.filter((one) => one !== posting);
    const moved = [
      ...others.slice(0, place - 1),
      { ...posting, place },
      ...others.slice(place - 1),
    ];
    yield {
      column: `postings.place at place ${at}`,
      was: String(place),
      entry: { ...entry, postings: moved },
    };
  }
}

const DAYS_MAX = 1_100;

function* dateVariants(entry: ChainedEntry): Generator<Variant> {
  for (const field of ['valueDate', 'bookingDate'] as const) {
    const column = field === 'valueDate' ? 'entries.value_date' : 'entries.booking_date';
    if (!isBusinessDate(entry[field])) continue;
    for (let days = 1; days <= DAYS_MAX; days += 1) {
      for (const was of [addDays(entry[field], days), addDays(entry[field], -days)]) {
        yield { column, was, entry: { ...entry, [field]: was } };
      }
    }
  }
}
