// A day over live loans alone: the days line from the telling of a day to the signature of the last lender.
import { join } from 'node:path';
import { BUSINESS_DATE } from '@saidao/applicants';
import { table } from '@saidao/cli';
import type { KafkaEventLog } from '@saidao/event-log';
import { encode, topicName, topics } from '@saidao/schemas';
import { writeRecord } from '@saidao/worker';
import type pg from 'pg';
import { withDatabase, type Arena, type Ground } from './arena.ts';
import { OutcomesDiffer } from './comparison.ts';
import { askProcess } from './ledger.ts';
import { LENDERS, PARTITIONS, PROJECT_ROOT } from './place.ts';
import { cpuMsOf, memoryOf } from './procfs.ts';
import type { Window } from './profile-summary.ts';
import { monotonicUs } from './usage.ts';
import { startWorker, type RunningProcess } from './workers.ts';

export interface DayRun {
  readonly loans: number;
  readonly pastDue: number;
  /** From the telling to the last signature. */
  readonly seconds: number;
  readonly loansPerSecond: number;
  /** Of the day. */
  readonly entries: number;
  readonly postings: number;
  /** The worker's own CPU time for a loan. */
  readonly cpuMs: number;
  readonly peakBytes: number;
  /** Interest that went into income, in fen: by the books, which is what the schedules say. */
  readonly accruedFen: string;
  /** Told by the book line once it runs: tiers, claims, rates. */
  readonly news: number;
  readonly verified: { readonly entries: number; readonly loans: number; readonly seconds: number };
}

export interface DayOptions {
  readonly arena: Arena;
  readonly loans: number;
  readonly seed: number;
  readonly profileFolder: string | null;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

const DATE = BUSINESS_DATE;
const LOOK_MS = 50;
const QUIET_MS_MAX = 60_000;
const SECONDS_WANTED = 60;
/** The days line asks nobody. */
const NOWHERE = 'http://127.0.0.1:9';
const BUSINESS_DAYS = topicName(topics.businessDays);

interface Filled {
  readonly loans: number;
  readonly entries: number;
  readonly pastDue: number;
  readonly performingNightFen: string;
  readonly seconds: number;
}

export async function runDay(
  options: DayOptions,
): Promise<{ readonly run: DayRun; readonly window: Window }> {
  const { arena, loans, seed, tell, profileFolder } = options;
  await using stack = new AsyncDisposableStack();
  const ground = await arena.freshGround();
  const log = stack.adopt(ground.openLog('bench'), (opened) => opened.close());
  const { databaseUrl } = ground;
  tell(`making ${loans} live loans with their entries`);
  const filled = (await askProcess(
    join(PROJECT_ROOT, 'services/disbursement-ledger/tools/fill-loans.ts'),
    { databaseUrl, loans, seed, partitions: PARTITIONS, date: DATE },
  )) as Filled;
  await withDatabase(databaseUrl, (client) => client.query('checkpoint'));

  tell(`closing a day of ${loans} loans, ${filled.pastDue} of them past due`);
  const worker = await startWorker({
    ...{ arena, ground, form: 'saidao', service: 'disbursement-ledger', profileFolder },
    ...{ outsideWorld: NOWHERE, businessDate: DATE },
    environment: { LINES: 'days' },
  });
  stack.defer(() => worker.stop());
  const cpuBeforeMs = cpuMsOf(worker.pid);
  const fromUs = monotonicUs();
  await tellDay(log);
  const seconds = await untilSigned(options, ground, worker, fromUs);
  const window = { fromUs, toUs: monotonicUs() };
  const cpuMs = (cpuMsOf(worker.pid) - cpuBeforeMs) / loans;
  const { peakBytes } = memoryOf(worker.pid);
  await worker.stop();

  tell('adding the books up');
  const checked = await check(ground, filled);
  const verified = await verify(ground, loans);
  const loansPerSecond = loans / seconds;
  const { pastDue } = filled;
  return {
    run: { loans, pastDue, seconds, loansPerSecond, cpuMs, peakBytes, ...checked, verified },
    window,
  };
}

/** As the door does: a record for each lane of each lender. */
async function tellDay(log: KafkaEventLog): Promise<void> {
  await log.send(
    LENDERS.flatMap((lenderId) =>
      Array.from({ length: PARTITIONS }, (_, partition) =>
        writeRecord(
          {
            ...{ line: 'bench', topic: BUSINESS_DAYS, partition, number: undefined },
            applicationId: `${lenderId}/${DATE}/${partition}`,
            ...{ id: `bench ${DATE}`, type: 'BusinessDayClosed', lenderId },
            time: new Date().toISOString(),
            ...{ correlationId: 'bench', causationId: 'bench', traceparent: undefined },
          },
          encode(
            'BusinessDayClosed',
            { lenderId, businessDate: DATE, partition, closedBy: 'bench' },
            BUSINESS_DAYS,
          ),
        ),
      ),
    ),
  );
}

/** In seconds since `fromUs`; rejects when the worker has ended, or once nothing moves. */
async function untilSigned(
  { signal }: DayOptions,
  { databaseUrl }: Ground,
  worker: RunningProcess,
  fromUs: number,
): Promise<number> {
  return withDatabase(databaseUrl, async (client) => {
    let heads = '';
    let movedMs = performance.now();
    for (;;) {
      signal.throwIfAborted();
      if (!worker.isRunning()) throw new Error(`${worker.name} has ended, see ${worker.log}.`);
      const { rows } = await client.query<{ signed: string; heads: string }>(
        `select (select count(*) from book.day_digests where business_date = $1) as signed,
           (select sum(seq) from book.chain_heads) as heads`,
        [DATE],
      );
      if (rows[0]?.signed === String(LENDERS.length)) return (monotonicUs() - fromUs) / 1e6;
      if (rows[0]?.heads !== heads) {
        heads = rows[0]?.heads ?? '';
        movedMs = performance.now();
      } else if (performance.now() - movedMs > QUIET_MS_MAX) {
        throw new Error(`The day is not signed and nothing moves, see ${worker.log}.`);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  });
}

/** Throws where the books are not what the schedules say. */
async function check({ databaseUrl }: Ground, filled: Filled) {
  return withDatabase(databaseUrl, async (client) => {
    const one = async (query: string): Promise<string> => String(await only(client, query));
    const ofDay = `book.entries as e join book.postings as p using (lender_id, lane, seq)
      where e.booking_date = '${DATE}'`;
    const accruedFen = await one(
      `select coalesce(sum(p.amount_fen), 0) from ${ofDay}
         and e.movement = 'ACCRUAL' and p.account = '1132' and p.side = 'debit'`,
    );
    const faults: string[] = [];
    const wanted = (what: string, is: string, should: string): void => {
      if (is !== should) faults.push(`${what}: ${is}, not ${should}`);
    };
    wanted('interest of the night in income', accruedFen, filled.performingNightFen);
    wanted(
      'loans that are not closed',
      await one(
        `select count(*) from book.positions where closed_on <> '${DATE}' and status = 'open'`,
      ),
      '0',
    );
    wanted('loans', await one('select count(*) from book.positions'), String(filled.loans));
    wanted(
      'loans that were accrued twice',
      await one(
        `select count(*) from (select e.loan_id from book.entries as e
           where e.booking_date = '${DATE}' and e.movement = 'ACCRUAL'
           group by 1 having count(*) > 1) as t`,
      ),
      '0',
    );
    wanted(
      'deadlocks',
      await one('select deadlocks from pg_stat_database where datname = current_database()'),
      '0',
    );
    if (faults.length > 0) throw new OutcomesDiffer(faults);
    return {
      accruedFen,
      entries: Number(
        await one(`select count(*) from book.entries where booking_date = '${DATE}'`),
      ),
      postings: Number(await one(`select count(*) from ${ofDay}`)),
      news: Number(await one('select count(*) from book.timers')),
    };
  });
}

async function only(client: pg.Client, query: string): Promise<unknown> {
  const { rows } = await client.query<Record<string, unknown>>(query);
  return Object.values(rows[0] ?? {})[0];
}

interface Verified {
  readonly answer?: {
    readonly lenders: readonly { readonly entries: number; readonly loans: number }[];
    readonly faults: readonly { readonly says: string }[];
    readonly seconds: number;
  };
  readonly fault?: string;
}

/** By the ledger's desk, which walks every chain and puts each position beside its postings. */
async function verify({ databaseUrl }: Ground, loans: number): Promise<DayRun['verified']> {
  const desk = join(PROJECT_ROOT, 'services/disbursement-ledger/desk/main.ts');
  const { answer, fault } = (await askProcess(desk, {
    ...{ ask: 'verify', databaseUrl, lender: null, keys: [] },
  })) as Verified;
  if (answer === undefined) throw new Error(`The desk of the ledger: ${fault}`);
  const sum = (of: 'entries' | 'loans') =>
    answer.lenders.reduce((all, lender) => all + lender[of], 0);
  const faults = answer.faults.map(({ says }) => says);
  if (sum('loans') !== loans) faults.push(`${sum('loans')} of ${loans} loans were verified`);
  if (faults.length > 0) throw new OutcomesDiffer(faults);
  return { entries: sum('entries'), loans: sum('loans'), seconds: answer.seconds };
}

export function dayLines(run: DayRun): string[] {
  const { verified } = run;
  const mb = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`;
  return [
    '',
    `A day over ${run.loans} live loans, ${run.pastDue} of them past due, the days line alone`,
    '',
    ...table([
      ['seconds', 'loans/s', 'entries', 'postings', 'CPU ms a loan', 'peak memory', 'to be told'],
      [
        run.seconds.toFixed(1),
        run.loansPerSecond.toFixed(0),
        String(run.entries),
        String(run.postings),
        run.cpuMs.toFixed(3),
        mb(run.peakBytes),
        String(run.news),
      ],
    ]),
    `  wanted: ${SECONDS_WANTED} s for 100000 loans`,
    `  ${run.accruedFen} fen of interest went into income, as the schedules say; ` +
      `${verified.entries} entries and ${verified.loans} loans verified in ` +
      `${verified.seconds.toFixed(1)} s`,
  ];
}
