// Lost writes: what a channel or an officer was told is taken has come to something.
import { topicName, topics } from '@saidao/schemas';
import { judgedBy, type Judged } from '../buried.ts';
import { CLOCKS_MS, type DoorMessage, type LogSeen } from '../log-seen.ts';
import type { Acknowledged } from '../readings.ts';
import { hasLostEvents, isCut, mayBeTaken, mayCauseBeTaken } from '../retention.ts';
import { factsOfType, type Fact, type Found, type Story } from '../story.ts';

const SUBMISSIONS = topicName(topics.submissions);
const APPLICATIONS = topicName(topics.applications);
const ACTIONS = topicName(topics.reviewActions);

/** What an answer of the applicant comes to, unless it is rejected. */
const comesTo = {
  WithdrawalSubmitted: 'ApplicationWithdrawn',
  OfferAcceptanceSubmitted: 'OfferAccepted',
  OfferDeclineSubmitted: 'OfferDeclined',
} as const;
type AnswerName = keyof typeof comesTo;
const answers = Object.keys(comesTo) as readonly AnswerName[];

/** What was acknowledged is on the log, under the application that the door named. */
export function* lostAcknowledged(
  acknowledged: Iterable<Acknowledged>,
  seen: LogSeen,
): Iterable<Found> {
  const stories = storiesByReference(seen);
  const ids = new Map<string, Set<string>>();
  for (const { topic, key, id } of seen.messages.values()) {
    if (topic !== SUBMISSIONS) continue;
    const known = ids.get(key);
    if (known === undefined) ids.set(key, new Set([id]));
    else known.add(id);
  }
  for (const { lenderId, channel, reference, messageId, applicationId } of acknowledged) {
    const key = `${lenderId}/${channel}/${reference}`;
    const story = stories.get(key);
    const found = (says: string): Found => ({
      rule: 'lost-writes',
      place: messageId === undefined ? key : `${key} ${messageId}`,
      says,
      advice: 'the channel has to send it again; see which broker lost it, and its settings',
      applicationId: applicationId ?? story?.applicationId ?? null,
      // The log has acknowledged it: nothing brings it any more.
      mayCome: 'never',
    });
    const known = ids.get(key);
    if (
      !isCut(seen, SUBMISSIONS) &&
      (known === undefined || (messageId !== undefined && !known.has(messageId)))
    ) {
      yield found('was acknowledged and is not on the log');
    }
    if (applicationId !== undefined && story !== undefined) {
      const { applicationId: is } = story;
      if (is !== applicationId) yield found(`was told ${applicationId}, and became ${is}`);
    }
  }
}

interface Submitted {
  readonly key: string;
  /** In the order in which they came; none that was a dead letter. */
  readonly messages: readonly Judged[];
  /** Dead letters that were replayed: in which order they were taken nobody knows. */
  readonly again: readonly Judged[];
  /** There is one that is open or was given up. */
  readonly hasDead: boolean;
  readonly story: Story | undefined;
}

/** Every submission was taken in or rejected; one that says nothing new may be neither. */
export function* lostSubmissions(seen: LogSeen): Iterable<Found> {
  const stories = storiesByReference(seen);
  const judgedOf = judgedBy('intake', seen);
  const byKey = Map.groupBy(
    [...seen.messages.values()].filter(({ topic }) => topic === SUBMISSIONS),
    ({ key }) => key,
  );
  for (const [key, all] of byKey) {
    const story = stories.get(key);
    const judged = all.flatMap((message) => judgedOf(message) ?? []);
    if (isUnsure(key, judged, story, seen)) continue;
    const messages = judged.filter(({ isAgain }) => !isAgain);
    const again = judged.filter(({ isAgain }) => isAgain);
    const of = { key, messages, again, hasDead: judged.length < all.length, story };
    yield* contentFaults(of);
    for (const type of answers) yield* answerFaults(type, of);
  }
}

/** What was taken in before these, or what came of them, may be gone. */
function isUnsure(
  key: string,
  messages: readonly DoorMessage[],
  story: Story | undefined,
  seen: LogSeen,
): boolean {
  const atMs = messages[0]?.atMs ?? 0;
  if (story === undefined) return [...seen.truncated].some(isLater);
  const [first] = story.told.get(APPLICATIONS) ?? [];
  if (first === undefined || first.number > 1) return true;
  const isWhole = messages[0]?.correlationId === story.correlationId;
  return !isWhole && mayBeTaken(seen, SUBMISSIONS, key, 0);

  function isLater([partition, completeMs]: readonly [string, number]): boolean {
    return partition.startsWith(`${APPLICATIONS}/`) && completeMs >= atMs;
  }
}

/** The first that is not rejected is taken, then each that says something else than the last. */
function* contentFaults({ key, messages, again, hasDead, story }: Submitted): Iterable<Found> {
  const received = ofType(story, 'ApplicationReceived');
  let first: Judged | undefined;
  let content = '';
  const amendments: Judged[] = [];
  // Nothing is amended before it has begun, and whatever began it the others are rejected.
  const beginnings = again.filter(({ type }) => type === 'ApplicationSubmitted');
  for (const message of [...beginnings, ...messages]) {
    const { type, body } = message;
    if (isRejected(message, story)) continue;
    if (type === 'ApplicationSubmitted') {
      if (first !== undefined && first.body !== body && !hasDead) {
        const isTaken = received.some(({ cause }) => cause === message.id);
        yield lost(key, isTaken ? first : message, 'has come to nothing', story);
      }
      first ??= message;
      content = content === '' ? body : content;
    } else if (type === 'AmendmentSubmitted' && body !== content) {
      amendments.push(message);
      content = body;
    }
  }
  // Whenever it was taken, what nobody else says is one more amendment.
  const bodies = new Set([...beginnings, ...messages].map(({ body }) => body));
  for (const message of again) {
    const { type, body } = message;
    if (type !== 'AmendmentSubmitted' || isRejected(message, story)) continue;
    if (!bodies.has(body)) amendments.push(message);
    bodies.add(body);
  }
  if (first !== undefined && received.length === 0) {
    yield lost(key, first, 'has come to nothing', story);
  }
  const amended = ofType(story, 'ApplicationAmended');
  // The last: those before it may have been passed on by others, and it may be still under way.
  const some = amendments.findLast(({ id }) => !amended.some(({ cause }) => cause === id));
  const says = `have come to ${amended.length} ApplicationAmended`;
  if (amended.length < amendments.length) {
    const last = some ?? (amendments.at(-1) as Judged);
    yield lost(key, last, `is one of ${amendments.length} that ${says}`, story);
  }
  // One that an operator had taken again came when it did.
  const isUnordered = hasDead || again.length > 0;
  if (amended.length <= amendments.length || isUnordered) return;
  yield {
    rule: 'causes',
    place: `${key} ${messages.at(-1)?.place}`,
    says: `${amendments.length} different AmendmentSubmitted ${says}`,
    advice: 'stop intake and see its journal under this key: one submission was taken twice',
    applicationId: story?.applicationId ?? null,
    mayCome: 'soon',
  };
}

/**
 * Each is answered by itself. One that came before its offer waits, and is answered by whatever
 * ends that; one more like it, or like one that stands, changes nothing.
 */
function* answerFaults(
  type: AnswerName,
  { key, messages, again, story }: Submitted,
): Iterable<Found> {
  const own = [...messages, ...again].filter((one) => one.type === type);
  const ids = new Set(own.map(({ id }) => id));
  const inOrder = new Set(messages.map(({ id }) => id));
  const said = answersTo(type, story);
  const late = said.filter(({ cause }) => !ids.has(cause));
  const mayStand = type !== 'OfferDeclineSubmitted';
  let stands =
    mayStand && said.some((fact) => fact.type === comesTo[type] && !inOrder.has(fact.cause));
  for (const message of own) {
    const { id, atMs } = message;
    const answer = said.find(({ cause }) => cause === id);
    if (answer !== undefined) stands ||= mayStand && answer.type === comesTo[type];
    else if (!stands && !late.some((fact) => fact.atMs + CLOCKS_MS >= atMs)) {
      yield lost(key, message, `has come to no ${comesTo[type]} and no SubmissionRejected`, story);
    }
  }
}

const ofType = (story: Story | undefined, type: Fact['type']): Fact[] =>
  story === undefined ? [] : factsOfType(story, type);

const answersTo = (type: AnswerName, story: Story | undefined): Fact[] => [
  ...ofType(story, comesTo[type]),
  ...ofType(story, 'SubmissionRejected').filter(({ says }) => says.submission === type),
];

const isRejected = ({ id, type }: DoorMessage, story: Story | undefined): boolean =>
  ofType(story, 'SubmissionRejected').some(
    ({ cause, says }) => cause === id && says.submission === type,
  );

function lost(key: string, message: Judged, says: string, story: Story | undefined): Found {
  const { place, type, awaited, correlationId } = message;
  return {
    rule: 'lost-writes',
    place: `${key} ${place}`,
    says: `is ${type} and ${says}`,
    advice: 'see intake’s journal under this key; what it never took the channel sends again',
    applicationId: story?.applicationId ?? null,
    mayCome: 'later',
    awaited,
    // Of an application that is there, what its other timers wait for brings this no more.
    ...(story === undefined && { correlationId }),
  };
}

/** Each action of an officer has exactly one answer, for the officer who waits for it. */
export function* unansweredActions(seen: LogSeen): Iterable<Found> {
  const answers = new Map<string, number>();
  for (const story of seen.stories.values()) {
    for (const { says } of factsOfType(story, 'ReviewRecorded', 'ReviewRefused')) {
      const { actionId = '', action } = says;
      // A lapse and a refused undoing are nobody’s action.
      if (action === 'LAPSED' || action === 'UNDO_REFUSED') continue;
      answers.set(actionId, (answers.get(actionId) ?? 0) + 1);
    }
  }
  const judgedOf = judgedBy('decisioning', seen);
  for (const message of seen.messages.values()) {
    const judged = message.topic === ACTIONS ? judgedOf(message) : undefined;
    if (judged === undefined) continue;
    const { key, id, type, place, awaited } = judged;
    const times = answers.get(id) ?? 0;
    if (times === 1) continue;
    yield {
      rule: 'lost-writes',
      place: `${place} ${id}`,
      says: `is ${type} and was answered ${times} times`,
      advice: `see decisioning.review_outcomes and the journal under ${key}`,
      applicationId: key,
      mayCome: times === 0 ? 'later' : 'never',
      awaited,
    };
  }
}

/** An application begins with a submission under its reference, and a reference has one of them. */
export function* unsubmitted(seen: LogSeen): Iterable<Found> {
  const correlations = new Map<string, Set<string>>();
  for (const { topic, key, correlationId } of seen.messages.values()) {
    if (topic !== SUBMISSIONS) continue;
    const known = correlations.get(key);
    if (known === undefined) correlations.set(key, new Set([correlationId]));
    else known.add(correlationId);
  }
  const holders = new Map<string, string>();
  for (const story of seen.stories.values()) {
    const { applicationId, correlationId } = story;
    const [first] = story.told.get(topicName(topics.applications)) ?? [];
    if (first === undefined) {
      const [other] = story.facts;
      if (other === undefined || hasLostEvents(story, seen)) continue;
      yield of(`has ${other.type}, and nobody took it in`);
      continue;
    }
    const { lenderId, channel, reference } = first.says;
    if (reference === undefined || first.number > 1) continue;
    const key = `${lenderId}/${channel}/${reference}`;
    const holder = holders.get(key);
    if (holder !== undefined) yield of(`is one more application of ${key}, which is ${holder}`);
    holders.set(key, holder ?? applicationId);
    if (mayCauseBeTaken(seen, SUBMISSIONS, key, first.atMs)) continue;
    const own = correlations.get(key);
    if (own === undefined) yield of(`was taken in as ${key}, which nobody submitted`);
    else if (!own.has(correlationId)) {
      yield of(`has the correlation ${correlationId}, which no submission of ${key} has`);
    }

    function of(says: string): Found {
      const advice = 'stop intake and see its claims under this reference; pay nothing on it';
      return {
        rule: 'causes',
        place: applicationId,
        says,
        advice,
        applicationId,
        mayCome: 'never',
      };
    }
  }
}

const byReference = new WeakMap<LogSeen, ReadonlyMap<string, Story>>();

function storiesByReference(seen: LogSeen): ReadonlyMap<string, Story> {
  const known = byReference.get(seen);
  if (known !== undefined) return known;
  const found = new Map<string, Story>();
  for (const story of seen.stories.values()) {
    for (const { says } of story.told.get(topicName(topics.applications)) ?? []) {
      const { lenderId, channel, reference } = says;
      if (reference !== undefined) found.set(`${lenderId}/${channel}/${reference}`, story);
    }
  }
  byReference.set(seen, found);
  return found;
}
