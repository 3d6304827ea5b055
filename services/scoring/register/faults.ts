// What is wrong with a register of models or an entry of it, each as a sentence.
import { addDays, isBusinessDate } from '@saidao/values';
import { faultsOfCard } from '../card/card.ts';
import {
  APPROVERS_NEEDED,
  byBeginning,
  isChampionSometime,
  modelKinds,
  modelRoles,
  modelStatuses,
  refOf,
  type Model,
  type ModelRegister,
  type RegisterEntry,
} from '../register.ts';

const personForm = /^[a-z0-9]+(?:[.-][a-z0-9]+){0,5}$/;

/** Every fault of a model by itself as a sentence. */
export function faultsOfModel(model: Model): string[] {
  const faults = faultsOfEntry(model);
  if (model.card === null) {
    if (model.kind === 'card' && model.status !== 'retired') {
      faults.push('its file is no card of the present form');
    }
  } else {
    if (model.card.id !== model.id || model.card.version !== model.version) {
      faults.push(`its file is ${model.card.id}@${model.card.version}`);
    }
    faults.push(...faultsOfCard(model.card));
  }
  if (model.kind === 'http') faults.push(...faultsOfDescription(model));
  return faults.map((fault) => `${model.ref}: ${fault}`);
}

/** What stands behind an address, no file here can hold: it has to say at least what that is. */
function faultsOfDescription({ ref, data }: Model): string[] {
  const said = (data ?? {}) as { readonly id?: unknown; version?: unknown; official?: unknown };
  const faults: string[] = [];
  if (`${String(said.id)}@${String(said.version)}` !== ref) {
    faults.push('its file is no description of it: id and version are not these');
  }
  if (said.official !== false) faults.push('official has to be false');
  return faults;
}

/** Every fault of an entry, whatever stands in its file. */
export function faultsOfEntry(entry: RegisterEntry): string[] {
  const faults: string[] = [];
  const { kind, status, role, owner, source, file, digest } = entry;
  if (!modelKinds.includes(kind)) faults.push(`${kind} is no kind`);
  if (!modelStatuses.includes(status)) faults.push(`${status} is no status`);
  if (!modelRoles.includes(role)) faults.push(`${role} is no role`);
  if (source.trim() === '') faults.push('source says nothing');
  if (!/^[\w.-]+$/.test(file)) faults.push(`${file} is no name of a file under models/`);
  if (!/^[0-9a-f]{64}$/.test(digest)) faults.push('its digest is no SHA-256 in hex');
  if (role === 'champion' && kind !== 'card') faults.push('only a card can be the champion');
  if (role === 'challenger' && kind === 'card') {
    faults.push('a card cannot be a challenger: challengers are told shares of points, no facts');
  }
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

function faultsOfApprovals({ owner, approvals, status, validFrom }: RegisterEntry): string[] {
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

function faultsOfDates({ status, validFrom, validTo, approvals }: RegisterEntry): string[] {
  const faults: string[] = [];
  for (const date of [validFrom, validTo]) {
    if (date !== null && !isBusinessDate(date)) faults.push(`${String(date)} is no date`);
  }
  if (faults.length > 0) return faults;
  // One may be retired that never scored.
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

/** Every fault of the register as a whole: references, and one champion on any business date. */
export function faultsOfRegister(register: ModelRegister): string[] {
  const faults: string[] = [];
  const entries = Object.entries(register.models);
  for (const [ref, entry] of entries) {
    if (refOf(ref) === undefined) faults.push(`${ref} is no model: write as soft-power@2`);
    faults.push(...faultsOfEntry(entry).map((fault) => `${ref}: ${fault}`));
  }
  const champions = Object.entries(register.models)
    .map(([ref, entry]) => ({ ref, ...entry }))
    .filter(isChampionSometime)
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
