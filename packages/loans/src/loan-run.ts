// One walk through the days of a loan: what falls due, what is paid, and what both leave.
import {
  addMonths,
  fiveTierFloor,
  fiveTiers,
  maxFen,
  minFen,
  shareFen,
  sumFen,
  type BusinessDate,
  type Fen,
  type FiveTier,
} from '@saidao/values';
import { adjustedDay } from './calendar.ts';
import { clockOf, type Clock } from './clock.ts';
import type { LoanContract } from './contract.ts';
import { dateOf, dayOf } from './days.ts';
import type { CountedFact, Misused, Refunded, Repaid, Rescheduled } from './facts.ts';
import { ratesUntil } from './lpr.ts';
import {
  claimsOfRow,
  fenOfWeight,
  isUnpaid,
  unpaidInterest,
  unpaidPrincipal,
  weigh,
  type Row,
  type RowTerms,
} from './row.ts';
import { RunningPlan, type Due } from './running-plan.ts';
import { yearDaysOf } from './schedule.ts';
import { allocate, type Allocation, type Claim, type PaidParts } from './waterfall.ts';
import type { LoanWorld } from './world.ts';

type Paid = { -readonly [Part in keyof PaidParts]: PaidParts[Part] };

/** Source: domain rules s. 8, found: a restructured loan is watched for a year. */
const OBSERVED_MONTHS = 12;

/**
 * Takes facts in the order of their days, and lets fall due what falls due between them. Days are
 * since 1970-01-01; what is asked of it is as of the day that it was walked to, or the night after.
 */
export class LoanRun {
  /** In the order in which they fell due. */
  readonly rows: Row[] = [];
  readonly paid: Paid = {
    costsFen: 0n,
    penaltyFen: 0n,
    compoundFen: 0n,
    interestFen: 0n,
    principalFen: 0n,
  };
  drawnFen = 0n;
  receivedFen = 0n;
  suspenseFen = 0n;
  /** The guarantor's money that it is not asked for. */
  guaranteeHeldFen = 0n;
  /** Out of either. */
  refundedFen = 0n;
  costsFen = 0n;
  writtenOffOn: number | null = null;
  writtenOffFen = 0n;
  writtenOffClaimsFen = 0n;
  recoveredFen = 0n;
  guaranteePaidFen = 0n;
  /** At the end of this day the guarantor was asked. */
  claimedOn: number | null = null;
  nonAccrualFrom: number | null = null;

  readonly #contract: LoanContract;
  readonly #world: LoanWorld;
  readonly #clock: Clock;
  readonly #rowTerms: RowTerms;
  readonly #plan: RunningPlan;
  /** Through this day interest bears no VAT, and what was earned by its night. */
  readonly #exemptThrough: number | null;
  #exemptEarnedFen: Fen | null = null;
  /** Rows of which something can be asked for. */
  #open: Row[] = [];
  #paidMisuseFen = 0n;
  /** Of the guarantor, at first. */
  #askedFen = 0n;
  #openClaimAtWriteOffFen = 0n;
  #observed: { readonly until: BusinessDate; readonly tier: FiveTier } | null = null;

  /** @param facts those that count by `date`, in their order. */
  constructor(
    contract: LoanContract,
    facts: readonly CountedFact[],
    date: BusinessDate,
    world: LoanWorld,
  ) {
    this.#contract = contract;
    this.#world = world;
    const misuses = facts.filter((fact): fact is Misused => fact.kind === 'MISUSED');
    this.#clock = clockOf(ratesUntil(contract, world.lpr, date), misuses, contract.penalty);
    this.#rowTerms = {
      clock: this.#clock,
      compounds: contract.penalty.compounds,
      graceDays: contract.penalty.graceDays,
      yearDays: yearDaysOf(contract.counting),
    };
    const { exemptThrough } = contract.vat;
    this.#exemptThrough = exemptThrough === null ? null : dayOf(exemptThrough);
    this.#plan = new RunningPlan(contract, this.#clock, world);
    this.#walk(facts, dayOf(date));
  }

  /** Owed, due or not. */
  get principalFen(): Fen {
    return this.drawnFen - this.paid.principalFen - this.guaranteePaidFen - this.writtenOffFen;
  }

  /** What was written off and did not come in since. */
  get lostFen(): Fen {
    return this.writtenOffFen + this.writtenOffClaimsFen - this.recoveredFen;
  }

  /**
   * Still asked of the guarantor: its share of what the borrower has not paid. What the borrower
   * pays afterwards lowers it; it never grows. Certainty: our policy.
   */
  get openClaimFen(): Fen {
    if (this.claimedOn === null) return 0n;
    if (this.writtenOffOn !== null) return this.#openClaimAtWriteOffFen;
    const unpaidFen = this.principalFen + this.guaranteePaidFen;
    const share = shareFen(unpaidFen, this.#contract.guaranteeSharePpm);
    return maxFen(minFen(this.#askedFen, share) - this.guaranteePaidFen, 0n);
  }

  /** Contract interest up to a day; that of a period that can be paid counts as a whole. */
  accruedFen(day: number): Fen {
    return sumFen(this.rows.map((row) => row.interestFen)) + this.#plan.interestFen(day);
  }

  /** On overdue principal, and for misuse, up to a day. */
  penaltyFen(day: number): Fen {
    this.#weighed(day);
    return sumFen(this.rows.map((row) => this.penaltyOf(row))) + this.#plan.misuseFen(day);
  }

  compoundFen(day: number): Fen {
    this.#weighed(day);
    return sumFen(this.rows.map((row) => this.compoundOf(row)));
  }

  /** Of all that is earned up to a day: by nights that bear no VAT. */
  exemptFen(day: number): Fen {
    if (this.#exemptThrough === null) return 0n;
    return this.#exemptEarnedFen ?? this.#earnedFen(day);
  }

  penaltyOf(row: Row): Fen {
    return fenOfWeight(row.penaltyWeight, this.#rowTerms.yearDays);
  }

  compoundOf(row: Row): Fen {
    return fenOfWeight(row.compoundWeight, this.#rowTerms.yearDays);
  }

  /** Due date of the oldest instalment that is due by a day and unpaid. */
  oldestDue(day: number): number | null {
    let oldest: number | null = null;
    for (const row of this.#open) {
      if (row.due > day || !isUnpaid(row)) continue;
      if (oldest === null || row.due < oldest) oldest = row.due;
    }
    return oldest;
  }

  /** Principal and interest due by a day and unpaid. */
  overdueFen(day: number): { principalFen: Fen; interestFen: Fen } {
    const rows = this.#open.filter(({ due }) => due <= day);
    return {
      principalFen: sumFen(rows.map(unpaidPrincipal)),
      interestFen: sumFen(rows.map(unpaidInterest)),
    };
  }

  /**
   * By days past due, and at least special mention while the money is misused or a re-scheduled
   * loan is watched, which keeps the tier that it had. Source: domain rules s. 8: misuse is known,
   * the year found; that any re-scheduling counts as a restructuring is our policy.
   */
  tierOn(date: BusinessDate, daysPastDue: number): FiveTier {
    const technical = daysPastDue <= this.#contract.technicalDays;
    let tier = fiveTierFloor({ daysPastDue, technical });
    if (this.#clock.isMisused(dayOf(date))) tier = worse(tier, 'special-mention');
    const observed = this.#observed;
    return observed !== null && date < observed.until ? worse(tier, observed.tier) : tier;
  }

  /** What can be asked for on a day; the nights before it count. */
  claims(day: number): Claim[] {
    const claims: Claim[] = [];
    for (const row of this.#weighed(day)) {
      claims.push(...claimsOfRow(row, dateOf(row.due), this.#rowTerms.yearDays));
    }
    const dueOn = dateOf(day);
    const costsFen = this.costsFen - this.paid.costsFen;
    if (costsFen > 0n) claims.push({ kind: 'COSTS', instalment: null, dueOn, owedFen: costsFen });
    const owedFen = this.#plan.misuseFen(day) - this.#paidMisuseFen;
    if (owedFen > 0n) claims.push({ kind: 'PENALTY', instalment: null, dueOn, owedFen });
    return claims;
  }

  /** Not due on a day: principal, and the interest on it so far. */
  notDueFen(day: number): { principalFen: Fen; interestFen: Fen } {
    return { principalFen: this.#plan.balanceFen, interestFen: this.#plan.interestFen(day) };
  }

  /** Adds the rows that are still to come if nothing more happens: the walk is over then. */
  project(): void {
    while (this.#plan.payableFrom !== null) this.#endPeriod();
  }

  #walk(facts: readonly CountedFact[], last: number): void {
    // What is dated before the booking counts from it.
    const first = dayOf(this.#contract.bookedOn);
    if (last < first) return;
    let today = first;
    for (const fact of facts) {
      const day = Math.max(dayOf(fact.on), first);
      if (day > today) this.#goOn(today, day);
      today = day;
      this.#take(fact, day);
    }
    if (last > today) this.#goOn(today, last);
    this.#closeDay(last);
  }

  /** From the end of one day to the next on which something happened. */
  #goOn(from: number, to: number): void {
    if (this.guaranteeHeldFen === 0n || this.claimedOn !== null) {
      this.#goThrough(from, to);
      return;
    }
    // Any day may ask for what the guarantor has paid before.
    for (let day = from; day < to; day += 1) {
      this.#goThrough(day, day + 1);
      this.#useHeld(day + 1);
    }
  }

  #goThrough(from: number, to: number): void {
    this.#closeDay(from);
    const exempt = this.#exemptThrough;
    if (exempt !== null && from <= exempt && exempt < to) {
      this.#endPeriods(exempt);
      this.#exemptEarnedFen = this.#earnedFen(Math.min(exempt + 1, this.writtenOffOn ?? Infinity));
    }
    this.#endPeriods(to);
    this.#closeDay(to - 1, from);
  }

  #endPeriods(to: number): void {
    for (;;) {
      const { payableFrom } = this.#plan;
      if (payableFrom === null || payableFrom > to) break;
      this.#endPeriod();
      this.#useSuspense(payableFrom);
    }
  }

  #earnedFen(day: number): Fen {
    return this.accruedFen(day) + this.penaltyFen(day) + this.compoundFen(day);
  }

  #endPeriod(): void {
    const due = this.#plan.endPeriod();
    if (due !== null) this.#push(due);
  }

  /** @param since nothing has happened after this day but that rows fell due. */
  #closeDay(day: number, since = day): void {
    this.#askGuarantor(day, since);
    const oldest = this.oldestDue(day - 1);
    const { nonAccrualAfterDays } = this.#contract;
    if (oldest === null) this.nonAccrualFrom = null;
    else if (this.nonAccrualFrom === null && day - oldest > nonAccrualAfterDays) {
      this.nonAccrualFrom = oldest + nonAccrualAfterDays + 1;
    }
  }

  /**
   * Once, at the end of the first day that is so many days past due. It follows from what happened
   * like all else: what is told late may move that day, or leave none. Certainty: our policy.
   */
  #askGuarantor(day: number, since: number): void {
    const { guaranteeSharePpm, guaranteeClaimAfterDays } = this.#contract;
    if (guaranteeSharePpm === 0 || this.claimedOn !== null || this.writtenOffOn !== null) return;
    const oldest = this.oldestDue(day);
    if (oldest === null || day - oldest < guaranteeClaimAfterDays) return;
    this.#askedFen = shareFen(this.principalFen, guaranteeSharePpm);
    if (this.#askedFen > 0n) this.claimedOn = Math.max(oldest + guaranteeClaimAfterDays, since);
  }

  #take(fact: CountedFact, day: number): void {
    switch (fact.kind) {
      case 'DRAWN':
        this.#draw(fact.amountFen, day);
        break;
      case 'COSTS':
        this.costsFen += fact.amountFen;
        break;
      case 'MISUSED':
        break;
      case 'RESCHEDULED':
        this.#reschedule(fact, day);
        break;
      case 'REPAID':
        this.#repay(fact, day);
        break;
      case 'REFUNDED':
        this.#refund(fact);
        break;
      case 'WRITTEN_OFF':
        this.#writeOff(day);
        break;
    }
    this.#useSuspense(day);
    this.#useHeld(day);
  }

  #draw(amountFen: Fen, day: number): void {
    this.drawnFen += amountFen;
    if (this.#plan.payableFrom !== null && this.writtenOffOn === null) {
      this.#plan.draw(amountFen, day);
      return;
    }
    // The plan is over: it is due at once.
    this.#push({ ...principalOn(day, amountFen, amountFen), due: this.#adjusted(day) });
  }

  #repay({ amountFen, effect }: Repaid, day: number): void {
    this.receivedFen += amountFen;
    this.#useSuspense(day);
    if (effect === 'GUARANTEE') {
      this.guaranteeHeldFen += amountFen;
      return;
    }
    if (this.writtenOffOn !== null) {
      this.suspenseFen += this.#recover(amountFen, day);
      return;
    }
    const overFen = this.#meetClaims(amountFen, day);
    if (effect === 'SHORTEN' || effect === 'LOWER') this.#repayEarly(overFen, effect, day);
    else this.suspenseFen += overFen;
  }

  /** What is told late may have needed some of it: that part was not given back. */
  #refund({ amountFen, toGuarantor = false }: Refunded): void {
    const kept = toGuarantor ? 'guaranteeHeldFen' : 'suspenseFen';
    const refundedFen = minFen(amountFen, this[kept]);
    this[kept] -= refundedFen;
    this.refundedFen += refundedFen;
  }

  /**
   * What was lost first, then what is owed still: a claim on the guarantor, and what was drawn
   * since. Gives what nothing is owed for. Certainty: our policy.
   */
  #recover(amountFen: Fen, day: number): Fen {
    const recoveredFen = minFen(amountFen, this.lostFen);
    this.recoveredFen += recoveredFen;
    const principalFen = minFen(amountFen - recoveredFen, this.principalFen);
    this.#payPrincipal(principalFen, day);
    this.paid.principalFen += principalFen;
    this.#openClaimAtWriteOffFen = minFen(this.#openClaimAtWriteOffFen, this.principalFen);
    return amountFen - recoveredFen - principalFen;
  }

  /** What is in suspense stays there, unless with it all is paid. */
  #repayEarly(overFen: Fen, effect: 'SHORTEN' | 'LOWER', day: number): void {
    const left = this.notDueFen(day);
    const isAll = overFen + this.suspenseFen >= left.principalFen + left.interestFen;
    const amountFen = isAll ? overFen + this.suspenseFen : overFen;
    const due = this.#plan.repayEarly(amountFen, effect, day);
    if (due === null) {
      this.suspenseFen += overFen;
      return;
    }
    const { principalFen, interestFen } = due;
    const row = this.#push(due);
    row.paidPrincipalFen = principalFen;
    row.paidInterestFen = interestFen;
    this.paid.principalFen += principalFen;
    this.paid.interestFen += interestFen;
    this.suspenseFen += overFen - interestFen - principalFen;
    this.#forgetPaid();
  }

  /** What the guarantor has paid is taken as soon as it is asked for it. */
  #useHeld(day: number): void {
    const paidFen = minFen(this.guaranteeHeldFen, this.openClaimFen);
    if (paidFen === 0n) return;
    this.#payPrincipal(paidFen, day);
    this.guaranteeHeldFen -= paidFen;
    this.guaranteePaidFen += paidFen;
    if (this.writtenOffOn !== null) this.#openClaimAtWriteOffFen -= paidFen;
  }

  /** What is due first, then what is not. */
  #payPrincipal(amountFen: Fen, day: number): void {
    let leftFen = amountFen;
    // Nothing is borne any more once it was written off.
    for (const row of this.#weighed(Math.min(day, this.writtenOffOn ?? day))) {
      const partFen = minFen(leftFen, unpaidPrincipal(row));
      row.paidPrincipalFen += partFen;
      leftFen -= partFen;
    }
    if (leftFen > 0n) {
      const row = this.#push(principalOn(day, this.#plan.balanceFen, leftFen));
      row.paidPrincipalFen = leftFen;
      this.#plan.takeOff(leftFen, day);
    }
    this.#forgetPaid();
  }

  #reschedule({ on, method, termMonths }: Rescheduled, day: number): void {
    if (this.writtenOffOn !== null) return;
    const oldest = this.oldestDue(day - 1);
    const tier = this.tierOn(on, oldest === null ? 0 : day - 1 - oldest);
    this.#observed = {
      until: addMonths(on, OBSERVED_MONTHS),
      tier: worse(tier, 'special-mention'),
    };
    let addedFen = 0n;
    for (const row of this.#weighed(day)) {
      const leftFen = unpaidPrincipal(row);
      row.principalFen -= leftFen;
      addedFen += leftFen;
    }
    const due = this.#plan.restart(day, this.#adjusted(day), { method, termMonths, addedFen });
    if (due !== null) this.#push(due);
    this.#forgetPaid();
  }

  /** All principal falls due, and nothing is borne any more: that it ends there is our policy. */
  #writeOff(day: number): void {
    if (this.writtenOffOn !== null) return;
    const due = this.#plan.endAtOnce(day);
    if (due !== null) this.#push(due);
    this.#useSuspense(day);
    const claims = this.claims(day).filter(({ kind }) => kind !== 'PRINCIPAL');
    this.#openClaimAtWriteOffFen = this.openClaimFen;
    this.writtenOffFen = this.principalFen - this.#openClaimAtWriteOffFen;
    this.writtenOffClaimsFen = sumFen(claims.map(({ owedFen }) => owedFen));
    this.writtenOffOn = day;
  }

  #useSuspense(day: number): void {
    if (this.suspenseFen === 0n) return;
    const isLost = this.writtenOffOn !== null;
    this.suspenseFen = isLost
      ? this.#recover(this.suspenseFen, day)
      : this.#meetClaims(this.suspenseFen, day);
  }

  /** Gives what nothing is owed for. */
  #meetClaims(amountFen: Fen, day: number): Fen {
    const claims = this.claims(day);
    if (claims.length === 0) return amountFen;
    const oldest = this.oldestDue(day);
    const daysPastDue = oldest === null ? 0 : day - oldest;
    const { waterfall } = this.#contract;
    const { allocations, overFen } = allocate(amountFen, claims, waterfall, daysPastDue);
    for (const allocation of allocations) this.#meet(allocation);
    this.#forgetPaid();
    return overFen;
  }

  #meet({ kind, instalment, amountFen }: Allocation): void {
    const row = instalment === null ? null : this.rows[instalment - 1]!;
    switch (kind) {
      case 'COSTS':
        this.paid.costsFen += amountFen;
        return;
      case 'PENALTY':
        this.paid.penaltyFen += amountFen;
        if (row === null) this.#paidMisuseFen += amountFen;
        else row.paidPenaltyFen += amountFen;
        return;
      case 'COMPOUND':
        this.paid.compoundFen += amountFen;
        row!.paidCompoundFen += amountFen;
        return;
      case 'INTEREST':
        this.paid.interestFen += amountFen;
        row!.paidInterestFen += amountFen;
        return;
      case 'PRINCIPAL':
        this.paid.principalFen += amountFen;
        row!.paidPrincipalFen += amountFen;
        return;
    }
  }

  #weighed(day: number): readonly Row[] {
    for (const row of this.#open) weigh(row, day, this.#rowTerms);
    return this.#open;
  }

  #forgetPaid(): void {
    const { yearDays } = this.#rowTerms;
    this.#open = this.#open.filter((row) => isUnpaid(row) || isPenaltyUnpaid(row, yearDays));
  }

  #push(due: Due): Row {
    const row: Row = {
      number: this.rows.length + 1,
      ...due,
      paidPrincipalFen: 0n,
      paidInterestFen: 0n,
      penaltyWeight: 0n,
      compoundWeight: 0n,
      // Until the end of its period it bore interest: never that and penalty on the same money.
      weighedTo: Math.max(due.to, due.due),
      paidPenaltyFen: 0n,
      paidCompoundFen: 0n,
    };
    this.rows.push(row);
    this.#open.push(row);
    return row;
  }

  #adjusted(day: number): number {
    return adjustedDay(day, this.#contract.convention, this.#world.calendar);
  }
}

function principalOn(day: number, openingFen: Fen, principalFen: Fen): Due {
  return { from: day, to: day, due: day, openingFen, principalFen, interestFen: 0n };
}

function isPenaltyUnpaid(row: Row, yearDays: bigint): boolean {
  return (
    fenOfWeight(row.penaltyWeight, yearDays) > row.paidPenaltyFen ||
    fenOfWeight(row.compoundWeight, yearDays) > row.paidCompoundFen
  );
}

function worse(one: FiveTier, other: FiveTier): FiveTier {
  return fiveTiers.indexOf(one) >= fiveTiers.indexOf(other) ? one : other;
}
