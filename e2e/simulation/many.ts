// Many runs: seeds dealt out to processes, one for each core, and what came of them together.
import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Guard, Run } from './simulate.ts';
import type { Mode } from './weather.ts';

/** Seeds that a process is given at a time. */
const DEALT = 20;

export interface Job {
  readonly seeds: readonly number[];
  readonly modes: readonly Mode[];
  readonly without?: Guard | undefined;
}

export interface ManyOptions {
  readonly from: number;
  readonly seeds: number;
  /** By turns: a seed has one mode. */
  readonly modes: readonly Mode[];
  readonly without?: Guard | undefined;
  readonly processes?: number;
  readonly onRun?: (run: Run) => void;
}

export interface Tally {
  readonly runs: number;
  /** Runs with findings. */
  readonly found: readonly Run[];
  readonly counts: Readonly<Record<string, number>>;
}

/** The mode in which a seed is run where several are asked for. */
export function modeOf(seed: number, modes: readonly Mode[]): Mode {
  const mode = modes[seed % modes.length];
  if (mode === undefined) throw new RangeError('At least one mode has to be named.');
  return mode;
}

/** Rejects where a process ends before its seeds do. */
export async function simulateMany(options: ManyOptions): Promise<Tally> {
  const { from, seeds, modes, without, processes = availableParallelism(), onRun } = options;
  const counts: Record<string, number> = {};
  const found: Run[] = [];
  let runs = 0;
  let next = from;

  function take(run: Run): void {
    runs += 1;
    if (run.findings.length > 0) found.push(run);
    for (const [what, times] of Object.entries(run.counts)) {
      counts[what] = (counts[what] ?? 0) + times;
    }
    onRun?.(run);
  }

  function deal(): Job | undefined {
    const end = Math.min(next + DEALT, from + seeds);
    const dealt = Array.from({ length: end - next }, (_, at) => next + at);
    next = end;
    return dealt.length === 0 ? undefined : { seeds: dealt, modes, without };
  }

  async function work(): Promise<void> {
    // Short lives of many objects: a larger nursery spares a tenth of the time.
    const child = fork(fileURLToPath(new URL('./one-process.ts', import.meta.url)), {
      execArgv: ['--max-semi-space-size=64'],
    });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    child.on('message', (said: Run | 'more') => {
      if (said !== 'more') return take(said);
      const job = deal();
      if (job !== undefined) child.send(job);
      else child.disconnect();
    });
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`A process of the simulation ended with ${code}.`));
    });
    await promise;
  }

  await Promise.all(Array.from({ length: Math.min(processes, seeds) }, work));
  return { runs, found, counts };
}
