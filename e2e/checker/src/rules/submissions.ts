// Lost writes: what a channel or an officer was told is taken has come to something.
import { topicName, topics } from '@saidao/schemas';
import type { DoorMessage, LogSeen } from '../log-seen.ts';
import type { Acknowledged } from '../readings.ts';
import { factsOfType, type Fact, type Found, type Story } from '../story.ts';

const SUBMISSIONS = topicName(topics.submissions);
const ACTIONS = topicName(topics.reviewActions);

/** What a submission comes to, unless it is rejected. */
const comesTo: Readonly<Record<string, string>> = {
  ApplicationSubmitted: 'ApplicationReceived',
  AmendmentSubmitted: 'ApplicationAmended',
  WithdrawalSubmitted: 'ApplicationWithdrawn',
  OfferAcceptanceSubmitted: 'OfferAccepted',
  OfferDeclineSubmitted: 'OfferDeclined',
};

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
    const isCut = isTruncated(seen, SUBMISSIONS);
    if (!isCut && (known === undefined || (messageId !== undefined && !known.has(messageId)))) {
      yield found('was acknowledged and is not on the log');
    }
    if (applicationId !== undefined && story !== undefined) {
      const { applicationId: is } = story;
      if (is !== applicationId) yield found(`was told ${applicationId}, and became ${is}`);
    }
  }
}

/** Every submission was taken in or rejected; one that says nothing new may be neither. */
export function* lostSubmissions(seen: LogSeen): Iterable<Found> {
  const stories = storiesByReference(seen);
  const byKey = new Map<string, DoorMessage[]>();
  const dead = new Set(seen.letters.map(({ line, original }) => `${line} ${original}`));
  for (const message of seen.messages.values()) {
    if (message.topic !== SUBMISSIONS || dead.has(`intake ${message.place}`)) continue;
    const same = byKey.get(message.key);
    if (same === undefined) byKey.set(message.key, [message]);
    else same.push(message);
  }
  for (const [key, messages] of byKey) {
    const story = stories.get(key);
    for (const [type, taken] of Object.entries(comesTo)) {
      const first = messages.find((one) => one.type === type);
      if (first === undefined) continue;
      const wanted = wantedOf(type, messages);
      const said = story === undefined ? 0 : saidOf(story, type, taken);
      if (said < wanted && !(story !== undefined && hasLostEvents(story, seen))) {
        yield {
          rule: 'lost-writes',
          place: `${key} ${first.place}`,
          says: `${wanted} different ${type} have come to ${said} ${taken} or SubmissionRejected`,
          advice: 'see intake’s journal under this key; what it never took the channel sends again',
          applicationId: story?.applicationId ?? null,
          mayCome: 'later',
          sinceMs: Math.max(...messages.map(({ atMs }) => atMs)),
        };
      }
    }
  }
}

/** An amendment to what was submitted before changes nothing, and nothing comes of it. */
function wantedOf(type: string, messages: readonly DoorMessage[]): number {
  const own = messages.filter((one) => one.type === type);
  if (type !== 'ApplicationSubmitted' && type !== 'AmendmentSubmitted') return 1;
  const bodies = new Set(own.map(({ body }) => body));
  if (type === 'AmendmentSubmitted') {
    for (const one of messages) if (one.type === 'ApplicationSubmitted') bodies.delete(one.body);
  }
  return bodies.size;
}

function saidOf(story: Story, type: string, taken: string): number {
  return story.facts.filter(
    (fact) =>
      fact.type === taken || (fact.type === 'SubmissionRejected' && fact.says.submission === type),
  ).length;
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
  const dead = new Set(seen.letters.map(({ line, original }) => `${line} ${original}`));
  for (const { topic, key, id, type, place } of seen.messages.values()) {
    if (topic !== ACTIONS || dead.has(`decisioning ${place}`)) continue;
    const times = answers.get(id) ?? 0;
    // One that an operator has had taken again is answered again.
    if (times === 1 || (times > 1 && seen.asked.has(`decisioning ${place}`))) continue;
    yield {
      rule: 'lost-writes',
      place: `${place} ${id}`,
      says: `is ${type} and was answered ${times} times`,
      advice: `see decisioning.review_outcomes and the journal under ${key}`,
      applicationId: key,
      mayCome: times === 0 ? 'later' : 'never',
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
  const isCut = isTruncated(seen, SUBMISSIONS);
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
    if (reference === undefined || isCut || hasLostEvents(story, seen)) continue;
    const key = `${lenderId}/${channel}/${reference}`;
    const own = correlations.get(key);
    if (own === undefined) yield of(`was taken in as ${key}, which nobody submitted`);
    else if (!own.has(correlationId)) {
      yield of(`has the correlation ${correlationId}, which no submission of ${key} has`);
    }
    const holder = holders.get(key);
    if (holder !== undefined) yield of(`is one more application of ${key}, which is ${holder}`);
    holders.set(key, holder ?? applicationId);

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

function isTruncated({ truncated }: LogSeen, topic: string): boolean {
  return [...truncated.keys()].some((partition) => partition.startsWith(`${topic}/`));
}

/** Retention has taken some of its events, or may have. */
export function hasLostEvents(story: Story, { truncated }: LogSeen): boolean {
  if (truncated.size === 0) return false;
  const { partition, told } = story;
  for (const [first] of told.values()) if (first !== undefined && isCut(first)) return true;
  const applications = topicName(topics.applications);
  if (!told.has(applications) && truncated.has(`${applications}/${partition}`)) return true;
  const beganMs = Math.min(...story.facts.map(({ atMs }) => atMs));
  return [...truncated].some(
    ([name, completeMs]) => name.endsWith(`/${partition}`) && completeMs >= beganMs,
  );

  function isCut({ topic, number }: Fact): boolean {
    return number > 1 && truncated.has(`${topic}/${partition}`);
  }
}
