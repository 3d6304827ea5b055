// How many kept inputs a second one core judges, and for how many it finds what would have to change.
import { fromJson } from '@saidao/values';
import { openDatabase } from '@saidao/worker';
import { policyFolder, readPolicies } from '../../adapters/policy-files.ts';
import { assess, type Assessment, type Assessor } from '../../assessment/assess.ts';
import { counterfactualsOf } from '../../assessment/counterfactual.ts';
import type { Application } from '../../assessment/figures.ts';
import { DeskFault } from '../fault.ts';
import { keptEvidenceIn, type KeptAssessment } from './kept.ts';

export interface SpeedQuestion {
  readonly databaseUrl: string;
  /** So many different inputs, over and over. */
  readonly inputs: number;
}

export interface Speed {
  readonly inputs: number;
  /** The assessing function alone. */
  readonly assessmentsPerSecond: number;
  /** The search alone, over those of the inputs that policy does not approve. */
  readonly searchesPerSecond: number;
  /** Judged and searched, in the mix in which they are kept. */
  readonly bothPerSecond: number;
}

const WARM_MS = 1_000;
const MEASURED_MS = 3_000;

interface Kept {
  readonly assessor: Assessor;
  readonly application: Application;
  readonly role: string;
  readonly assessment: Assessment;
}

export async function speedOf({ databaseUrl, inputs }: SpeedQuestion): Promise<Speed> {
  const database = openDatabase({ url: databaseUrl });
  try {
    const days = { since: null, until: null };
    const rows = await keptEvidenceIn(database).assessmentsAfter(0n, days, inputs);
    if (rows.length === 0) throw new DeskFault('There is no evidence to measure by.');
    const policies = readPolicies(policyFolder);
    const all = rows.map((row) => keptOf(policies.of(row.policy), row));
    const open = all.filter(({ assessment }) => assessment.outcome !== 'approve');
    const judge = ({ assessor, application, role }: Kept) => assess(assessor, application, role);
    const search = ({ assessor, application, assessment }: Kept) =>
      counterfactualsOf(assessor, application, assessment);
    return {
      inputs: all.length,
      assessmentsPerSecond: perSecond(all, judge),
      searchesPerSecond: open.length === 0 ? 0 : perSecond(open, search),
      bothPerSecond: perSecond(all, (one) => search({ ...one, assessment: judge(one) })),
    };
  } finally {
    await database.close();
  }
}

function keptOf(assessor: Assessor, { input, policyRole: role }: KeptAssessment): Kept {
  const application = fromJson(input) as Application;
  return { assessor, application, role, assessment: assess(assessor, application, role) };
}

function perSecond(some: readonly Kept[], work: (one: Kept) => unknown): number {
  run(some, work, WARM_MS);
  return run(some, work, MEASURED_MS);
}

function run(some: readonly Kept[], work: (one: Kept) => unknown, forMs: number): number {
  const startedMs = performance.now();
  let count = 0;
  while (performance.now() - startedMs < forMs) {
    work(some[count % some.length]!);
    count += 1;
  }
  return Math.floor((count * 1_000) / (performance.now() - startedMs));
}
