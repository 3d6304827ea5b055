// What the specs of a loan share: contracts, accounts, days, and the balances of what was posted.
import {
  countingOf,
  waterfallDefault,
  type LoanContract,
  type LoanWorld,
  type Standing,
} from '@saidao/loans';
import type { EventMap } from '@saidao/schemas';
import { event } from '@saidao/testkit';
import {
  addDays,
  addMonths,
  cny,
  fenOfYuan,
  startOfBusinessDateMs,
  type Fen,
} from '@saidao/values';
import { balanceFen, chart, imbalanceOf, type AccountCode, type Entry } from '../postings.ts';
import {
  accountName,
  openAccount,
  standingNow,
  type LoanAccount,
  type LoanIdentity,
} from './account.ts';
import { loanDrawn, type LoanRow } from './changes.ts';
import { closeLoanDay, type ClosedLoanDay } from './closing.ts';
import type { LoanIn, LoanInput, LoanResult } from './input.ts';
import { decideLoan, LOAN_CHANGED, loanLocks } from './loan.decide.ts';

export const APPLICATION = '019aa000-0000-7000-8000-000000000001';
export const LENDER = 'czb-hz';
export const LOAN = `${APPLICATION}-L1`;
export const ROW = accountName(LOAN);

export const identity: LoanIdentity = {
  lenderId: LENDER,
  applicationId: APPLICATION,
  authorisationId: `${APPLICATION}/authorisation/1`,
  revision: 1,
  lane: 3,
  debtorUscc: '91330100MA2H000142',
  productId: 'TALENT',
  inclusive: ['nfra_1000w'],
};

/** Every week has five workdays, and no LPR is known: rates are fixed. */
export const world: LoanWorld = {
  calendar: {
    source: 'spec',
    from: '2026-01-01',
    to: '2030-12-31',
    holidays: [],
    workdays: [],
  },
  lpr: { source: 'spec', quotes: [] },
};

/** 1,200,000.00 over a year in equal parts of principal, at 3.6 per cent, from 5 January 2026. */
export function contractOf(change: Partial<LoanContract> = {}): LoanContract {
  const bookedOn = change.bookedOn ?? '2026-01-05';
  const termMonths = change.termMonths ?? 12;
  const method = change.method ?? 'EQUAL_PRINCIPAL';
  return {
    loanId: LOAN,
    limitFen: fenOfYuan('1200000.00'),
    method,
    bookedOn,
    maturesOn: addMonths(bookedOn, termMonths),
    termMonths,
    ratePpm: 36_000,
    lpr: null,
    counting: countingOf[method],
    convention: 'NONE',
    penalty: {
      overdueTimesPpm: 1_500_000,
      misuseTimesPpm: 2_000_000,
      compounds: true,
      graceDays: 0,
    },
    waterfall: waterfallDefault,
    technicalDays: 0,
    nonAccrualAfterDays: 90,
    vat: { ratePpm: 60_000, exemptThrough: null },
    guaranteeSharePpm: 0,
    guarantor: null,
    guaranteeClaimAfterDays: 60,
    allowancePpm: {
      normal: 10_000,
      'special-mention': 20_000,
      substandard: 250_000,
      doubtful: 500_000,
      loss: 1_000_000,
    },
    ...change,
  };
}

/** In the evening of a day in Shanghai. */
export const eveningOf = (date: string): number => startOfBusinessDateMs(date) + 72_000_000;

const about = { applicationId: APPLICATION, lenderId: LENDER, loanId: LOAN };

/** A repayment of so many yuan, from a bank file. */
export function repayment(
  reference: string,
  yuan: string,
  valueDate: string,
  change: Partial<EventMap['RepaymentReceived']> = {},
): EventMap['RepaymentReceived'] {
  return {
    ...about,
    source: 'bank-file',
    reference,
    amount: cny(fenOfYuan(yuan)),
    valueDate,
    payer: null,
    effect: 'SCHEDULED',
    ...change,
  };
}

/** What an officer says of the loan. */
export function said<T extends object>(officer: string, role: string, content: T) {
  return { ...about, officer, role, reason: 'in the file', ...content };
}

/** A loan under way, and everything that was posted for it. */
export class Books {
  account: LoanAccount;
  readonly entries: Entry[] = [];
  readonly rows: LoanRow[] = [];
  readonly #held = new Map<string, unknown>();
  #events = 0;

  constructor(change: Partial<LoanContract> = {}) {
    this.account = openAccount(contractOf(change), identity);
  }

  /** All of the limit, on the day of the booking. */
  static drawn(change: Partial<LoanContract> = {}): Books {
    const books = new Books(change);
    const { limitFen, bookedOn } = books.account.contract;
    books.draw(limitFen, bookedOn);
    return books;
  }

  draw(amountFen: Fen, on: string): this {
    const payoutId = `${identity.authorisationId}/${this.account.facts.length + 1}`;
    const booking = { eventId: payoutId, nowMs: eveningOf(on) };
    const drawn = loanDrawn(this.account, { payoutId, on, amountFen }, booking, world);
    this.account = drawn.account;
    this.#keep(drawn.rows);
    return this;
  }

  /** Each day after the last that is closed, up to this one. */
  closeThrough(date: string, debtorTier: LoanAccount['debtorTier'] = 'normal'): this {
    const { closedOn, contract } = this.account;
    for (
      let day = closedOn === null ? contract.bookedOn : addDays(closedOn, 1);
      day <= date;
      day = addDays(day, 1)
    ) {
      this.closeDay(day, debtorTier);
    }
    return this;
  }

  /** One day alone. */
  closeDay(
    date: string,
    debtorTier: LoanAccount['debtorTier'] = 'normal',
    known = world,
  ): ClosedLoanDay {
    const booking = { eventId: `day/${date}`, nowMs: eveningOf(date), bookingDate: date };
    const closed = closeLoanDay(this.account, { ...booking, date, debtorTier }, known);
    this.account = closed.account;
    this.entries.push(...closed.entries);
    return closed;
  }

  /** Decides the event as on the evening of a day, and keeps what comes of it. */
  when<N extends LoanIn>(
    type: N,
    data: EventMap[N],
    on: string,
    id?: string,
    known = world,
  ): LoanResult {
    this.#events += 1;
    const incoming = event(type, data, { id: id ?? `message-${this.#events}` });
    const asked = incoming as LoanInput['event'];
    this.#held.set(ROW, this.account);
    const held = Object.fromEntries(loanLocks(asked).map((name) => [name, this.#held.get(name)]));
    const input = { event: asked, held, applicationId: APPLICATION, nowMs: eveningOf(on) };
    const decided = decideLoan(input, known);
    for (const [name, content] of Object.entries(decided.held ?? {})) this.#held.set(name, content);
    this.account = this.#held.get(ROW) as LoanAccount;
    this.#keep(decided.rows ?? []);
    return decided;
  }

  repay(reference: string, yuan: string, valueDate: string, on = valueDate): LoanResult {
    return this.when('RepaymentReceived', repayment(reference, yuan, valueDate), on);
  }

  /** The days line has changed the loan, and wakes the book line. */
  tell(on: string, known = world): LoanResult {
    const detail = JSON.stringify({ loanId: LOAN, date: on });
    const { applicationId, lenderId } = about;
    const timer = { applicationId, lenderId, revision: 0, timerId: 'timer', dueAt: 0n, detail };
    return this.when('TimerDue', { ...timer, name: LOAN_CHANGED }, on, undefined, known);
  }

  get standing(): Standing {
    return standingNow(this.account, world);
  }

  balance(account: AccountCode): Fen {
    const postings = this.entries.flatMap((entry) => entry.postings);
    return balanceFen(account, postings);
  }

  /** Every account that is not at nought. */
  balances(): Partial<Record<AccountCode, Fen>> {
    const all = chart.map(({ code }) => [code, this.balance(code)] as const);
    return Object.fromEntries(all.filter(([, fen]) => fen !== 0n));
  }

  /** Ids of entries that are not balanced, and ids that are there twice. */
  faults(): string[] {
    const off = this.entries.filter(({ postings }) =>
      [...imbalanceOf(postings).values()].some((fen) => fen !== 0n),
    );
    const ids = this.entries.map(({ id }) => id);
    return [...off.map(({ id }) => id), ...ids.filter((id, at) => ids.indexOf(id) !== at)];
  }

  #keep(rows: readonly LoanRow[]): void {
    this.rows.push(...rows);
    for (const row of rows) if (row.kind === 'entry') this.entries.push(row.entry);
  }
}

export const typesOf = ({ events = [] }: LoanResult) => events.map(({ type }) => type);

/** Why nothing came of it; undefined: something did. */
export function causeOf({ events = [] }: LoanResult): string | null | undefined {
  const [recorded] = events;
  return recorded?.type === 'LoanActionRecorded' ? recorded.data.cause : undefined;
}
