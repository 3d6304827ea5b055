// Double entry: the chart of accounts, and which accounts each movement of a loan debits and credits.
import type { BusinessDate, Fen } from '@saidao/values';

/** `memo` is off balance: what is kept in view without being an asset. It grows by debits. */
export type Nature = 'asset' | 'liability' | 'income' | 'expense' | 'memo';
export type Side = 'debit' | 'credit';

interface AccountOfChart {
  readonly code: string;
  readonly name: string;
  readonly nature: Nature;
  readonly grows: Side;
}

/**
 * Source: domain rules s. 8, after the account codes of 企业会计准则应用指南 (application guide of
 * the Chinese accounting standards). Certainty: codes are known but unconfirmed, so a lender's own
 * chart goes before them; what each event debits and credits is found in published entries. 13031
 * and the memo accounts are our own codes. An allowance is an asset that stands on the credit side.
 */
export const chart = [
  account('1003', 'due from the People’s Bank of China', 'asset'),
  account('1132', 'interest receivable', 'asset'),
  account('1221', 'claims on guarantors', 'asset'),
  account('1303', 'loans: principal', 'asset'),
  account('13031', 'loans: impaired', 'asset'),
  account('1304', 'loan loss allowance', 'asset', 'credit'),
  account('2011', 'customer deposits', 'liability'),
  account('2221', 'VAT payable', 'liability'),
  account('2241', 'repayments in suspense', 'liability'),
  account('6011', 'interest income', 'income'),
  account('6051', 'other income: costs recovered', 'income'),
  account('6702', 'credit impairment loss', 'expense'),
  account('9001', 'memo: limits reserved', 'memo'),
  account('9002', 'memo: loans written off', 'memo'),
  account('9003', 'memo: interest not accrued', 'memo'),
  account('9004', 'memo: costs claimed', 'memo'),
  account('9099', 'memo: contra', 'memo', 'credit'),
] as const;

export type AccountCode = (typeof chart)[number]['code'];

function account<C extends string>(
  code: C,
  name: string,
  nature: Nature,
  grows: Side = nature === 'liability' || nature === 'income' ? 'credit' : 'debit',
): AccountOfChart & { readonly code: C } {
  return { code, name, nature, grows };
}

/** One side of an entry; the amount is positive, the side says the direction. */
export interface Posting {
  readonly account: AccountCode;
  readonly side: Side;
  readonly amountFen: Fen;
  readonly currency: 'CNY';
}

/** What happens in the books. */
export const movements = [
  'RESERVATION',
  'RELEASE',
  'DISBURSEMENT',
  'PAYOUT',
  'RECEIPT',
  'REPAYMENT',
  'SUSPENSE',
  'COSTS',
  'ACCRUAL',
  'PENALTY',
  'NON_ACCRUAL',
  'ALLOWANCE',
  'IMPAIRMENT',
  'WRITE_OFF',
  'RECOVERY',
  'GUARANTEE_CLAIM',
  'GUARANTEE_PAYMENT',
  'REVERSAL',
] as const;
export type Movement = (typeof movements)[number];

/** An account, and what is posted on it: an amount that may be a difference, of either sign. */
export type Leg = readonly [account: AccountCode, amountFen: Fen];

/** What is debited and what is credited. Lists: keys that look like numbers are slow to walk. */
export interface Sides {
  readonly debit: readonly Leg[];
  readonly credit: readonly Leg[];
}

/** Most amounts of most days are zero, and each loan is asked each day. */
const NOTHING: readonly Posting[] = [];

/**
 * The postings of an entry: what is given as debits, then as credits. A negative difference is
 * posted on the other side, an amount of zero not at all; debits that are not the credits are a
 * RangeError. All zero gives no posting, and so no entry: ask `length` first.
 */
export function postingsFrom({ debit, credit }: Sides): readonly Posting[] {
  const postings: Posting[] = [];
  let offFen = 0n;
  for (const [account, amountFen] of debit) {
    offFen += amountFen;
    if (amountFen !== 0n) postings.push(legOf(account, 'debit', amountFen));
  }
  for (const [account, amountFen] of credit) {
    offFen -= amountFen;
    if (amountFen !== 0n) postings.push(legOf(account, 'credit', amountFen));
  }
  if (offFen === 0n) return postings;
  throw new RangeError(
    `Debits less credits are ${offFen} fen of CNY, of an entry they have to be zero.`,
  );
}

function legOf(account: AccountCode, side: Side, signedFen: Fen): Posting {
  return signedFen > 0n
    ? { account, side, amountFen: signedFen, currency: 'CNY' }
    : { account, side: otherSideOf(side), amountFen: -signedFen, currency: 'CNY' };
}

export function otherSideOf(side: Side): Side {
  return side === 'debit' ? 'credit' : 'debit';
}

/** Movements of one amount from one account to another. */
const transfers = {
  // A limit is promised, off balance, until it is drawn or given back.
  RESERVATION: ['9001', '9099'],
  RELEASE: ['9099', '9001'],
  // The loan is put into the borrower's deposit; a payout takes it from there to the payee's bank.
  DISBURSEMENT: ['1303', '2011'],
  PAYOUT: ['2011', '1003'],
  // Money of the borrower or a guarantor arrives at the lender's bank account.
  RECEIPT: ['1003', '2011'],
  // What was paid beyond what is owed waits for the borrower's word.
  SUSPENSE: ['2011', '2241'],
  ALLOWANCE: ['6702', '1304'],
  IMPAIRMENT: ['13031', '1303'],
  // The guarantor owes its share of the principal from the claim on, and pays it by its deposit.
  GUARANTEE_CLAIM: ['1221', '13031'],
  GUARANTEE_PAYMENT: ['2011', '1221'],
} as const satisfies Partial<Record<Movement, readonly [AccountCode, AccountCode]>>;
export type Transfer = keyof typeof transfers;

/** The postings of money that moved once; an amount that is not positive is a RangeError. */
export function postingsOf(movement: Transfer, amountFen: Fen): readonly Posting[] {
  if (amountFen <= 0n) {
    throw new RangeError(
      `${movement} of ${amountFen} fen cannot be posted: it has to be positive.`,
    );
  }
  return transferOf(movement, amountFen);
}

/** The postings of a difference in what a movement has come to; none for zero. */
export function transferOf(movement: Transfer, differenceFen: Fen): readonly Posting[] {
  if (differenceFen === 0n) return NOTHING;
  const [debit, credit] = transfers[movement];
  return [legOf(debit, 'debit', differenceFen), legOf(credit, 'credit', differenceFen)];
}

/**
 * Interest that was earned, with the VAT that it includes; penalty and compound interest alike.
 * Differences of cumulative figures.
 */
export function accrualPostings(interestFen: Fen, vatFen: Fen): readonly Posting[] {
  if (interestFen === 0n && vatFen === 0n) return NOTHING;
  return postingsFrom({
    debit: [['1132', interestFen]],
    credit: [
      ['2221', vatFen],
      ['6011', interestFen - vatFen],
    ],
  });
}

/** What a repayment was taken for. Differences: what was taken for something else moves over. */
export interface RepaymentParts {
  readonly costsFen?: Fen;
  /** Ordinary, penalty and compound interest. */
  readonly interestFen?: Fen;
  readonly principalFen?: Fen;
  /** Principal of a loan that is kept as impaired. */
  readonly impairedFen?: Fen;
  readonly suspenseFen?: Fen;
}

/** A repayment out of the borrower's deposit. */
export function repaymentPostings(parts: RepaymentParts): readonly Posting[] {
  const { costsFen = 0n, interestFen = 0n, principalFen = 0n } = parts;
  const { impairedFen = 0n, suspenseFen = 0n } = parts;
  return postingsFrom({
    debit: [['2011', costsFen + interestFen + principalFen + impairedFen + suspenseFen]],
    credit: [
      ['1132', interestFen],
      ['1303', principalFen],
      ['2241', suspenseFen],
      ['6051', costsFen],
      ['13031', impairedFen],
    ],
  });
}

/**
 * Interest that was accrued and not paid is taken out of income again, with its VAT, and kept in
 * view off balance; of what accrues from then on only the memo is posted (`accruedFen` zero).
 */
export function nonAccrualPostings(accruedFen: Fen, vatFen: Fen, memoFen: Fen): readonly Posting[] {
  if (accruedFen === 0n && vatFen === 0n && memoFen === 0n) return NOTHING;
  return postingsFrom({
    debit: [
      ['2221', vatFen],
      ['6011', accruedFen - vatFen],
      ['9003', memoFen],
    ],
    credit: [
      ['1132', accruedFen],
      ['9099', memoFen],
    ],
  });
}

/** A loan leaves the balance sheet against its allowance; the claim stands, off balance. */
export function writeOffPostings(principalFen: Fen, interestFen: Fen): readonly Posting[] {
  if (principalFen === 0n && interestFen === 0n) return NOTHING;
  const wholeFen = principalFen + interestFen;
  return postingsFrom({
    debit: [
      ['1304', wholeFen],
      ['9002', wholeFen],
    ],
    credit: [
      ['1132', interestFen],
      ['9099', wholeFen],
      ['13031', principalFen],
    ],
  });
}

/** Money on a loan that was written off: it is reinstated for as much, and then repaid. */
export function recoveryPostings(amountFen: Fen): readonly Posting[] {
  if (amountFen === 0n) return NOTHING;
  return [
    ...postingsFrom({ debit: [['13031', amountFen]], credit: [['1304', amountFen]] }),
    ...postingsFrom({ debit: [['2011', amountFen]], credit: [['13031', amountFen]] }),
    ...postingsFrom({ debit: [['9099', amountFen]], credit: [['9002', amountFen]] }),
  ];
}

/** Postings that stand or fall together. Corrected by a reversing entry, never changed. */
export interface Entry {
  /** The business key: one disbursement for an authorisation, one confirmation for a payout. */
  readonly id: string;
  readonly movement: Movement;
  /** Identity of the event that was booked; one event may give several entries. */
  readonly eventId: string;
  readonly lenderId: string;
  readonly applicationId: string;
  readonly loanId: string;
  /** The lane of the application: it says which hash chain of the lender the entry is in. */
  readonly lane: number;
  /** From when on it counts for the loan: interest runs from here. */
  readonly valueDate: BusinessDate;
  /** The day of the books that it is in; never one of a closed period. */
  readonly bookingDate: BusinessDate;
  readonly bookedAtMs: number;
  /** The id of the entry that a REVERSAL takes back; null for every other movement. */
  readonly reverses: string | null;
  /** What it was booked upon, as JSON: terms or facts of the loan; most have none. */
  readonly evidence?: string | null;
  readonly postings: readonly Posting[];
}

/** The business key of a movement; `subject` is what it is of, as the authorisation or the payout. */
export function entryId(movement: Movement, subject: string): string {
  return `${movement.toLowerCase()}/${subject}`;
}

/** What takes an entry back: its postings on the other side, on the same value date. */
export function reversalOf(
  entry: Entry,
  at: Pick<Entry, 'eventId' | 'bookingDate' | 'bookedAtMs'>,
): Entry {
  if (entry.reverses !== null) {
    throw new RangeError(
      `${entry.id} takes back ${entry.reverses}: a reversal is not taken back, book anew.`,
    );
  }
  return {
    ...entry,
    ...at,
    id: entryId('REVERSAL', entry.id),
    movement: 'REVERSAL',
    reverses: entry.id,
    evidence: null,
    postings: entry.postings.map((one) => ({ ...one, side: otherSideOf(one.side) })),
  };
}

/** Debits less credits of each currency; all zero for an entry. */
export function imbalanceOf(postings: Iterable<Posting>): ReadonlyMap<string, Fen> {
  const sums = new Map<string, Fen>();
  for (const { side, amountFen, currency } of postings) {
    const signedFen = side === 'debit' ? amountFen : -amountFen;
    sums.set(currency, (sums.get(currency) ?? 0n) + signedFen);
  }
  return sums;
}

/** What an account holds after these postings: positive on the side where its nature grows. */
export function balanceFen(account: AccountCode, postings: Iterable<Posting>): Fen {
  const grows = growingSideOf(account);
  let balance = 0n;
  for (const posting of postings) {
    if (posting.account !== account) continue;
    balance += posting.side === grows ? posting.amountFen : -posting.amountFen;
  }
  return balance;
}

export function growingSideOf(account: AccountCode): Side {
  return chart.find(({ code }) => code === account)?.grows ?? 'debit';
}
