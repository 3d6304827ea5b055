// Of every worker there are one, then four, then one again, while applications flow.
import { type WorkerProcess } from '@saidao/testkit';
import { services } from '../system.ts';
import type { Case } from '../torture/case.ts';
import { underFire } from './under-fire.ts';

const COUNT = 120;
const RATE = 1;
const BEFORE = 10;
/** So many more are submitted before the next step. */
const BETWEEN = 15;
const MORE = 3;
const READY_MS = 240_000;

export function scaleCases(environment: NodeJS.ProcessEnv): Case[] {
  return [
    {
      group: 'real-faults',
      name: 'of each worker one, four, one',
      run: () =>
        underFire({ environment, count: COUNT, rate: RATE }, async (fire) => {
          const next = () =>
            fire.untilSubmitted(Math.min(COUNT, fire.acknowledged.length + BETWEEN));
          await fire.untilSubmitted(BEFORE);
          const rounds: WorkerProcess[][] = [];
          for (let round = 0; round < MORE; round += 1) {
            const others = await Promise.all(
              services.map((service) => fire.system.startAnother(service)),
            );
            await Promise.all(others.map((other) => other.ready(READY_MS)));
            rounds.push(others);
            await next();
          }
          // The first of them stop in good order, the last are killed.
          const findings: string[] = [];
          for (const [index, others] of rounds.entries()) {
            for (const other of others) {
              if (index === MORE - 1) {
                process.kill(other.pid, 'SIGKILL');
                await other.exited;
                continue;
              }
              await other.stop();
              const code = await other.exited;
              if (code !== 0)
                findings.push(`${other.pid} stopped with ${code ?? 'a signal'}, not 0`);
            }
            if (index < MORE - 1) await next();
          }
          await fire.untilReady();
          return { runs: 2 * MORE * services.length, findings };
        }),
    },
  ];
}
