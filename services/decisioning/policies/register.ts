// The register of policies: which versions each lender has, and which of them is in force on a day.
import {
  faultsOfChampions,
  faultsOfEntry,
  isInForceSometime,
  refOf,
  type Approval,
  type Entry,
} from '@saidao/register';

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

/** The digest is of the whole document: manifest, products, tables, reasons and size classes. */
export interface PolicyEntry extends Entry {
  /** Beside the register. */
  readonly file: string;
  /** Of a challenger: its share of the lender's new applications. */
  readonly sharePpm: number | null;
  readonly testRun: TestRun | null;
  /** Who ended a challenger before another took its place. */
  readonly ended: Approval | null;
}

export interface PolicyRegister {
  readonly about: string;
  /** By `<lender>@<version>`. */
  readonly policies: Readonly<Record<string, PolicyEntry>>;
}

export type Versioned = PolicyEntry & { readonly ref: string; readonly lenderId: string };

/** The entries with the lender and version that their references name. */
export function versionsIn({ policies }: PolicyRegister): Versioned[] {
  return Object.entries(policies).map(([ref, entry]) => ({
    ...entry,
    ref,
    lenderId: refOf(ref)?.id ?? ref,
  }));
}

/** Every fault of an entry by itself. */
export function faultsOfPolicyEntry(entry: PolicyEntry): string[] {
  const faults = faultsOfEntry(entry);
  const { role, sharePpm, file, testRun, digest } = entry;
  if (!/^[\w.-]+\.json$/.test(file))
    faults.push(`${file} is no name of a file beside the register`);
  const isShare = Number.isInteger(sharePpm) && sharePpm! > 0 && sharePpm! < 1_000_000;
  if (role === 'challenger' && !isShare) faults.push('a challenger needs a share between 0 and 1');
  if (role === 'champion' && sharePpm !== null)
    faults.push('a champion has what is left, no share');
  if (testRun !== null && testRun.digest !== digest) {
    faults.push(`its test run ${testRun.id} is of another content`);
  }
  return faults;
}

/** Every fault of the register as a whole, each as a sentence. */
export function faultsOfPolicyRegister(register: PolicyRegister): string[] {
  const versions = versionsIn(register);
  const faults = versions.flatMap((entry) => [
    ...(refOf(entry.ref) === undefined
      ? [`${entry.ref} is no policy: write as czb-hz@2`]
      : faultsOfPolicyEntry(entry).map((fault) => `${entry.ref}: ${fault}`)),
  ]);
  for (const lenderId of new Set(versions.map((entry) => entry.lenderId))) {
    const inForce = versions.filter((one) => one.lenderId === lenderId).filter(isInForceSometime);
    // A lender that only has drafts as yet is none that anybody can apply to.
    if (inForce.length === 0) continue;
    faults.push(...faultsOfChampions(inForce).map((fault) => `${lenderId}: ${fault}`));
    const first = inForce
      .filter(({ role }) => role === 'champion')
      .reduce((least, { validFrom }) => (validFrom < least ? validFrom : least), '9999-12-31');
    for (const { ref, role, testRun, validFrom } of inForce) {
      const isFirst = role === 'champion' && validFrom === first;
      if (testRun === null && !isFirst) faults.push(`${ref}: it is in force without a test run`);
    }
    faults.push(...faultsOfChallengers(inForce));
  }
  return faults;
}

function faultsOfChallengers(
  inForce: readonly (Versioned & { readonly validFrom: string })[],
): string[] {
  const challengers = inForce
    .filter(({ role }) => role === 'challenger')
    .sort((a, b) => (a.validFrom < b.validFrom ? -1 : 1));
  return challengers.flatMap(({ ref, validFrom }, index) => {
    const before = challengers[index - 1];
    if (before === undefined || (before.validTo !== null && before.validTo < validFrom)) return [];
    return [`${before.ref} and ${ref} are both challenger on ${validFrom}`];
  });
}
