// Causes: what led to each record is on the log, was there before it, and leads back to a submission.
import { topicByName, workerTopics, type EventName, type LineName } from '@saidao/schemas';
import { CLOCKS_MS, type DoorMessage, type LogSeen } from '../log-seen.ts';
import { placeOf, referenceOf, type Fact, type Found, type Story } from '../story.ts';

const byIds = new WeakMap<LogSeen, ReadonlyMap<string, readonly DoorMessage[]>>();

function messagesById(seen: LogSeen): ReadonlyMap<string, readonly DoorMessage[]> {
  const known = byIds.get(seen);
  if (known !== undefined) return known;
  const found = new Map<string, DoorMessage[]>();
  for (const message of seen.messages.values()) {
    const same = found.get(message.id);
    if (same === undefined) found.set(message.id, [message]);
    else same.push(message);
  }
  byIds.set(seen, found);
  return found;
}

/** Every event names what led to it: an event of its application, a door's message or a timer. */
export function* causes(story: Story, seen: LogSeen): Iterable<Found> {
  for (const fact of story.facts) {
    if (fact.atMs > seen.completeUntilMs) continue;
    const says = faultOf(fact, story, seen);
    if (says !== undefined) yield wrong(fact, story, 'causes', says);
  }
  yield* outOfOrder(story);
  yield* ledToTwice(story);
}

function faultOf(fact: Fact, story: Story, seen: LogSeen): string | undefined {
  const line = topicByName(fact.topic)?.writer as LineName;
  const [, applicationId, topic, digits] = /^([^/]+)\/([^/]+)\/(\d+)$/.exec(fact.cause) ?? [];
  if (topic !== undefined && digits !== undefined) {
    if (applicationId !== story.applicationId) return `was led to by another’s ${fact.cause}`;
    if (!reads(line, topic)) return `was led to by ${fact.cause}, which ${line} does not read`;
    const told = story.told.get(topic) ?? [];
    const cause = told.find(({ number }) => number === Number(digits));
    if (cause === undefined) {
      return isLost(seen, topic, fact.partition)
        ? undefined
        : `was led to by ${fact.cause}, which is not on the log`;
    }
    return cause.atMs > fact.atMs + CLOCKS_MS
      ? `was appended before ${fact.cause}, which led to it`
      : undefined;
  }
  const messages = messagesById(seen).get(fact.cause) ?? [];
  const own = messages.filter(({ topic }) => reads(line, topic));
  if (messages.length === 0) {
    return [...seen.truncated.keys()].some((partition) => mayHaveHeld(partition, line, fact))
      ? undefined
      : `was led to by «${fact.cause}», which is not on the log`;
  }
  if (own.length === 0) return `was led to by ${fact.cause}, which ${line} does not read`;
  const mine = own.filter((message) => isAbout(message, story));
  if (mine.length === 0) return `was led to by another’s ${fact.cause}`;
  return mine.some(({ atMs }) => atMs <= fact.atMs + CLOCKS_MS)
    ? undefined
    : `was appended before ${fact.cause}, which led to it`;
}

/** By its key: of a day or a model it is about all. */
function isAbout({ topic, key }: DoorMessage, story: Story): boolean {
  const keyed = topicByName(topic)?.key;
  if (keyed === 'applications') return key === story.applicationId;
  return keyed !== 'references' || (referenceOf(story) ?? key) === key;
}

/** A door is keyed by its application, but for submissions and days. */
function mayHaveHeld(partition: string, line: LineName, fact: Fact): boolean {
  const [topic = '', number] = partition.split('/');
  if (!reads(line, topic)) return false;
  return topicByName(topic)?.key !== 'applications' || number === String(fact.partition);
}

const readBy = new Map<string, boolean>();

/** Asked for each event; names of topics are few. */
function reads(line: LineName, topic: string): boolean {
  const name = `${line} ${topic}`;
  const known = readBy.get(name);
  if (known !== undefined) return known;
  const isOwn = topic === workerTopics(line).timers;
  const is = isOwn || topicByName(topic)?.readers.includes(line) === true;
  readBy.set(name, is);
  return is;
}

const isLost = ({ truncated }: LogSeen, topic: string, partition: number): boolean =>
  truncated.has(`${topic}/${partition}`);

/** A line takes a topic's events by their numbers: so do its own follow each other. */
function* outOfOrder(story: Story): Iterable<Found> {
  for (const facts of story.told.values()) {
    const last = new Map<string, number>();
    for (const fact of facts) {
      const cut = fact.cause.lastIndexOf('/');
      if (cut < 0) continue;
      const topic = fact.cause.slice(0, cut);
      const number = Number(fact.cause.slice(cut + 1));
      const before = last.get(topic) ?? 0;
      if (number < before) {
        yield wrong(fact, story, 'order', `follows from number ${number} after one from ${before}`);
      }
      last.set(topic, Math.max(number, before));
    }
  }
}

/** Told anew as often as it changes, or by each model: one cause may lead to several. */
const several: readonly EventName[] = [
  ...(['LoanScheduled', 'LoanReclassified', 'LoanRepaid'] as const),
  ...(['GuaranteeClaimed', 'GuaranteeClaimWithdrawn', 'ShadowScored'] as const),
  // An amendment passes on the one that waits before it: submissions are counted instead.
  'ApplicationAmended',
];

/**
 * One event leads to one of a type, or to one for each payout, patent or submission: also a dead
 * letter that was replayed, however often.
 */
function* ledToTwice(story: Story): Iterable<Found> {
  const known = new Set<string>();
  for (const fact of story.facts) {
    const { type, cause, says } = fact;
    if (several.includes(type)) continue;
    const { payoutId, submission, patents, authorisationId } = says;
    const once = [cause, type, payoutId, submission, patents, authorisationId].join(' ');
    if (known.has(once)) {
      yield wrong(fact, story, 'causes', `is one more ${type} of ${cause}`);
    }
    known.add(once);
  }
}

function wrong(fact: Fact, story: Story, rule: 'causes' | 'order', says: string): Found {
  const line = topicByName(fact.topic)?.writer;
  return {
    rule,
    place: placeOf(fact, story),
    says: `${says} (${fact.type})`,
    advice: `compare it with ${line}’s journal; saidao trace ${story.applicationId} shows its way`,
    applicationId: story.applicationId,
    mayCome: 'never',
  };
}
