// Of every worker there are one, then four, then one again, while applications flow; of scoring three.
import { eventually, type WorkerProcess } from '@saidao/testkit';
import { following } from '../command-line.ts';
import { services, type Service, type System } from '../system.ts';
import type { Case } from '../torture/case.ts';
import { countedBy, underFire } from './under-fire.ts';

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
            rounds.push(await oneMoreOf(services, fire.system));
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
              findings.push(...(await stopped(other)));
            }
            if (index < MORE - 1) await next();
          }
          await fire.untilReady();
          return { runs: 2 * MORE * services.length, findings };
        }),
    },
  ];
}

const SCORED_COUNT = 60;
const SCORED_RATE = 10;
const SCORED_BEFORE = 15;
/** The least that a broker takes: a frozen process is missed soon. */
const SESSION = { SESSION_TIMEOUT_MS: '6s' };

/** What `saidao top --json` says of a line, as far as it is looked at here. */
interface Shown {
  readonly line: string;
  /** Null at the first look. */
  readonly ratePerSecond: number | null;
  readonly lagRecords: number | null;
  readonly oldestSeconds: number | null;
  readonly workers: number;
  readonly faults: readonly string[];
}

/**
 * Of scoring alone: two more start in mid-load, each of the three scores some, and two stop while
 * applications go on; then the last one is frozen. `saidao top` has to show all of it.
 */
export function scoringCase(environment: NodeJS.ProcessEnv): Case {
  return {
    group: 'real-faults',
    name: 'of scoring one, three, one',
    run: () =>
      underFire(
        {
          ...{ environment, count: SCORED_COUNT, rate: SCORED_RATE, heldAfter: SCORED_BEFORE },
          extrasOf: (service) => (service === 'scoring' ? SESSION : {}),
        },
        async (fire) => {
          const { system } = fire;
          await using top = watchTop(system);
          await fire.untilSubmitted(SCORED_BEFORE);
          const others = [
            ...(await oneMoreOf(['scoring'], system)),
            ...(await oneMoreOf(['scoring'], system)),
          ];
          const first = fire.workerOf('scoring');
          const addresses = await Promise.all([first, ...others].map((one) => one.ready()));
          await top.until('three workers', ({ workers }) => workers === 3);
          // Each has its lanes before the load goes on.
          for (const address of addresses) await untilCounted(address, 'saidao_lanes');
          fire.goOn();
          await top.until('a rate', ({ ratePerSecond }) => (ratePerSecond ?? 0) > 0);
          for (const address of addresses) {
            await untilCounted(address, 'saidao_published_records_total');
          }
          const findings = (await Promise.all(others.map(stopped))).flat();
          await top.until('one worker', ({ workers }) => workers === 1);
          process.kill(first.pid, 'SIGSTOP');
          try {
            await top.until(
              'that nobody works, and what waits',
              ({ workers, faults, lagRecords, oldestSeconds }) =>
                workers === 0 &&
                faults.includes('no worker') &&
                (lagRecords ?? 0) > 0 &&
                (oldestSeconds ?? 0) > 1,
            );
          } finally {
            process.kill(first.pid, 'SIGCONT');
          }
          await fire.untilReady();
          return { runs: 2 * others.length + 1, findings };
        },
      ),
  };
}

/** Resolves once they are ready. */
async function oneMoreOf(all: readonly Service[], system: System): Promise<WorkerProcess[]> {
  const others = await Promise.all(all.map((service) => system.startAnother(service)));
  await Promise.all(others.map((other) => other.ready(READY_MS)));
  return others;
}

/** Stops it in good order; a line if it did not end as it should. */
export async function stopped(worker: WorkerProcess): Promise<string[]> {
  await worker.stop();
  const code = await worker.exited;
  return code === 0 ? [] : [`${worker.pid} stopped with ${code ?? 'a signal'}, not 0`];
}

async function untilCounted(address: string, metric: string): Promise<void> {
  const lines = new RegExp(`^${metric}\\{[^}]*line="scoring"[^}]*\\} (\\d+)$`, 'gm');
  await eventually(`${metric} of ${address}`, async () => (await countedBy(address, lines)) > 0, {
    deadlineMs: READY_MS,
    everyMs: 50,
  });
}

interface WatchedTop extends AsyncDisposable {
  /** Resolves once a look that is made from now on is so. */
  until(what: string, isSo: (scoring: Shown) => boolean): Promise<void>;
}

function watchTop(system: System): WatchedTop {
  const looks: Shown[] = [];
  const words = ['top', '--interval', '0.3'];
  const child = following<{ readonly readings: readonly Shown[] }>(system, words, (answer) => {
    looks.push(...answer.readings.filter(({ line }) => line === 'scoring'));
  });
  return {
    async until(what, isSo) {
      const from = looks.length;
      await eventually(`top shows ${what}`, () => looks.slice(from).some(isSo), {
        deadlineMs: READY_MS,
        everyMs: 50,
      });
    },
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
