// One walk through the days of a loan: what falls due, what is paid, and what both leave.
import {
  addMonths,
  fiveTierFloor,
  fiveTiers,
  maxFen,
  minFen,
  mulDivHalfUp,
  ppmOne,
  shareFen,
  type BusinessDate,
  type Fen,
  type FiveTier,
  type RepaymentPlan,
} from '@saidao/values';
import { adjustedDay } from './calendar.ts';
import { clockOf, type Clock } from './clock.ts';
import type { LoanContract } from './contract.ts';
import { dateOf, dayOf } from './days.ts';
import type { LoanFact, Misused, Repaid, Rescheduled, Reversed } from './facts.ts';
import { ratesUntil } from './lpr.ts';
import { planPeriods, type PlanPeriod } from './plan.ts';
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
import { levelOf, principalOf } from './schedule.ts';
import type { LoanWorld, PaidParts } from './standing.ts';
import { allocate, type Allocation, type Claim } from './waterfall.ts';

type Counted = Exclude<LoanFact, Reversed>;

type Paid = { -readonly [Part in keyof PaidParts]: PaidParts[Part] };

/** Whole months for these, a year of days for the others. */
const YEAR_DAYS = { MONTHS_12: 360n, ACT_360: 360n, ACT_365: 365n } as const;
/** Source: domain rules s. 8, found: a restructured loan is watched for a year. */
const OBSERVED_MONTHS = 12;

/**
 * Takes facts in the order of their days, and lets fall due what falls due between them. All that
 * is asked of it is as of the last day that it was walked to.
 */
export class LoanRun {
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
  costsFen = 0n;
  writtenOffOn: number | null = null;
  writtenOffFen = 0n;
  writtenOffClaimsFen = 0n;
  recoveredFen = 0n;
  guaranteePaidFen = 0n;
  nonAccrualFrom: number | null = null;

  readonly #contract: LoanContract;
  readonly #world: LoanWorld;
  readonly #clock: Clock;
  readonly #rowTerms: RowTerms;
  #method: RepaymentPlan;
  #periods: readonly PlanPeriod[];
  /** The period that runs, and the last one that the plan needs. */
  #at = 0;
  #last: number;
  /** Principal that is not due. */
  #balanceFen = 0n;
  /** The interest of the period so far: fen times rate or days, from `#from`, up to `#weighedTo`. */
  #weight = 0n;
  #from: number;
  #weighedTo: number;
  /** What is paid alike in each period, at the rate that it was worked out for; null: anew. */
  #level: { readonly fen: Fen; readonly ratePpm: number } | null = null;
  /** What misuse added on principal not due. */
  #misuseWeight = 0n;
  #misuseWeighedTo: number;
  #paidMisuseFen = 0n;
  /** Rows of which something can be asked for. */
  #open: Row[] = [];
  #askedFen: Fen | null = null;
  #openClaimAtWriteOffFen = 0n;
  #observed: { readonly until: BusinessDate; readonly tier: FiveTier } | null = null;

  constructor(
    contract: LoanContract,
    facts: readonly Counted[],
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
      yearDays: YEAR_DAYS[contract.counting.dayCount],
    };
    this.#method = contract.method;
    this.#periods = this.#periodsFrom(contract.bookedOn, contract.termMonths);
    this.#last = this.#periods.length - 1;
    this.#from = dayOf(contract.bookedOn);
    this.#weighedTo = this.#from;
    this.#misuseWeighedTo = this.#from;
    let today: number | null = null;
    for (const fact of facts) {
      // What is dated before the booking counts from it.
      const day = Math.max(dayOf(fact.on), dayOf(contract.bookedOn));
      if (day !== today) {
        if (today !== null) this.#closeDay(today);
        this.#walkTo(day);
        this.#closeDay(day - 1);
        today = day;
      }
      this.#take(fact, day);
    }
    if (today !== null) this.#closeDay(today);
    this.#walkTo(dayOf(date));
    this.#closeDay(dayOf(date));
  }

  /** Owed, due or not. */
  get principalFen(): Fen {
    return this.drawnFen - this.paid.principalFen - this.guaranteePaidFen - this.writtenOffFen;
  }

  /** Of what the guarantor was asked for. */
  get openClaimFen(): Fen {
    if (this.#askedFen === null) return 0n;
    if (this.writtenOffOn !== null) return this.#openClaimAtWriteOffFen;
    const owedFen = this.principalFen;
    const share = shareFen(owedFen + this.guaranteePaidFen, this.#contract.guaranteeSharePpm);
    const leastFen = minFen(this.#askedFen, share) - this.guaranteePaidFen;
    return minFen(maxFen(leastFen, 0n), owedFen);
  }

  /** Contract interest up to a day; that of a period that is due counts as a whole. */
  accruedFen(day: number): Fen {
    let fen = 0n;
    for (const row of this.rows) fen += row.interestFen;
    const period = this.#periods[this.#at];
    return period === undefined ? fen : fen + this.#interestFen(period, this.#weightAt(day));
  }

  /** On overdue principal, and for misuse. */
  penaltyFen(day: number): Fen {
    this.#weighMisuse(day);
    let fen = fenOfWeight(this.#misuseWeight, this.#rowTerms.yearDays);
    this.#weighed(day);
    for (const row of this.rows) fen += this.penaltyOf(row);
    return fen;
  }

  compoundFen(day: number): Fen {
    let fen = 0n;
    this.#weighed(day);
    for (const row of this.rows) fen += this.compoundOf(row);
    return fen;
  }

  penaltyOf(row: Row): Fen {
    return fenOfWeight(row.penaltyWeight, this.#rowTerms.yearDays);
  }

  compoundOf(row: Row): Fen {
    return fenOfWeight(row.compoundWeight, this.#rowTerms.yearDays);
  }

  /** Due date of the oldest instalment that is unpaid and due by a day. */
  oldestDue(day: number): number | null {
    let oldest: number | null = null;
    for (const row of this.#open) {
      if (row.due <= day && (oldest === null || row.due < oldest) && isUnpaid(row)) {
        oldest = row.due;
      }
    }
    return oldest;
  }

  /** Principal and interest due by a day and unpaid. */
  overdueFen(day: number): { principalFen: Fen; interestFen: Fen } {
    let principalFen = 0n;
    let interestFen = 0n;
    for (const row of this.#open) {
      if (row.due > day) continue;
      principalFen += unpaidPrincipal(row);
      interestFen += unpaidInterest(row);
    }
    return { principalFen, interestFen };
  }

  /**
   * By days past due, and at least special mention while the money is misused or a re-scheduled
   * loan is watched, which also keeps the tier that it had. Source: domain rules s. 8: misuse
   * known, the year found; that any re-scheduling counts as a restructuring is our policy.
   */
  tierOn(date: BusinessDate, daysPastDue: number): FiveTier {
    let tier = this.#tierByDays(daysPastDue);
    if (this.#clock.isMisused(dayOf(date))) tier = worst(tier, 'special-mention');
    const observed = this.#observed;
    return observed !== null && date < observed.until ? worst(tier, observed.tier) : tier;
  }

  /** The rows that are still to come if nothing more happens; afterwards the run is over. */
  project(): void {
    while (this.#at < this.#periods.length) this.#endPeriod();
  }

  #periodsFrom(from: BusinessDate, termMonths: number): PlanPeriod[] {
    if (!Number.isSafeInteger(termMonths) || termMonths < 1) {
      throw new RangeError(`A term of ${termMonths} months has no plan: write 1 or more.`);
    }
    const { counting, convention } = this.#contract;
    const { calendar } = this.#world;
    return planPeriods({
      method: this.#method,
      from,
      termMonths,
      counting,
      convention,
      calendar,
    });
  }

  #walkTo(day: number): void {
    for (;;) {
      const period = this.#periods[this.#at];
      if (period === undefined || payableFrom(period) > day) return;
      this.#endPeriod();
      this.#useSuspense(payableFrom(period));
    }
  }

  #endPeriod(): void {
    const period = this.#periods[this.#at]!;
    this.#weighInterest(period.end);
    if (this.#balanceFen > 0n || this.#weight > 0n) {
      this.#weighMisuse(payableFrom(period));
      const interestFen = this.#interestFen(period, this.#weight);
      const openingFen = this.#balanceFen;
      const principalFen =
        this.#at >= this.#last
          ? openingFen
          : principalOf(this.#method, this.#levelFen(), interestFen, openingFen);
      this.#push({ to: period.end, due: period.due, openingFen, principalFen, interestFen });
      this.#balanceFen -= principalFen;
    }
    this.#weight = 0n;
    this.#from = period.end;
    this.#at += 1;
  }

  #closeDay(day: number): void {
    const oldest = this.oldestDue(day);
    const { nonAccrualAfterDays } = this.#contract;
    if (oldest === null || oldest >= day) this.nonAccrualFrom = null;
    else if (this.nonAccrualFrom === null && day - oldest > nonAccrualAfterDays) {
      this.nonAccrualFrom = oldest + nonAccrualAfterDays + 1;
    }
  }

  #take(fact: Counted, day: number): void {
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
      case 'GUARANTEE_CLAIMED':
        this.#askedFen ??= shareFen(this.principalFen, this.#contract.guaranteeSharePpm);
        break;
      case 'WRITTEN_OFF':
        this.#writeOff(day);
        break;
    }
    this.#useSuspense(day);
  }

  #draw(amountFen: Fen, day: number): void {
    this.drawnFen += amountFen;
    if (this.#periods[this.#at] === undefined || this.writtenOffOn !== null) {
      // The plan is over: it is due at once.
      this.#push({
        from: day,
        to: day,
        due: this.#adjusted(day),
        openingFen: amountFen,
        principalFen: amountFen,
        interestFen: 0n,
      });
      return;
    }
    if (this.#balanceFen === 0n) {
      this.#last = this.#periods.length - 1;
      if (this.#weight === 0n) this.#from = day;
    }
    this.#changeBalance(amountFen, day);
    this.#level = null;
  }

  #repay({ amountFen, effect }: Repaid, day: number): void {
    this.receivedFen += amountFen;
    this.#useSuspense(day);
    const leftFen = effect === 'GUARANTEE' ? this.#takeGuarantee(amountFen, day) : amountFen;
    if (leftFen === 0n) return;
    if (this.writtenOffOn !== null) {
      const lostFen = this.writtenOffFen + this.writtenOffClaimsFen - this.recoveredFen;
      const recoveredFen = minFen(leftFen, lostFen);
      this.recoveredFen += recoveredFen;
      this.suspenseFen += leftFen - recoveredFen;
      return;
    }
    const overFen = this.#meetClaims(leftFen, day);
    const isEarly = effect === 'SHORTEN' || effect === 'LOWER';
    this.suspenseFen += isEarly ? this.#repayEarly(overFen, effect, day) : overFen;
  }

  /**
   * Interest until the day first, then principal. It ends the period: what is left of it is
   * counted from this day on. Gives what is left over.
   *
   * Source: Civil Code art. 677, interest for the actual time, and 561, interest before principal
   * (domain rules s. 8). Certainty: found; that 561 holds for interest not yet due is our policy.
   */
  #repayEarly(amountFen: Fen, effect: 'SHORTEN' | 'LOWER', day: number): Fen {
    const period = this.#periods[this.#at];
    if (period === undefined || this.#balanceFen === 0n) return amountFen;
    const interestFen = this.#interestFen(period, this.#weightAt(day));
    if (amountFen <= interestFen) return amountFen;
    const levelFen = effect === 'SHORTEN' ? this.#levelFen() : 0n;
    const openingFen = this.#balanceFen;
    const principalFen = minFen(amountFen - interestFen, openingFen);
    this.#changeBalance(-principalFen, day);
    const row = this.#push({ to: day, due: day, openingFen, principalFen, interestFen });
    row.paidPrincipalFen = principalFen;
    row.paidInterestFen = interestFen;
    this.paid.principalFen += principalFen;
    this.paid.interestFen += interestFen;
    this.#startAfresh(day);
    if (effect === 'SHORTEN') this.#last = this.#lastAt(levelFen);
    else this.#level = null;
    return amountFen - interestFen - principalFen;
  }

  /** Gives what the guarantor was not asked for. */
  #takeGuarantee(amountFen: Fen, day: number): Fen {
    const paidFen = minFen(amountFen, this.openClaimFen);
    let leftFen = paidFen;
    for (const row of this.#weighed(day)) {
      const partFen = minFen(leftFen, unpaidPrincipal(row));
      row.paidPrincipalFen += partFen;
      leftFen -= partFen;
    }
    if (leftFen > 0n) {
      const openingFen = this.#balanceFen;
      const row = this.#push({
        from: day,
        to: day,
        due: day,
        openingFen,
        principalFen: leftFen,
        interestFen: 0n,
      });
      row.paidPrincipalFen = leftFen;
      this.#changeBalance(-leftFen, day);
      this.#level = null;
    }
    this.guaranteePaidFen += paidFen;
    if (this.writtenOffOn !== null) this.#openClaimAtWriteOffFen -= paidFen;
    this.#forgetPaid();
    return amountFen - paidFen;
  }

  #reschedule({ on, method, termMonths }: Rescheduled, day: number): void {
    const oldest = this.oldestDue(day - 1);
    const tier = this.tierOn(on, oldest === null ? 0 : day - 1 - oldest);
    const until = addMonths(on, OBSERVED_MONTHS);
    this.#observed = { until, tier: worst(tier, 'special-mention') };
    const period = this.#periods[this.#at];
    this.#weighInterest(day);
    this.#weighMisuse(day);
    if (period !== undefined && this.#weight > 0n) {
      const due = this.#adjusted(day);
      const interestFen = this.#interestFen(period, this.#weight);
      const openingFen = this.#balanceFen;
      this.#push({ to: day, due, openingFen, principalFen: 0n, interestFen });
    }
    for (const row of this.#weighed(day)) {
      const leftFen = unpaidPrincipal(row);
      row.principalFen -= leftFen;
      this.#balanceFen += leftFen;
    }
    this.#forgetPaid();
    this.#startAfresh(day);
    this.#method = method;
    this.#periods = this.#periodsFrom(dateOf(day), termMonths);
    this.#at = 0;
    this.#last = this.#periods.length - 1;
    this.#level = null;
  }

  /** All principal falls due, and nothing is borne any more. That it ends there is our policy. */
  #writeOff(day: number): void {
    if (this.writtenOffOn !== null) return;
    const period = this.#periods[this.#at];
    const openingFen = this.#balanceFen;
    const interestFen = period === undefined ? 0n : this.#interestFen(period, this.#weightAt(day));
    this.#changeBalance(-openingFen, day);
    if (openingFen > 0n || interestFen > 0n) {
      this.#push({ to: day, due: day, openingFen, principalFen: openingFen, interestFen });
    }
    this.#weight = 0n;
    this.#useSuspense(day);
    const claims = this.#claims(day).filter(({ kind }) => kind !== 'PRINCIPAL');
    this.#openClaimAtWriteOffFen = this.openClaimFen;
    this.writtenOffOn = day;
    this.writtenOffFen = this.principalFen - this.#openClaimAtWriteOffFen;
    this.writtenOffClaimsFen = claims.reduce((sum, { owedFen }) => sum + owedFen, 0n);
  }

  #useSuspense(day: number): void {
    if (this.suspenseFen === 0n || this.writtenOffOn !== null) return;
    const amountFen = this.suspenseFen;
    this.suspenseFen = 0n;
    this.suspenseFen = this.#meetClaims(amountFen, day);
  }

  /** Gives what nothing is owed for. */
  #meetClaims(amountFen: Fen, day: number): Fen {
    const claims = this.#claims(day);
    if (claims.length === 0) return amountFen;
    const oldest = this.oldestDue(day);
    const daysPastDue = oldest === null ? 0 : day - oldest;
    const { allocations, overFen } = allocate(
      amountFen,
      claims,
      this.#contract.waterfall,
      daysPastDue,
    );
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

  /** What can be asked for on a day; the nights before it count. */
  #claims(day: number): Claim[] {
    const { yearDays } = this.#rowTerms;
    const claims: Claim[] = [];
    for (const row of this.#weighed(day)) {
      claims.push(...claimsOfRow(row, dateOf(row.due), yearDays));
    }
    const costsFen = this.costsFen - this.paid.costsFen;
    const dueOn = dateOf(day);
    if (costsFen > 0n) claims.push({ kind: 'COSTS', instalment: null, dueOn, owedFen: costsFen });
    this.#weighMisuse(day);
    const misuseFen = fenOfWeight(this.#misuseWeight, yearDays) - this.#paidMisuseFen;
    if (misuseFen > 0n) {
      claims.push({ kind: 'PENALTY', instalment: null, dueOn, owedFen: misuseFen });
    }
    return claims;
  }

  #weighed(day: number): readonly Row[] {
    for (const row of this.#open) weigh(row, day, this.#rowTerms);
    return this.#open;
  }

  #forgetPaid(): void {
    const { yearDays } = this.#rowTerms;
    this.#open = this.#open.filter(
      (row) => isUnpaid(row) || claimsOfRow(row, '', yearDays).length > 0,
    );
  }

  #push(
    row: Pick<Row, 'to' | 'due' | 'openingFen' | 'principalFen' | 'interestFen'> & {
      readonly from?: number;
    },
  ): Row {
    const pushed: Row = {
      number: this.rows.length + 1,
      from: Math.min(this.#from, row.to),
      paidPrincipalFen: 0n,
      paidInterestFen: 0n,
      penaltyWeight: 0n,
      compoundWeight: 0n,
      weighedTo: row.due,
      paidPenaltyFen: 0n,
      paidCompoundFen: 0n,
      ...row,
    };
    this.rows.push(pushed);
    this.#open.push(pushed);
    return pushed;
  }

  #changeBalance(byFen: Fen, day: number): void {
    this.#weighInterest(day);
    this.#weighMisuse(day);
    this.#balanceFen += byFen;
  }

  /** A due date before the end of its period leaves days counted in advance: they are kept. */
  #startAfresh(day: number): void {
    if (this.#weight > 0n) this.#weight = 0n;
    this.#from = Math.max(this.#from, day);
  }

  #weighInterest(day: number): void {
    this.#weight = this.#weightAt(day);
    this.#weighedTo = day;
  }

  /** Goes back, too, where a period was counted in advance and its balance then changed. */
  #weightAt(day: number): bigint {
    if (this.#balanceFen === 0n) return this.#weight;
    return this.#weight + this.#balanceFen * this.#borne(this.#weighedTo, day);
  }

  #borne(from: number, to: number): bigint {
    if (this.#contract.counting.dayCount === 'MONTHS_12') return BigInt(to - from);
    return BigInt(this.#clock.rated(to) - this.#clock.rated(from));
  }

  /**
   * The interest that a weight comes to, rounded half up. Where whole months are counted, a month
   * is spread evenly over its days: a balance that changes within it bears its share of each.
   * Certainty: that share is our policy; it is the twelfth, exactly, where nothing changes.
   */
  #interestFen({ start, end, months }: PlanPeriod, weight: bigint): Fen {
    if (weight <= 0n) return 0n;
    if (this.#contract.counting.dayCount === 'MONTHS_12') {
      const ratePpm = BigInt(this.#clock.ratePpmOn(start));
      return mulDivHalfUp(
        weight,
        ratePpm * BigInt(months),
        BigInt(ppmOne) * 12n * BigInt(end - start),
      );
    }
    return mulDivHalfUp(weight, 1n, BigInt(ppmOne) * this.#rowTerms.yearDays);
  }

  #weighMisuse(day: number): void {
    if (!this.#clock.hasMisuse || day <= this.#misuseWeighedTo) return;
    const borne = this.#clock.misuse(day) - this.#clock.misuse(this.#misuseWeighedTo);
    this.#misuseWeight += this.#balanceFen * borne;
    this.#misuseWeighedTo = day;
  }

  /** A new rate or a changed balance: what is left is spread anew over the periods left. */
  #levelFen(): Fen {
    const ratePpm = this.#clock.ratePpmOn(this.#periods[this.#at]!.start);
    if (this.#level?.ratePpm !== ratePpm) {
      const periods = this.#last - this.#at + 1;
      const fen = levelOf(this.#method, this.#balanceFen, ratePpm, periods);
      this.#level = { fen, ratePpm };
    }
    return this.#level.fen;
  }

  /** The period in which what is left is paid, at the same level as before. */
  #lastAt(levelFen: Fen): number {
    let leftFen = this.#balanceFen;
    for (let at = this.#at; at < this.#last; at += 1) {
      const period = this.#periods[at]!;
      const from = at === this.#at ? this.#weighedTo : period.start;
      const interestFen = this.#interestFen(period, leftFen * this.#borne(from, period.end));
      leftFen -= principalOf(this.#method, levelFen, interestFen, leftFen);
      if (leftFen === 0n) return at;
    }
    return this.#last;
  }

  #tierByDays(daysPastDue: number): FiveTier {
    const technical = daysPastDue <= this.#contract.technicalDays;
    return fiveTierFloor({ daysPastDue, technical });
  }

  #adjusted(day: number): number {
    return adjustedDay(day, this.#contract.convention, this.#world.calendar);
  }
}

/** An instalment can be paid from the end of its period, or its due date where that is earlier. */
function payableFrom({ end, due }: PlanPeriod): number {
  return Math.min(end, due);
}

function worst(one: FiveTier, other: FiveTier): FiveTier {
  return fiveTiers.indexOf(one) >= fiveTiers.indexOf(other) ? one : other;
}
