// Double entry: the chart of accounts, and which accounts each movement of a loan debits and credits.
import type { BusinessDate, Fen } from '@saidao/values';

export type Nature = 'asset' | 'liability' | 'income' | 'expense';

/**
 * Source: domain rules s. 8, after the account codes of 企业会计准则应用指南 (application guide of
 * the Chinese accounting standards). Certainty: codes are known but unconfirmed, so a lender's own
 * chart goes before them; what each event debits and credits is found in published entries.
 */
export const chart = [
  { code: '1003', name: 'due from the People’s Bank of China', nature: 'asset' },
  { code: '1132', name: 'interest receivable', nature: 'asset' },
  { code: '1303', name: 'loans: principal', nature: 'asset' },
  { code: '1304', name: 'loan loss allowance', nature: 'asset' },
  { code: '2011', name: 'customer deposits', nature: 'liability' },
  { code: '2221', name: 'VAT payable', nature: 'liability' },
  { code: '6011', name: 'interest income', nature: 'income' },
  { code: '6702', name: 'credit impairment loss', nature: 'expense' },
] as const satisfies readonly { code: string; name: string; nature: Nature }[];

export type AccountCode = (typeof chart)[number]['code'];
export type Side = 'debit' | 'credit';

/** One side of an entry; the amount is positive, the side says the direction. */
export interface Posting {
  readonly account: AccountCode;
  readonly side: Side;
  readonly amountFen: Fen;
  readonly currency: 'CNY';
}

/** What money does in the books. */
export type Movement = 'DISBURSEMENT' | 'PAYOUT';

/** The loan is put into the borrower's deposit; a payout takes it from there to the payee's bank. */
const movements: Readonly<Record<Movement, readonly (readonly [Side, AccountCode])[]>> = {
  DISBURSEMENT: [
    ['debit', '1303'],
    ['credit', '2011'],
  ],
  PAYOUT: [
    ['debit', '2011'],
    ['credit', '1003'],
  ],
};

/** The postings of a movement; an amount that is not positive is a RangeError. */
export function postingsOf(movement: Movement, amountFen: Fen): readonly Posting[] {
  if (amountFen <= 0n) {
    throw new RangeError(
      `${movement} of ${amountFen} fen cannot be posted: it has to be positive.`,
    );
  }
  return movements[movement].map(([side, account]) => ({
    account,
    side,
    amountFen,
    currency: 'CNY',
  }));
}

/** Postings that stand or fall together. Corrected by a reversing entry, never changed. */
export interface Entry {
  /** The business key: one disbursement for an authorisation, one confirmation for a payout. */
  readonly id: string;
  readonly movement: Movement;
  /** Identity of the event that was booked. */
  readonly eventId: string;
  readonly lenderId: string;
  readonly applicationId: string;
  readonly loanId: string;
  readonly valueDate: BusinessDate;
  readonly bookedAtMs: number;
  readonly postings: readonly Posting[];
}

/** The business key of a movement; `subject` is the authorisation, or the payout. */
export function entryId(movement: Movement, subject: string): string {
  return `${movement.toLowerCase()}/${subject}`;
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

function growingSideOf(account: AccountCode): Side {
  const nature = chart.find(({ code }) => code === account)?.nature;
  return nature === 'asset' || nature === 'expense' ? 'debit' : 'credit';
}
