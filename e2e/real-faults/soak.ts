// A long flow in which a worker is killed every 15 seconds and the broker restarted every 60.
import { setTimeout as pause } from 'node:timers/promises';
import { services } from '../system.ts';
import type { Case } from '../torture/case.ts';
import { underFire, type Fire } from './under-fire.ts';

const COUNT = 20_000;
const RATE = 20;
const KILLS_EVERY_MS = 15_000;
const RESTARTS_EVERY_MS = 60_000;
/** How soon all has to have come to rest after the last fault. */
const QUIET_SECONDS_MAX = 60;

export function soakCases(environment: NodeJS.ProcessEnv, count = COUNT): Case[] {
  return [
    {
      group: 'soak',
      alone: true,
      name: `${count} applications, a worker killed every 15 s, the broker restarted every 60 s`,
      run: () =>
        underFire({ environment, count, rate: RATE }, async (fire) => {
          const over = new AbortController();
          let overMs = performance.now();
          const [kills, restarts] = await Promise.all([
            every(KILLS_EVERY_MS, over.signal, async (index) => {
              await killOne(fire, index);
              overMs = performance.now();
            }),
            every(RESTARTS_EVERY_MS, over.signal, async () => {
              await fire.system.engines.kafka.stop();
              await fire.system.engines.kafka.start();
              overMs = performance.now();
            }),
            fire.untilAllSubmitted().finally(() => over.abort()),
          ]);
          return {
            runs: kills + restarts,
            overMs,
            quietSecondsMax: QUIET_SECONDS_MAX,
            notes: [`${kills} workers killed, ${restarts} restarts of the broker`],
          };
        }),
    },
  ];
}

/** Each in turn; one that has ended by itself just now is back before it is killed. */
async function killOne(fire: Fire, index: number): Promise<void> {
  await fire.untilRunning();
  const service = services[index % services.length]!;
  process.kill(fire.workerOf(service).pid, 'SIGKILL');
}

/** Strikes at fixed intervals until it is over; resolves with how many times. */
async function every(
  intervalMs: number,
  signal: AbortSignal,
  strike: (index: number) => Promise<void>,
): Promise<number> {
  const startedMs = performance.now();
  for (let index = 0; ; index += 1) {
    const waitMs = Math.max(0, startedMs + (index + 1) * intervalMs - performance.now());
    if (!(await pause(waitMs, true, { signal }).catch(() => false))) return index;
    await strike(index);
  }
}
