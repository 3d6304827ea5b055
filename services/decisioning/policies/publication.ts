// How a version of a policy comes into the register and into force: tested, and approved by two.
import {
  activate,
  enter,
  faultsOfPerson,
  personOf,
  refOf,
  type Activation,
  type Approval,
  type Approving,
  type Fault,
  type Kind,
} from '@saidao/register';
import { addDays, isBusinessDate } from '@saidao/values';
import {
  faultsOfPolicyEntry,
  type PolicyEntry,
  type PolicyRegister,
  type TestRun,
} from './register.ts';

const policies: Kind<PolicyEntry> = {
  noun: 'policy',
  example: 'czb-hz@2',
  used: 'judged',
  replaces: ([ref, one], [formerRef, former]) =>
    one.role === former.role && refOf(ref)?.id === refOf(formerRef)?.id,
  faultsOf: faultsOfPolicyEntry,
};

/** What is entered of a version; it has no approvals, dates or test run yet. */
export type NewPolicy = Pick<
  PolicyEntry,
  'file' | 'digest' | 'owner' | 'source' | 'role' | 'sharePpm'
> & { readonly status: 'draft' | 'validated' };

/** Enters a version, or anew what nobody has approved yet. */
export function enterPolicy(
  register: PolicyRegister,
  ref: string,
  entry: NewPolicy,
): { readonly register: PolicyRegister } | Fault {
  const entered = {
    ...entry,
    validFrom: null,
    validTo: null,
    approvals: [],
    testRun: null,
    ended: null,
  };
  const done = enter(register.policies, ref, entered, policies);
  return 'fault' in done ? done : { register: { ...register, policies: done.entries } };
}

/** One person's approval, and the test run that it stands on. */
export interface Publishing extends Approving {
  /** Undefined: the one that is attached already. */
  readonly run?: TestRun | undefined;
}

export type Publication =
  (Exclude<Activation<PolicyEntry>, Fault> & { readonly register: PolicyRegister }) | Fault;

/**
 * One person's approval of a version that was tried. With a second, different person's it is in force
 * from a day to come, for applications that enter from then on; those that entered keep theirs.
 */
export function publish(
  register: PolicyRegister,
  ref: string,
  publishing: Publishing,
): Publication {
  const entry = Object.hasOwn(register.policies, ref) ? register.policies[ref] : undefined;
  if (entry === undefined) return { fault: `There is no policy ${ref}.` };
  const { run = entry.testRun, ...approving } = publishing;
  const fault = faultOfRun(ref, entry, run);
  if (fault !== undefined) return { fault };
  const entries = { ...register.policies, [ref]: { ...entry, testRun: run } };
  const done = activate(entries, ref, approving, policies);
  return 'fault' in done ? done : { ...done, register: { ...register, policies: done.entries } };
}

function faultOfRun(ref: string, entry: PolicyEntry, run: TestRun | null): string | undefined {
  if (run === null) {
    const people = 'and another person than its owner and the first to approve it';
    const needed =
      entry.approvals.length === 0 ? ', then two people who approve it' : `, ${people}`;
    return `${ref} has no test run attached: it needs one of exactly this content${needed}.`;
  }
  if (run.digest !== entry.digest) {
    return `The test run ${run.id} is of another content than ${ref} has: run the test again.`;
  }
  if (entry.approvals.length > 0 && entry.testRun !== null && entry.testRun.id !== run.id) {
    const { by } = entry.approvals[0]!;
    return `${by} approved ${ref} on the test run ${entry.testRun.id}: approve it on the same.`;
  }
  return undefined;
}

/** Ends a challenger with this day: one person may, as it only gives less to try. */
export function endChallenger(
  register: PolicyRegister,
  ref: string,
  { by: text, at }: Approval,
): { readonly register: PolicyRegister } | Fault {
  const entry = Object.hasOwn(register.policies, ref) ? register.policies[ref] : undefined;
  if (entry === undefined) return { fault: `There is no policy ${ref}.` };
  if (entry.role !== 'challenger' || entry.status !== 'active' || entry.validFrom === null) {
    return { fault: `${ref} is no challenger in force.` };
  }
  if (!isBusinessDate(at)) return { fault: `${String(at)} is no date: write YYYY-MM-DD.` };
  const by = personOf(text);
  const [nobody] = faultsOfPerson(by, 'approver');
  if (nobody !== undefined) return { fault: `${nobody}.` };
  // One whose day has not come has none.
  const validTo = at < entry.validFrom ? addDays(entry.validFrom, -1) : at;
  const ended = { ...entry, status: 'retired' as const, validTo, ended: { by, at } };
  return { register: { ...register, policies: { ...register.policies, [ref]: ended } } };
}
