// Redis is gone, and comes back empty, while applications flow: it keeps nothing that counts.
import type { Case } from '../torture/case.ts';
import { underFire } from './under-fire.ts';

const COUNT = 100;
const RATE = 4;
const GONE_AT = 20;
const BACK_AT = 60;

export function redisCases(environment: NodeJS.ProcessEnv): Case[] {
  return [
    {
      group: 'real-faults',
      name: 'Redis is gone',
      run: () =>
        underFire({ environment, count: COUNT, rate: RATE }, async (fire) => {
          const { redis } = fire.system.engines;
          await fire.untilSubmitted(GONE_AT);
          await redis.stop('kill');
          await fire.untilSubmitted(BACK_AT);
          await redis.start();
          // Nobody ends for it: a cache is asked, and does without. Only a machine that is busy
          // with other things may keep a turn for longer than its session.
          const findings = fire.ends
            .filter((end) => !end.includes('still runs after'))
            .map((end) => `without Redis ${end}`);
          return { runs: 1, findings };
        }),
    },
  ];
}
