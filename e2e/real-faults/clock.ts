// The wall clock of each worker jumps back, ahead, and to the right time again, while it works.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allTopics } from '@saidao/schemas';
import { CLOCK_SHIFT, shiftedClockPreload } from '@saidao/testkit';
import { services, type Service } from '../system.ts';
import type { Case } from '../torture/case.ts';
import { underFire, type Fire } from './under-fire.ts';

const RATE = 3;
const BEFORE = 10;
const BETWEEN = 12;
const HOUR_MS = 3_600_000;
/** Ahead more than any line rests before it asks again, and not so much that the test waits. */
const JUMPS_MS = [-HOUR_MS, 90_000, 0] as const;
/** What the last workers said with a clock that was ahead still is so much when all is over. */
const AHEAD_MS_MIN = 10_000;
const COUNT = BEFORE + BETWEEN * JUMPS_MS.length * services.length;

export function clockCases(environment: NodeJS.ProcessEnv): Case[] {
  return [
    {
      group: 'real-faults',
      name: 'the clock of each worker jumps',
      async run() {
        await using stack = new AsyncDisposableStack();
        const folder = mkdtempSync(join(tmpdir(), 'saidao-clock-'));
        stack.defer(() => rmSync(folder, { recursive: true, force: true }));
        const fileOf = (service: Service) => join(folder, service);
        const shift = (service: Service, ms: number): void => {
          writeFileSync(`${fileOf(service)}.new`, String(ms));
          renameSync(`${fileOf(service)}.new`, fileOf(service));
        };
        for (const service of services) shift(service, 0);
        return await underFire(
          {
            ...{ environment, count: COUNT, rate: RATE },
            extrasOf: (service) => ({
              NODE_OPTIONS: `--import=${shiftedClockPreload}`,
              [CLOCK_SHIFT]: fileOf(service),
            }),
          },
          async (fire) => {
            let submitted = BEFORE;
            for (const service of services) {
              for (const jumpMs of JUMPS_MS) {
                await fire.untilSubmitted(submitted);
                shift(service, jumpMs);
                submitted += BETWEEN;
              }
            }
            const off = await offBy(fire);
            return {
              runs: JUMPS_MS.length * services.length,
              findings: off.some((one) => one === 0) ? ['no event has a time that is off'] : [],
              notes: [`${off[0]} events have a time long past, ${off[1]} one to come`],
            };
          },
        );
      },
    },
  ];
}

/** Events that say they are of before all began, and of later than now. */
async function offBy({ system }: Fire): Promise<readonly [number, number]> {
  const nowMs = Date.now();
  let past = 0;
  let ahead = 0;
  await system.log.scan(
    allTopics(system.lenders).map(({ name }) => name),
    ({ headers }) => {
      const atMs = Date.parse(String(headers['ce_time']));
      if (atMs < nowMs - HOUR_MS / 2) past += 1;
      if (atMs > nowMs + AHEAD_MS_MIN) ahead += 1;
    },
  );
  return [past, ahead];
}
