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
/**
 * A worker stops within 10 s. After that its first process keeps what it has compiled for the next
 * one, which took 15 s on a slow disk.
 */
export const STOP_MS = 30_000;
const HEARD_MS_MAX = 1_000;
const RESTART_MS_FIRST = 500;
const RESTART_MS_MAX = 15_000;
/** Alive for so long, a process counts as healthy and its next restart is quick again. */
const HEALTHY_MS = 60_000;
const ANSWER_MS_MAX = 2_000;
const ALIVE_LOOK_MS = 5_000;
/** So many looks in a row: a busy machine, or one that slept, is no dead process. */
const SILENT_LOOKS_MAX = 12;

export interface ProcessPlan {
  readonly name: string;
  readonly main: string;
  readonly cwd: string;
  readonly address: string;
  /** Answers 200 once the process does its work. */
  readonly readyPath: string;
  /** Answers 200 while the process can still do its work; left out: nobody looks. */
  readonly alivePath?: string;
  /** Default 5 000: how often that is looked at. */
  readonly aliveLookMs?: number;
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
    this.#watchLife(child);
    child.once('exit', () => void this.#restart());
    if (!isRunning(child)) void this.#restart();
  }

  async stop(how?: 'kill'): Promise<'ended' | 'killed'> {
    this.#stopping.abort();
    const child = this.#child;
    if (!child) return 'ended';
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    const outcome = await endGroup(
      child.pid,
      how === 'kill' ? 'SIGKILL' : 'SIGTERM',
      this.#stopMs(),
    );
    // It is dead before this process has heard of it: only then is nothing watched any more.
    if (isRunning(child))
      await Promise.race([gone, pause(HEARD_MS_MAX, undefined, { ref: false })]);
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

  /** A process that is there and answers nothing ends no turn of its own and leaves no group. */
  #watchLife(child: ReturnType<typeof launch>): void {
    const { name, address, alivePath, aliveLookMs = ALIVE_LOOK_MS } = this.plan;
    if (alivePath === undefined) return;
    let silent = 0;
    let looking = false;
    const look = async () => {
      if (looking || !isRunning(child)) return;
      looking = true;
      const lives = await answers(`${address}${alivePath}`, aliveLookMs);
      looking = false;
      silent = lives ? 0 : silent + 1;
      if (silent < SILENT_LOOKS_MAX || !isRunning(child)) return;
      clearInterval(timer);
      this.#onChange(`${name} runs but says no longer that it lives; killing it`);
      await endGroup(child.pid, 'SIGKILL', this.#stopMs());
    };
    const timer = setInterval(() => void look(), aliveLookMs);
    timer.unref();
    child.once('exit', () => clearInterval(timer));
  }

  async #awaitReady(child: ReturnType<typeof launch>): Promise<void> {
    const given = () => !isRunning(child) || this.#stopping.signal.aborted;
    // However long: it may have to wait for an engine, and nobody judges its life before.
    while (!(await until(async () => given() || isReady(this.plan), READY_MS_MAX)));
    if (given() || this.#child !== child) return;
    this.#state = 'ready';
    this.#watchLife(child);
    this.#onChange(`${this.plan.name} is ready again`);
  }
}

function isRunning(child: ReturnType<typeof launch>): boolean {
  return child.exitCode === null && child.signalCode === null;
}

export function isReady(plan: Pick<ProcessPlan, 'address' | 'readyPath'>): Promise<boolean> {
  return answers(`${plan.address}${plan.readyPath}`, ANSWER_MS_MAX);
}

async function answers(url: string, timeoutMs: number): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
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
