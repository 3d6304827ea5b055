// The register of models: which there are, who answers for them, which one scores on a date.
import { isBusinessDate, type BusinessDate } from '@saidao/values';
import type { Card } from './card/card.ts';

/** `card`: a scorecard; `onnx`: a network in a file; `http`: a model asked over the network. */
export const modelKinds = ['card', 'onnx', 'http'] as const;
export type ModelKind = (typeof modelKinds)[number];
export const modelStatuses = ['draft', 'validated', 'active', 'retired'] as const;
export type ModelStatus = (typeof modelStatuses)[number];
/**
 * The champion's score counts; challengers score in shadow. A card is never a challenger: those are
 * told the share of points that each factor got, and a card has to have the facts themselves.
 */
export const modelRoles = ['champion', 'challenger'] as const;
export type ModelRole = (typeof modelRoles)[number];

export interface Approval {
  /** An id, as personOf spells it. */
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
  /** First business date that it scores; null: none yet, or retired before it scored any. */
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

/** One spelling for one person: two of the same id would be two different people. */
export function personOf(text: string): string {
  return text.normalize('NFKC').trim().toLowerCase();
}

const refForm = /^([a-z0-9]+(?:-[a-z0-9]+)*)@([1-9]\d{0,5})$/;

/** Id and version of `soft-power@2`; undefined where it is no reference. */
export function refOf(ref: string): { readonly id: string; readonly version: number } | undefined {
  const parts = refForm.exec(ref);
  if (parts === null) return undefined;
  return { id: parts[1] ?? '', version: Number(parts[2]) };
}

/** Those whose place another took before their day came have no day at all. */
export function isChampionSometime<E extends RegisterEntry>(
  entry: E,
): entry is E & { readonly validFrom: BusinessDate } {
  const { role, validFrom, validTo } = entry;
  if (role !== 'champion' || !isBusinessDate(validFrom)) return false;
  return validTo === null || (isBusinessDate(validTo) && validTo >= validFrom);
}

export const byBeginning = (
  a: { readonly validFrom: BusinessDate },
  b: { readonly validFrom: BusinessDate },
): number => (a.validFrom < b.validFrom ? -1 : a.validFrom > b.validFrom ? 1 : 0);

/** The champion of a business date; a date before the first card is scored by that. */
export function championOn<M extends RegisterEntry & { readonly card: Card | null }>(
  models: readonly M[],
  businessDate: BusinessDate,
): M {
  const champions = models
    .filter(({ card }) => card !== null)
    .filter(isChampionSometime)
    .sort(byBeginning);
  const [first] = champions;
  const found =
    first !== undefined && businessDate < first.validFrom
      ? first
      : champions.findLast(
          ({ validFrom, validTo }) =>
            validFrom <= businessDate && (validTo === null || validTo >= businessDate),
        );
  if (found === undefined) throw new Error(`No card is champion on ${businessDate}.`);
  return found;
}
