// Outcomes laid side by side, application by application: what one form says and the other does not.
import type { Applicant } from '@saidao/applicants';
import { fenOfYuan } from '@saidao/values';
import { payoutsText, type Outcome, type Outcomes } from './outcomes.ts';

const FIELDS = [
  'end',
  'amountFen',
  'ratePpm',
  'reasons',
  'principalsFen',
  'payouts',
] as const satisfies readonly (keyof Outcome)[];

/** What was measured counts for nothing: not the same work was done. */
export class OutcomesDiffer extends Error {
  readonly differences: readonly string[];
  constructor(differences: readonly string[]) {
    super(`The outcomes differ in ${differences.length} places; no figure is printed.`);
    this.name = 'OutcomesDiffer';
    this.differences = differences;
  }
}

/** One line for each field in which the two differ; those that only one of them has too. */
export function differencesBetween(
  [oneName, one]: readonly [string, Outcomes],
  [otherName, other]: readonly [string, Outcomes],
): string[] {
  const lines: string[] = [];
  for (const reference of new Set([...one.keys(), ...other.keys()])) {
    const [a, b] = [one.get(reference), other.get(reference)];
    if (a === undefined || b === undefined) {
      lines.push(`${reference}: ${a === undefined ? otherName : oneName} alone has it`);
      continue;
    }
    for (const field of FIELDS) {
      if (a[field] === b[field]) continue;
      lines.push(
        `${reference}: ${field} is "${a[field]}" in ${oneName}, "${b[field]}" in ${otherName}`,
      );
    }
  }
  return lines;
}

/** One line for each thing that is not as the applicant says it has to be. */
export function differencesFromExpected(
  name: string,
  outcomes: Outcomes,
  applicants: Iterable<Applicant>,
): string[] {
  const lines: string[] = [];
  let count = 0;
  for (const applicant of applicants) {
    count += 1;
    const outcome = outcomes.get(applicant.id);
    if (outcome === undefined) lines.push(`${applicant.id}: ${name} has no such application`);
    else {
      lines.push(...faultsOf(applicant, outcome).map((text) => `${applicant.id}: ${name} ${text}`));
    }
  }
  if (outcomes.size > count) lines.push(`${name} has ${outcomes.size} applications, not ${count}`);
  return lines;
}

function faultsOf({ expect }: Applicant, outcome: Outcome): string[] {
  const faults: string[] = [];
  const same = (what: string, expected: string, found: string) => {
    if (expected !== found) faults.push(`says ${what} "${found}", expected "${expected}"`);
  };
  same('end', expect.outcome, outcome.end);
  if (expect.amount !== undefined) {
    const fen = String(fenOfYuan(expect.amount));
    same('amountFen', fen, outcome.amountFen);
    if (expect.outcome === 'paid') same('principalsFen', fen, outcome.principalsFen);
  }
  if (expect.payees !== undefined) {
    const payouts = expect.payees.map(({ name: payee, amount }) => ({
      payee,
      amountFen: String(fenOfYuan(amount)),
    }));
    same('payouts', payoutsText(payouts), outcome.payouts);
  }
  if (expect.nothingPaid === true) same('payouts', '', outcome.payouts);
  const given = outcome.reasons.split(' ');
  for (const code of expect.reasons ?? []) {
    if (!given.includes(code)) faults.push(`gives the reasons "${outcome.reasons}", not ${code}`);
  }
  return faults;
}
