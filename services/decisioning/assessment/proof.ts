// Proof of a judgement kept as evidence: its reasons stand on its input, and its changes flip it.
import { fromJson, toJson } from '@saidao/values';
import { assess, type Assessment, type Assessor } from './assess.ts';
import { applyCounterfactual } from './counterfactual.ts';
import type { Application } from './figures.ts';

const REASONS_MAX = 4;

const ranks = { decline: 0, refer: 1, approve: 2 } as const;
const outcomeNames = { decline: 'DECLINED', refer: 'REFERRED', approve: 'APPROVED' } as const;

/**
 * Every fault of a judgement as a sentence; none: it is proved. The input and the content are the
 * canonical JSON of the evidence, the assessor that of the policy version pinned.
 */
export function faultsOfJudgement(assessor: Assessor, input: string, content: string): string[] {
  const application = fromJson(input) as Application;
  const told = fromJson(content) as Assessment;
  return [
    ...faultsOfReasons(told),
    ...faultsOfFacts(told, assess(assessor, application)),
    ...faultsOfCounterfactuals(assessor, application, told),
  ];
}

function faultsOfReasons({ outcome, reasons, basis }: Assessment): string[] {
  const faults: string[] = [];
  if (outcome !== 'approve' && reasons.length === 0) faults.push(`${outcome} without a reason`);
  if (reasons.length > REASONS_MAX)
    faults.push(`${reasons.length} reasons are more than anybody is told`);
  if (outcome === 'decline' && basis.naturalPersons) {
    faults.push('data of natural persons stand against it, and no person decided');
  }
  const known = new Set(basis.facts.map(spelled));
  for (const { code, facts, zh, en } of reasons) {
    if (zh === '' || en === '') faults.push(`reason ${code} is not told in both languages`);
    if (facts.length === 0) faults.push(`reason ${code} stands on no fact`);
    for (const fact of facts) {
      if (!known.has(spelled(fact)))
        faults.push(`reason ${code}: ${spelled(fact)} is no fact of the basis`);
    }
  }
  return faults;
}

/** Facts are in the input if they are drawn from it again. */
function faultsOfFacts({ basis }: Assessment, again: Assessment): string[] {
  const drawn = new Set(again.basis.facts.map(spelled));
  return basis.facts
    .map(spelled)
    .filter((fact) => !drawn.has(fact))
    .map((fact) => `${fact} does not follow from the input`);
}

function faultsOfCounterfactuals(
  assessor: Assessor,
  application: Application,
  { outcome, basis }: Assessment,
): string[] {
  return basis.counterfactuals.flatMap((counterfactual) => {
    const { subject, from, to, outcome: said } = counterfactual;
    const changed = applyCounterfactual(application, counterfactual);
    const then = assess(assessor, changed).outcome;
    const what = `${subject} from ${from} to ${to}`;
    if (toJson(changed) === toJson(application)) return [`${what} changes nothing`];
    if (ranks[then] <= ranks[outcome]) return [`${what} leaves it ${outcomeNames[then]}`];
    return outcomeNames[then] === said
      ? []
      : [`${what} makes it ${outcomeNames[then]}, not ${said}`];
  });
}

const spelled = ({ name, value }: { readonly name: string; readonly value: string }) =>
  `${name} ${value}`;
