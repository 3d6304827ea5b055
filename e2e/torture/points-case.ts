// The cases of fault points: every action at every point that a worker passes.
import { actions, type Action } from '@saidao/testkit/fault-points';
import type { Case } from './case.ts';
import { everyFault } from './points-plan.ts';
import { runFaults } from './points-run.ts';

/** What hangs is waited for until a watch sees it: so much is tried at the same time, apart. */
const PARTS: Readonly<Record<Action, number>> = { kill: 1, throw: 1, hang: 3, duplicate: 1 };

/** The environment finds programs, such as Java. */
export function faultPointCases(environment: NodeJS.ProcessEnv): Case[] {
  return actions.flatMap((action) =>
    Array.from({ length: PARTS[action] }, (_, part) => caseOf(action, part, environment)),
  );
}

function caseOf(action: Action, part: number, environment: NodeJS.ProcessEnv): Case {
  const parts = PARTS[action];
  const name = parts === 1 ? action : `${action} ${part + 1}/${parts}`;
  const plan = everyFault(action);
  return {
    group: 'fault-points',
    name: `${name} at every point`,
    run: () =>
      runFaults({
        environment,
        plan: (passed) => plan(passed).filter((_batch, index) => index % parts === part),
        tell: (line) => void process.stdout.write(`${name.padEnd(9)} ${line}\n`),
      }),
  };
}
