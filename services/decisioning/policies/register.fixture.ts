// Entries of a register of policies for specs: a first version in force, and one that waits.
import type { PolicyEntry, PolicyRegister, TestRun } from './register.ts';

export const firstEntry: PolicyEntry = {
  file: 'czb-hz.v1.json',
  digest: '1'.repeat(64),
  owner: 'credit-policy',
  source: 'this spec',
  status: 'active',
  role: 'champion',
  sharePpm: null,
  validFrom: '2026-01-01',
  validTo: null,
  approvals: [
    { by: 'wang', at: '2025-12-30' },
    { by: 'shen', at: '2025-12-31' },
  ],
  testRun: null,
  ended: null,
};

export const waitingEntry: PolicyEntry = {
  ...firstEntry,
  file: 'czb-hz.v2.json',
  digest: '2'.repeat(64),
  status: 'validated',
  validFrom: null,
  approvals: [],
};

export const challengerEntry: PolicyEntry = {
  ...waitingEntry,
  role: 'challenger',
  sharePpm: 100_000,
};

export const runOf = (digest: string, id = 'run-1'): TestRun => ({
  id,
  digest,
  since: '2026-01-01',
  until: '2026-11-01',
  applications: 1_000,
  flips: 12,
  at: '2026-11-02',
  by: 'li',
});

export const registerOf = (policies: Readonly<Record<string, PolicyEntry>>): PolicyRegister => ({
  about: 'this spec',
  policies,
});

/** In force, with all that it needs. */
export const inForce = (
  entry: PolicyEntry,
  validFrom: string,
  validTo: string | null = null,
): PolicyEntry => ({
  ...entry,
  status: validTo === null ? 'active' : 'retired',
  validFrom,
  validTo,
  approvals: firstEntry.approvals,
  testRun: runOf(entry.digest),
});
