// The applicants of a run: named by numbers, so that each process makes the same ones for itself.
import {
  applicantsOf,
  STRAIGHT_SHARES,
  submissionBody,
  submissionRecord,
  type Applicant,
  type Applicants,
  type Shares,
} from '@saidao/applicants';
import type { OutgoingRecord } from '@saidao/event-log';
import type { SubmissionJson } from '@saidao/schemas';
import { PARTITIONS } from './place.ts';

export interface Population {
  readonly count: number;
  readonly seed: number;
  /** Only those whom neither officers nor the pledge office hold up. */
  readonly straight: boolean;
}

/** Of these kinds alone. */
export interface PopulationOf {
  readonly count: number;
  readonly seed: number;
  readonly shares: Shares;
}

/** In their order, each made when it is asked for; or found by its id. */
export function membersOf(population: Population | PopulationOf): Applicants {
  const { count, seed } = population;
  if ('shares' in population) return applicantsOf(population);
  return applicantsOf({ count, seed, ...(population.straight && { shares: STRAIGHT_SHARES }) });
}

/** An applicant's id is the reference of its application. */
export function bodyOf({ id, submission }: Applicant): SubmissionJson {
  return submissionBody(submission, id);
}

export const SENDER = { partitions: PARTITIONS, source: 'saidao/bench' } as const;

export function recordOf(applicant: Applicant): OutgoingRecord {
  return submissionRecord(bodyOf(applicant), applicant.id, SENDER);
}
