// Checks a whole system from the outside: its tables, the rail's own book, and then its log.
import { allTopics, topicByName } from '@saidao/schemas';
import { createChecker } from './checker.ts';
import type { Acknowledged, RailPayout } from './readings.ts';
import { readLog, readPositions, type Login } from './read-log.ts';
import { readTables } from './read-tables.ts';
import type { Report } from './report.ts';

export interface SystemToCheck {
  readonly brokers: readonly string[];
  /** What brokers that ask who is there want; left out: nothing. */
  readonly login?: Login;
  /** Null: no tables are read, and rules about them say nothing. */
  readonly databaseUrl: string | null;
  /** The address under which the rail shows its book, at `/rail/book`; null: it shows none. */
  readonly railUrl: string | null;
  readonly lenders: readonly string[];
  readonly partitions: number;
  readonly acknowledged?: Iterable<Acknowledged>;
  /**
   * Of a system that goes on: how old, in milliseconds, what is missing has to be before it is
   * lost. Left out: all is at rest.
   */
  readonly graceMs?: number;
  /** Retention has taken nothing of it yet: what has lost its beginning is a finding. */
  readonly isNew?: boolean;
}

/**
 * Reads all and checks it. What is acknowledged, groups, tables and the rail come first: what they
 * say was on the log by then, or is published soon. Rejects where any of it cannot be reached.
 */
export async function checkSystem(system: SystemToCheck): Promise<Report> {
  const { brokers, login = {}, lenders, partitions, databaseUrl, railUrl, graceMs } = system;
  const acknowledged = system.acknowledged && [...system.acknowledged];
  const positions =
    graceMs === undefined ? undefined : await readPositions({ brokers, login, lenders });
  const tables = databaseUrl === null ? undefined : await readTables(databaseUrl);
  const rail = railUrl === null ? undefined : await readRail(railUrl);
  const nowMs = Date.now();
  const live = graceMs === undefined ? {} : { live: { nowMs, graceMs } };
  const { isNew = false } = system;
  const checker = createChecker({ lenders, partitions, nowMs, isNew, ...live });
  const topics = allTopics(lenders)
    .map(({ name }) => name)
    .filter((name) => topicByName(name)?.key !== 'models');
  const untilMs = graceMs === undefined ? Infinity : nowMs;
  await readLog({ brokers, login, topics, untilMs }, checker.take, checker.begin);
  return checker.finish({
    ...tables,
    ...(positions !== undefined && { positions }),
    ...(rail !== undefined && { rail }),
    ...(acknowledged !== undefined && { acknowledged }),
  });
}

/** The rail's own book: what it really moved. */
export async function readRail(railUrl: string): Promise<RailPayout[]> {
  const answer = await fetch(`${railUrl}/rail/book`);
  if (!answer.ok) throw new Error(`${railUrl}/rail/book answers ${answer.status}.`);
  const { payouts } = (await answer.json()) as {
    payouts: readonly (Omit<RailPayout, 'amountFen'> & { readonly amountFen: string })[];
  };
  return payouts.map(({ payoutId, lenderId, payee, amountFen, railReference }) => ({
    ...{ payoutId, lenderId, payee, railReference },
    amountFen: BigInt(amountFen),
  }));
}
