// What would have to change for a better outcome: the smallest moves, found by the same rules.
import type { Counterfactual } from '@saidao/schemas';
import { assess, type Assessment, type Assessor } from './assess.ts';
import type { Application } from './figures.ts';
import { collateralLevers } from './levers/collateral.ts';
import { enterpriseLevers } from './levers/enterprise.ts';
import { factorLever, factorLevers } from './levers/factors.ts';
import type { Change, Lever, LeverKind } from './levers/lever.ts';
import { requestLevers } from './levers/request.ts';
import { productOf } from './policy.ts';

/** As many as anybody reads. */
export const COUNTERFACTUALS_MAX = 4;

/** Of one application; a search that needs more is given up, the same one every time. */
export const ASSESSMENTS_MAX = 300;

const kinds: readonly LeverKind[] = ['AMOUNT', 'TERM', 'COLLATERAL', 'FACTOR'];

const ranks = { decline: 0, refer: 1, approve: 2 } as const;

const outcomes = {
  refer: { name: 'REFERRED', zh: '即转由人工审批', en: 'officers would decide' },
  approve: { name: 'APPROVED', zh: '即可获批', en: 'policy would approve' },
} as const;

const named: readonly Lever[] = [...requestLevers, ...collateralLevers, ...enterpriseLevers];

/** Changes of one thing each that come to a better outcome; the smallest first, four at most. */
export function counterfactualsOf(
  assessor: Assessor,
  application: Application,
  { outcome }: Pick<Assessment, 'outcome'>,
): Counterfactual[] {
  const { lenderId, content } = application;
  const product = productOf(assessor.policy, lenderId, content.productId);
  if (outcome === 'approve' || product === undefined) return [];
  // A trial leaves no evidence, and hashing its input would cost as much as the rules.
  const trialAssessor = { ...assessor, digest: () => '' };
  let left = ASSESSMENTS_MAX;
  const outcomeOf = (changed: Application) => assess(trialAssessor, changed).outcome;
  const flips = (changed: Application) => {
    left -= 1;
    return left >= 0 && ranks[outcomeOf(changed)] > ranks[outcome];
  };
  const found: { readonly lever: Lever; readonly change: Change }[] = [];
  for (const lever of [...named, ...factorLevers(application)]) {
    const change = lever.smallest({ application, product, flips });
    // What was cut short may not be the smallest.
    if (left < 0) break;
    if (change !== null) found.push({ lever, change });
  }
  found.sort(
    (a, b) =>
      Number(a.change.sizePpm > b.change.sizePpm) - Number(a.change.sizePpm < b.change.sizePpm) ||
      kinds.indexOf(a.lever.kind) - kinds.indexOf(b.lever.kind),
  );
  return found.slice(0, COUNTERFACTUALS_MAX).map(({ lever, change }) => {
    const { kind, subject } = lever;
    const then = outcomes[outcomeOf(lever.moved(application, change.to)) as 'refer' | 'approve'];
    return {
      kind,
      subject,
      from: change.from,
      to: change.to,
      outcome: then.name,
      zh: `${change.zh}，${then.zh}。`,
      en: `${change.en}: ${then.en}.`,
    };
  });
}

/** The application as it would be with the change. */
export function applyCounterfactual(
  application: Application,
  { subject, to }: Pick<Counterfactual, 'subject' | 'to'>,
): Application {
  const lever = named.find((one) => one.subject === subject) ?? factorOf(subject);
  if (lever === undefined) throw new Error(`There is no lever ${subject}.`);
  return lever.moved(application, to);
}

function factorOf(subject: string): Lever | undefined {
  const [kind, code] = subject.split('.');
  return kind === 'factor' && code !== undefined ? factorLever(code) : undefined;
}
