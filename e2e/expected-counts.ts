// How many of each there have to be when all applicants have come to their ends.
import type { Applicant } from '@saidao/applicants';
import type { Counts } from '@saidao/checker';

type Expected = Pick<
  Counts,
  'applications' | 'withdrawn' | 'superseded' | 'authorisations' | 'payouts'
>;

/** Of applicants who are all taken in: no more and no less is withdrawn, authorised and paid. */
export function expectedCounts(applicants: Iterable<Applicant>): Expected {
  const all = [...applicants];
  const ending = (outcome: string) => all.filter(({ expect }) => expect.outcome === outcome);
  return {
    applications: all.length,
    withdrawn: ending('withdrawn').length,
    superseded: all.filter(({ script }) => script.some(({ does }) => does === 'amend')).length,
    authorisations: ending('paid').length,
    payouts: ending('paid').reduce((sum, one) => sum + (one.expect.payees?.length ?? 0), 0),
  };
}

/** A line for each that is another one. */
export function otherThanExpected(applicants: Iterable<Applicant>, counts: Counts): string[] {
  return Object.entries(expectedCounts(applicants)).flatMap(([name, wanted]) => {
    const found = counts[name as keyof Expected];
    return found === wanted ? [] : [`${found} ${name}, not ${wanted}`];
  });
}
