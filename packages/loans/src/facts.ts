// What happened to a loan, in whatever order it was told; all that it owes follows from these.
import type { BusinessDate, Fen, RepaymentPlan } from '@saidao/values';

export const repaymentEffects = ['SCHEDULED', 'SHORTEN', 'LOWER', 'GUARANTEE'] as const;
/**
 * What a repayment does beyond what is due: it is kept in suspense for the next instalment; it
 * repays principal early for fewer instalments, or for lower ones; or it is the guarantor's, and
 * meets the claim on it: what it is not asked for is held until it is, or given back.
 */
export type RepaymentEffect = (typeof repaymentEffects)[number];

interface Happened {
  /** The same id twice counts once. */
  readonly id: string;
  /** Its value date: the day from which it counts, whenever it was told. */
  readonly on: BusinessDate;
}

/** A part of the limit was paid out. */
export interface Drawn extends Happened {
  readonly kind: 'DRAWN';
  readonly amountFen: Fen;
}

/** Money came in. */
export interface Repaid extends Happened {
  readonly kind: 'REPAID';
  readonly amountFen: Fen;
  readonly effect: RepaymentEffect;
}

/**
 * All principal that is left, overdue principal too, is repaid otherwise from this day on. The
 * interest until then falls due on it; what else is due stays due.
 */
export interface Rescheduled extends Happened {
  readonly kind: 'RESCHEDULED';
  /** From this day. */
  readonly termMonths: number;
  readonly method: RepaymentPlan;
}

/** Costs of collecting that the borrower owes. */
export interface CostsCharged extends Happened {
  readonly kind: 'COSTS';
  readonly amountFen: Fen;
}

/** The money was used otherwise than agreed, from this day. */
export interface Misused extends Happened {
  readonly kind: 'MISUSED';
  /** The first day on which it no longer was; null: it goes on until all is paid. */
  readonly until: BusinessDate | null;
}

/**
 * Money that nothing was owed for went back to the deposit of whoever had paid it, as far as there
 * was any of it before the day.
 */
export interface Refunded extends Happened {
  readonly kind: 'REFUNDED';
  readonly amountFen: Fen;
  /** Left out: to the borrower. */
  readonly toGuarantor?: boolean;
}

/** The loan left the balance sheet at the end of this day; the claim stays. */
export interface WrittenOff extends Happened {
  readonly kind: 'WRITTEN_OFF';
}

/** Another fact turned out not to be so: from this day on it is as if it had never been. */
export interface Reversed extends Happened {
  readonly kind: 'REVERSED';
  /** The id of that fact, which may not be a reversal itself. */
  readonly reverses: string;
}

export type LoanFact =
  Drawn | Repaid | Rescheduled | CostsCharged | Misused | Refunded | WrittenOff | Reversed;

/** A fact that is not itself about another one. */
export type CountedFact = Exclude<LoanFact, Reversed>;

/** On one day things count in this order: what is owed first, then what is paid, then the rest. */
const rankOf: Readonly<Record<LoanFact['kind'], number>> = {
  DRAWN: 0,
  COSTS: 1,
  MISUSED: 2,
  RESCHEDULED: 3,
  // Before the payments of its day: what comes in afterwards takes nothing of it back.
  REFUNDED: 4,
  REPAID: 5,
  WRITTEN_OFF: 6,
  REVERSED: 7,
};

/**
 * The facts that count on a day, each once, in the order of their days, kinds and ids. None of
 * later days is among them, nor what was reversed by that day, nor a reversal. An amount that is
 * not positive is a RangeError.
 */
export function factsUntil(facts: readonly LoanFact[], date: BusinessDate): CountedFact[] {
  const reversed = new Set<string>();
  for (const fact of facts) {
    if (fact.kind === 'REVERSED' && fact.on <= date) reversed.add(fact.reverses);
  }
  const known = new Set<string>();
  const counted: CountedFact[] = [];
  for (const fact of facts) {
    if (fact.kind === 'REVERSED' || fact.on > date) continue;
    if (known.has(fact.id) || reversed.has(fact.id)) continue;
    if ('amountFen' in fact && fact.amountFen <= 0n) {
      throw new RangeError(`${fact.kind} of ${fact.amountFen} fen (${fact.id}) is none.`);
    }
    known.add(fact.id);
    counted.push(fact);
  }
  return counted.sort((a, b) => {
    if (a.on !== b.on) return a.on < b.on ? -1 : 1;
    if (a.kind !== b.kind) return rankOf[a.kind] - rankOf[b.kind];
    return a.id < b.id ? -1 : 1;
  });
}
