// The topology that a broker is to have: topics with their settings, and rights.
import type { Acl, BrokerTopic } from '@saidao/event-log';
import { topicSpecs } from '@saidao/schemas';
import { aclsOf, type RightsOptions } from './rights.ts';

export interface TopologyOptions extends RightsOptions {
  readonly partitions: number;
  /** Copies of each partition; in production 3. */
  readonly replicationFactor: number;
  /** Copies that have to hold what is acknowledged; in production 2. */
  readonly minInSync: number;
}

export interface Topology {
  readonly topics: readonly BrokerTopic[];
  readonly acls: readonly Acl[];
}

/** What is written nowhere else: one catalogue gives topics, settings and rights. */
export function wantedTopology(options: TopologyOptions): Topology {
  const { lenders, partitions, replicationFactor, minInSync } = options;
  const topics = topicSpecs(lenders, partitions).map(({ config, ...topic }) => ({
    ...topic,
    replicationFactor,
    config: {
      ...config,
      'min.insync.replicas': String(minInSync),
      // A copy that lags behind never leads: what was acknowledged would be lost.
      'unclean.leader.election.enable': 'false',
    },
  }));
  return { topics, acls: aclsOf(options) };
}

/** The names of all settings that it has an opinion about. */
export function settingsOf({ topics }: Topology): string[] {
  return [...new Set(topics.flatMap(({ config }) => Object.keys(config)))];
}
