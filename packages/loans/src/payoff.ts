// What it takes to be rid of a loan on a day.
import { sumFen, type BusinessDate, type Fen } from '@saidao/values';
import type { LoanContract } from './contract.ts';
import { dayOf } from './days.ts';
import { factsUntil, type LoanFact } from './facts.ts';
import { LoanRun } from './loan-run.ts';
import type { ClaimKind, PaidParts } from './waterfall.ts';
import type { LoanWorld } from './world.ts';

export interface Payoff {
  readonly date: BusinessDate;
  /** What can be asked for and what is not due yet, the interest for the time until `date`. */
  readonly parts: PaidParts;
  /** Received already: it is used first. */
  readonly suspenseFen: Fen;
  /** What is missing: a repayment of it on `date`, for early repayment, leaves nothing owed. */
  readonly missingFen: Fen;
}

/**
 * What is to be paid on a day for nothing to be owed, after all that happened by then. The nights
 * before the day count, its own does not. Of a loan that was written off: what did not come in,
 * and what the guarantor is still asked for.
 */
export function payoffOn(
  contract: LoanContract,
  facts: readonly LoanFact[],
  date: BusinessDate,
  world: LoanWorld,
): Payoff {
  const run = new LoanRun(contract, factsUntil(facts, date), date, world);
  const day = dayOf(date);
  const claims = run.claims(Math.min(day, run.writtenOffOn ?? day));
  const notDue = run.notDueFen(day);
  const owed = (kind: ClaimKind) =>
    sumFen(claims.filter((claim) => claim.kind === kind).map(({ owedFen }) => owedFen));
  const parts = {
    costsFen: owed('COSTS'),
    penaltyFen: owed('PENALTY'),
    compoundFen: owed('COMPOUND'),
    interestFen: owed('INTEREST') + notDue.interestFen,
    principalFen: owed('PRINCIPAL') + notDue.principalFen,
  };
  const { suspenseFen } = run;
  const isLost = run.writtenOffOn !== null;
  const owedFen = isLost ? run.lostFen + run.principalFen : sumFen(Object.values(parts));
  return {
    date,
    parts,
    suspenseFen,
    missingFen: owedFen > suspenseFen ? owedFen - suspenseFen : 0n,
  };
}
