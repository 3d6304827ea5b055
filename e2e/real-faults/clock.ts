// The wall clock of each worker jumps back, ahead, and to the right time again, while it works.
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CLOCK_SHIFT, shiftedClockPreload } from '@saidao/testkit';
import { services, type Service } from '../system.ts';
import type { Case } from '../torture/case.ts';
import { underFire } from './under-fire.ts';

const RATE = 3;
const BEFORE = 10;
const BETWEEN = 8;
/** Ahead more than any line rests before it asks again, and not so much that the test waits. */
const JUMPS_MS = [-3_600_000, 90_000, 0] as const;
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
            return { runs: JUMPS_MS.length * services.length };
          },
        );
      },
    },
  ];
}
