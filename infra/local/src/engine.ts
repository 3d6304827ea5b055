// One local engine: how it is started, found again, and stopped.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { fault } from './faults.ts';
import { birthOf, endGroup, isAlive, lastLogLine, launch, logSize, until } from './process-life.ts';
import type { LaunchOptions } from './process-life.ts';
import type { Watchdog } from './watchdog.ts';

export type EngineName = 'kafka' | 'postgres' | 'redis';

/** An engine as its users see it. */
export interface Engine {
  readonly name: EngineName;
  /** 127.0.0.1:19092, or what the person gave. */
  readonly address: string;
  /** False for an engine that was given by address and is not ours to stop. */
  readonly local: boolean;
  readonly version: string;
  readonly log: string | null;
  /** Where its data lies, for tests that lose it or fill its disk. */
  readonly data: string | null;
  pid(): number | null;
  running(): boolean;
  /** Stops it and leaves its data; `kill` gives it no time (for tests of failure). */
  stop(how?: 'kill'): Promise<void>;
  /** Starts it again on the same port and data. */
  start(): Promise<void>;
}

export interface EnginePlan {
  name: EngineName;
  label: string;
  address: string;
  version: string;
  log: string;
  data: string;
  stopSignal: NodeJS.Signals;
  stopMs: number;
  /** What a crash of the last run may have left, put in order. */
  prepare(): Promise<void>;
  command(): LaunchOptions;
  /** True once it does its work, not merely once it listens. */
  answers(): Promise<boolean>;
  readyMs: number;
  /** After it first answers: databases to create and the like. */
  complete(): Promise<void>;
}

interface PidFile {
  pid: number;
  birth: string | null;
}

const ENGINE_RANK = 1;

export class LocalEngine implements Engine {
  readonly local = true;
  readonly #plan: EnginePlan;
  readonly #pidFile: string;
  readonly #watchdog: Watchdog;
  readonly #onExit: (engine: Engine) => void;
  #child: (ChildProcess & { pid: number }) | null = null;
  /** Processes that were told to end: their exit, which may be heard of late, is no news. */
  readonly #toldToEnd = new WeakSet<ChildProcess>();

  constructor(
    plan: EnginePlan,
    runFolder: string,
    watchdog: Watchdog,
    onExit: (engine: Engine) => void,
  ) {
    this.#plan = plan;
    this.#pidFile = join(runFolder, `${basename(plan.data)}.json`);
    this.#watchdog = watchdog;
    this.#onExit = onExit;
  }

  get name() {
    return this.#plan.name;
  }
  get address() {
    return this.#plan.address;
  }
  get version() {
    return this.#plan.version;
  }
  get log() {
    return this.#plan.log;
  }
  get data() {
    return this.#plan.data;
  }
  pid() {
    return this.#child?.pid ?? null;
  }
  running() {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async start(): Promise<void> {
    if (this.running()) return;
    const plan = this.#plan;
    await this.endLeftover();
    await plan.prepare();
    const logFrom = logSize(plan.log);
    const child = launch(plan.command());
    this.#child = child;
    this.#watchdog.watch({
      pid: child.pid,
      signal: plan.stopSignal,
      graceMs: plan.stopMs,
      rank: ENGINE_RANK,
    });
    const pidFile: PidFile = { pid: child.pid, birth: birthOf(child.pid) };
    writeFileSync(this.#pidFile, JSON.stringify(pidFile));
    let answered = false;
    child.once('exit', () => {
      this.#watchdog.forget(child.pid);
      if (answered && !this.#toldToEnd.has(child)) this.#onExit(this);
    });
    const settled = await until(async () => !this.running() || plan.answers(), plan.readyMs);
    const alive = this.running();
    answered = settled && alive;
    if (answered) {
      await plan.complete();
      return;
    }
    await this.stop();
    if (alive) {
      const seconds = Math.round(plan.readyMs / 1000);
      throw fault('SAIDAO_ENGINE_SILENT', { engine: plan.label, seconds, log: plan.log });
    }
    throw fault('SAIDAO_ENGINE_ENDED', {
      engine: plan.label,
      how: child.signalCode ?? `code ${child.exitCode}`,
      lastLine: lastLogLine(plan.log, logFrom),
      log: plan.log,
    });
  }

  async stop(how?: 'kill'): Promise<void> {
    const child = this.#child;
    if (!child) return;
    this.#toldToEnd.add(child);
    const { stopSignal, stopMs } = this.#plan;
    const end = how === 'kill' ? 'SIGKILL' : stopSignal;
    await endGroup(child.pid, end, stopMs);
    // A second, harder stop may have come meanwhile.
    if (this.#child !== child) return;
    this.#child = null;
    this.#watchdog.forget(child.pid);
    rmSync(this.#pidFile, { force: true });
  }

  /**
   * A run whose watchdog was killed too leaves its engine behind, and the pid file to find it by.
   */
  async endLeftover(): Promise<void> {
    try {
      const left = JSON.parse(readFileSync(this.#pidFile, 'utf8')) as PidFile;
      if (isAlive(left.pid) && birthOf(left.pid) === left.birth) {
        await endGroup(left.pid, this.#plan.stopSignal, this.#plan.stopMs);
      }
      rmSync(this.#pidFile, { force: true });
    } catch {
      // No pid file, the usual case.
    }
  }
}

/** An engine that the person runs and gave by address: used, never started or stopped. */
export function givenEngine(name: EngineName, address: string, version: string): Engine {
  return {
    name,
    address,
    local: false,
    version,
    log: null,
    data: null,
    pid: () => null,
    running: () => true,
    stop: async () => {},
    start: async () => {},
  };
}

export function ensureFolder(folder: string): string {
  mkdirSync(folder, { recursive: true });
  return folder;
}
