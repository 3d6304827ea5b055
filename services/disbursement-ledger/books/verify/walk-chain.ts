// Walks the chain of one lender and lane: each entry is hashed anew and has to follow the last.
import { formatYuan } from '@saidao/values';
import { imbalanceOf, type Posting } from '../../postings.ts';
import { GENESIS, hashOf, type Head } from '../chain.ts';
import type { StoredEntry } from '../read-entries.ts';
import { changedField } from './changed-field.ts';
import type { Fault, FaultKind } from './fault.ts';

/** The head as it is kept; undefined where there is none. */
export type KeptHead = (Head & { readonly completeSeq: bigint }) | undefined;

export interface ChainWalk {
  take(entry: StoredEntry): void;
  /** After the last entry. */
  end(head: KeptHead): void;
}

export function walkChain(
  chain: { readonly lenderId: string; readonly lane: number },
  /** False: no more are kept, and what costs much is not said of them. */
  find: (fault: Fault) => boolean,
): ChainWalk {
  let isKept = true;
  let last: (StoredEntry & { readonly computed: Buffer }) | undefined;

  return { take, end };

  function take(entry: StoredEntry): void {
    const lastSeq = last?.seq ?? 0n;
    const isNext = entry.seq === lastSeq + 1n;
    if (!isNext) missing(lastSeq + 1n, entry.seq - 1n, `before ${entry.id}`);
    const before = last?.hash ?? GENESIS;
    const computed = hashOf(entry);
    const isSame = computed.equals(entry.hash);
    const isRelinked = !isSame && hashOf({ ...entry, prevHash: before }).equals(entry.hash);
    settle(isNext ? witnessOf(entry, isSame, isRelinked) : undefined);
    if (isRelinked) fault('entry-changed', entry, 'Its prev_hash was changed.');
    else if (isSame && lastSeq === 0n && isNext && !entry.prevHash.equals(GENESIS)) {
      fault('entry-changed', entry, 'Its prev_hash is not that of a first entry.');
    }
    assertBalanced(entry);
    last = { ...entry, computed: isRelinked ? entry.hash : computed };
  }

  /** What an entry says it follows. One that was changed itself is believed on what is known. */
  function witnessOf(
    { prevHash }: StoredEntry,
    isSame: boolean,
    isRelinked: boolean,
  ): Buffer | undefined {
    if (isRelinked) return last?.hash;
    const isKnown = [last?.hash, last?.computed].some((one) => one?.equals(prevHash) === true);
    return isSame || isKnown ? prevHash : undefined;
  }

  /** Whether the last entry is sound shows by what the next one, or the head, says it follows. */
  function settle(follows: Buffer | undefined): void {
    if (last === undefined) return;
    const { hash, computed } = last;
    const isSame = computed.equals(hash);
    if (follows === undefined) {
      if (!isSame) fault('entry-changed', last, whatChanged(last, isKept));
    } else if (isSame && !follows.equals(hash)) {
      fault(
        'entry-replaced',
        last,
        `The entry behind it was made to follow ${follows.toString('hex')}, not this one with ` +
          `${hash.toString('hex')}.`,
      );
    } else if (!isSame) {
      const says = follows.equals(computed)
        ? `Its hash was changed: it was ${computed.toString('hex')}.`
        : whatChanged(last, isKept);
      fault('entry-changed', last, says);
    }
  }

  function end(head: KeptHead): void {
    const lastSeq = last?.seq ?? 0n;
    if (head === undefined) {
      settle(undefined);
      fault('head-changed', last, 'The chain has no head.');
      return;
    }
    if (head.seq > lastSeq) {
      settle(undefined);
      missing(lastSeq + 1n, head.seq, 'at the end of the chain, unless its head was changed');
      return;
    }
    const isAtEnd = head.seq === lastSeq;
    const isSound = last === undefined || last.computed.equals(last.hash);
    // A head that is wrong by itself says nothing of the last entry.
    settle(isAtEnd && !isSound ? head.hash : undefined);
    const says: string[] = [];
    if (!isAtEnd) says.push(`It is at ${head.seq}, the last entry at ${lastSeq}.`);
    const hash = last?.hash ?? GENESIS;
    if (isAtEnd && isSound && !head.hash.equals(hash)) {
      says.push('Its hash is not that of the last entry: one of the two was changed.');
    }
    if (head.completeSeq !== head.seq) {
      says.push(`It counts ${head.completeSeq} entries as complete, not ${head.seq}.`);
    }
    if (says.length > 0) fault('head-changed', last, says.join(' '));
  }

  function missing(from: bigint, to: bigint, where: string): void {
    const what = from === to ? `The entry at ${from} is` : `The entries from ${from} to ${to} are`;
    isKept = find({
      ...chain,
      kind: 'entry-missing',
      seq: from,
      entryId: null,
      says: `${what} missing ${where}.`,
    });
  }

  function assertBalanced(entry: StoredEntry): void {
    const { postings } = entry;
    if (postings.length === 0) fault('entry-unbalanced', entry, 'It has no postings.');
    for (const [currency, fen] of imbalanceOf(postings as readonly Posting[])) {
      if (fen === 0n) continue;
      const says = `Its debits less its credits are ${formatYuan(fen)} ${currency}.`;
      fault('entry-unbalanced', entry, says);
    }
  }

  function fault(kind: FaultKind, entry: StoredEntry | undefined, says: string): void {
    isKept = find({ ...chain, kind, seq: entry?.seq ?? null, entryId: entry?.id ?? null, says });
  }
}

/** Guessing takes thousands of hashes. */
function whatChanged(entry: StoredEntry, isKept: boolean): string {
  const changed = isKept ? changedField(entry, entry.hash) : undefined;
  if (changed === undefined) return 'Its fields or postings are not what its hash was made of.';
  return `Its ${changed.column} was changed: it was ${changed.was}.`;
}
