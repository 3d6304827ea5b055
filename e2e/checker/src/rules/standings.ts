// Where lines stand: nothing unread and nothing unsaid, nobody blocked, and the newest decision told.
import { lines, topicByName, topicName, topics, type Topic } from '@saidao/schemas';
import { latestName, type LogSeen } from '../log-seen.ts';
import type { PutOff, Standing } from '../readings.ts';
import { mayBeTaken } from '../retention.ts';
import type { Fact, Found, Story } from '../story.ts';
import { decisionsOf } from './outcomes.ts';

/** What a line took or gave last is what the topic holds last. */
export function* headFaults(
  standings: readonly Standing[],
  read: readonly string[],
  seen: LogSeen,
): Iterable<Found> {
  const known = new Set<string>();
  const there = new Set(read);
  for (const standing of standings) {
    known.add(`${standing.line} ${standing.applicationId}`);
    there.add(standing.line);
    yield* ownFaults(standing, seen);
  }
  yield* unknownTo(known, there, seen);
}

function* ownFaults(standing: Standing, seen: LogSeen): Iterable<Found> {
  const { line, applicationId, heads, blockedTopic } = standing;
  const told = seen.stories.get(applicationId)?.told;
  const found = (topic: string, says: string, mayCome: Found['mayCome'] = 'soon'): Found => ({
    rule: 'heads',
    place: `${line} ${applicationId}/${topic}`,
    says,
    advice: `see whether ${line} runs and what its log says; saidao status, saidao topics`,
    applicationId,
    mayCome,
  });
  // A line has no head of a topic of which it has met nothing.
  const own = [...(told?.keys() ?? [])].filter((topic) => isOf(topic, line));
  for (const topic of new Set([...Object.keys(heads), ...own])) {
    const head = heads[topic] ?? 0;
    const last = told?.get(topic)?.at(-1)?.number ?? 0;
    const isOwn = topicByName(topic)?.writer === line;
    if (head > last && !(last === 0 && mayBeTaken(seen, topic, applicationId, 0))) {
      yield found(topic, `${isOwn ? 'gave' : 'took'} number ${head}; the topic ends with ${last}`);
    }
    if (head < last && isOwn) yield found(topic, `gave number ${head}; the topic has ${last}`);
    if (head < last && !isOwn && blockedTopic === null) {
      yield found(topic, `has taken number ${head} of ${last}`, 'later');
    }
  }
}

/** Lines that have met nothing of an application whose events they read. */
function* unknownTo(
  known: ReadonlySet<string>,
  there: ReadonlySet<string>,
  seen: LogSeen,
): Iterable<Found> {
  for (const line of lines.filter((one) => there.has(one))) {
    for (const { applicationId, told } of seen.stories.values()) {
      if (known.has(`${line} ${applicationId}`)) continue;
      const topic = [...told.keys()].find((one) => isOf(one, line));
      if (topic === undefined) continue;
      const isOwn = topicByName(topic)?.writer === line;
      yield {
        rule: 'heads',
        place: `${line} ${applicationId}/${topic}`,
        says: isOwn ? 'has no row, and gave it' : 'has taken none of it',
        advice: `see whether ${line} runs, and whether its rows are gone: saidao status`,
        applicationId,
        mayCome: isOwn ? 'soon' : 'later',
      };
    }
  }
}

/** Whether the line writes or reads it. */
export function isOf(topic: string, line: string): boolean {
  const { writer, readers = [] }: Partial<Topic> = topicByName(topic) ?? {};
  return writer === line || readers.some((one) => one === line);
}

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
    const last = seen.asked.get(`${line} ${original}`)?.at(-1);
    if (last !== undefined && last.atMs >= atMs) continue;
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

/** The compacted topic says of how much these are. */
const offers: readonly Fact['type'][] = ['LoanApproved', 'DisbursementAuthorised'];

interface Decided {
  readonly status: string;
  readonly revision: number;
  /** Of an approval or an authorisation. */
  readonly amountFen: bigint | undefined;
}

/** Undefined: nothing has been decided that the latest decision tells. */
function decidedOf(decisions: readonly Fact[]): Decided | undefined {
  let decided: Decided | undefined;
  for (const { type, says } of decisions) {
    const status = statusBy(type, says);
    if (status === undefined) continue;
    const { revision, amountFen } = says;
    decided = { status, revision, amountFen: offers.includes(type) ? amountFen : undefined };
  }
  return decided;
}

function statusBy(type: Fact['type'], { cause, action }: Fact['says']): string | undefined {
  if (type === 'ApplicationClosed') return cause;
  if (type === 'ReviewRecorded' && action === 'UNDO_REFUSED') return 'AUTHORISED';
  return statuses[type];
}

/** The compacted topic says what the newest decision says; `saidao verify --repair` mends it. */
export function* latestFaults(seen: LogSeen): Iterable<Found> {
  const decided = new Set<string>();
  for (const story of seen.stories.values()) {
    const says = staleness(story, seen);
    if (says === undefined) continue;
    decided.add(story.applicationId);
    if (says === '') continue;
    const { applicationId, lenderId } = story;
    const { place } = seen.latest.get(ownLatest(story)) ?? {};
    const topic = topicName(topics.latestDecisions, lenderId);
    const advice = 'saidao verify --repair tells it again';
    yield latestFound(applicationId, place ?? `${topic} ${applicationId}`, says, advice);
  }
  const advice =
    'find who wrote it: decisioning alone writes here; its key with no value takes it off';
  for (const { applicationId, topic, partition, place } of seen.latest.values()) {
    const story = seen.stories.get(applicationId);
    const found = (says: string) => latestFound(applicationId, place, says, advice);
    if (story === undefined || !decided.has(applicationId)) {
      yield found('tells of what nobody has decided');
    } else if (topic !== topicName(topics.latestDecisions, story.lenderId)) {
      yield found(`tells what is of ${story.lenderId}`);
    } else if (partition !== story.partition) {
      yield found(`is on partition ${partition}, not on ${story.partition}`);
    }
  }
}

const ownLatest = ({ lenderId, partition, applicationId }: Story): string =>
  latestName(topicName(topics.latestDecisions, lenderId), partition, applicationId);

/** Undefined: nothing has been decided; empty: it says what was. */
function staleness(story: Story, seen: LogSeen): string | undefined {
  const decisions = decisionsOf(story);
  const decided = decidedOf(decisions);
  if (decided === undefined) return undefined;
  const number = decisions.at(-1)?.number ?? 0;
  const latest = seen.latest.get(ownLatest(story));
  const wanted = `${decided.status} of revision ${decided.revision}`;
  if (latest === undefined) return `is missing; number ${number} says ${wanted}`;
  if (latest.fault !== undefined) return `cannot be read: ${latest.fault}`;
  const is = `${latest.status} of revision ${latest.revision}`;
  const { amountFen = decided.amountFen } = latest;
  if (amountFen !== (decided.amountFen ?? amountFen)) {
    return `says ${amountFen} fen; number ${number} says ${decided.amountFen}`;
  }
  if (is === wanted && latest.sequence === number) return '';
  return `says ${is} by number ${latest.sequence}; number ${number} says ${wanted}`;
}

function latestFound(applicationId: string, place: string, says: string, advice: string): Found {
  return { rule: 'latest-decisions', place, says, advice, applicationId, mayCome: 'soon' };
}
