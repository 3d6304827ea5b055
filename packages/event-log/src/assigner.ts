// The lane assigner: partition n of all topics goes to one member (kafkajs's own tears lanes apart).
import kafkajs from 'kafkajs';
import { EventLogError } from './port.ts';
import { spreadLanes } from './spread.ts';
import type { PartitionAssigner } from 'kafkajs';

const { KafkaJSNonRetriableError } = kafkajs;
const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const NAME = 'saidao-lanes';
const VERSION = 0;

export interface Subscriber {
  readonly memberId: string;
  readonly topics: readonly string[];
}

export interface AssignerHooks {
  /** The number of partitions that every topic had when this consumer started. */
  readonly laneCount: number;
  /** The member sends its request to join: from here on it owns nothing. */
  onJoining(): void;
  /** The topics are no longer what lanes can be made of. */
  onRefused(error: EventLogError): void;
}

/**
 * Lane n of every topic that its owner reads. In a rolling release the members' topics differ: a
 * topic's lanes then rest wherever the owner does not read it yet, until its next release.
 */
export function assignLanes(
  subscribers: readonly Subscriber[],
  laneCount: number,
): ReadonlyMap<string, Readonly<Record<string, number[]>>> {
  const spread = spreadLanes(
    subscribers.map(({ memberId }) => memberId),
    laneCount,
  );
  return new Map(
    subscribers.map(({ memberId, topics }) => [
      memberId,
      Object.fromEntries(topics.map((topic) => [topic, [...spread.get(memberId)!]])),
    ]),
  );
}

/** What is wrong with these numbers of partitions, or null. */
export function partitionsFault(
  counts: ReadonlyMap<string, number>,
  laneCount: number,
): EventLogError | null {
  const wrong = [...counts].filter(([, count]) => count !== laneCount);
  if (wrong.length === 0) return null;
  const list = wrong.map(([topic, count]) => `${topic} has ${count}`).join(', ');
  return new EventLogError(
    'SAIDAO_TOPIC_PARTITIONS',
    `all topics of a line need ${laneCount} partitions, but ${list}; partitions are never grown in ` +
      'place, since keys would move: give the topics the same number anew',
  );
}

export function laneAssigner(hooks: AssignerHooks): PartitionAssigner {
  return ({ cluster }) => ({
    name: NAME,
    version: VERSION,
    protocol({ topics }) {
      hooks.onJoining();
      const userData = Buffer.alloc(0);
      return {
        name: NAME,
        metadata: MemberMetadata.encode({ version: VERSION, topics, userData }),
      };
    },
    async assign({ members }) {
      const subscribers = members.map(({ memberId, memberMetadata }) => ({
        memberId,
        topics: MemberMetadata.decode(memberMetadata)?.topics ?? [],
      }));
      const counts = new Map<string, number>();
      for (const topic of new Set(subscribers.flatMap(({ topics }) => topics))) {
        // A topic that only members of a newer release read is unknown to this leader.
        const { length } = cluster.findTopicPartitionMetadata(topic);
        if (length > 0) counts.set(topic, length);
      }
      const fault = partitionsFault(counts, hooks.laneCount);
      if (fault !== null) {
        hooks.onRefused(fault);
        throw new KafkaJSNonRetriableError(fault.message);
      }
      const assignment = assignLanes(subscribers, hooks.laneCount);
      return Array.from(assignment, ([memberId, partitions]) => ({
        memberId,
        memberAssignment: MemberAssignment.encode({
          version: VERSION,
          assignment: partitions,
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}
