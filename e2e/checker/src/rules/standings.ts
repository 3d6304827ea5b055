// Where lines stand: nothing unread and nothing unsaid, nobody blocked, and the newest decision told.
import { lines, topicByName, topicName, topics, type LineName } from '@saidao/schemas';
import type { LogSeen } from '../log-seen.ts';
import type { PutOff, Standing } from '../readings.ts';
import type { Found } from '../story.ts';
import { decisionsOf } from './outcomes.ts';
import type { Fact } from '../story.ts';

/** What a line took or gave last is what the topic holds last. */
export function* headFaults(standings: readonly Standing[], seen: LogSeen): Iterable<Found> {
  const known = new Set<string>();
  const ofLine = new Set<string>();
  for (const { line, applicationId, heads, blockedTopic } of standings) {
    known.add(`${line} ${applicationId}`);
    ofLine.add(line);
    const told = seen.stories.get(applicationId)?.told;
    const found = (topic: string, says: string, mayCome: Found['mayCome'] = 'soon'): Found => ({
      rule: 'heads',
      place: `${line} ${applicationId}/${topic}`,
      says,
      advice: `see whether ${line} runs and what its log says; saidao status, saidao topics`,
      applicationId,
      mayCome,
    });
    for (const [topic, head] of Object.entries(heads)) {
      const last = told?.get(topic)?.at(-1)?.number ?? 0;
      const isOwn = topicByName(topic)?.writer === line;
      if (head > last && !(last === 0 && isCut(seen, topic))) {
        yield found(
          topic,
          `${isOwn ? 'gave' : 'took'} number ${head}; the topic ends with ${last}`,
        );
      }
      if (head < last && isOwn) yield found(topic, `gave number ${head}; the topic has ${last}`);
      if (head < last && !isOwn && blockedTopic === null) {
        yield found(topic, `has taken number ${head} of ${last}`, 'later');
      }
    }
  }
  yield* unknownTo(known, ofLine, seen);
}

/** Lines that have met nothing of an application whose events they read. */
function* unknownTo(
  known: ReadonlySet<string>,
  ofLine: ReadonlySet<string>,
  seen: LogSeen,
): Iterable<Found> {
  for (const line of lines.filter((one) => ofLine.has(one))) {
    for (const { applicationId, told } of seen.stories.values()) {
      if (known.has(`${line} ${applicationId}`)) continue;
      const topic = [...told.keys()].find((one) => isRead(one, line));
      if (topic === undefined) continue;
      yield {
        rule: 'heads',
        place: `${line} ${applicationId}/${topic}`,
        says: 'has taken none of it',
        advice: `see whether ${line} runs: saidao status, saidao topics`,
        applicationId,
        mayCome: 'later',
      };
    }
  }
}

const isRead = (topic: string, line: LineName): boolean =>
  topicByName(topic)?.readers.includes(line) === true;

const isCut = ({ truncated }: LogSeen, topic: string): boolean =>
  [...truncated.keys()].some((partition) => partition.startsWith(`${topic}/`));

/** Nothing is kept for later for long, but what a dead letter holds back. */
export function* leftOver(
  putOff: readonly PutOff[],
  standings: readonly Standing[],
): Iterable<Found> {
  const blocked = new Set(
    standings
      .filter(({ blockedTopic }) => blockedTopic !== null)
      .map(({ line, applicationId }) => `${line} ${applicationId}`),
  );
  for (const { line, applicationId, kind, what } of putOff) {
    if (kind !== 'parked' || blocked.has(`${line} ${applicationId}`)) continue;
    yield {
      rule: 'heads',
      place: `${line} ${applicationId}`,
      says: `keeps a record of ${what} that waits for another`,
      advice: `see ${line}.parked, and saidao trace ${applicationId} for what is missing`,
      applicationId,
      mayCome: 'soon',
    };
  }
}

/** Dead letters for which nobody has asked anything, and applications that wait for one. */
export function* deadLetters(standings: readonly Standing[], seen: LogSeen): Iterable<Found> {
  const open = new Map<string, Found>();
  for (const {
    line,
    original,
    place,
    identity,
    code,
    reason,
    applicationId,
    atMs,
  } of seen.letters) {
    const askedMs = seen.asked.get(`${line} ${original}`) ?? -Infinity;
    if (askedMs >= atMs) continue;
    open.set(`${line} ${original}`, {
      rule: 'dead-letters',
      place: `${place} of ${identity}`,
      says: `could not be taken: ${code} ${reason}`,
      advice: `saidao dead-letters show ${place}, then replay or discard it`,
      applicationId,
      mayCome: 'never',
    });
  }
  yield* open.values();
  for (const { line, applicationId, blockedTopic } of standings) {
    if (blockedTopic === null) continue;
    yield {
      rule: 'dead-letters',
      place: `${line} ${applicationId}`,
      says: `is blocked by a dead letter of ${blockedTopic}`,
      advice: `saidao dead-letters list --application ${applicationId}`,
      applicationId,
      mayCome: 'never',
    };
  }
}

const statuses: Readonly<Record<string, string>> = {
  LoanReferred: 'REFERRED',
  LoanApproved: 'APPROVED',
  LoanDeclined: 'DECLINED',
  OfferExpired: 'EXPIRED',
  DisbursementAuthorised: 'AUTHORISED',
  CancellationRequested: 'CANCELLING',
  ApprovalUndone: 'UNDONE',
};

/** Undefined: nothing has been decided that the latest decision tells. */
function statusOf(decisions: readonly Fact[]): string | undefined {
  let status: string | undefined;
  for (const { type, says } of decisions) {
    if (type === 'ApplicationClosed') status = says.cause;
    else if (type === 'ReviewRecorded' && says.action === 'UNDO_REFUSED') status = 'AUTHORISED';
    else status = statuses[type] ?? status;
  }
  return status;
}

/** The compacted topic says what the newest decision says; `saidao verify --repair` mends it. */
export function* staleLatest(seen: LogSeen): Iterable<Found> {
  for (const story of seen.stories.values()) {
    const { applicationId, lenderId } = story;
    const decisions = decisionsOf(story);
    const status = statusOf(decisions);
    const number = decisions.at(-1)?.number ?? 0;
    if (status === undefined) continue;
    const latest = seen.latest.get(applicationId);
    const found = (says: string): Found => ({
      rule: 'latest-decisions',
      place: latest?.place ?? `${topicName(topics.latestDecisions, lenderId)} ${applicationId}`,
      says,
      advice: 'saidao verify --repair tells it again',
      applicationId,
      mayCome: 'soon',
    });
    if (latest === undefined) yield found(`is missing; number ${number} says ${status}`);
    else if (latest.sequence !== number || latest.status !== status) {
      const { sequence, status: says } = latest;
      yield found(`says ${says} by number ${sequence}; number ${number} says ${status}`);
    }
  }
}
