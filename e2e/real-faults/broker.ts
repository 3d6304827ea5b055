// The one broker is restarted and killed while applications flow, and is away for long.
import { setTimeout as pause } from 'node:timers/promises';
import type { Case } from '../torture/case.ts';
import { countedBy, underFire, type Fire, type Struck } from './under-fire.ts';

const COUNT = 100;
const RATE = 4;
/** The broker goes away each time so many more are submitted. */
const BETWEEN = 20;
const ways = ['restart', 'kill', 'kill', 'restart'] as const;
const AWAY_MS = 600_000;
const LOOK_MS = 10_000;

export function brokerCases(environment: NodeJS.ProcessEnv): Case[] {
  const options = { environment, count: COUNT, rate: RATE };
  return [
    {
      group: 'real-faults',
      name: 'the broker is restarted and killed',
      run: () =>
        underFire(options, async (fire) => {
          const { kafka } = fire.system.engines;
          for (const [index, way] of ways.entries()) {
            await fire.untilSubmitted((index + 1) * BETWEEN);
            await kafka.stop(way === 'kill' ? 'kill' : undefined);
            await kafka.start();
          }
          return { runs: ways.length };
        }),
    },
    {
      group: 'real-faults',
      name: 'the broker is away for ten minutes',
      run: () => underFire({ ...options, patienceMs: 2 * AWAY_MS }, outlast),
    },
  ];
}

/** Doors go on saying that they cannot; what was taken before waits. */
async function outlast(fire: Fire): Promise<Struck> {
  const { kafka } = fire.system.engines;
  await fire.untilSubmitted(BETWEEN);
  await kafka.stop();
  const taken = fire.acknowledged.length;
  const refused = /^saidao_http_request_seconds_count\{.*status="503"\} (\d+)$/gm;
  const untilMs = performance.now() + AWAY_MS;
  let looks = 0;
  let asked = 0;
  while (performance.now() < untilMs) {
    await pause(LOOK_MS);
    looks += 1;
    if ((await countedBy(fire, 'intake', refused)) > 0) asked += 1;
  }
  const findings: string[] = [];
  if (fire.acknowledged.length > taken) {
    findings.push(`${fire.acknowledged.length - taken} were taken while there was no broker`);
  }
  // A worker that cannot find its group ends, and is away until whatever runs it has begun it anew.
  if (asked < looks / 2) findings.push(`the door said 503 at ${asked} of ${looks} looks`);
  await kafka.start();
  return { runs: 1, findings, notes: [`the door said 503 at ${asked} of ${looks} looks`] };
}
