// How a version is published and ended at the desk: by people, on a test run that is whole.
import { APPROVERS_NEEDED, isInForceSometime, personOf } from '@saidao/register';
import { changePolicies, policyFolder, readPolicies, sha256 } from '../adapters/policy-files.ts';
import { endChallenger, publish } from '../policies/publication.ts';
import {
  versionsIn,
  type PolicyRegister,
  type TestRun as AttachedRun,
} from '../policies/register.ts';
import { DeskFault } from './fault.ts';
import { isWhole, type TestRun } from './simulation/test-run.ts';

export interface PublishingQuestion {
  readonly ref: string;
  readonly by: string;
  /** The document of a test run; null: the one that is attached already. */
  readonly run: TestRun | null;
  readonly from: string | null;
}

/** One person's approval, on a test run of exactly this content; the second puts it into force. */
export function published(
  { ref, by, run, from }: PublishingQuestion,
  at: string,
  folder: string = policyFolder,
) {
  const done = changePolicies(folder, (register) => {
    assertSound(folder);
    const attached = run === null ? undefined : attachedOf(register, ref, run, by);
    return publish(register, ref, {
      by,
      at,
      ...(attached !== undefined && { run: attached }),
      ...(from !== null && { from }),
    });
  });
  if ('fault' in done) throw new DeskFault(done.fault);
  const { outcome, retired } = done;
  const entry = done.register.policies[ref]!;
  const approvalsNeeded =
    outcome === 'activated' ? 0 : Math.max(0, APPROVERS_NEEDED - entry.approvals.length);
  return { ref, outcome, retired, from: done.from, approvalsNeeded, testRun: entry.testRun };
}

/** All of it has to be sound before one version's state is changed: else no worker would start. */
function assertSound(folder: string): void {
  try {
    readPolicies(folder);
  } catch (error) {
    throw new DeskFault((error as Error).message);
  }
}

function attachedOf(register: PolicyRegister, ref: string, run: TestRun, by: string): AttachedRun {
  const { policy, card, figures } = run;
  if (!isWhole(run, sha256)) {
    throw new DeskFault('The test run is not as it was written: run the test again.');
  }
  if (policy === null || policy.ref !== ref) {
    throw new DeskFault(
      `The test run ${run.id} is of ${policy?.ref ?? 'a scorecard'}, not ${ref}.`,
    );
  }
  if (card !== null) {
    throw new DeskFault(`The test run ${run.id} is with ${card.ref}: test the policy by itself.`);
  }
  const { applications } = figures.total;
  const own = versionsIn(register).filter((one) => `${one.lenderId}@` === ref.replace(/\d+$/, ''));
  // A lender that has had no policy yet has no past to try its first one on.
  if (applications === 0 && own.some(isInForceSometime)) {
    throw new DeskFault(`The test run ${run.id} met no applications: choose other days.`);
  }
  return {
    id: run.id,
    digest: policy.digest,
    since: run.since,
    until: run.until,
    applications,
    flips: figures.flipped,
    at: run.at,
    by: personOf(by),
  };
}

/** Ends a challenger with this day. */
export function ended(ref: string, by: string, at: string, folder: string = policyFolder) {
  const done = changePolicies(folder, (register) => endChallenger(register, ref, { by, at }));
  if ('fault' in done) throw new DeskFault(done.fault);
  return { ref, lastDay: done.register.policies[ref]!.validTo };
}
