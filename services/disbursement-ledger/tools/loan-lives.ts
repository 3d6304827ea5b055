// Loans with whole lives in the books: paid, late, lost, taken back; each by its number, always alike.
import { partitionOf } from '@saidao/event-log';
import type { LoanFact, Standing } from '@saidao/loans';
import {
  addDays,
  addMonths,
  maxFen,
  repaymentPlans,
  startOfBusinessDateMs,
  uuidV7,
  type BusinessDate,
  type Fen,
} from '@saidao/values';
import {
  bookingDateOf,
  openAccount,
  releaseLimit,
  standingAt,
  standingNow,
  takeFact,
  type LoanAccount,
} from '../loan/account.ts';
import { closeLoanDay } from '../loan/closing.ts';
import { contractOf } from '../loan/products.ts';
import { positionOf, type Position } from '../loan/positions.ts';
import { products, world } from '../loan/shipped.ts';
import { entryId, postingsOf, type Entry, type Transfer } from '../postings.ts';

export interface LivesOptions {
  readonly lenders: readonly string[];
  readonly lanes: number;
}

export interface PaidPayout {
  readonly payoutId: string;
  readonly payee: string;
  readonly amountFen: Fen;
  readonly paidOn: BusinessDate;
  readonly railReference: string;
}

export interface LoanLife {
  readonly account: LoanAccount;
  readonly position: Position;
  /** In the order in which they were booked. */
  readonly entries: readonly Entry[];
  readonly payouts: readonly PaidPayout[];
}

const FIRST_DAY: BusinessDate = '2026-01-05';
/** Every loan is closed through this day. */
export const LAST_DAY: BusinessDate = '2026-07-31';
const EVENING_MS = 72_000_000;
const CASES = { czb: ['INNOVATION', 'TALENT'], boc: ['NEW_QUALITY'], exim: ['IP_PLEDGE'] } as const;

/** In turn: what happens to a loan after it was booked. */
const lives: readonly ((life: Life) => void)[] = [
  (life) => paysThrough(life, 6),
  (life) => paysThrough(life, 6),
  // More than is due: the rest waits in suspense.
  (life) => {
    life.draw(life.limitFen);
    life.repay(life.dueOn(1) + 12_345n, life.month(1));
    paysThrough(life, 5, 2);
  },
  // Late, with penalty interest, and then on time again.
  (life) => {
    life.draw(life.limitFen);
    life.close(addDays(life.month(2), 20));
    life.repay(life.owedOn(addDays(life.month(2), 21)), addDays(life.month(2), 21));
    paysThrough(life, 5, 3);
  },
  // Never again: non-accrual, impaired, claimed of the guarantor, who pays.
  (life) => {
    life.draw(life.limitFen);
    life.repay(life.dueOn(1), life.month(1));
    life.close(addDays(life.month(2), 40));
    life.close(addDays(life.month(2), 95));
    const { claimedFen } = life.standing;
    if (claimedFen > 0n) life.repay(claimedFen, addDays(life.month(2), 100), 'GUARANTEE');
  },
  // Written off, and something comes back.
  (life) => {
    life.draw(life.limitFen);
    life.charge(50_000n, addDays(life.month(1), 30));
    life.close(addDays(life.month(1), 92));
    life.take({ id: 'write-off', kind: 'WRITTEN_OFF', on: addDays(life.month(1), 100) });
    life.repay(life.limitFen / 10n, addDays(life.month(1), 120));
  },
  // A repayment that bounced, and came again.
  (life) => {
    life.draw(life.limitFen);
    life.repay(life.dueOn(1), life.month(1));
    const on = addDays(life.month(1), 3);
    life.take({ id: 'bounced', kind: 'REVERSED', on, reverses: 'repayment/1' });
    life.repay(life.owedOn(addDays(on, 4)), addDays(on, 4));
    paysThrough(life, 4, 2);
  },
  // Repaid early, all of it.
  (life) => {
    life.draw(life.limitFen);
    life.repay(life.dueOn(1), life.month(1));
    life.repay(life.limitFen * 2n, addDays(life.month(1), 9), 'SHORTEN');
  },
  // In two tranches; the rest of the limit is given back.
  (life) => {
    life.draw(life.limitFen / 2n);
    life.draw(life.limitFen / 4n, addDays(life.bookedOn, 12));
    life.release(life.account.reservedFen, addDays(life.bookedOn, 20));
    paysThrough(life, 4);
  },
  // Only booked: its payout was refused, and the limit released.
  (life) => life.release(life.limitFen, addDays(life.bookedOn, 1)),
];

/** Of this number, from 0. */
export function lifeOf(index: number, options: LivesOptions): LoanLife {
  const life = new Life(index, options);
  lives[index % lives.length]!(life);
  life.close(LAST_DAY);
  const { account, entries, payouts, standing } = life;
  return { account, position: positionOf(account, standing), entries, payouts };
}

function paysThrough(life: Life, months: number, from = 1): void {
  if (life.payouts.length === 0) life.draw(life.limitFen);
  for (let month = from; month < from + months; month += 1) {
    const on = life.month(month);
    if (on > LAST_DAY) return;
    const fen = life.dueOn(month);
    if (fen > 0n) life.repay(fen, on);
  }
}

class Life {
  account: LoanAccount;
  readonly entries: Entry[] = [];
  readonly payouts: PaidPayout[] = [];
  readonly #index: number;
  #repayments = 0;

  constructor(index: number, { lenders, lanes }: LivesOptions) {
    this.#index = index;
    const lenderId = lenders[index % lenders.length]!;
    const productId = productOf(lenderId, index);
    const bookedOn = addDays(FIRST_DAY, index % 23);
    const applicationId = uuidV7(Date.UTC(2026, 0, 5) + index, Buffer.alloc(10, 7));
    const authorisationId = `${applicationId}/authorisation/1`;
    const inclusive = index % 3 === 0 ? ['nfra_1000w', 'pbc_2000w', 's71_3000w'] : ['s71_3000w'];
    const contract = contractOf(products.of(lenderId, productId), {
      ...{ loanId: `${applicationId}-L1`, bookedOn, inclusive },
      limitFen: 50_000_000n + BigInt(index % 1_000) * 333_333n,
      method: repaymentPlans[Math.floor(index / 7) % repaymentPlans.length]!,
      termMonths: 6 + (index % 4) * 6,
      ...{ ratePpm: 34_500 + (index % 11) * 500, lprPpm: 30_000, addOnPpm: 4_500 },
      guarantee: index % 2 === 0 ? { institution: 'guarantor', sharePpm: 400_000 } : null,
    });
    this.account = openAccount(contract, {
      ...{ lenderId, applicationId, authorisationId, revision: 1, productId, inclusive },
      lane: partitionOf(Buffer.from(applicationId), lanes),
      debtorUscc: `91330100MA${String(index).padStart(8, '0')}`,
    });
    this.#book('RESERVATION', authorisationId, contract.limitFen, bookedOn);
  }

  get limitFen(): Fen {
    return this.account.contract.limitFen;
  }

  get bookedOn(): BusinessDate {
    return this.account.contract.bookedOn;
  }

  get standing(): Standing {
    return standingNow(this.account, world);
  }

  /** The day so many months after the booking. */
  month(month: number): BusinessDate {
    return addMonths(this.bookedOn, month);
  }

  /** What is due, and unpaid, at the end of the day so many months after the booking. */
  dueOn(month: number): Fen {
    return this.owedOn(this.month(month));
  }

  /** Everything that is due and unpaid on that day, penalty and costs too. */
  owedOn(on: BusinessDate): Fen {
    const at = standingAt(this.account, on, world);
    const { penaltyFen, compoundFen, costsFen, paid } = at;
    const moreFen = penaltyFen + compoundFen + costsFen;
    const paidFen = paid.penaltyFen + paid.compoundFen + paid.costsFen;
    return at.overduePrincipalFen + at.dueInterestFen + moreFen - paidFen;
  }

  draw(amountFen: Fen, on = addDays(this.bookedOn, 1)): void {
    const place = this.payouts.length + 1;
    const payoutId = `${this.account.identity.authorisationId}/${place}`;
    const railReference = `R${String(this.#index).padStart(8, '0')}-${place}`;
    this.payouts.push({ payoutId, payee: '浙江示例', amountFen, paidOn: on, railReference });
    this.take({ id: payoutId, kind: 'DRAWN', on, amountFen });
    this.#book('PAYOUT', payoutId, amountFen, on);
    this.#book('RELEASE', payoutId, amountFen, on);
  }

  release(amountFen: Fen, on: BusinessDate): void {
    this.account = releaseLimit(this.account, amountFen);
    this.#book('RELEASE', `${this.account.identity.authorisationId}/rest`, amountFen, on);
  }

  charge(amountFen: Fen, on: BusinessDate): void {
    this.take({ id: `costs/${on}`, kind: 'COSTS', on, amountFen });
  }

  repay(
    amountFen: Fen,
    on: BusinessDate,
    effect: 'SCHEDULED' | 'SHORTEN' | 'GUARANTEE' = 'SCHEDULED',
  ) {
    this.#repayments += 1;
    // Where nothing is due yet something is paid ahead.
    const fen = maxFen(amountFen, 10_000n);
    this.take({ id: `repayment/${this.#repayments}`, kind: 'REPAID', on, amountFen: fen, effect });
  }

  take(fact: LoanFact): void {
    const booking = { eventId: `${this.#index}/${fact.id}`, nowMs: eveningOf(fact.on) };
    const taken = takeFact(this.account, fact, booking, world);
    this.account = taken.account;
    this.entries.push(...taken.entries);
  }

  close(date: BusinessDate): void {
    const at = { date, bookingDate: date, eventId: `day/${date}`, nowMs: eveningOf(date) };
    const closed = closeLoanDay(this.account, { ...at, debtorTier: 'normal' }, world);
    this.account = closed.account;
    this.entries.push(...closed.entries);
  }

  #book(movement: Transfer, subject: string, amountFen: Fen, on: BusinessDate): void {
    const { lenderId, applicationId, lane } = this.account.identity;
    const bookedAtMs = eveningOf(on);
    this.entries.push({
      ...{ id: entryId(movement, subject), movement, eventId: `${this.#index}/${movement}` },
      ...{ lenderId, applicationId, loanId: this.account.contract.loanId, lane },
      ...{ valueDate: on, bookingDate: bookingDateOf(this.account, bookedAtMs), bookedAtMs },
      ...{ reverses: null, postings: postingsOf(movement, amountFen) },
    });
  }
}

function productOf(lenderId: string, index: number): string {
  const known = Object.entries(CASES).find(([prefix]) => lenderId.startsWith(prefix))?.[1];
  const all: readonly string[] = known ?? ['IP_PLEDGE'];
  return all[Math.floor(index / 3) % all.length]!;
}

const eveningOf = (date: BusinessDate): number => startOfBusinessDateMs(date) + EVENING_MS;
