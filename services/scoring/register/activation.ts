// How a model comes into the register, and by whose approval it begins to score.
import {
  activate,
  personOf,
  refOf,
  type Activation,
  type Approving,
  type Fault,
} from '@saidao/register';
import type { ModelRegister, RegisterEntry } from '../register.ts';
import { faultsOfModelEntry } from './faults.ts';

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
): ModelRegister | Fault {
  if (refOf(ref) === undefined) return { fault: `${ref} is no model: write as soft-power@2.` };
  const known = Object.hasOwn(register.models, ref) ? register.models[ref] : undefined;
  if (known !== undefined && (known.approvals.length > 0 || known.validFrom !== null)) {
    return { fault: `${ref} has been approved as it was: give it the next version.` };
  }
  const owner = personOf(entry.owner);
  const entered = { ...entry, owner, validFrom: null, validTo: null, approvals: [] };
  const faults = faultsOfModelEntry(entered);
  if (faults.length > 0) return { fault: `${ref}: ${faults.join('; ')}.` };
  return { ...register, models: { ...register.models, [ref]: entered } };
}

/** One person's approval; of a champion's second it takes the place of the one before. */
export function approve(
  register: ModelRegister,
  ref: string,
  approving: Approving,
): (Exclude<Activation<RegisterEntry>, Fault> & { readonly register: ModelRegister }) | Fault {
  const done = activate(register.models, ref, approving, {
    noun: 'model',
    used: 'scored',
    replaces: ([, one], [, former]) => one.role === 'champion' && former.role === 'champion',
  });
  return 'fault' in done ? done : { ...done, register: { ...register, models: done.entries } };
}
