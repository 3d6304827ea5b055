// The work of the days line in its transaction: chunks of loans into the books, then lanes closed.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LoanWorld } from '@saidao/loans';
import { daysBetween, type BusinessDate } from '@saidao/values';
import { stateFromText, stateToText, type Transaction } from '@saidao/worker';
import { writeEntries } from '../books/write-entries.ts';
import type { DaysRow } from '../days.decide.ts';
import { accountName, type LoanAccount } from '../loan/account.ts';
import { LOAN_CHANGED } from '../loan/loan.decide.ts';
import { writePositions } from '../loan/write-positions.ts';
import { closeLoans, type ClosedLoan } from './close-loans.ts';

/** Of all lanes: a turn has to end well within its session, and who repays waits for the rows. */
const LOANS_MAX = 1_000;
/** Loans that are behind by more than a day count by their days. */
const LOAN_DAYS_MAX = 2_000;
/** A machine that is slower than thought does fewer: what is left is for the next turn. */
const TURN_MS_MAX = 2_000;
/** So many are written while the next are reckoned, */
const WRITTEN_AT_ONCE = 200;
/** and after so many the database is listened to. */
const RECKONED_AT_ONCE = 25;

export interface DayCloserOptions {
  readonly world: LoanWorld;
  /** Loans of one turn, at most. */
  readonly loansMax?: number;
  /** Keeps where the chain of a lane stands, and signs the day once all lanes have closed it. */
  readonly closeLane: (transaction: Transaction, row: DaysRow) => Promise<void>;
}

/** What came of a row. */
export interface DayWork {
  /** Days of loans that were closed. */
  readonly loanDays: number;
  /** Whether the lane has closed the day. */
  readonly isClosed: boolean;
}

export interface DayCloser {
  close(transaction: Transaction, rows: readonly DaysRow[]): Promise<void>;
  workOf(row: DaysRow): DayWork;
}

interface Candidate {
  readonly row: DaysRow;
  readonly loanId: string;
  readonly closedOn: BusinessDate;
  /** By lender; null: it had no other loan that something was owed on. */
  readonly debtor: string | null;
}

export function dayCloser(options: DayCloserOptions): DayCloser {
  const { world, closeLane, loansMax = LOANS_MAX } = options;
  const works = new WeakMap<DaysRow, DayWork>();

  return { close, workOf: (row) => works.get(row) ?? { loanDays: 0, isClosed: false } };

  /** Locks accounts by their names, then the heads of chains: in this order everybody books. */
  async function close(transaction: Transaction, rows: readonly DaysRow[]): Promise<void> {
    const untilMs = performance.now() + TURN_MS_MAX;
    const candidates: Candidate[] = [];
    const left = new Set<DaysRow>();
    for (const row of rows) {
      const most = loansMax - candidates.length;
      const found = most === 0 ? [] : await candidatesOf(transaction, row, most);
      if (found.length === most) left.add(row);
      candidates.push(...found);
    }
    if (candidates.length > 0) {
      const taken = withinDays(candidates);
      for (const { row } of candidates.slice(taken.length)) left.add(row);
      const closed = await closeCandidates(transaction, taken, untilMs);
      for (const { row } of taken.slice(closed)) left.add(row);
    }
    // One day of a lender is signed by one lane at a time: in one order, whose ever lane it is.
    for (const row of rows.toSorted(byLender)) {
      const isClosed = !left.has(row);
      if (isClosed) await closeLane(transaction, row);
      works.set(row, { loanDays: works.get(row)?.loanDays ?? 0, isClosed });
    }
  }

  /**
   * Gives how many were closed, from the first, before the time was over. While the database writes
   * some the next are reckoned: each of the two takes as long as the other.
   */
  async function closeCandidates(
    transaction: Transaction,
    candidates: readonly Candidate[],
    untilMs: number,
  ): Promise<number> {
    const texts = await lockAccounts(transaction, candidates);
    const debtors = await readDebtors(transaction, candidates, texts);
    const accountOf = accountsIn(texts);
    let reckoned = 0;
    let closed: ClosedLoan[] = [];
    let writing: Promise<void> = Promise.resolve();
    try {
      while (reckoned < candidates.length && performance.now() < untilMs) {
        const some = candidates.slice(reckoned, reckoned + RECKONED_AT_ONCE);
        closed.push(...reckon(some, debtors, accountOf));
        reckoned += some.length;
        await nextTurn();
        if (closed.length < WRITTEN_AT_ONCE) continue;
        await writing;
        writing = write(transaction, closed);
        // Told where it is waited for: meanwhile it is nobody's.
        writing.catch(() => undefined);
        closed = [];
      }
      await writing;
      await write(transaction, closed);
    } finally {
      // Whatever failed: nothing of it may be sent once the transaction has been rolled back.
      await Promise.allSettled([writing]);
    }
    return reckoned;
  }

  function reckon(
    candidates: readonly Candidate[],
    debtors: ReadonlyMap<string, readonly string[]>,
    accountOf: (loanId: string) => LoanAccount | undefined,
  ): ClosedLoan[] {
    return [...Map.groupBy(candidates, ({ row }) => row)].flatMap(([row, some]) => {
      const loans = some.map(({ loanId, debtor }) => ({
        loanId,
        ofDebtor: debtors.get(debtor ?? '') ?? [],
      }));
      const closed = closeLoans({ row, loans }, accountOf, world);
      const loanDays = closed.reduce((sum, { days }) => sum + days, works.get(row)?.loanDays ?? 0);
      works.set(row, { loanDays, isClosed: false });
      return closed;
    });
  }
}

const byLender = (one: DaysRow, other: DaysRow): number =>
  one.lenderId < other.lenderId ? -1 : Number(one.lenderId > other.lenderId);

const debtorName = (lenderId: string, uscc: string): string => `${lenderId}/${uscc}`;

/** Read when they are asked for, each once. */
function accountsIn(
  texts: ReadonlyMap<string, string>,
): (loanId: string) => LoanAccount | undefined {
  const accounts = new Map<string, LoanAccount>();
  return (loanId) => {
    const known = accounts.get(loanId);
    if (known !== undefined) return known;
    const text = texts.get(loanId);
    if (text === undefined) return undefined;
    const account = stateFromText(text) as LoanAccount;
    accounts.set(loanId, account);
    return account;
  };
}

/** One at least, or a loan that is behind by years would never be taken. */
function withinDays(candidates: readonly Candidate[]): readonly Candidate[] {
  let days = 0;
  const past = candidates.findIndex(({ closedOn, row: { date } }, index) => {
    days += daysBetween(closedOn, date);
    return index > 0 && days > LOAN_DAYS_MAX;
  });
  return past < 0 ? candidates : candidates.slice(0, past);
}

async function candidatesOf(
  transaction: Transaction,
  row: DaysRow,
  loansMax: number,
): Promise<Candidate[]> {
  const { rows } = await transaction.prepared<{
    loan_id: string;
    closed_on: string;
    debtor_uscc: string;
    others: boolean;
  }>(
    'days.loans-to-close',
    `select p.loan_id, p.closed_on::text as closed_on, p.debtor_uscc, exists (
         select from book.positions as o
         where o.lender_id = p.lender_id and o.debtor_uscc = p.debtor_uscc
           and o.loan_id <> p.loan_id and ${owedAfter('p.closed_on')}
       ) as others
     from book.positions as p
     where p.lender_id = $1 and p.lane = $2 and p.status = 'open' and p.closed_on < $3::date
     order by p.closed_on, p.loan_id limit $4`,
    [row.lenderId, row.lane, row.date, loansMax],
  );
  return rows.map(({ loan_id: loanId, closed_on: closedOn, debtor_uscc, others }) => ({
    row,
    loanId,
    closedOn,
    debtor: others ? debtorName(row.lenderId, debtor_uscc) : null,
  }));
}

/**
 * Whether something may have been owed on a loan `o` after a day: days that were missed are closed
 * by what was owed on them, though the loan was repaid since. One too many asks for nothing.
 */
const owedAfter = (day: string): string =>
  `(o.status <> 'settled' or exists (
     select from book.repayments as r where r.loan_id = o.loan_id and r.value_date > ${day}))`;

/** The text of each, as it stands once it is locked. */
async function lockAccounts(
  transaction: Transaction,
  candidates: readonly Candidate[],
): Promise<Map<string, string>> {
  const loanOf = new Map(candidates.map(({ loanId }) => [accountName(loanId), loanId]));
  const { rows } = await transaction.prepared<{ name: string; content: string | null }>(
    'days.lock-accounts',
    `select name, content from book.shared_rows where name = any($1::text[])
     order by name for update`,
    [[...loanOf.keys()]],
  );
  const texts = new Map<string, string>();
  for (const { name, content } of rows) {
    if (content !== null) texts.set(loanOf.get(name)!, content);
  }
  return texts;
}

/**
 * The loans of each debtor that has several, of all lanes. Those of other chunks are read without a
 * lock, as they only are looked at: what changes of them meanwhile counts from the next day on.
 */
async function readDebtors(
  transaction: Transaction,
  candidates: readonly Candidate[],
  texts: Map<string, string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const debtors = new Map<string, string[]>();
  const closedOn = new Map<string, BusinessDate>();
  for (const candidate of candidates) {
    const { debtor } = candidate;
    if (debtor === null) continue;
    debtors.set(debtor, []);
    const earliest = closedOn.get(debtor) ?? candidate.closedOn;
    closedOn.set(debtor, candidate.closedOn < earliest ? candidate.closedOn : earliest);
  }
  if (debtors.size === 0) return debtors;
  const names = [...debtors.keys()].map((name) => name.split('/'));
  const { rows } = await transaction.prepared<{
    loan_id: string;
    lender_id: string;
    debtor_uscc: string;
    content: string | null;
  }>(
    'days.loans-of-debtors',
    `select o.loan_id, o.lender_id, o.debtor_uscc,
       case when o.loan_id = any($4::text[]) then null else s.content end as content
     from unnest($1::text[], $2::text[], $3::date[]) as w (lender_id, debtor_uscc, closed_on)
     join book.positions as o on o.lender_id = w.lender_id and o.debtor_uscc = w.debtor_uscc
     join book.shared_rows as s on s.name = 'loan/' || o.loan_id
     where ${owedAfter('w.closed_on')}
     order by o.loan_id`,
    [
      names.map(([lenderId]) => lenderId),
      names.map(([, uscc]) => uscc),
      [...closedOn.values()],
      [...texts.keys()],
    ],
  );
  for (const { loan_id: loanId, lender_id, debtor_uscc, content } of rows) {
    debtors.get(debtorName(lender_id, debtor_uscc))?.push(loanId);
    if (content !== null) texts.set(loanId, content);
  }
  return debtors;
}

/** Entries last, alone: were one of the others refused, theirs would be sent after the rollback. */
async function write(transaction: Transaction, closed: readonly ClosedLoan[]): Promise<void> {
  if (closed.length === 0) return;
  const names = closed.map(({ account }) => accountName(account.contract.loanId));
  await Promise.all([
    transaction.prepared(
      'days.write-accounts',
      `update book.shared_rows as s set content = w.content
       from unnest($1::text[], $2::text[]) as w (name, content) where s.name = w.name`,
      [names, closed.map(({ account }) => stateToText(account))],
    ),
    writePositions(
      transaction,
      closed.map(({ position }) => position),
    ),
    wakeBookLine(transaction, closed),
  ]);
  await writeEntries(
    transaction,
    closed.flatMap(({ entries }) => entries),
  );
}

/**
 * By timers of the book line, as it alone numbers what is told of a loan. Its revision and its lane
 * are those of the application there; the id of a timer says which day of which loan it is of.
 */
async function wakeBookLine(
  transaction: Transaction,
  closed: readonly ClosedLoan[],
): Promise<void> {
  const news = closed.flatMap(({ account: { contract, identity }, changedOn }) =>
    changedOn === null ? [] : [{ ...identity, loanId: contract.loanId, date: changedOn }],
  );
  if (news.length === 0) return;
  await transaction.prepared(
    'days.wake-book',
    `insert into book.timers (id, application_id, lane, name, due_at, revision, lender_id,
       correlation_id, detail)
     select w.id, w.application_id, w.lane, '${LOAN_CHANGED}', now(), a.revision, w.lender_id,
       coalesce(a.correlation_id, w.application_id), w.detail
     from unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::text[])
       as w (id, application_id, lane, lender_id, detail)
     join book.applications as a on a.application_id = w.application_id
     on conflict (id) do nothing`,
    [
      news.map(({ loanId, date }) => `${LOAN_CHANGED}/${loanId}/${date}`),
      news.map(({ applicationId }) => applicationId),
      news.map(({ lane }) => lane),
      news.map(({ lenderId }) => lenderId),
      news.map(({ loanId, date }) => JSON.stringify({ loanId, date })),
    ],
  );
}
