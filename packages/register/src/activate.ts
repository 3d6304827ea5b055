// How a version comes into a register, by whose approval into force, and whose place it takes.
import { addDays, isBusinessDate, type BusinessDate } from '@saidao/values';
import { APPROVERS_NEEDED, personOf, refOf, type Approval, type Entry } from './entry.ts';
import { faultsOfPerson } from './faults.ts';

/** What a register is of. */
export interface Kind<E extends Entry> {
  /** As `model`. */
  readonly noun: string;
  /** A reference, as `soft-power@2`. */
  readonly example: string;
  /** What is done by it, as `scored`. */
  readonly used: string;
  /** Whether a version takes the place of another that is in force. */
  replaces(one: readonly [ref: string, E], former: readonly [ref: string, E]): boolean;
  /** What is wrong with an entry by itself. */
  faultsOf(entry: E): string[];
}

/** One person's approval; `from`: the first business date in force, else the next day. */
export interface Approving extends Approval {
  readonly from?: BusinessDate | undefined;
}

export interface Fault {
  readonly fault: string;
}

export type Activation<E extends Entry> =
  | {
      readonly entries: Readonly<Record<string, E>>;
      /** `approved`: one approval is recorded, another person's is still needed. */
      readonly outcome: 'approved' | 'activated';
      /** Whom it takes the place of. */
      readonly retired: string | null;
      /** First business date in force. */
      readonly from: BusinessDate | null;
    }
  | Fault;

/** Enters a version, or anew what nobody has approved yet: an approval is of what the file said. */
export function enter<E extends Entry>(
  entries: Readonly<Record<string, E>>,
  ref: string,
  entry: E,
  kind: Kind<E>,
): { readonly entries: Readonly<Record<string, E>> } | Fault {
  if (refOf(ref) === undefined) {
    return { fault: `${ref} is no ${kind.noun}: write as ${kind.example}.` };
  }
  const known = Object.hasOwn(entries, ref) ? entries[ref] : undefined;
  if (known !== undefined && (known.approvals.length > 0 || known.validFrom !== null)) {
    return { fault: `${ref} has been approved as it was: give it the next version.` };
  }
  const entered = { ...entry, owner: personOf(entry.owner) };
  const faults = kind.faultsOf(entered);
  if (faults.length > 0) return { fault: `${ref}: ${faults.join('; ')}.` };
  return { entries: { ...entries, [ref]: entered } };
}

/**
 * One person's approval. The first is recorded; that of a second, different person makes the version
 * active from a day to come on, and it takes the place of the one before. Never from a day that has
 * begun: one business date would have two of them.
 */
export function activate<E extends Entry>(
  entries: Readonly<Record<string, E>>,
  ref: string,
  approving: Approving,
  kind: Kind<E>,
): Activation<E> {
  const entry = Object.hasOwn(entries, ref) ? entries[ref] : undefined;
  if (entry === undefined) return { fault: `There is no ${kind.noun} ${ref}.` };
  const { at, from = isBusinessDate(at) ? addDays(at, 1) : at } = approving;
  const by = personOf(approving.by);
  const fault = refusalOf(entry, by, at);
  if (fault !== undefined) return { fault };
  const approvals = [...entry.approvals, { by, at }];
  if (approvals.length < APPROVERS_NEEDED) {
    if (approving.from !== undefined) {
      return { fault: 'Another person has to approve it, and says from which day on.' };
    }
    const approved = { ...entries, [ref]: { ...entry, approvals } };
    return { entries: approved, outcome: 'approved', retired: null, from: null };
  }
  if (!isBusinessDate(from)) return { fault: `${String(from)} is no date: write YYYY-MM-DD.` };
  if (from <= at) {
    return { fault: `${from} is being ${kind.used} or has been: say a day after ${at}.` };
  }
  const former = Object.entries(entries).find(
    (other) => other[1].status === 'active' && kind.replaces([ref, entry], other),
  );
  if (former !== undefined && (former[1].validFrom ?? '') > from) {
    return { fault: `${former[0]} is valid from ${former[1].validFrom}, which is later.` };
  }
  const activated = { ...entry, approvals, status: 'active' as const, validFrom: from };
  if (former === undefined) {
    const changed = { ...entries, [ref]: activated };
    return { entries: changed, outcome: 'activated', retired: null, from };
  }
  const ended = { ...former[1], status: 'retired' as const, validTo: addDays(from, -1) };
  return {
    entries: { ...entries, [ref]: activated, [former[0]]: ended },
    outcome: 'activated',
    retired: former[0],
    from,
  };
}

function refusalOf(entry: Entry, by: string, at: BusinessDate): string | undefined {
  if (!isBusinessDate(at)) return `${String(at)} is no date: write YYYY-MM-DD.`;
  if (by === '') return 'Say who approves.';
  const [nobody] = faultsOfPerson(by, 'approver');
  if (nobody !== undefined) return `${nobody}.`;
  if (entry.status === 'active') return 'It is active already.';
  if (entry.status === 'retired') return 'It is retired: give what replaces it a new version.';
  if (entry.status === 'draft') return 'It is a draft: it has to be validated first.';
  if (by === personOf(entry.owner)) return `${by} owns it and cannot approve it.`;
  if (entry.approvals.some((approval) => personOf(approval.by) === by)) {
    return `${by} has approved it already: another person has to.`;
  }
  const before = entry.approvals.at(-1);
  if (before !== undefined && at < before.at)
    return `${before.by} approved it on ${before.at}, later.`;
  return undefined;
}
