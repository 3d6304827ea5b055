// The cases of fault points: every action at every point that a worker passes.
import { actions } from '@saidao/testkit/fault-points';
import type { Case } from './case.ts';
import { everyFault } from './points-plan.ts';
import { runFaults } from './points-run.ts';

/** The environment finds programs, such as Java. */
export function faultPointCases(environment: NodeJS.ProcessEnv): Case[] {
  return actions.map((action) => ({
    group: 'fault-points',
    name: `${action} at every point`,
    run: () =>
      runFaults({
        ...{ environment, plan: everyFault(action) },
        tell: (line) => void process.stdout.write(`${action.padEnd(9)} ${line}\n`),
      }),
  }));
}
