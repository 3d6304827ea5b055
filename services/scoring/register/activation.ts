// How a model comes into the register, and by whose approval it begins to score.
import { addDays, isBusinessDate, type BusinessDate } from '@saidao/values';
import {
  APPROVERS_NEEDED,
  personOf,
  refOf,
  type Approval,
  type ModelRegister,
  type RegisterEntry,
} from '../register.ts';
import { faultsOfEntry, faultsOfPerson } from './faults.ts';

/** What is entered of a model; it has no approvals and no dates yet. */
export type NewEntry = Pick<
  RegisterEntry,
  'file' | 'digest' | 'kind' | 'owner' | 'source' | 'role'
> & { readonly status: 'draft' | 'validated' };

/** Enters a model, or anew what nobody has approved yet: an approval is of what the file said. */
export function enter(
  register: ModelRegister,
  ref: string,
  entry: NewEntry,
): ModelRegister | { readonly fault: string } {
  if (refOf(ref) === undefined) return { fault: `${ref} is no model: write as soft-power@2.` };
  const known = Object.hasOwn(register.models, ref) ? register.models[ref] : undefined;
  if (known !== undefined && (known.approvals.length > 0 || known.validFrom !== null)) {
    return { fault: `${ref} has been approved as it was: give it the next version.` };
  }
  const owner = personOf(entry.owner);
  const entered = { ...entry, owner, validFrom: null, validTo: null, approvals: [] };
  const faults = faultsOfEntry(entered);
  if (faults.length > 0) return { fault: `${ref}: ${faults.join('; ')}.` };
  return withEntry(register, ref, entered);
}

/** One person's approval; `from`: the first business date to be scored by it, else the next day. */
export interface Approving extends Approval {
  readonly from?: BusinessDate | undefined;
}

export type Activation =
  | {
      readonly register: ModelRegister;
      /** `approved`: one approval is recorded, another person's is still needed. */
      readonly outcome: 'approved' | 'activated';
      /** Whom it takes the place of. */
      readonly retired: string | null;
      /** First business date that it scores. */
      readonly from: BusinessDate | null;
    }
  | { readonly fault: string };

/**
 * One person's approval. The first is recorded; that of a second, different person makes the model
 * active from a day to come on, and a champion takes the place of the one before. Never from a day
 * that is being scored: one business date would have two champions.
 */
export function activate(register: ModelRegister, ref: string, approving: Approving): Activation {
  const entry = Object.hasOwn(register.models, ref) ? register.models[ref] : undefined;
  if (entry === undefined) return { fault: `There is no model ${ref}.` };
  const { at, from = isBusinessDate(at) ? addDays(at, 1) : at } = approving;
  const by = personOf(approving.by);
  const fault = refusalOf(entry, by, at);
  if (fault !== undefined) return { fault };
  const approvals = [...entry.approvals, { by, at }];
  if (approvals.length < APPROVERS_NEEDED) {
    if (approving.from !== undefined) {
      return { fault: 'Another person has to approve it, and says from which day on.' };
    }
    const approved = withEntry(register, ref, { ...entry, approvals });
    return { register: approved, outcome: 'approved', retired: null, from: null };
  }
  if (!isBusinessDate(from)) return { fault: `${String(from)} is no date: write YYYY-MM-DD.` };
  if (from <= at) return { fault: `${from} is being scored or has been: say a day after ${at}.` };
  const former = entry.role === 'champion' ? activeChampion(register) : undefined;
  if (former !== undefined && (former.entry.validFrom ?? '') > from) {
    return { fault: `${former.ref} is valid from ${former.entry.validFrom}, which is later.` };
  }
  const activated = withEntry(register, ref, {
    ...entry,
    approvals,
    status: 'active',
    validFrom: from,
  });
  if (former === undefined) {
    return { register: activated, outcome: 'activated', retired: null, from };
  }
  const ended = { ...former.entry, status: 'retired', validTo: addDays(from, -1) } as const;
  return {
    register: withEntry(activated, former.ref, ended),
    outcome: 'activated',
    retired: former.ref,
    from,
  };
}

function refusalOf(entry: RegisterEntry, by: string, at: BusinessDate): string | undefined {
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

function activeChampion(register: ModelRegister) {
  for (const [ref, entry] of Object.entries(register.models)) {
    if (entry.role === 'champion' && entry.status === 'active') return { ref, entry };
  }
  return undefined;
}

function withEntry(register: ModelRegister, ref: string, entry: RegisterEntry): ModelRegister {
  return { ...register, models: { ...register.models, [ref]: entry } };
}
