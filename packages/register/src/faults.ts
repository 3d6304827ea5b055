// What is wrong with an entry of a register, or with who follows whom, each as a sentence.
import { addDays, isBusinessDate } from '@saidao/values';
import { APPROVERS_NEEDED, roles, statuses, type Entry } from './entry.ts';
import { byBeginning, isInForceSometime } from './in-force.ts';

const personForm = /^[a-z0-9]+(?:[.-][a-z0-9]+){0,5}$/;

/** Every fault of an entry, whatever else stands in it. */
export function faultsOfEntry(entry: Entry): string[] {
  const faults: string[] = [];
  const { status, role, owner, source, digest } = entry;
  if (!statuses.includes(status)) faults.push(`${status} is no status`);
  if (!roles.includes(role)) faults.push(`${role} is no role`);
  if (source.trim() === '') faults.push('source says nothing');
  if (!/^[0-9a-f]{64}$/.test(digest)) faults.push('its digest is no SHA-256 in hex');
  faults.push(
    ...faultsOfPerson(owner, 'owner'),
    ...faultsOfApprovals(entry),
    ...faultsOfDates(entry),
  );
  return faults;
}

export function faultsOfPerson(id: string, what: string): string[] {
  if (personForm.test(id)) return [];
  return [`"${id}" is no id of an ${what}: small letters, digits, and . or - between them`];
}

function faultsOfApprovals({ owner, approvals, status, validFrom }: Entry): string[] {
  const faults: string[] = [];
  approvals.forEach(({ by, at }, index) => {
    faults.push(...faultsOfPerson(by, 'approver'));
    if (!isBusinessDate(at)) faults.push(`${String(at)} is no date of an approval`);
    if (by === owner) faults.push(`${by} owns it and cannot approve it`);
    const before = approvals[index - 1];
    if (before !== undefined && at < before.at) {
      faults.push(`${by} approved it on ${at}, before ${before.by} did first`);
    }
  });
  const approvers = new Set(approvals.map(({ by }) => by));
  if (approvers.size < approvals.length) faults.push('somebody approved it twice');
  const isUsed = status === 'active' || validFrom !== null;
  if (isUsed && approvers.size < APPROVERS_NEEDED) {
    faults.push(`it is ${status} with ${approvers.size} of ${APPROVERS_NEEDED} approvals`);
  }
  return faults;
}

function faultsOfDates({ status, validFrom, validTo, approvals }: Entry): string[] {
  const faults: string[] = [];
  for (const date of [validFrom, validTo]) {
    if (date !== null && !isBusinessDate(date)) faults.push(`${String(date)} is no date`);
  }
  if (faults.length > 0) return faults;
  // One may be retired that was never in force.
  const hasBegun = status === 'retired' ? validTo !== null : status === 'active';
  if (hasBegun !== (validFrom !== null)) faults.push(`it is ${status} and valid from ${validFrom}`);
  if (status !== 'retired' && validTo !== null)
    faults.push(`it is ${status} and valid to ${validTo}`);
  const approved = approvals.at(-1)?.at;
  if (validFrom !== null && approved !== undefined && validFrom <= approved) {
    faults.push(`it is valid from ${validFrom}, and approved on ${approved} only`);
  }
  // One that never had its day ends on the day before it began.
  if (validFrom !== null && validTo !== null && addDays(validTo, 1) < validFrom) {
    faults.push(`it ends on ${validTo}, before it begins on ${validFrom}`);
  }
  return faults;
}

/** One champion on any business date, from the first on: no two of them, and no day without. */
export function faultsOfChampions(
  entries: readonly (Pick<Entry, 'role' | 'validFrom' | 'validTo'> & { readonly ref: string })[],
): string[] {
  const faults: string[] = [];
  const champions = entries
    .filter(({ role }) => role === 'champion')
    .filter(isInForceSometime)
    .sort(byBeginning);
  champions.forEach(({ ref, validFrom: from }, index) => {
    const before = champions[index - 1];
    if (before === undefined) return;
    const next = before.validTo === null ? null : addDays(before.validTo, 1);
    if (next === null || from < next) {
      faults.push(`${before.ref} and ${ref} are both champion on ${from}`);
    } else if (from > next) {
      faults.push(`nobody is champion from ${next} to the day before ${from}`);
    }
  });
  const last = champions.at(-1);
  if (last === undefined) faults.push('nobody is or was champion');
  else if (last.validTo !== null) faults.push(`nobody is champion after ${last.validTo}`);
  return faults;
}
