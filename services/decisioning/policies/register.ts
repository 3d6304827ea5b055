// The register of policies: which versions each lender has, and whose turn it is on which day.
import type { PolicyRole } from '../policies.ts';

export type PolicyStatus = 'draft' | 'validated' | 'active' | 'retired';

export interface Approval {
  readonly by: string;
  readonly at: string;
}

/** A policy tried on what was decided before, as somebody has attached it to a version. */
export interface TestRun {
  readonly id: string;
  /** Of the policy that was tried. */
  readonly digest: string;
  readonly since: string;
  readonly until: string;
  readonly applications: number;
  /** Those that it decides otherwise. */
  readonly flips: number;
  readonly at: string;
  readonly by: string;
}

export interface PolicyEntry {
  /** Beside the register. */
  readonly file: string;
  /** SHA-256 of the whole document: manifest, products, tables and reasons. */
  readonly digest: string;
  readonly owner: string;
  readonly source: string;
  readonly status: PolicyStatus;
  readonly role: PolicyRole;
  /** Of a challenger: its share of the lender's new applications. */
  readonly sharePpm: number | null;
  /** First business date on which applications are pinned to it. */
  readonly validFrom: string | null;
  /** Last one; null: until another takes its place. */
  readonly validTo: string | null;
  readonly approvals: readonly Approval[];
  readonly testRun: TestRun | null;
}

export interface PolicyRegister {
  readonly about: string;
  /** By `<lender>@<version>`. */
  readonly policies: Readonly<Record<string, PolicyEntry>>;
}
