// One worker as a process of its own: started, waited for, started again when it ends, stopped.
import { setTimeout as pause } from 'node:timers/promises';
import {
  endGroup,
  fault,
  lastLogLine,
  launch,
  logSize,
  until,
  workerEnvironment,
  workerNodeOptions,
} from '@saidao/local';
import type { Watchdog } from '@saidao/local';
import type { ProcessState, RunningProcess } from './run-state.ts';

const READY_MS_MAX = 60_000;
const STOP_MS = 10_000;
const RESTART_MS_FIRST = 500;
const RESTART_MS_MAX = 15_000;
/** Alive for so long, a process counts as healthy and its next restart is quick again. */
const HEALTHY_MS = 60_000;

export interface ProcessPlan {
  readonly name: string;
  readonly main: string;
  readonly cwd: string;
  readonly address: string;
  /** Answers 200 once the process does its work. */
  readonly readyPath: string;
  readonly log: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default 10 000: what a worker takes at most to drain. */
  readonly stopMs?: number;
  /** Of the watchdog: higher ones are ended first. */
  readonly rank: number;
}

export class ManagedProcess {
  readonly plan: ProcessPlan;
  readonly #watchdog: Watchdog;
  readonly #onChange: (change: string) => void;
  #child: ReturnType<typeof launch> | null = null;
  #state: ProcessState = 'stopped';
  #restarts = 0;
  #backoffMs = RESTART_MS_FIRST;
  readonly #stopping = new AbortController();

  constructor(plan: ProcessPlan, watchdog: Watchdog, onChange: (change: string) => void) {
    this.plan = plan;
    this.#watchdog = watchdog;
    this.#onChange = onChange;
  }

  describe(): RunningProcess {
    const { name, address, log } = this.plan;
    const pid = this.#child?.pid ?? null;
    return { name, state: this.#state, pid, address, restarts: this.#restarts, log };
  }

  /** Resolves once it is ready; a process that ends before that is a fault, not restarted. */
  async start(): Promise<void> {
    const { name, log } = this.plan;
    const logFrom = logSize(log);
    this.#state = 'starting';
    const child = this.#launch();
    const answered = await until(async () => !isRunning(child) || isReady(this.plan), READY_MS_MAX);
    if (!isRunning(child)) {
      throw fault('SAIDAO_ENGINE_ENDED', {
        engine: name,
        how: child.signalCode ?? `code ${child.exitCode}`,
        lastLine: messageOf(lastLogLine(log, logFrom)),
        log,
      });
    }
    if (!answered) {
      throw fault('SAIDAO_ENGINE_SILENT', { engine: name, seconds: READY_MS_MAX / 1000, log });
    }
    this.#state = 'ready';
    child.once('exit', () => void this.#restart());
    if (!isRunning(child)) void this.#restart();
  }

  async stop(how?: 'kill'): Promise<'ended' | 'killed'> {
    this.#stopping.abort();
    const child = this.#child;
    if (!child) return 'ended';
    const outcome = await endGroup(
      child.pid,
      how === 'kill' ? 'SIGKILL' : 'SIGTERM',
      this.#stopMs(),
    );
    this.#child = null;
    this.#state = 'stopped';
    return outcome;
  }

  #stopMs(): number {
    return this.plan.stopMs ?? STOP_MS;
  }

  #launch() {
    const { main, cwd, log, environment, rank } = this.plan;
    const child = launch({
      command: process.execPath,
      args: [...workerNodeOptions, main],
      cwd,
      log,
      env: { ...workerEnvironment, ...environment },
    });
    this.#child = child;
    this.#watchdog.watch({ pid: child.pid, signal: 'SIGTERM', graceMs: this.#stopMs(), rank });
    child.once('exit', () => this.#watchdog.forget(child.pid));
    return child;
  }

  async #restart(): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const ended = this.#child;
      const how = ended?.signalCode ?? `code ${ended?.exitCode}`;
      this.#child = null;
      this.#state = 'restarting';
      this.#restarts += 1;
      this.#onChange(`${this.plan.name} ended (${how}); starting it again`);
      await pause(this.#backoffMs, undefined, { signal: this.#stopping.signal }).catch(() => {});
      if (this.#stopping.signal.aborted) return;
      this.#backoffMs = Math.min(this.#backoffMs * 2, RESTART_MS_MAX);
      const began = performance.now();
      const child = this.#launch();
      const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
      void this.#awaitReady(child);
      await gone;
      if (performance.now() - began > HEALTHY_MS) this.#backoffMs = RESTART_MS_FIRST;
    }
  }

  async #awaitReady(child: ReturnType<typeof launch>): Promise<void> {
    const given = () => !isRunning(child) || this.#stopping.signal.aborted;
    await until(async () => given() || isReady(this.plan), READY_MS_MAX);
    if (given() || this.#child !== child) return;
    this.#state = 'ready';
    this.#onChange(`${this.plan.name} is ready again`);
  }
}

function isRunning(child: ReturnType<typeof launch>): boolean {
  return child.exitCode === null && child.signalCode === null;
}

export async function isReady(plan: Pick<ProcessPlan, 'address' | 'readyPath'>): Promise<boolean> {
  try {
    const answer = await fetch(`${plan.address}${plan.readyPath}`, {
      signal: AbortSignal.timeout(2_000),
    });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

/** Workers log JSON; a person wants its message. */
function messageOf(line: string): string {
  try {
    const { msg, err } = JSON.parse(line) as { msg?: string; err?: { message?: string } };
    return [msg, err?.message].filter((part) => part !== undefined).join(': ') || line;
  } catch {
    return line;
  }
}
