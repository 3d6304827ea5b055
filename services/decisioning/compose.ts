// Puts decisioning together: its policy, its line and its door.
import type { BuiltWorker, WorkerContext } from '@saidao/worker';
import { answeredKeysIn, decisionStore, latestDecisionsIn } from './adapters/decisions-postgres.ts';
import { readPolicies } from './adapters/policy-files.ts';
import type { DecisioningSettings } from './config.ts';
import { decisioningDoor } from './door.ts';
import { reasonCodesOf } from './policies.ts';
import { decisioning } from './worker.ts';

export function composeDecisioning(context: WorkerContext<DecisioningSettings>): BuiltWorker {
  const { settings, log, database, clock } = context;
  const policies = readPolicies();
  return {
    lines: [decisioning(policies, decisionStore)],
    doors: [
      decisioningDoor({
        log,
        partitions: settings.partitions,
        decisions: latestDecisionsIn(database),
        answeredKeys: answeredKeysIn(database),
        reasonCodes: reasonCodesOf(policies),
        clock: () => clock.nowMs(),
      }),
    ],
  };
}
