// The ledger alone: the book line on authorisations and confirmations, beside the barest way to write.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { BUSINESS_DATE } from '@saidao/applicants';
import type { KafkaEventLog } from '@saidao/event-log';
import { topicName, topics } from '@saidao/schemas';
import { lastAppendMs } from './appends.ts';
import { withDatabase, type Arena, type Ground } from './arena.ts';
import { OutcomesDiffer } from './comparison.ts';
import { loansOf, sendAuthorisations, sendConfirmations, type Loans } from './ledger-events.ts';
import { insertBarely, type BareRun } from './ledger-rows.ts';
import type { Form } from './options.ts';
import { LENDERS, PARTITIONS, PROJECT_ROOT } from './place.ts';
import { cpuMsOf, memoryOf } from './procfs.ts';
import type { Window } from './profile-summary.ts';
import { monotonicUs } from './usage.ts';
import { firstLanesMs, startWorker, type RunningProcess } from './workers.ts';

/** Loans booked, then paid, each from the moment the worker owned its lanes to the last append. */
export interface LineRun {
  readonly form: Form;
  readonly workers: number;
  readonly loans: number;
  /** Entries in the books when half of it was done. */
  readonly atEntries: number;
  readonly bookedPerSecond: number;
  readonly settledPerSecond: number;
  /** Of both together: loans that went all the way. */
  readonly perSecond: number;
  readonly microsPerPosting: number;
  /** The workers' own CPU time for a loan. */
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** What writing entries costs alone, a transaction with its commit, and in the line. */
export interface CostAt {
  readonly entries: number;
  readonly writeMicrosPerPosting: number;
  readonly line: LineRun;
}

export interface LedgerRun {
  readonly line: LineRun;
  readonly bare: readonly BareRun[];
  /** One event, one transaction for each row, one send at a time. */
  readonly naive: LineRun;
  readonly costs: readonly CostAt[];
  readonly four: LineRun;
  readonly deadlocks: number;
  readonly checked: { readonly entries: number; readonly postings: number };
}

export interface LedgerOptions {
  readonly arena: Arena;
  /** Of each run of the line. */
  readonly loans: number;
  /** How full the books are where the cost of a posting is compared. */
  readonly entries: number;
  readonly profileFolder: string | null;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

const WARM_UP_LOANS = 300;
const NAIVE_SHARE = 20;
const FEW_ENTRIES = 50_000;
const SAMPLE_ENTRIES = 20_000;
const ENTRIES_OF_A_LOAN = 4;
const WORKERS = 4;
const SAID_BYTES_MAX = 64 * 1024 * 1024;
/** The book asks nobody. */
const NOWHERE = 'http://127.0.0.1:9';
const DISBURSEMENTS = topicName(topics.disbursements);

export async function runLedger(
  options: LedgerOptions,
): Promise<{ readonly run: LedgerRun; readonly window: Window }> {
  const { arena, loans, entries, tell } = options;
  const naive = await runNaive(options);

  const ground = await arena.freshGround();
  const log = ground.openLog('bench');
  await using stack = new AsyncDisposableStack();
  stack.defer(() => log.close());
  const stage = { ...options, ground, log, form: 'saidao' as const };
  let next = 0;
  const take = (count: number): Loans => ({ from: (next += count) - count, count });

  tell('warming up');
  await runLine(stage, { loans: take(WARM_UP_LOANS), workers: 1 });
  const costs: CostAt[] = [];
  let window: Window = { fromUs: 0, toUs: 0 };
  let bare: readonly BareRun[] = [];
  for (const atEntries of [FEW_ENTRIES, entries]) {
    const untilEntries = atEntries - (loans * ENTRIES_OF_A_LOAN) / 2;
    tell(`filling the books up to ${untilEntries} entries`);
    const written = await fillBooks(ground, untilEntries);
    tell(`${loans} loans at ${atEntries} entries`);
    const isFirst = atEntries === FEW_ENTRIES;
    const these = take(loans);
    const fromUs = monotonicUs();
    const line = await runLine(stage, { loans: these, workers: 1, isProfiled: isFirst });
    if (isFirst) {
      window = { fromUs, toUs: monotonicUs() };
      tell('the same rows barely');
      const applications = [...loansOf(these)].map(({ applicationId }) => applicationId);
      bare = await insertBarely(ground.databaseUrl, applications);
    }
    costs.push({ entries: atEntries, writeMicrosPerPosting: written.microsPerPosting, line });
  }
  tell(`${WORKERS} workers`);
  const four = await runLine(stage, { loans: take(loans), workers: WORKERS });
  tell('adding the books up');
  const checked = await checkBooks(ground, { from: 0, count: next });
  const deadlocks = await deadlocksIn(ground);
  if (deadlocks > 0) throw new OutcomesDiffer([`${deadlocks} deadlocks`]);
  const [few] = costs;
  if (few === undefined) throw new Error('Nothing was measured.');
  return { run: { line: few.line, bare, naive, costs, four, deadlocks, checked }, window };
}

interface Stage extends LedgerOptions {
  readonly ground: Ground;
  readonly log: KafkaEventLog;
  readonly form: Form;
}

/** On ground of its own, and of few: it would take longer than all the rest. */
async function runNaive(options: LedgerOptions): Promise<LineRun> {
  const { arena, tell } = options;
  tell('one transaction for each row, one event at a time');
  const ground = await arena.freshGround();
  const log = ground.openLog('bench');
  try {
    const loans = { from: 0, count: Math.ceil(options.loans / NAIVE_SHARE) };
    const stage = { ...options, ground, log, form: 'naive' as const };
    const run = await runLine(stage, { loans, workers: 1 });
    await checkBooks(ground, loans);
    return run;
  } finally {
    await log.close();
  }
}

interface Wanted {
  readonly loans: Loans;
  readonly workers: number;
  readonly isProfiled?: boolean;
}

async function runLine(stage: Stage, wanted: Wanted): Promise<LineRun> {
  const { ground, log, form } = stage;
  const { loans, workers } = wanted;
  const { count } = loans;
  const postingsBefore = await countOf(ground, 'postings');
  const entriesBefore = await countOf(ground, 'entries');
  await sendAuthorisations(log, loans);
  const booked = await runWorkers(stage, wanted, 'LoanBooked', false);
  await sendConfirmations(log, loans);
  const settled = await runWorkers(stage, wanted, 'LoanDisbursed', true);
  const postings = (await countOf(ground, 'postings')) - postingsBefore;
  const seconds = booked.seconds + settled.seconds;
  return {
    form,
    workers,
    loans: count,
    atEntries: (entriesBefore + (await countOf(ground, 'entries'))) >> 1,
    bookedPerSecond: count / booked.seconds,
    settledPerSecond: count / settled.seconds,
    perSecond: count / seconds,
    microsPerPosting: postings === 0 ? 0 : (seconds * 1e6) / postings,
    cpuMs: (booked.cpuMs + settled.cpuMs) / count,
    peakBytes: Math.max(booked.peakBytes, settled.peakBytes),
  };
}

interface PhaseRun {
  readonly seconds: number;
  readonly cpuMs: number;
  readonly peakBytes: number;
}

/** Fresh processes on what lies there, until each loan has the event. */
async function runWorkers(
  { arena, ground, log, form, profileFolder, signal }: Stage,
  { loans, workers: count, isProfiled }: Wanted,
  type: 'LoanBooked' | 'LoanDisbursed',
  isLast: boolean,
): Promise<PhaseRun> {
  await using stack = new AsyncDisposableStack();
  const workers = await Promise.all(
    Array.from({ length: count }, (_, place) =>
      startWorker({
        label: `${loans.from}-${type}-${place}`,
        ...{ arena, ground, form, service: 'disbursement-ledger' },
        ...{ outsideWorld: NOWHERE, businessDate: BUSINESS_DATE },
        // The profile of the second phase, where the entries are: a later one takes its place.
        profileFolder: isProfiled === true && isLast ? profileFolder : null,
        environment: { LINES: 'book' },
      }),
    ),
  );
  for (const worker of workers) stack.defer(() => worker.stop());
  const lastMs = await lastAppendMs({
    ...{ log, workers, signal },
    topics: [DISBURSEMENTS],
    types: [type],
    count: loans.from + loans.count,
  });
  const startMs = Math.min(...workers.map(ownedMsOf));
  return {
    seconds: (lastMs - startMs) / 1_000,
    cpuMs: workers.reduce((sum, { pid }) => sum + cpuMsOf(pid), 0),
    peakBytes: Math.max(...workers.map(({ pid }) => memoryOf(pid).peakBytes)),
  };
}

function ownedMsOf(worker: RunningProcess): number {
  // With more workers than one some may get their lanes only when all the work is done.
  return firstLanesMs(worker.log) ?? Number.POSITIVE_INFINITY;
}

interface Filled {
  readonly entries: number;
  readonly microsPerPosting: number;
}

/** A process of the ledger's own, which knows how entries are written. */
async function fillBooks({ databaseUrl }: Ground, untilEntries: number): Promise<Filled> {
  const script = join(PROJECT_ROOT, 'services/disbursement-ledger/tools/fill-books.ts');
  const said = await askProcess(script, {
    ...{ databaseUrl, lenders: LENDERS, lanes: PARTITIONS },
    ...{ untilEntries, sampleEntries: SAMPLE_ENTRIES },
  });
  await withDatabase(databaseUrl, (client) => client.query('vacuum analyze'));
  return said as Filled;
}

export async function askProcess(script: string, question: object): Promise<unknown> {
  const said = await new Promise<string>((resolve, reject) => {
    const options = { encoding: 'utf8', maxBuffer: SAID_BYTES_MAX } as const;
    const child = execFile(process.execPath, [script], options, (error, text) => {
      if (error instanceof Error) reject(error);
      else resolve(text);
    });
    child.stdin?.end(`${JSON.stringify(question)}\n`);
  });
  return JSON.parse(said);
}

async function countOf({ databaseUrl }: Ground, table: 'entries' | 'postings'): Promise<number> {
  return withDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ is: string | null }>(
      `select to_regclass('book.${table}') as is`,
    );
    if (rows[0]?.is === null) return 0;
    const counted = await client.query<{ count: string }>(`select count(*) from book.${table}`);
    return Number(counted.rows[0]?.count);
  });
}

async function deadlocksIn({ databaseUrl }: Ground): Promise<number> {
  return withDatabase(databaseUrl, async (client) => {
    const { rows } = await client.query<{ deadlocks: string }>(
      'select deadlocks from pg_stat_database where datname = current_database()',
    );
    return Number(rows[0]?.deadlocks);
  });
}

/** Throws where the books do not say what was authorised and confirmed, once for each loan. */
async function checkBooks(
  { databaseUrl }: Ground,
  loans: Loans,
): Promise<{ readonly entries: number; readonly postings: number }> {
  const faults: string[] = [];
  const counts = await withDatabase(databaseUrl, async (client) => {
    for (const { what, query } of FAULTS) {
      const { rows } = await client.query<{ found: string }>(query);
      if (rows[0]?.found !== '0') faults.push(`${rows[0]?.found} ${what}`);
    }
    const wanted = new Map([...loansOf(loans)].map((loan) => [loan.loanId, loan.amountFen]));
    for (const movement of ['DISBURSEMENT', 'PAYOUT']) {
      const { rows } = await client.query<{ loan_id: string; fen: string; entries: string }>(
        `select e.loan_id, sum(p.amount_fen) as fen, count(distinct e.id) as entries
         from book.entries e
         join book.postings p using (lender_id, lane, seq)
         where e.movement = $1 and p.side = 'debit' and e.loan_id not like '019b0000-%'
         group by 1`,
        [movement],
      );
      if (rows.length !== wanted.size) {
        faults.push(`${rows.length} loans have a ${movement}, not ${wanted.size}`);
      }
      for (const { loan_id, fen, entries } of rows) {
        if (wanted.get(loan_id) === BigInt(fen) && entries === '1') continue;
        faults.push(`${loan_id}: ${entries} entries of ${movement} over ${fen} fen`);
      }
    }
    const { rows } = await client.query<{ entries: string; postings: string }>(
      `select (select count(*) from book.entries) as entries,
         (select count(*) from book.postings) as postings`,
    );
    return { entries: Number(rows[0]?.entries), postings: Number(rows[0]?.postings) };
  });
  if (faults.length > 0) throw new OutcomesDiffer(faults);
  return counts;
}

const FAULTS = [
  {
    what: 'entries are not balanced',
    query: `select count(*) as found from (
      select from book.postings group by lender_id, lane, seq, currency
      having sum(case side when 'debit' then amount_fen else -amount_fen end) <> 0) as off`,
  },
  {
    what: 'entries do not follow the one before',
    query: `select count(*) as found from (
      select seq, lag(seq, 1, 0::bigint) over chain as before, prev_hash,
        lag(hash, 1, decode(repeat('00', 32), 'hex')) over chain as before_hash
      from book.entries window chain as (partition by lender_id, lane order by seq)) as link
      where seq <> before + 1 or prev_hash <> before_hash`,
  },
  {
    what: 'chains end elsewhere than their heads say',
    query: `select count(*) as found from book.chain_heads h where h.seq <> coalesce((
      select max(e.seq) from book.entries e
      where e.lender_id = h.lender_id and e.lane = h.lane), 0)`,
  },
];
