// What retention has taken: what may be missing for its sake, and what would be there all the same.
import { allTopics, topicByName, topicName, topics } from '@saidao/schemas';
import { CLOCKS_MS, type LogSeen } from './log-seen.ts';
import type { Standing } from './readings.ts';
import type { Found, Story } from './story.ts';

const APPLICATIONS = topicName(topics.applications);

/** How far a line may be behind: what led to an event may be older than it by so much. */
const BEHIND_MS = 7 * 86_400_000;

const ofLender = new Map<string, readonly { readonly name: string; readonly writer: string }[]>();

/** Topics on which applications of this lender have events that rules ask about. */
function storyTopics(lenderId: string) {
  const known = ofLender.get(lenderId);
  if (known !== undefined) return known;
  const own = allTopics([lenderId])
    .filter(({ topic: { numbered, readers } }) => numbered && readers.length > 0)
    .map(({ name, topic: { writer } }) => ({ name, writer }));
  ofLender.set(lenderId, own);
  return own;
}

/**
 * Retention has taken some of its events, or may have. Where the writer's row is known it says
 * whether there ever were any: a topic that some applications have nothing on is often emptied.
 */
export function hasLostEvents(story: Story, { truncated, given }: LogSeen): boolean {
  if (truncated.size === 0) return false;
  const { applicationId, partition, told, lenderId } = story;
  const beganMs = Math.min(...story.facts.map(({ atMs }) => atMs)) - CLOCKS_MS;
  return storyTopics(lenderId).some(({ name, writer }) => {
    const completeMs = truncated.get(`${name}/${partition}`);
    if (completeMs === undefined) return false;
    const [first] = told.get(name) ?? [];
    if (first !== undefined) return first.number > 1;
    const heads = given.get(`${writer} ${applicationId}`);
    if (heads !== undefined) return (heads[name] ?? 0) > 0;
    return name === APPLICATIONS || completeMs >= beganMs;
  });
}

/** Whether something of this key that is not there may have been, at this time or after it. */
export function mayBeTaken(seen: LogSeen, topic: string, key: string, atMs: number): boolean {
  const partition = seen.stories.get(key)?.partition ?? seen.partitionOf(key);
  const completeMs = seen.truncated.get(`${topic}/${partition}`);
  return completeMs !== undefined && completeMs >= atMs - CLOCKS_MS;
}

/** Whether what led to something of this time may be taken, however far a line was behind. */
export function mayCauseBeTaken(seen: LogSeen, topic: string, key: string, atMs: number): boolean {
  return mayBeTaken(seen, topic, key, atMs - BEHIND_MS);
}

/** Whether any partition of the topic has lost its beginning. */
export function isCut({ truncated }: Pick<LogSeen, 'truncated'>, topic: string): boolean {
  return [...truncated.keys()].some((partition) => partition.startsWith(`${topic}/`));
}

/** Lines' own word on what they have given, by `<line> <application>`. */
export function givenBy(standings: readonly Standing[]): LogSeen['given'] {
  return new Map(
    standings.map(({ line, applicationId, heads }) => [`${line} ${applicationId}`, heads]),
  );
}

/** What is kept for good has its beginning; on a system that is new everything has. */
export function* beginnings({ truncated }: LogSeen, isNew: boolean): Iterable<Found> {
  for (const partition of truncated.keys()) {
    const isForGood = topicByName(partition.split('/')[0] ?? '')?.retentionMs === null;
    if (!isForGood && !isNew) continue;
    yield {
      rule: 'lost-writes',
      place: partition,
      says: `has lost its beginning${isForGood ? ', and is kept for good' : ''}`,
      advice: 'see who deleted its records; restore them from a copy before anything is judged',
      applicationId: null,
      mayCome: 'never',
    };
  }
}
