// What is different on a broker that answers, and how all of it is made as it should be.
import type { BrokerAdmin } from '@saidao/event-log';
import { differencesOf, type Difference } from './differences.ts';
import { oursOf } from './rights.ts';
import { settingsOf, wantedTopology, type TopologyOptions } from './wanted.ts';

export interface PlanOptions extends TopologyOptions {
  /** False: topics alone, of a broker that asks nobody who he is. */
  readonly rights: boolean;
}

/**
 * Rights of principals that are not ours are never looked at; those of a lender or a channel that
 * has left are ours to take away.
 */
export async function planOf(broker: BrokerAdmin, options: PlanOptions): Promise<Difference[]> {
  const all = wantedTopology(options);
  const wanted = options.rights ? all : { ...all, acls: [] };
  const topics = await broker.topics(settingsOf(wanted));
  const acls = options.rights ? await broker.acls() : [];
  if (acls === null) {
    throw new Error(
      'The broker asks nobody who he is (it has no authorizer.class.name), so that there are no ' +
        'rights: give it one, or leave rights out.',
    );
  }
  return differencesOf(wanted, { topics, acls }, oursOf(options));
}

/** Topics of those who have left are nobody's fault. */
export function isWrong({ kind }: Difference): boolean {
  return kind !== 'stranger';
}
