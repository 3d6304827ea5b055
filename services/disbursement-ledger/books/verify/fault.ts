// What is wrong in the books, and where.

export type FaultKind =
  /** Its fields or postings are not what its hash was made of. */
  | 'entry-changed'
  /** A place in the chain is empty. */
  | 'entry-missing'
  /** It is sound in itself, but not the entry that the next one was made to follow. */
  | 'entry-replaced'
  | 'entry-unbalanced'
  /** Postings of no entry. */
  | 'posting-stray'
  | 'head-changed'
  /** What was noted of the chain when its lane closed a day. */
  | 'day-changed'
  | 'digest-changed'
  | 'digest-missing'
  | 'signature-wrong'
  | 'key-unknown'
  /** An entry is about a loan that is not its lender's. */
  | 'loan-differs'
  | 'account-changed'
  /** A closed period is not the one that a signed day, or the period behind it, names. */
  | 'period-changed'
  | 'period-missing'
  /** Kept sums of a closed period are not those of its entries. */
  | 'balance-changed'
  /** A row of the loan, of its position or its account is not there. */
  | 'loan-missing'
  /** What was agreed is not what its booking names. */
  | 'terms-changed'
  /** What happened on a loan is not what its entries name, or not kept as it was booked. */
  | 'fact-changed'
  /** What is posted on a loan is not what its facts come to. */
  | 'postings-differ'
  /** What is told of a loan is not what its postings say, or its facts. */
  | 'position-differs'
  | 'payout-differs'
  | 'repayment-differs';

export interface Fault {
  readonly kind: FaultKind;
  readonly lenderId: string;
  /** Null where it is of no chain. */
  readonly lane: number | null;
  readonly seq: bigint | null;
  readonly entryId: string | null;
  /** A sentence: what differs, and what it should be as far as that can be told. */
  readonly says: string;
}
