// All rules over what was seen: what is wrong, and what is missing and may still come.
import type { LogSeen } from './log-seen.ts';
import type { CheckOptions, Position, PutOff, Standing, Surroundings } from './readings.ts';
import type { Counts, Finding, Report, UnderWay, Unread } from './report.ts';
import { beginnings, givenBy, hasLostEvents } from './retention.ts';
import { bookFaults } from './rules/books.ts';
import { causes } from './rules/causes.ts';
import { unansweredLoans } from './rules/loan-doors.ts';
import { authorisationsOf, isCancelled, payoutEvents, sharedMoney } from './rules/money.ts';
import { endingOf, outcomes, pledgedTwice } from './rules/outcomes.ts';
import { bookedPayouts, railFaults } from './rules/rail.ts';
import { deadLetters, headFaults, isOf, latestFaults, leftOver } from './rules/standings.ts';
import {
  lostAcknowledged,
  lostSubmissions,
  unansweredActions,
  unsubmitted,
} from './rules/submissions.ts';
import { findingOf, type Awaited, type Fact, type Found, type Story } from './story.ts';

type Judged = Omit<Report, 'counts'> & {
  readonly counts: Omit<Counts, 'events' | 'repeats' | 'doorRepeats'>;
};

/** Rules about one application. */
const storyRules: readonly ((story: Story, seen: LogSeen) => Iterable<Found>)[] = [
  causes,
  outcomes,
  payoutEvents,
];

/** A timer that is due by then would still change something. */
const SOON_MS = 3_600_000;

export function judge(read: LogSeen, surroundings: Surroundings, options: CheckOptions): Judged {
  const standings = listed(surroundings.standings);
  const seen = read.truncated.size === 0 ? read : { ...read, given: givenBy(standings) };
  const putOff = listed(surroundings.putOff);
  const rail = surroundings.rail && [...surroundings.rail];
  const books = surroundings.books && {
    entries: [...surroundings.books.entries],
    loans: [...surroundings.books.loans],
    payouts: [...surroundings.books.payouts],
  };
  const isUnread = unreadBy(surroundings.positions ?? []);
  const waits = options.live && waitsOf(seen, standings, putOff, isUnread, options.live);
  const findings: Finding[] = [];
  const underWay: UnderWay[] = [];
  const take = (found: Iterable<Found>): void => {
    for (const one of found) {
      const { mayCome, applicationId, says } = one;
      const because = mayCome === 'never' ? undefined : waits?.(one);
      if (because === undefined) findings.push(findingOf(one));
      else underWay.push({ applicationId: applicationId ?? '', says, because });
    }
  };
  take(beginnings(seen, options.isNew === true));
  for (const story of seen.stories.values()) for (const rule of storyRules) take(rule(story, seen));
  take(lostAcknowledged(surroundings.acknowledged ?? [], seen));
  take(lostSubmissions(seen));
  take(unansweredActions(seen));
  take(unansweredLoans(seen));
  take(unsubmitted(seen));
  take(pledgedTwice(seen));
  take(sharedMoney(seen));
  take(latestFaults(seen));
  take(deadLetters(standings, seen));
  if (surroundings.standings !== undefined) {
    take(headFaults(standings, listed(surroundings.lines), seen));
  }
  take(leftOver(putOff, standings));
  if (rail !== undefined) take(railFaults(rail, seen));
  if (books !== undefined) take(bookFaults(books, seen));
  if (books !== undefined && rail !== undefined) take(bookedPayouts(books.payouts, rail));
  const { waiting, counts } = counted(seen);
  return {
    ...{ findings, underWay, waiting, unread: unreadOfAll(surroundings) },
    counts: { ...counts, payouts: rail?.length ?? 0, entries: books?.entries.length ?? 0 },
  };
}

const listed = <T>(read: Iterable<T> | undefined): readonly T[] => [...(read ?? [])];

function unreadOfAll({ standings, books, rail }: Surroundings): Unread[] {
  const read = { tables: standings, books, rail };
  return (['tables', 'books', 'rail'] as const).filter((name) => read[name] === undefined);
}

function counted(seen: LogSeen) {
  const waiting: string[] = [];
  const counts = {
    ...{ applications: 0, decided: 0, withdrawn: 0, superseded: 0, authorisations: 0 },
    unjudged: 0,
  };
  for (const story of seen.stories.values()) {
    if (hasLostEvents(story, seen)) counts.unjudged += 1;
    const ending = endingOf(story);
    if (ending === undefined) continue;
    counts.applications += 1;
    counts.superseded += ending.revision - 1;
    if (ending.isWithdrawn) counts.withdrawn += 1;
    else if (ending.isDecided) counts.decided += 1;
    else if (ending.isReferred) waiting.push(story.applicationId);
    counts.authorisations += authorisationsOf(story).filter((one) => !isCancelled(one)).length;
  }
  return { waiting, counts };
}

/** Why what is missing may still come; undefined: nothing brings it any more. */
function waitsOf(
  seen: LogSeen,
  standings: readonly Standing[],
  putOff: readonly PutOff[],
  isUnread: (awaited: Awaited) => boolean,
  { nowMs, graceMs }: NonNullable<CheckOptions['live']>,
): (found: Found) => string | undefined {
  const waits = new Map<string, string>();
  const beginnings = new Map<string, string>();
  const changedMs = new Map<string, number>();
  for (const one of putOff) {
    const isSoon = one.dueAtMs === null || one.dueAtMs < nowMs + SOON_MS;
    if (!isSoon) continue;
    const because = `${one.line}: ${one.kind} ${one.what}`;
    waits.set(one.applicationId, because);
    if (one.correlationId !== null) beginnings.set(one.correlationId, because);
  }
  for (const standing of standings) {
    const { line, applicationId, blockedTopic, changedAtMs } = standing;
    const set = (because: string) => void waits.set(applicationId, `${line}: ${because}`);
    if (blockedTopic !== null) set(`a dead letter of ${blockedTopic}`);
    const unread = unreadOf(seen, applicationId, standing);
    if (unread !== undefined) set(`${unread} unread`);
    changedMs.set(applicationId, Math.max(changedAtMs, changedMs.get(applicationId) ?? 0));
  }
  return ({ applicationId, mayCome, awaited, correlationId }) => {
    const id = applicationId ?? '';
    const ownMs = Math.max(seen.newestMs.get(id) ?? 0, changedMs.get(id) ?? 0);
    const newestMs = Math.max(ownMs, awaited?.atMs ?? 0);
    if (nowMs - newestMs < graceMs) return 'it has changed just now';
    if (mayCome !== 'later') return undefined;
    if (awaited === undefined || !isUnread(awaited)) {
      return waits.get(id) ?? beginnings.get(correlationId ?? '');
    }
    return `${awaited.line}: ${awaited.place.split('/')[0]} unread`;
  };
}

/** A record that nobody has numbered is before its line as long as its group has not passed it. */
function unreadBy(positions: Iterable<Position>): (awaited: Awaited) => boolean {
  const nexts = new Map<string, bigint>();
  for (const { line, topic, partition, next } of positions) {
    nexts.set(`${line} ${topic}/${partition}`, next);
  }
  return ({ line, place }) => {
    const cut = place.lastIndexOf('/');
    const next = nexts.get(`${line} ${place.slice(0, cut)}`);
    return next !== undefined && BigInt(place.slice(cut + 1)) >= next;
  };
}

function unreadOf(
  { stories }: LogSeen,
  applicationId: string,
  { line, heads }: Standing,
): string | undefined {
  const told = stories.get(applicationId)?.told ?? new Map<string, readonly Fact[]>();
  for (const [topic, facts] of told) {
    const isUnread = (facts.at(-1)?.number ?? 0) > (heads[topic] ?? 0);
    if (isUnread && isOf(topic, line)) return topic;
  }
  return undefined;
}
