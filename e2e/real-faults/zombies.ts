// A worker is stopped in mid-turn for longer than its session, loses its lanes, and then goes on.
import { eventually, type WorkerProcess } from '@saidao/testkit';
import { freezeAt, watchCommits, type Commits } from '../moments.ts';
import { linesOf, services, type Service } from '../system.ts';
import type { Case } from '../torture/case.ts';
import { underFire, type Fire } from './under-fire.ts';

/** Its session, and then some. */
const FROZEN_MS = 15_000;
const RATE = 1;
/** From the first submission on there is something to do for each. */
const BEFORE = 10;
/** Enough to go on while one is frozen and its lanes move. */
const FOR_EACH = 35;
const DEADLINE_MS = 120_000;

/** One case; services are frozen one after the other. */
export function zombieCases(
  environment: NodeJS.ProcessEnv,
  frozen: readonly Service[] = services,
): Case[] {
  return [
    {
      group: 'real-faults',
      name: 'a worker is frozen for longer than its session and goes on',
      run: () =>
        underFire(
          { environment, count: BEFORE + FOR_EACH * frozen.length, rate: RATE },
          async (fire) => {
            await using commits = await watchCommits(fire.system.engines.databaseUrl);
            await fire.untilSubmitted(BEFORE);
            const notes: string[] = [];
            // From the end of the line to its beginning, so that each still has work then.
            for (const service of frozen.toReversed()) {
              notes.push(await outliveSession(fire, service, commits));
            }
            return { runs: frozen.length, notes };
          },
        ),
    },
  ];
}

/** The one that is frozen has committed and not yet published; another takes its lanes. */
async function outliveSession(fire: Fire, service: Service, commits: Commits): Promise<string> {
  const { system } = fire;
  const zombie = fire.workerOf(service);
  const other = await system.startAnother(service);
  const address = await other.ready(DEADLINE_MS);
  const target = { pid: () => zombie.pid, lines: linesOf[service] };
  // With lanes of its own the zombie goes on meeting work; which has them is the broker's choice.
  const { uncommitted } = await eventually(
    `${service} has written and not yet published`,
    () => freezeAt('written', target, system, commits),
    { deadlineMs: DEADLINE_MS, everyMs: 5 },
  );
  const sinceMs = performance.now();
  try {
    await eventually(
      `${service} is frozen for longer than its session`,
      () => performance.now() - sinceMs > FROZEN_MS,
      { everyMs: 100 },
    );
    await eventually(
      `another has all lanes of ${service}`,
      async () => (await lanesOf(address)) >= linesOf[service].length * system.partitions,
      { deadlineMs: DEADLINE_MS, everyMs: 250 },
    );
  } finally {
    thaw(zombie);
  }
  // It hears that its lanes are gone and joins again, or it ends.
  await fire.untilReady();
  const seconds = ((performance.now() - sinceMs) / 1_000).toFixed(0);
  return `${service}: ${uncommitted} records not committed when frozen, ready after ${seconds} s`;
}

function thaw({ pid, isRunning }: WorkerProcess): void {
  if (isRunning()) process.kill(pid, 'SIGCONT');
}

/** Over all lines of the process. */
async function lanesOf(address: string): Promise<number> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const values = text.matchAll(/^saidao_lanes\{[^}]*\} (\d+)$/gm);
  return Array.from(values, ([, value]) => Number(value)).reduce((sum, value) => sum + value, 0);
}
