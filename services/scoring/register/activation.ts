// How a model comes into the register, and by whose approval it begins to score.
import {
  activate,
  enter,
  type Activation,
  type Approving,
  type Fault,
  type Kind,
} from '@saidao/register';
import type { ModelRegister, RegisterEntry } from '../register.ts';
import { faultsOfModelEntry } from './faults.ts';

const models: Kind<RegisterEntry> = {
  noun: 'model',
  example: 'soft-power@2',
  used: 'scored',
  replaces: ([, one], [, former]) => one.role === 'champion' && former.role === 'champion',
  faultsOf: faultsOfModelEntry,
};

/** What is entered of a model; it has no approvals and no dates yet. */
export type NewEntry = Pick<
  RegisterEntry,
  'file' | 'digest' | 'kind' | 'owner' | 'source' | 'role'
> & { readonly status: 'draft' | 'validated' };

/** Enters a model, or anew what nobody has approved yet. */
export function enterModel(
  register: ModelRegister,
  ref: string,
  entry: NewEntry,
): ModelRegister | Fault {
  const entered = { ...entry, validFrom: null, validTo: null, approvals: [] };
  const done = enter(register.models, ref, entered, models);
  return 'fault' in done ? done : { ...register, models: done.entries };
}

/** One person's approval; of a champion's second it takes the place of the one before. */
export function approve(
  register: ModelRegister,
  ref: string,
  approving: Approving,
): (Exclude<Activation<RegisterEntry>, Fault> & { readonly register: ModelRegister }) | Fault {
  const done = activate(register.models, ref, approving, models);
  return 'fault' in done ? done : { ...done, register: { ...register, models: done.entries } };
}
