// The one broker is restarted and killed while applications flow.
import type { Case } from '../torture/case.ts';
import { underFire } from './under-fire.ts';

const COUNT = 100;
const RATE = 4;
/** The broker goes away each time so many more are submitted. */
const BETWEEN = 20;
const ways = ['restart', 'kill', 'kill', 'restart'] as const;

export function brokerCases(environment: NodeJS.ProcessEnv): Case[] {
  return [
    {
      group: 'real-faults',
      name: 'the broker is restarted and killed',
      run: () =>
        underFire({ environment, count: COUNT, rate: RATE }, async (fire) => {
          const { kafka } = fire.system.engines;
          for (const [index, way] of ways.entries()) {
            await fire.untilSubmitted((index + 1) * BETWEEN);
            await kafka.stop(way === 'kill' ? 'kill' : undefined);
            await kafka.start();
          }
          return { runs: ways.length };
        }),
    },
  ];
}
