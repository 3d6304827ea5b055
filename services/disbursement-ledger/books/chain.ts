// The hash chain of the books: which bytes of an entry are hashed, and how one follows another.
import { hash } from 'node:crypto';
import type { Entry, Posting } from '../postings.ts';

/** What the first entry of a chain follows: 32 zero bytes. */
export const GENESIS = Buffer.alloc(32);

/** A posting as the books hold it: of any account and currency. */
export type PostedPosting = Omit<Posting, 'account' | 'currency'> & {
  /** Left out: its place in the list, from 1. */
  readonly place?: number;
  readonly account: string;
  readonly currency: string;
};

/** An entry as the books hold it; the place in the chain comes from `linked`. */
export type ChainedEntry = Omit<Entry, 'movement' | 'postings'> & {
  readonly movement: string;
  readonly postings: readonly PostedPosting[];
  /** Its place in the chain of its lender and lane, from 1. */
  readonly seq: bigint;
  /** The hash of the entry before it. */
  readonly prevHash: Buffer;
};

/** The last entry of a chain; `seq` 0n and GENESIS where there is none yet. */
export interface Head {
  readonly seq: bigint;
  readonly hash: Buffer;
}

export type Linked<E> = E & Head & { readonly prevHash: Buffer };

/** The entries of one lender and lane, in this order, behind the head. */
export function linked<E extends Omit<ChainedEntry, 'seq' | 'prevHash'>>(
  head: Head,
  entries: readonly E[],
): readonly Linked<E>[] {
  let { seq, hash: prevHash } = head;
  return entries.map((entry) => {
    seq += 1n;
    const chained = { ...entry, seq, prevHash };
    prevHash = hashOf(chained);
    return { ...chained, hash: prevHash };
  });
}

/** SHA-256 of the canonical bytes: 32 bytes. */
export function hashOf(entry: ChainedEntry): Buffer {
  return hash('sha256', canonicalOf(entry), 'buffer');
}

/**
 * The canonical text, hashed as UTF-8: a JSON array without blanks, every number as a decimal
 * string, hashes as lower-case hex. docs/ledger-books.md says it for other languages; a change of
 * it is another version, since old hashes have to be computed for ever: the second has evidence.
 */
export function canonicalOf(entry: ChainedEntry): string {
  const evidence = entry.evidence ?? null;
  return JSON.stringify([
    `saidao.ledger.entry/${evidence === null ? 1 : 2}`,
    entry.lenderId,
    String(entry.lane),
    String(entry.seq),
    entry.id,
    entry.movement,
    entry.eventId,
    entry.applicationId,
    entry.loanId,
    entry.valueDate,
    entry.bookingDate,
    String(entry.bookedAtMs),
    entry.reverses,
    entry.prevHash.toString('hex'),
    ...(evidence === null ? [] : [evidence]),
    entry.postings.map(({ place, account, side, amountFen, currency }, index) => [
      String(place ?? index + 1),
      account,
      side,
      String(amountFen),
      currency,
    ]),
  ]);
}
