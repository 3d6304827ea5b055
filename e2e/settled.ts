// When a whole system has come to rest, and what the check says of it then.
import type { Applicant } from '@saidao/applicants';
import { checkSystem, type Acknowledged, type Report } from '@saidao/checker';
import { loanLines as lines, topicsReadBy, type LineName } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { openDatabase, type Database } from '@saidao/worker';
import { saidao } from './command-line.ts';
import type { System } from './system.ts';

type Running = Pick<System, 'engines' | 'log' | 'lenders' | 'partitions' | 'worldUrl'>;

const SETTLED_MS = 60_000;
/**
 * A timer that is due by then would still change something, if it was set no longer ahead: what was
 * is a watch, as over a loan that might not be paid, and a long run always has some that come due.
 */
const TIMERS_WITHIN_MS = 120_000;

/** Resolves when every line has read all there is and has nothing to wake up for in that time. */
export async function untilSettled(running: Running, deadlineMs = SETTLED_MS): Promise<void> {
  await withDatabase(running, (database) => {
    const look = () => Promise.all(lines.map((line) => leftOf(line, running, database)));
    return untilAtRest(look, deadlineMs);
  });
}

/** What a line has left to do, and where the topics end that it reads. */
export interface Left {
  readonly open: readonly string[];
  readonly ends: readonly string[];
}

/**
 * One look is not enough: lines are asked at different moments, so that one may tell the next
 * something after that has been asked, and be done before it is asked itself. Nothing was on its
 * way between two looks in which nothing was left to do and between which no topic has grown.
 */
export async function untilAtRest(
  look: () => Promise<readonly Left[]>,
  deadlineMs: number,
): Promise<void> {
  let before: string | undefined;
  await eventually(
    'every line has done what there is to do',
    async () => {
      const left = await look();
      const open = left.flatMap((line) => line.open);
      const ends = left.flatMap((line) => line.ends).join(' ');
      const hasGrown = ends !== before;
      before = open.length === 0 ? ends : undefined;
      if (open.length > 0) throw new Error(open.join('; '));
      if (hasGrown) throw new Error('topics may still grow');
      return true;
    },
    { deadlineMs, everyMs: 250 },
  );
}

/** In seconds: the id of a timer is a UUID of version 7, which begins with its time. */
const SET_AT = `('x' || replace(left(id, 13), '-', ''))::bit(48)::bigint / 1000.0`;

async function leftOf(line: LineName, running: Running, database: Database): Promise<Left> {
  const lags = await running.log.lag(`saidao.${line}`, topicsReadBy(line, running.lenders));
  const { rows } = await database.query<{ parked: bigint; timers: bigint }>(
    `select (select count(*) from ${line}.parked) as parked,
            (select count(*) from ${line}.timers
             where due_at < now() + make_interval(secs => $1)
               and extract(epoch from due_at) - ${SET_AT} <= $1) as timers`,
    [TIMERS_WITHIN_MS / 1_000],
  );
  const { parked = 0n, timers = 0n } = rows[0] ?? {};
  const open = [
    ...lags.filter(({ lag }) => lag > 0n).map(({ topic, lag }) => `${line}: ${lag} of ${topic}`),
    ...(parked > 0n ? [`${line}: ${parked} parked`] : []),
    ...(timers > 0n ? [`${line}: ${timers} timers`] : []),
  ];
  return { open, ends: lags.map(({ topic, partition, next }) => `${topic}/${partition}:${next}`) };
}

/** Everything that topics, tables and the rail say, checked as of a system at rest. */
export function checked(
  { engines, lenders, partitions, worldUrl }: Running,
  acknowledged: Iterable<Acknowledged> = [],
): Promise<Report> {
  const { brokers, databaseUrl } = engines;
  const of = { brokers, databaseUrl, railUrl: worldUrl, lenders, partitions };
  return checkSystem({ ...of, acknowledged, isNew: true });
}

/** A line for each fault of chains, balances and loans, by `saidao ledger verify`; none: all is well. */
export async function faultsOfBooks(running: Running): Promise<string[]> {
  const { code, answer } = await saidao<VerifiedBooks>(running, ['ledger', 'verify']);
  const faults = answer.faults.map(({ lender, says }) => `the books of ${lender}: ${says}`);
  if (code !== 0 && faults.length === 0)
    faults.push(`the books are not verified: exit code ${code}`);
  return faults;
}

interface VerifiedBooks {
  readonly faults: readonly { readonly lender: string; readonly says: string }[];
}

/** What the channels of these applicants were told is taken, once each has been submitted. */
export function acknowledgedOf(applicants: Iterable<Applicant>): Acknowledged[] {
  return Array.from(applicants, ({ id: reference, lender: lenderId, submission }) => ({
    ...{ lenderId, channel: submission.channel, reference },
  }));
}

async function withDatabase<T>(
  { engines }: Running,
  work: (database: Database) => Promise<T>,
): Promise<T> {
  const database = openDatabase({ url: engines.databaseUrl, poolMax: 4 });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}
