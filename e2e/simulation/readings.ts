// What a run looks like from outside: its log, tables and the rail's book, as the checker reads them.
import { check, type Acknowledged, type BookEntry, type Finding } from '@saidao/checker';
import type { IncomingRecord } from '@saidao/event-log';
import type { MemoryDatabase } from '@saidao/worker/memory-database';
import type { Move } from './providers.ts';
import type { BookedEntry, BookedLoan } from './service-tables.ts';

const LINES = ['intake', 'verify', 'pledge', 'scoring', 'decisioning', 'book', 'payout'] as const;

export interface Seen {
  readonly records: readonly IncomingRecord[];
  readonly server: MemoryDatabase;
  readonly moves: readonly Move[];
  readonly acknowledged: readonly Acknowledged[];
  readonly lenders: readonly string[];
  readonly partitions: number;
}

/** In the middle of a run only what can never come right is a finding; at rest all that is left. */
export function findingsOf(seen: Seen, nowMs: number, isAtRest: boolean): readonly Finding[] {
  const { records, server, moves, acknowledged, lenders, partitions } = seen;
  const readings = {
    ...{ records, acknowledged, rail: moves },
    standings: LINES.flatMap((line) => standingsOf(server, line)),
    putOff: LINES.flatMap((line) => parkedOf(server, line)),
    books: booksOf(server),
  };
  const live = isAtRest ? {} : { live: { nowMs, graceMs: Number.POSITIVE_INFINITY } };
  return check(readings, { lenders, partitions, ...live }).findings;
}

function standingsOf(server: MemoryDatabase, line: string) {
  return server
    .table<{ application_id: string; heads: string; blocked_topic: string | null }>(
      `${line}.applications`,
    )
    .all()
    .map(({ application_id: applicationId, heads, blocked_topic: blockedTopic }) => ({
      ...{ line, applicationId, blockedTopic, changedAtMs: 0 },
      heads: JSON.parse(heads) as Record<string, number>,
    }));
}

function parkedOf(server: MemoryDatabase, line: string) {
  return server
    .table<{ application_id: string; topic: string }>(`${line}.parked`)
    .all()
    .map(({ application_id: applicationId, topic: what }) => ({
      ...{ line, applicationId, correlationId: null, kind: 'parked' as const, what, dueAtMs: null },
    }));
}

function booksOf(server: MemoryDatabase) {
  const loans = server.table<BookedLoan>('book.loans').all();
  return {
    loans,
    payouts: loans.flatMap(({ payouts }) => payouts),
    entries: server.table<BookedEntry>('book.entries').all().map(summed),
  };
}

function summed({ postings, ...entry }: BookedEntry): BookEntry {
  const sumOf = (wanted: string): bigint =>
    postings.reduce((sum, { side, amountFen }) => (side === wanted ? sum + amountFen : sum), 0n);
  return {
    ...entry,
    postings: postings.length,
    debitFen: sumOf('debit'),
    creditFen: sumOf('credit'),
  };
}
