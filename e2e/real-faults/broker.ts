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

export function brokerAwayCases(environment: NodeJS.ProcessEnv): Case[] {
  const options = { environment, count: COUNT, rate: RATE, patienceMs: 2 * AWAY_MS };
  return [
    {
      group: 'real-faults',
      name: 'the broker is away for ten minutes',
      run: () => underFire(options, outlast),
    },
  ];
}

/** Doors go on saying that they cannot; what was taken before waits. */
async function outlast(fire: Fire): Promise<Struck> {
  const { kafka } = fire.system.engines;
  await fire.untilSubmitted(BETWEEN);
  // Without a broker it is not ready, and stays where it is.
  const intake = await fire.system.addressOf('intake');
  await kafka.stop();
  const taken = fire.acknowledged.length;
  const refused = /^saidao_http_request_seconds_count\{.*status="503"\} (\d+)$/gm;
  const untilMs = performance.now() + AWAY_MS;
  let looks = 0;
  let said = 0;
  for (let before = 0; performance.now() < untilMs; looks += 1) {
    await pause(LOOK_MS);
    const now = await countedBy(intake, refused);
    if (now > before) said += 1;
    before = now;
  }
  const findings: string[] = [];
  if (fire.acknowledged.length > taken) {
    findings.push(`${fire.acknowledged.length - taken} were taken while there was no broker`);
  }
  // A worker that cannot find its group ends, and is away until whatever runs it has begun it anew.
  if (said < looks / 2) findings.push('the door did not go on saying 503');
  await kafka.start();
  return { runs: 1, findings, notes: [`the door said 503 between ${said} of ${looks} looks`] };
}
