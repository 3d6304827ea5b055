// What the specs of a loan share: contracts, accounts, days, and the balances of what was posted.
import { countingOf, waterfallDefault, type LoanContract, type LoanWorld } from '@saidao/loans';
import { addDays, addMonths, fenOfYuan, startOfBusinessDateMs, type Fen } from '@saidao/values';
import { balanceFen, chart, imbalanceOf, type AccountCode, type Entry } from '../postings.ts';
import { accountName, openAccount, type LoanAccount, type LoanIdentity } from './account.ts';
import { loanDrawn, type LoanRow } from './changes.ts';
import { closeLoanDay } from './closing.ts';

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
    vat: { ratePpm: 60_000, exempt: false },
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

/** A loan under way, and everything that was posted for it. */
export class Books {
  account: LoanAccount;
  readonly entries: Entry[] = [];

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
    return this.keep(drawn.account, drawn.rows);
  }

  /** Each day after the last that is closed, up to this one. */
  closeThrough(date: string, debtorTier: LoanAccount['debtorTier'] = 'normal'): this {
    const { closedOn, contract } = this.account;
    for (
      let day = closedOn === null ? contract.bookedOn : addDays(closedOn, 1);
      day <= date;
      day = addDays(day, 1)
    ) {
      const booking = { eventId: `day/${day}`, nowMs: eveningOf(day), bookingDate: day };
      const closed = closeLoanDay(this.account, { ...booking, date: day, debtorTier }, world);
      this.account = closed.account;
      this.entries.push(...closed.entries);
    }
    return this;
  }

  keep(account: LoanAccount, rows: readonly LoanRow[] = []): this {
    this.account = account;
    for (const row of rows) if (row.kind === 'entry') this.entries.push(row.entry);
    return this;
  }

  balance(account: AccountCode): Fen {
    return balanceFen(
      account,
      this.entries.flatMap(({ postings }) => postings),
    );
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
}
