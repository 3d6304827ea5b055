// The register of models: which there are, who answers for them, which one scores on a date.
import { addDays, isBusinessDate, toJson, type BusinessDate } from '@saidao/values';
import { faultsOfCard, type Card } from './card/card.ts';

/** `card`: a scorecard; `onnx`: a network in a file; `http`: a model asked over the network. */
export const modelKinds = ['card', 'onnx', 'http'] as const;
export type ModelKind = (typeof modelKinds)[number];
export const modelStatuses = ['draft', 'validated', 'active', 'retired'] as const;
export type ModelStatus = (typeof modelStatuses)[number];
/** The champion's score counts; challengers score in shadow. */
export const modelRoles = ['champion', 'challenger'] as const;
export type ModelRole = (typeof modelRoles)[number];

export interface Approval {
  readonly by: string;
  readonly at: BusinessDate;
}

export interface RegisterEntry {
  /** Under models/. */
  readonly file: string;
  /** SHA-256, hex: of the canonical JSON of a file that is JSON, else of its bytes. */
  readonly digest: string;
  readonly kind: ModelKind;
  readonly owner: string;
  readonly source: string;
  readonly status: ModelStatus;
  readonly role: ModelRole;
  /** First business date that it scores; null: not active yet. */
  readonly validFrom: BusinessDate | null;
  /** Last business date that it scores; null: until another takes its place. */
  readonly validTo: BusinessDate | null;
  readonly approvals: readonly Approval[];
}

export interface ModelRegister {
  readonly about: string;
  /** By `<id>@<version>`. */
  readonly models: Readonly<Record<string, RegisterEntry>>;
}

/** An entry of the register with what its file holds. */
export interface Model extends RegisterEntry {
  readonly ref: string;
  readonly id: string;
  readonly version: number;
  /** What the file holds, where it is JSON. */
  readonly data: unknown;
  /** Of a card that can be scored with; null for what is none, or is of an older form. */
  readonly card: Card | null;
}

export const APPROVERS_NEEDED = 2;

const refForm = /^([a-z0-9]+(?:-[a-z0-9]+)*)@([1-9]\d{0,5})$/;

/** Id and version of `soft-power@2`; undefined where it is no reference. */
export function refOf(ref: string): { readonly id: string; readonly version: number } | undefined {
  const parts = refForm.exec(ref);
  if (parts === null) return undefined;
  return { id: parts[1] ?? '', version: Number(parts[2]) };
}

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
  return faults.map((fault) => `${model.ref}: ${fault}`);
}

function faultsOfEntry(entry: RegisterEntry): string[] {
  const faults: string[] = [];
  const { kind, status, role, owner, source, file, digest, approvals, validFrom, validTo } = entry;
  if (!modelKinds.includes(kind)) faults.push(`${kind} is no kind`);
  if (!modelStatuses.includes(status)) faults.push(`${status} is no status`);
  if (!modelRoles.includes(role)) faults.push(`${role} is no role`);
  if (owner.trim() === '') faults.push('nobody owns it');
  if (source.trim() === '') faults.push('source says nothing');
  if (!/^[\w.-]+$/.test(file)) faults.push(`${file} is no name of a file under models/`);
  if (!/^[0-9a-f]{64}$/.test(digest)) faults.push('its digest is no SHA-256 in hex');
  if (role === 'champion' && kind !== 'card') faults.push('only a card can be the champion');
  for (const { by, at } of approvals) {
    if (by.trim() === '' || !isBusinessDate(at)) faults.push('an approval is not whole');
    if (by === owner) faults.push(`${by} owns it and cannot approve it`);
  }
  const approvers = new Set(approvals.map(({ by }) => by));
  if (approvers.size < approvals.length) faults.push('somebody approved it twice');
  const isUsed = status === 'active' || status === 'retired';
  if (isUsed && approvers.size < APPROVERS_NEEDED) {
    faults.push(`it is ${status} with ${approvers.size} of ${APPROVERS_NEEDED} approvals`);
  }
  for (const date of [validFrom, validTo]) {
    if (date !== null && !isBusinessDate(date)) faults.push(`${String(date)} is no date`);
  }
  if (isUsed !== (validFrom !== null)) faults.push(`it is ${status} and valid from ${validFrom}`);
  if ((status === 'retired') !== (validTo !== null)) {
    faults.push(`it is ${status} and valid to ${validTo}`);
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
  const champions = entries
    .filter(([, { role, validFrom }]) => role === 'champion' && validFrom !== null)
    .map(([ref, { validFrom, validTo }]) => ({ ref, from: validFrom ?? '', to: validTo }))
    .sort((a, b) => (a.from < b.from ? -1 : 1));
  champions.forEach(({ ref, from }, index) => {
    const before = champions[index - 1];
    if (before === undefined || !isBusinessDate(before.to)) return;
    const next = addDays(before.to, 1);
    if (from < next) faults.push(`${before.ref} and ${ref} are both champion on ${from}`);
    if (from > next) faults.push(`nobody is champion from ${next} to the day before ${from}`);
  });
  const live = champions.filter(({ to }) => to === null).map(({ ref }) => ref);
  if (live.length === 0) faults.push('no champion is active');
  if (live.length > 1) faults.push(`${live.join(' and ')} are both the active champion`);
  return faults;
}

/** The champion of a business date; a date before the first card is scored by that. */
export function championOn<M extends RegisterEntry & { readonly card: Card | null }>(
  models: readonly M[],
  businessDate: BusinessDate,
): M {
  const champions = models
    .filter(
      ({ role, validFrom, card }) => role === 'champion' && validFrom !== null && card !== null,
    )
    .sort((a, b) => ((a.validFrom ?? '') < (b.validFrom ?? '') ? -1 : 1));
  const found =
    champions.findLast(({ validFrom }) => (validFrom ?? '') <= businessDate) ?? champions[0];
  if (found === undefined) throw new Error('The register of models has no champion.');
  return found;
}

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
  const known = Object.hasOwn(register.models, ref) ? register.models[ref] : undefined;
  if (known !== undefined && (known.approvals.length > 0 || known.validFrom !== null)) {
    return { fault: `${ref} has been approved as it was: give it the next version.` };
  }
  return withEntry(register, ref, { ...entry, validFrom: null, validTo: null, approvals: [] });
}

export type Activation =
  | {
      readonly register: ModelRegister;
      /** `approved`: one approval is recorded, another person's is still needed. */
      readonly outcome: 'approved' | 'activated';
      /** Whom it takes the place of. */
      readonly retired: string | null;
    }
  | { readonly fault: string };

/**
 * One person's approval. The first is recorded; that of a second, different person makes the model
 * active from that day on, and a champion takes the place of the one before.
 */
export function activate(
  register: ModelRegister,
  ref: string,
  by: string,
  at: BusinessDate,
): Activation {
  const entry = Object.hasOwn(register.models, ref) ? register.models[ref] : undefined;
  const fault = entry === undefined ? `There is no model ${ref}.` : refusalOf(entry, by, at);
  if (entry === undefined || fault !== undefined) return { fault: fault ?? '' };
  const approvals = [...entry.approvals, { by, at }];
  if (approvals.length < APPROVERS_NEEDED) {
    const changed = { ...entry, approvals };
    return { register: withEntry(register, ref, changed), outcome: 'approved', retired: null };
  }
  const former = entry.role === 'champion' ? activeChampion(register) : undefined;
  if (former !== undefined && (former.entry.validFrom ?? '') > at) {
    return { fault: `${former.ref} is valid from ${former.entry.validFrom}, which is later.` };
  }
  const activated = withEntry(register, ref, {
    ...entry,
    approvals,
    status: 'active',
    validFrom: at,
  });
  if (former === undefined) return { register: activated, outcome: 'activated', retired: null };
  const ended = { ...former.entry, status: 'retired', validTo: addDays(at, -1) } as const;
  return {
    register: withEntry(activated, former.ref, ended),
    outcome: 'activated',
    retired: former.ref,
  };
}

function refusalOf(entry: RegisterEntry, by: string, at: BusinessDate): string | undefined {
  if (!isBusinessDate(at)) return `${String(at)} is no date: write YYYY-MM-DD.`;
  if (by.trim() === '') return 'Say who approves.';
  if (entry.status === 'active') return 'It is active already.';
  if (entry.status === 'retired') return 'It is retired: give what replaces it a new version.';
  if (entry.status === 'draft') return 'It is a draft: it has to be validated first.';
  if (by === entry.owner) return `${by} owns it and cannot approve it.`;
  if (entry.approvals.some((approval) => approval.by === by)) {
    return `${by} has approved it already: another person has to.`;
  }
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

export interface Difference {
  /** Where, as `factors.EXPORT_SHARE.weights.growth`. */
  readonly path: string;
  /** As JSON; null: it stands only in the other. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What changed from one model to another: in the register's entry and in the file, by path. */
export function diffOfModels(a: Model, b: Model): Difference[] {
  const before = flat(a);
  const after = flat(b);
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const one = before.get(path) ?? null;
    const other = after.get(path) ?? null;
    return one === other ? [] : [{ path, before: one, after: other }];
  });
}

function flat(model: Model): Map<string, string> {
  const { data, card: _card, ref: _ref, ...entry } = model;
  const found = new Map<string, string>();
  flatten({ entry, ...(typeof data === 'object' ? data : { data }) }, '', found);
  return found;
}

/** Items of a list are named by what tells them apart: one more moves none of the others. */
function flatten(value: unknown, path: string, found: Map<string, string>): void {
  if (typeof value !== 'object' || value === null) {
    found.set(path, toJson(value));
    return;
  }
  const items = Array.isArray(value)
    ? value.map((item, index) => [nameOf(item) ?? String(index), item] as const)
    : Object.entries(value);
  for (const [key, item] of items) flatten(item, path === '' ? key : `${path}.${key}`, found);
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { code, grade, stars, from, by } = item as Record<string, unknown>;
  const name = code ?? grade ?? stars ?? from ?? by;
  return name === undefined ? undefined : String(name);
}
