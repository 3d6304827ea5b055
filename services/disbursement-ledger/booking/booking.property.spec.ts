// The booking under any order of what is told, repeated and mixed: no money is lost, made or paid twice.
import fc from 'fast-check';
import { fenOfMoney, formatYuan, sumFen, type Fen } from '@saidao/values';
import type { EventMap } from '@saidao/schemas';
import { event } from '@saidao/testkit';
import { expect, it } from 'vitest';
import {
  APPLICATION,
  authorised,
  AUTHORISATION,
  book,
  cancellation,
  chips,
  collateralChanged,
  confirmed,
  due,
  LENDER,
  LOAN,
  motors,
  payee,
  pledgeConfirmed,
  refused,
  registered,
  rejected,
  terms,
  unknown,
} from '../book.fixture.ts';
import { accountName, type LoanAccount } from '../loan/account.ts';
import { balanceFen, imbalanceOf, type Entry } from '../postings.ts';
import { findLoan } from './state.ts';

const LIMIT_FEN = 100_000_00n;
const FIRST = [payee(motors.name, '30000'), payee(chips.name, '20000')];
const PAYOUTS_MAX = 8;

/** What the rail will say of each payout, by its number: it says one thing, however often. */
interface World {
  readonly rejects: readonly number[];
}

type Step =
  | { readonly what: 'authorise' | 'register' | 'confirm' | 'refuse' | 'change' | 'cancel' }
  | { readonly what: 'undo' | 'availability' | 'unpaid' }
  | { readonly what: 'answer' | 'unknown'; readonly place: number }
  | { readonly what: 'draw'; readonly amountFen: Fen };

const steps: fc.Arbitrary<Step> = fc.oneof(
  fc
    .constantFrom('authorise', 'register', 'confirm', 'refuse', 'change', 'cancel', 'undo')
    .map((what): Step => ({ what: what as 'authorise' })),
  fc.constantFrom<Step>({ what: 'availability' }, { what: 'unpaid' }),
  fc.record({
    what: fc.constantFrom('answer' as const, 'unknown' as const),
    place: fc.integer({ min: 1, max: PAYOUTS_MAX }),
  }),
  fc.record({
    what: fc.constant('draw' as const),
    amountFen: fc.bigInt({ min: 1n, max: 60_000_00n }),
  }),
);

/** Mostly as things go, so that much of it is booked; then anything. */
const stories = fc
  .tuple(
    fc.subarray<Step>([{ what: 'authorise' }, { what: 'register' }, { what: 'confirm' }], {
      minLength: 2,
    }),
    fc.array(steps, { maxLength: 30 }),
  )
  .map(([first, rest]) => [...first, ...rest]);

class Teller {
  readonly story = book();
  readonly entries: Entry[] = [];
  readonly told: { readonly type: string; readonly data: object }[] = [];
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  get booked() {
    return findLoan(this.story.state(), LOAN);
  }

  take(step: Step): void {
    const said = this.#eventOf(step);
    if (said === undefined) return;
    const { events = [], rows = [] } = this.story.when(said as never);
    this.told.push(...events);
    for (const row of rows) if (row.kind === 'entry') this.entries.push(row.entry);
    this.check();
  }

  #eventOf(step: Step) {
    switch (step.what) {
      case 'authorise':
        return authorised({
          terms: terms({ amount: { minor: LIMIT_FEN, currency: 'CNY' }, payees: FIRST }),
        });
      case 'register':
        return registered();
      case 'confirm':
        return pledgeConfirmed();
      case 'refuse':
        return refused();
      case 'change':
        return collateralChanged();
      case 'cancel':
        return cancellation();
      case 'undo':
        return event('ApprovalUndone', {
          applicationId: APPLICATION,
          revision: 1,
          lenderId: LENDER,
          approvalId: `${APPLICATION}/approval/1`,
          cause: 'UNDONE',
          ...{ about: null, terms: null, undoneBy: [], reasonCode: null },
        });
      case 'availability':
        return due('availability-end', { loanId: LOAN });
      case 'unpaid':
        return due('unpaid-alarm', {
          loanId: LOAN,
          payouts: this.booked?.loan.payouts.map(({ payoutId }) => payoutId) ?? [],
        });
      case 'draw':
        return event('DrawdownRequested', {
          applicationId: APPLICATION,
          lenderId: LENDER,
          loanId: LOAN,
          ...{ officer: 'chen', role: 'officer' },
          amount: { minor: step.amountFen, currency: 'CNY' },
          payees: [payee(motors.name, formatYuan(step.amountFen))],
        });
      case 'answer':
      case 'unknown': {
        // The rail speaks of what it was told, and of nothing else.
        const payout = this.booked?.loan.payouts[step.place - 1];
        if (payout === undefined) return undefined;
        if (step.what === 'unknown') return unknown(step.place);
        return this.world.rejects.includes(step.place)
          ? rejected(step.place)
          : confirmed(step.place, formatYuan(payout.amountFen));
      }
    }
  }

  #dataOf<N extends keyof EventMap>(type: N): EventMap[N][] {
    return this.told.filter((one) => one.type === type).map(({ data }) => data as EventMap[N]);
  }

  /** What holds at any time. */
  check(): void {
    const all = this.entries.flatMap(({ postings }) => postings);
    for (const { postings } of this.entries) {
      for (const offFen of imbalanceOf(postings).values()) expect(offFen).toBe(0n);
    }
    expect(new Set(this.entries.map(({ id }) => id)).size).toBe(this.entries.length);

    const bookings = this.#dataOf('LoanBooked').length;
    const cancelled = this.#dataOf('AuthorisationCancelled').map(({ cause }) => cause);
    expect(bookings).toBeLessThanOrEqual(1);
    expect(cancelled.length).toBeLessThanOrEqual(1);
    const loan = this.booked?.loan;
    expect(loan !== undefined).toBe(bookings === 1);
    // Of commit and void one wins; a booked loan falls only where nothing was paid.
    if (bookings === 1 && cancelled.length === 1) expect(cancelled).toEqual(['NOTHING_PAID']);
    if (loan === undefined) {
      expect(this.entries).toEqual([]);
      expect(this.#dataOf('PayoutInstructed')).toEqual([]);
      return;
    }

    const instructed = this.#dataOf('PayoutInstructed');
    expect(new Set(instructed.map(({ payoutId }) => payoutId)).size).toBe(instructed.length);
    expect(instructed.map(({ payoutId }) => payoutId)).toEqual(
      loan.payouts.map((_, index) => `${AUTHORISATION}/${index + 1}`),
    );
    const sumOf = (...statuses: string[]) =>
      sumFen(
        loan.payouts.filter(({ status }) => statuses.includes(status)).map((one) => one.amountFen),
      );
    const paid = sumOf('paid');
    const open = sumOf('instructed', 'unknown');
    const released = sumFen(this.#dataOf('LimitReleased').map(({ amount }) => fenOfMoney(amount)));
    expect(paid + open + loan.undrawnFen + released).toBe(LIMIT_FEN);

    const account = this.story.held()[accountName(LOAN)] as LoanAccount;
    expect(balanceFen('9001', all)).toBe(open + loan.undrawnFen);
    expect(account.reservedFen).toBe(open + loan.undrawnFen);
    expect(balanceFen('1303', all)).toBe(paid);
    expect(account.posted.drawnFen).toBe(paid);
    expect(balanceFen('2011', all)).toBe(0n);
    expect(balanceFen('1003', all)).toBe(-paid);

    const disbursed = this.#dataOf('LoanDisbursed').map(({ amount }) => fenOfMoney(amount));
    expect(disbursed).toEqual([...new Set(disbursed)].sort((a, b) => (a < b ? -1 : 1)));
    if (open === 0n) expect(disbursed.at(-1) ?? 0n).toBe(paid);
    expect(loan.status).toBe(
      paid > 0n && disbursed.length > 0
        ? 'disbursed'
        : isOver(open, paid)
          ? 'payout-failed'
          : 'booked',
    );

    const alarms = this.told
      .map(({ type }) => type)
      .filter((type) => type === 'LoanUnpaid' || type === 'LoanUnpaidCleared');
    alarms.forEach((type, index) => {
      expect(type).toBe(index % 2 === 0 ? 'LoanUnpaid' : 'LoanUnpaidCleared');
    });
    expect(loan.unpaidSinceMs !== null).toBe(alarms.length % 2 === 1);
    if (open === 0n) expect(loan.unpaidSinceMs).toBeNull();
  }
}

const isOver = (open: Fen, paid: Fen) => open === 0n && paid === 0n;

const worlds = fc.record({ rejects: fc.uniqueArray(fc.integer({ min: 1, max: PAYOUTS_MAX })) });

it('keeps limit, debt and deposit right at every step, and comes to an end', () => {
  fc.assert(
    fc.property(worlds, stories, (world, told) => {
      const teller = new Teller(world);
      for (const step of told) teller.take(step);
      if (teller.booked === undefined) return;
      teller.take({ what: 'availability' });
      teller.booked.loan.payouts.forEach((_, index) => {
        teller.take({ what: 'answer', place: index + 1 });
      });
      const { loan } = teller.booked;
      expect(loan.undrawnFen).toBe(0n);
      expect(loan.unpaidSinceMs).toBeNull();
      const wasVoided = teller.told.some(({ type }) => type === 'AuthorisationCancelled');
      expect(wasVoided).toBe(loan.payouts.every(({ status }) => status === 'rejected'));
      // Whatever is told again now changes nothing.
      const before = teller.told.length;
      const entries = teller.entries.length;
      for (const step of told) {
        if (step.what !== 'draw' && step.what !== 'cancel') teller.take(step);
      }
      expect(teller.entries.length).toBe(entries);
      expect(teller.told.slice(before)).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

it('ends with the same money in whatever order the rail’s answers come', () => {
  const booking: Step[] = [{ what: 'authorise' }, { what: 'register' }, { what: 'confirm' }];
  const draws: Step[] = [10_000_00n, 15_000_00n, 25_000_00n].map((amountFen) => ({
    what: 'draw',
    amountFen,
  }));
  const places = [1, 2, 3, 4, 5];
  const orders = fc.shuffledSubarray([...places, ...places, ...places], { minLength: 15 });
  fc.assert(
    fc.property(worlds, orders, orders, (world, ...both) => {
      const ends = both.map((order) => {
        const teller = new Teller(world);
        for (const step of [...booking, ...draws]) teller.take(step);
        for (const place of order) teller.take({ what: 'answer', place });
        const account = teller.story.held()[accountName(LOAN)] as LoanAccount;
        return {
          entries: teller.entries.map(({ id }) => id).sort(),
          posted: account.posted,
          payouts: teller.booked?.loan.payouts,
        };
      });
      expect(ends[1]).toEqual(ends[0]);
    }),
    { numRuns: 100 },
  );
});
