// The principal of a loan that is not due yet: what it bears, and when which part falls due.
import { minFen, mulDivHalfUp, ppmOne, type Fen, type RepaymentPlan } from '@saidao/values';
import type { Clock } from './clock.ts';
import type { LoanContract } from './contract.ts';
import { dateOf, dayOf } from './days.ts';
import { planPeriods, type PlanPeriod } from './plan.ts';
import { fenOfWeight, type Row } from './row.ts';
import { levelOf, principalOf, yearDaysOf } from './schedule.ts';
import type { LoanWorld } from './world.ts';

/** What falls due, before it is numbered. */
export type Due = Pick<Row, 'from' | 'to' | 'due' | 'openingFen' | 'principalFen' | 'interestFen'>;

/** Days are since 1970-01-01. Each change is told in the order of its day. */
export class RunningPlan {
  readonly #contract: LoanContract;
  readonly #world: LoanWorld;
  readonly #clock: Clock;
  #method: RepaymentPlan;
  #periods: readonly PlanPeriod[];
  /** The period that runs, and the last one that the plan needs. */
  #at = 0;
  #last: number;
  #balanceFen = 0n;
  /** Interest of the period from `#from` to `#weighedTo`: fen times rate and nights, or nights. */
  #weight = 0n;
  #from: number;
  #weighedTo: number;
  /** What is paid alike in each period, and for which rate; null: to be worked out anew. */
  #level: { readonly fen: Fen; readonly ratePpm: number } | null = null;
  #misuseWeight = 0n;
  #misuseWeighedTo: number;

  constructor(contract: LoanContract, clock: Clock, world: LoanWorld) {
    this.#contract = contract;
    this.#world = world;
    this.#clock = clock;
    this.#method = contract.method;
    this.#from = dayOf(contract.bookedOn);
    this.#periods = this.#periodsFrom(this.#from, contract.termMonths);
    this.#last = this.#periods.length - 1;
    this.#weighedTo = this.#from;
    this.#misuseWeighedTo = this.#from;
  }

  get balanceFen(): Fen {
    return this.#balanceFen;
  }

  /**
   * The day from which the running period can be paid: its end, or its due date where a convention
   * puts that before; null: the plan is over.
   */
  get payableFrom(): number | null {
    const period = this.#periods[this.#at];
    return period === undefined ? null : Math.min(period.end, period.due);
  }

  /** Of the running period up to a day, rounded half up. */
  interestFen(day: number): Fen {
    const period = this.#periods[this.#at];
    return period === undefined ? 0n : this.#fenOf(period, this.#weightAt(day));
  }

  /** What misuse added up to a day, rounded half up once for all of it. */
  misuseFen(day: number): Fen {
    if (!this.#clock.hasMisuse) return 0n;
    this.#weighMisuse(day);
    return fenOfWeight(this.#misuseWeight, yearDaysOf(this.#contract.counting));
  }

  draw(amountFen: Fen, day: number): void {
    if (this.#balanceFen === 0n) {
      this.#last = this.#periods.length - 1;
      if (this.#weight === 0n) this.#from = day;
    }
    this.#change(amountFen, day);
    this.#level = null;
  }

  /** Principal that someone else paid: the interest on it stays to be paid with its period. */
  takeOff(amountFen: Fen, day: number): void {
    this.#change(-amountFen, day);
    this.#level = null;
  }

  /** Ends the running period. Null: nothing of it was drawn. */
  endPeriod(): Due | null {
    const period = this.#periods[this.#at]!;
    const openingFen = this.#balanceFen;
    this.#weight = this.#weightAt(period.end);
    this.#weighedTo = period.end;
    const due = this.#dueOf(period, openingFen);
    if (due !== null) {
      this.#weighMisuse(Math.min(period.end, period.due));
      this.#balanceFen -= due.principalFen;
    }
    this.#weight = 0n;
    this.#from = period.end;
    this.#at += 1;
    return due;
  }

  /**
   * Interest until the day first, then principal. It ends the period: what is left of that is
   * counted from this day on. Null: the amount goes no further than that interest.
   *
   * Source: Civil Code art. 677, interest for the actual time, and 561, interest before principal
   * (domain rules s. 8). Certainty: found; that 561 holds for interest not yet due is our policy.
   */
  repayEarly(amountFen: Fen, effect: 'SHORTEN' | 'LOWER', day: number): Due | null {
    const interestFen = this.interestFen(day);
    const openingFen = this.#balanceFen;
    if (openingFen + interestFen === 0n || amountFen < interestFen) return null;
    // Where the guarantor paid the principal its interest may be all that is left.
    if (openingFen > 0n && amountFen === interestFen) return null;
    const levelFen = effect === 'SHORTEN' ? this.#levelFen() : 0n;
    const principalFen = minFen(amountFen - interestFen, openingFen);
    const due = { ...this.#span(day), due: day, openingFen, principalFen, interestFen };
    this.#change(-principalFen, day);
    this.#startAfresh(day);
    if (effect === 'SHORTEN') this.#last = this.#lastAt(levelFen);
    else this.#level = null;
    return due;
  }

  /** All principal falls due at once; null: none is left and nothing was earned on it. */
  endAtOnce(day: number): Due | null {
    const interestFen = this.interestFen(day);
    const openingFen = this.#balanceFen;
    const due = { ...this.#span(day), due: day, openingFen, principalFen: openingFen, interestFen };
    this.#change(-openingFen, day);
    this.#startAfresh(day);
    return openingFen === 0n && interestFen === 0n ? null : due;
  }

  /** Begins anew with unpaid principal added; what falls due is the interest so far, if any. */
  restart(
    day: number,
    due: number,
    change: { readonly method: RepaymentPlan; readonly termMonths: number; readonly addedFen: Fen },
  ): Due | null {
    const interestFen = this.interestFen(day);
    const openingFen = this.#balanceFen;
    const ended = { ...this.#span(day), due, openingFen, principalFen: 0n, interestFen };
    this.#change(change.addedFen, day);
    this.#startAfresh(day);
    this.#method = change.method;
    this.#periods = this.#periodsFrom(day, change.termMonths);
    this.#from = day;
    this.#at = 0;
    this.#last = this.#periods.length - 1;
    this.#level = null;
    return interestFen === 0n ? null : ended;
  }

  #dueOf(period: PlanPeriod, openingFen: Fen): Due | null {
    if (openingFen === 0n && this.#weight <= 0n) return null;
    const interestFen = this.#fenOf(period, this.#weight);
    const principalFen =
      this.#at >= this.#last
        ? openingFen
        : principalOf(this.#method, this.#levelFen(), interestFen, openingFen);
    return { ...this.#span(period.end), due: period.due, openingFen, principalFen, interestFen };
  }

  /** A day before the period began: its end was counted in advance. */
  #span(to: number): { from: number; to: number } {
    return { from: Math.min(this.#from, to), to };
  }

  #change(byFen: Fen, day: number): void {
    this.#weight = this.#weightAt(day);
    this.#weighedTo = day;
    this.#weighMisuse(day);
    this.#balanceFen += byFen;
  }

  /** Nights that were counted in advance, and turned out otherwise, are still to be set off. */
  #startAfresh(day: number): void {
    if (this.#weight > 0n) this.#weight = 0n;
    this.#from = Math.max(this.#from, day);
  }

  /** Goes back where a due date before its end let a period be counted in advance. */
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
   * is spread evenly over its days, so that a balance that changes within it bears its share.
   * Certainty: that share is our policy; where nothing changes it is the twelfth exactly.
   */
  #fenOf({ start, end, months }: PlanPeriod, weight: bigint): Fen {
    if (weight <= 0n) return 0n;
    const { counting } = this.#contract;
    if (counting.dayCount !== 'MONTHS_12') {
      return mulDivHalfUp(weight, 1n, BigInt(ppmOne) * yearDaysOf(counting));
    }
    const ratePpm = BigInt(this.#clock.ratePpmOn(start));
    const nights = BigInt(end - start);
    return mulDivHalfUp(weight, ratePpm * BigInt(months), BigInt(ppmOne) * 12n * nights);
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

  /** The period in which what is left is paid up, at the same level as before. */
  #lastAt(levelFen: Fen): number {
    let leftFen = this.#balanceFen;
    for (let at = this.#at; at < this.#last; at += 1) {
      const period = this.#periods[at]!;
      const from = at === this.#at ? this.#weighedTo : period.start;
      const interestFen = this.#fenOf(period, leftFen * this.#borne(from, period.end));
      leftFen -= principalOf(this.#method, levelFen, interestFen, leftFen);
      if (leftFen === 0n) return at;
    }
    return this.#last;
  }

  #periodsFrom(day: number, termMonths: number): PlanPeriod[] {
    if (!Number.isSafeInteger(termMonths) || termMonths < 1) {
      throw new RangeError(`A term of ${termMonths} months has no plan: write 1 or more.`);
    }
    const { counting, convention } = this.#contract;
    const { calendar } = this.#world;
    const method = this.#method;
    return planPeriods({ method, from: dateOf(day), termMonths, counting, convention, calendar });
  }
}
