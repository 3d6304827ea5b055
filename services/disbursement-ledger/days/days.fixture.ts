// Loans with a past on a real PostgreSQL, days closed by the real line, and books that are re-added.
import { MemoryBroker, partitionOf, type EventLog } from '@saidao/event-log';
import type { LoanFact, RepaymentEffect } from '@saidao/loans';
import { encode, topicName, topics, workerTopics } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import {
  businessDateOf,
  fenOfYuan,
  startOfBusinessDateMs,
  type BusinessDate,
  type RepaymentPlan,
} from '@saidao/values';
import {
  openDatabase,
  startLine,
  stateFromText,
  stateToText,
  writeRecord,
  type Line,
  type Transaction,
} from '@saidao/worker';
import { lanesIn } from '../adapters/days-postgres.ts';
import { closeLaneDay } from '../books/day-digest.ts';
import { developmentSigner } from '../books/signing.ts';
import { writeEntries } from '../books/write-entries.ts';
import { ledgerDatabase } from '../database.fixture.ts';
import { daysKey, type DaysRow } from '../days.decide.ts';
import { daysLine } from '../days.worker.ts';
import {
  accountName,
  openAccount,
  standingNow,
  takeFact,
  type LoanAccount,
} from '../loan/account.ts';
import { positionOf } from '../loan/positions.ts';
import { contractOf } from '../loan/products.ts';
import { products, world } from '../loan/shipped.ts';
import { writePositions } from '../loan/write-positions.ts';
import { writeRepayments } from '../loan/write-repayments.ts';
import { dayCloser, type DayCloser } from './close-days.ts';

export const LENDER = 'czb-hz';
export const PARTITIONS = 3;
export const BOOKED_ON: BusinessDate = '2026-06-10';
/** When days are closed, unless a spec says otherwise. */
const NOW_MS = startOfBusinessDateMs('2026-11-26');

export interface LoanGiven {
  readonly lenderId?: string;
  readonly productId?: string;
  readonly debtorUscc?: string;
  readonly method?: RepaymentPlan;
  readonly yuan?: string;
  readonly bookedOn?: BusinessDate;
  readonly termMonths?: number;
  readonly guaranteed?: boolean;
  /** When its drawing was booked; left out: on its first day. */
  readonly toldOn?: BusinessDate;
}

export interface SeededLoan {
  readonly loanId: string;
  readonly applicationId: string;
  readonly lenderId: string;
  readonly lane: number;
}

export interface StartOptions {
  readonly loansMax?: number;
  /** Stands before the work of each turn. */
  readonly before?: (rows: readonly DaysRow[], transaction: Transaction) => Promise<void>;
  readonly nowMs?: number;
}

export async function openDays(adminUrl: string) {
  const db = await ledgerDatabase(adminUrl);
  const broker = new MemoryBroker();
  const log: EventLog = broker.connect();
  const own = workerTopics('days');
  const names = [topicName(topics.businessDays), own.timers, own.replay, own.deadLetter];
  await log.createTopics(names.map((name) => ({ name, partitions: PARTITIONS })));
  const running: (() => Promise<void>)[] = [];
  let serial = 0;
  let told = 0;

  /** A loan that was booked and drawn in whole on its first day. */
  async function loan(given: LoanGiven = {}): Promise<SeededLoan> {
    serial += 1;
    const hex = serial.toString(16).padStart(12, '0');
    const applicationId = `019a0000-0000-7000-8000-${hex}`;
    const { lenderId = LENDER, bookedOn = BOOKED_ON, termMonths = 12, guaranteed = false } = given;
    const loanId = `${applicationId}-L1`;
    const limitFen = fenOfYuan(given.yuan ?? '1000000.00');
    const lane = partitionOf(Buffer.from(applicationId), PARTITIONS);
    const productId = given.productId ?? 'TALENT';
    const contract = contractOf(products.of(lenderId, productId), {
      ...{ loanId, limitFen, bookedOn, termMonths, ratePpm: 36_000, lprPpm: 30_000 },
      method: given.method ?? 'EQUAL_INSTALMENT',
      addOnPpm: 6_000,
      guarantee: guaranteed ? { institution: 'guarantor', sharePpm: 800_000 } : null,
      inclusive: [],
    });
    const debtorUscc = given.debtorUscc ?? `9133${String(serial).padStart(14, '0')}`;
    const identity = {
      ...{ lenderId, applicationId, lane, debtorUscc, productId, revision: 1, inclusive: [] },
      authorisationId: `${applicationId}/authorisation/1`,
    };
    await db.database.query(
      `insert into book.loans (loan_id, lender_id, application_id, authorisation_id, approval_id,
         borrower, borrower_uscc, principal_fen, currency, rate_ppm, term_months, repayment,
         entrusted, booked_on, matures_on, status, changed_at)
       values ($1, $2, $3, $4, 'approval', 'borrower', $5, $6, 'CNY', 36000, $7, $8, false, $9,
         $10, 'booked', now())`,
      [
        ...[loanId, lenderId, applicationId, identity.authorisationId, debtorUscc, limitFen],
        ...[termMonths, contract.method, bookedOn, contract.maturesOn],
      ],
    );
    await db.database.query(
      `insert into book.applications (application_id, revision, correlation_id, lender_id)
       values ($1, 1, $1, $2)`,
      [applicationId, lenderId],
    );
    await db.database.query('insert into book.shared_rows (name, content) values ($1, $2)', [
      accountName(loanId),
      stateToText(openAccount(contract, identity)),
    ]);
    const seeded = { loanId, applicationId, lenderId, lane };
    const drawn = { id: 'drawn', kind: 'DRAWN', on: bookedOn, amountFen: limitFen } as const;
    await take(seeded, drawn, given.toldOn);
    return seeded;
  }

  /** As the book line takes it: accounts locked by name, then entries, in one transaction. */
  async function take(
    { loanId, lenderId }: SeededLoan,
    fact: LoanFact,
    toldOn: BusinessDate = fact.on,
  ): Promise<void> {
    await db.database.transaction(async (transaction) => {
      const name = accountName(loanId);
      const { rows } = await transaction.query<{ content: string }>(
        'select content from book.shared_rows where name = $1 for update',
        [name],
      );
      const account = stateFromText(rows[0]!.content) as LoanAccount;
      const booking = { eventId: `${loanId}/${fact.id}`, nowMs: startOfBusinessDateMs(toldOn) };
      const drawn = fact.kind === 'DRAWN' ? { ...fact, id: `${loanId}/${fact.id}` } : fact;
      const taken = takeFact(account, drawn, booking, world);
      await writePositions(transaction, [positionOf(taken.account, taken.standing)]);
      await transaction.query('update book.shared_rows set content = $2 where name = $1', [
        name,
        stateToText(taken.account),
      ]);
      if (fact.kind === 'REPAID') {
        const { id: reference, on: valueDate, amountFen, effect } = fact;
        const repayment = { lenderId, source: 'spec', reference, loanId, amountFen, effect };
        const row = { ...repayment, valueDate, bookedOn: toldOn, payer: null };
        await writeRepayments(transaction, [row]);
      }
      await writeEntries(transaction, taken.entries);
    });
  }

  const repay = (
    to: SeededLoan,
    on: BusinessDate,
    yuan: string,
    toldOn?: BusinessDate,
    effect: RepaymentEffect = 'SCHEDULED',
  ) => {
    const id = `repayment ${(serial += 1)}`;
    const fact = { id, kind: 'REPAID', on, amountFen: fenOfYuan(yuan), effect } as const;
    return take(to, fact, toldOn);
  };

  /** A member of the line's group: its own connections, as a process would have. */
  async function start(options: StartOptions = {}) {
    const { before, loansMax, nowMs = NOW_MS } = options;
    const database = openDatabase({ url: db.url, poolMax: 4 });
    const closer: DayCloser = dayCloser({
      world,
      ...(loansMax !== undefined && { loansMax }),
      async closeLane(transaction, { lenderId, lane, date, nowMs: atMs }) {
        const closed = { lenderId, lane, businessDate: date, lanes: PARTITIONS, nowMs: atMs };
        await closeLaneDay(transaction, closed, developmentSigner);
      },
    });
    const line = daysLine({
      lanes: lanesIn(database),
      async close(transaction, rows) {
        await before?.(rows, transaction);
        await closer.close(transaction, rows);
      },
      observes: () => undefined,
    }) as Line;
    const connection = broker.connect();
    const alarms: string[] = [];
    const member = await startLine({
      ...{ line, log: connection, database, partitions: PARTITIONS, clock: () => nowMs },
      lenders: [LENDER, 'boc-zj', 'exim-zj'],
    });
    member.observer.on('alarm', ({ message }) => alarms.push(message));
    let isStopped = false;
    const stop = async () => {
      if (isStopped) return;
      isStopped = true;
      await member.stop();
      await connection.close();
      await database.close();
    };
    running.push(stop);
    return { stop, alarms, status: () => member.status() };
  }

  /** As the door tells it: one record for each lane. */
  async function tell(businessDate: BusinessDate, lenderId = LENDER): Promise<void> {
    told += 1;
    const topic = topicName(topics.businessDays);
    await log.send(
      Array.from({ length: PARTITIONS }, (_, lane) => ({
        ...writeRecord(
          {
            ...{ line: 'test', topic, partition: lane, number: undefined, id: `day ${told}` },
            applicationId: daysKey({ lenderId, lane }, businessDate),
            ...{ type: 'BusinessDayClosed', lenderId, time: new Date(NOW_MS).toISOString() },
            ...{ correlationId: 'day', causationId: 'day', traceparent: undefined },
          },
          encode(
            'BusinessDayClosed',
            { lenderId, businessDate, partition: lane, closedBy: 'operator' },
            topic,
          ),
        ),
      })),
    );
  }

  async function isSigned(businessDate: BusinessDate, lenderId: string): Promise<boolean> {
    const { rowCount } = await db.database.query(
      'select from book.day_digests where lender_id = $1 and business_date = $2',
      [lenderId, businessDate],
    );
    return rowCount === 1;
  }

  async function closed(businessDate: BusinessDate, lenderId = LENDER): Promise<void> {
    await eventually(`${businessDate} is signed`, () => isSigned(businessDate, lenderId));
  }

  async function close(businessDate: BusinessDate, lenderId = LENDER): Promise<void> {
    await tell(businessDate, lenderId);
    await closed(businessDate, lenderId);
  }

  /** Until nothing that was told or set is left to be taken. */
  async function settled(): Promise<void> {
    await eventually('the line is idle', async () => {
      const lag = await log.lag('saidao.days', [topicName(topics.businessDays), own.timers]);
      const { rows } = await db.database.query<{ n: bigint }>(
        'select count(*) as n from days.timers',
      );
      return lag.every((one) => one.lag === 0n) && rows[0]?.n === 0n;
    });
  }

  async function textOf(query: string): Promise<string> {
    const { rows } = await db.database.query<{ row: string }>(
      `select coalesce(string_agg(t::text, E'\\n' order by t::text), '') as row from (${query}) as t`,
    );
    return rows[0]!.row;
  }

  /** All that a day may change, byte for byte. */
  const everything = async () => ({
    entries: await textOf('select * from book.entries'),
    postings: await textOf('select * from book.postings'),
    heads: await textOf('select * from book.chain_heads'),
    positions: await textOf('select * from book.positions'),
    accounts: await textOf(`select * from book.shared_rows where name like 'loan/%'`),
    timers: await textOf('select id, detail from book.timers'),
    lanes: await textOf('select * from book.lane_days'),
    digests: await textOf('select * from book.day_digests'),
  });

  async function accountOf({ loanId }: SeededLoan): Promise<LoanAccount> {
    const { rows } = await db.database.query<{ content: string }>(
      'select content from book.shared_rows where name = $1',
      [accountName(loanId)],
    );
    return stateFromText(rows[0]!.content) as LoanAccount;
  }

  /** What a loan's postings add up to on an account: debits less credits, in fen. */
  async function balancesOf({ loanId }: SeededLoan): Promise<Readonly<Record<string, bigint>>> {
    const { rows } = await db.database.query<{ account: string; fen: string }>(
      `select p.account, sum(case p.side when 'debit' then p.amount_fen else -p.amount_fen end)
         ::text as fen
       from book.entries as e join book.postings as p using (lender_id, lane, seq)
       where e.loan_id = $1 group by p.account order by p.account`,
      [loanId],
    );
    return Object.fromEntries(rows.map(({ account, fen }) => [account, BigInt(fen)]));
  }

  /** Faults of the books of a loan, put beside what its facts say it owes. */
  async function faultsOf(of: SeededLoan): Promise<string[]> {
    const account = await accountOf(of);
    const standing = standingNow(account, world);
    const balances = await balancesOf(of);
    const at = (code: string): bigint => balances[code] ?? 0n;
    const { paid, accruedFen, penaltyFen, compoundFen } = standing;
    const earnedFen = accruedFen + penaltyFen + compoundFen;
    const unpaidFen = earnedFen - paid.interestFen - paid.penaltyFen - paid.compoundFen;
    const faults: string[] = [];
    const expect = (what: string, isFen: bigint, shouldFen: bigint): void => {
      if (isFen !== shouldFen) faults.push(`${of.loanId}: ${what} ${isFen}, not ${shouldFen}`);
    };
    expect('principal', at('1303') + at('13031') + at('1221'), standing.principalFen);
    expect('interest', at('1132') + at('9003'), unpaidFen);
    expect('income', -at('6011') - at('2221') + at('9003'), earnedFen);
    expect('suspense', -at('2241'), standing.suspenseFen + standing.guaranteeHeldFen);
    expect('allowance', -at('1304'), account.posted.allowanceFen);
    return faults;
  }

  return {
    ...{ db, loan, take, repay, start, tell, closed, close, settled, everything },
    ...{ accountOf, balancesOf, faultsOf, textOf },
    today: businessDateOf(NOW_MS),
    async shut() {
      for (const stop of running) await stop();
      await log.close();
      await db.close();
    },
  };
}

export type Days = Awaited<ReturnType<typeof openDays>>;
