// An entry of a register: one version, who answers for it, who approved it, and when it holds.
import type { BusinessDate } from '@saidao/values';

export const statuses = ['draft', 'validated', 'active', 'retired'] as const;
export type Status = (typeof statuses)[number];
export const roles = ['champion', 'challenger'] as const;
export type Role = (typeof roles)[number];

export interface Approval {
  /** An id, as personOf spells it. */
  readonly by: string;
  readonly at: BusinessDate;
}

export interface Entry {
  /** SHA-256 of what the version says, hex. */
  readonly digest: string;
  readonly owner: string;
  readonly source: string;
  readonly status: Status;
  readonly role: Role;
  /** First business date in force; null: none yet, or retired before it had any. */
  readonly validFrom: BusinessDate | null;
  /** Last business date in force; null: until another takes its place. */
  readonly validTo: BusinessDate | null;
  readonly approvals: readonly Approval[];
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
