// What has to be said of a test run's figures, in sentences.
import type { TestRun } from '../simulation/test-run.ts';

const CASES_FEW = 30;

export function methodOf(
  { figures, card, policy }: TestRun,
  faults: readonly string[] = [],
): string[] {
  const { withoutInputs, sameVersion, otherBytes, total } = figures;
  const sentences = [
    ...(faults.length === 0
      ? []
      : [`The policy is not whole, so this says little of what it will be: ${faults.join('; ')}.`]),
    'Rates bear 95 % bounds by Wilson; their differences bounds for pairs (Agresti and Min), since ' +
      'each application is judged both ways.',
    'Amounts and prices bear 95 % bounds by the normal approximation, prices as ratios of sums by ' +
      'the delta method. Medians are to three figures.',
    'Bounds say how far the same policy could lie elsewhere for other applications of the same ' +
      'kind. They say nothing of applications of another kind, nor of who would apply.',
    'Proposed is what policy approves, and what it would put before officers with terms. What ' +
      'officers made of it is not foreseen.',
    'What the group owed was taken as it was, not as it would be had the candidate decided.',
  ];
  if (policy === null) sentences.push('Each application was judged by its own version of policy.');
  if (card !== null && withoutInputs > 0) {
    sentences.push(
      `${withoutInputs} applications were left out: what was scored then was not kept.`,
    );
  }
  if (total.applications < CASES_FEW) {
    sentences.push(`Of ${total.applications} applications nothing can be concluded.`);
  }
  if (sameVersion > 0) {
    sentences.push(
      otherBytes === 0
        ? `${sameVersion} were judged by this very version then: each gives the same bytes again.`
        : `${otherBytes} of ${sameVersion} judged by this very version then do not give the same ` +
            'bytes: the program that judges has changed, or the evidence has.',
    );
  }
  return sentences;
}
