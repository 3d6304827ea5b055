// Puts decisioning together: its policy, its line and its door.
import { takenKeysIn, type BuiltWorker, type WorkerContext } from '@saidao/worker';
import { decisionMetrics } from './adapters/decision-metrics.ts';
import { decisionStore, latestDecisionsIn } from './adapters/decisions-postgres.ts';
import { readPolicies } from './adapters/policy-files.ts';
import { reviewsIn } from './adapters/reviews-postgres.ts';
import type { DecisioningSettings } from './config.ts';
import { decisioningDoor } from './door.ts';
import { reasonCodesOf, type Policies } from './policies.ts';
import { decisioning } from './worker.ts';

/** Policies are read when it starts: a member that runs on goes by those that it has read. */
export function composeDecisioning(
  context: WorkerContext<DecisioningSettings>,
  policies: Policies = readPolicies(),
): BuiltWorker {
  const { settings, log, database, clock, metrics } = context;
  return {
    lines: [decisioning(policies, decisionStore, decisionMetrics(metrics))],
    doors: [
      decisioningDoor({
        log,
        partitions: settings.partitions,
        decisions: latestDecisionsIn(database),
        reviews: reviewsIn(database),
        takenKeys: takenKeysIn(database, 'decisioning'),
        reasonCodes: reasonCodesOf(policies),
        clock: () => clock.nowMs(),
      }),
    ],
  };
}
