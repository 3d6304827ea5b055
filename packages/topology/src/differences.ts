// What a broker has otherwise than it should: the plan of a change, or a drift.
import type { Acl, BrokerTopic } from '@saidao/event-log';
import { topicByName } from '@saidao/schemas';
import type { Topology } from './wanted.ts';

/**
 * `refused`: nothing that can be changed on a topic that holds records. `stranger`: a topic with a
 * name of ours that is not in the catalogue, which is left alone.
 */
export type Difference =
  | { readonly kind: 'topic-missing'; readonly topic: BrokerTopic }
  | {
      readonly kind: 'setting-differs';
      readonly topic: BrokerTopic;
      readonly setting: string;
      readonly is: string | null;
      readonly wanted: string;
    }
  | {
      readonly kind: 'refused';
      readonly topic: BrokerTopic;
      readonly what: 'partitions' | 'replication factor';
      readonly is: number;
      readonly wanted: number;
    }
  | { readonly kind: 'stranger'; readonly name: string }
  | { readonly kind: 'right-missing'; readonly acl: Acl }
  | { readonly kind: 'right-too-many'; readonly acl: Acl };

/** `ours` says whose rights are ours to take away; those of others are never looked at. */
export function differencesOf(
  wanted: Topology,
  live: Topology,
  ours: (principal: string) => boolean,
): Difference[] {
  const there = new Map(live.topics.map((topic) => [topic.name, topic]));
  const names = new Set(wanted.topics.map(({ name }) => name));
  const has = new Set(live.acls.map(textOfAcl));
  const wants = new Set(wanted.acls.map(textOfAcl));
  return [
    ...wanted.topics.flatMap((topic) => ofTopic(topic, there.get(topic.name))),
    ...live.topics
      .filter(({ name }) => !names.has(name) && topicByName(name) !== undefined)
      .map(({ name }) => ({ kind: 'stranger', name }) as const),
    ...wanted.acls
      .filter((acl) => !has.has(textOfAcl(acl)))
      .map((acl) => ({ kind: 'right-missing', acl }) as const),
    ...live.acls
      .filter((acl) => ours(acl.principal) && !wants.has(textOfAcl(acl)))
      .map((acl) => ({ kind: 'right-too-many', acl }) as const),
  ];
}

function ofTopic(topic: BrokerTopic, live: BrokerTopic | undefined): Difference[] {
  if (live === undefined) return [{ kind: 'topic-missing', topic }];
  const fixed = [
    ['partitions', live.partitions, topic.partitions],
    ['replication factor', live.replicationFactor, topic.replicationFactor],
  ] as const;
  return [
    ...fixed
      .filter(([, is, wanted]) => is !== wanted)
      .map(([what, is, wanted]) => ({ kind: 'refused', topic, what, is, wanted }) as const),
    ...Object.entries(topic.config).flatMap(([setting, wanted]): Difference[] => {
      const is = live.config[setting] ?? null;
      return is === wanted ? [] : [{ kind: 'setting-differs', topic, setting, is, wanted }];
    }),
  ];
}

/** One line: `User:scoring may write topic saidao.scores.v1`. */
export function textOfAcl({ principal, resource, name, pattern, operation }: Acl): string {
  const what =
    pattern === 'prefixed' ? `${resource}s that begin with ${name}` : `${resource} ${name}`;
  return `${principal} may ${operation} ${what}`;
}

/** One line for a person. */
export function textOf(difference: Difference): string {
  switch (difference.kind) {
    case 'topic-missing': {
      const { name, partitions, replicationFactor } = difference.topic;
      return `+ topic ${name}: ${partitions} partitions, ${replicationFactor} copies`;
    }
    case 'setting-differs': {
      const { topic, setting, is, wanted } = difference;
      return `~ topic ${topic.name}: ${setting} is ${is ?? 'not set'}, becomes ${wanted}`;
    }
    case 'refused': {
      const { topic, what, is, wanted } = difference;
      return `! topic ${topic.name}: ${is} ${what}, not ${wanted}: make a new topic and drain the old`;
    }
    case 'stranger':
      return `? topic ${difference.name}: in no catalogue with these lenders; left alone`;
    case 'right-missing':
      return `+ ${textOfAcl(difference.acl)}`;
    case 'right-too-many':
      return `- ${textOfAcl(difference.acl)}`;
  }
}
