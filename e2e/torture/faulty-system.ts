// A whole system whose workers can be told where to fail, and which are started again when they end.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BUSINESS_DATE } from '@saidao/applicants';
import {
  FAULTS,
  faultPointsPreload,
  OCCURRED,
  PASSED,
  textOfFault,
  fileOfFaults,
  type Fault,
} from '@saidao/testkit/fault-points';
import { eventually, type WorkerProcess } from '@saidao/testkit';
import { linesOf, services, startSystem, type Service, type System } from '../system.ts';
import { evict } from './evict.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const PARTITIONS = 4;
/** A machine that is busy with other things takes long to start a worker. */
const READY_MS = 100_000;
/** A start that takes so many times as long as the slowest without a fault has come to nothing. */
const SLOWER_MAX = 3;
const READY_MS_MIN = 8_000;
/** A worker may come to nothing twice, at each of two faults, before it starts. */
export const ALL_READY_MS = 3 * READY_MS;
const ANSWER_MS_MAX = 5_000;
/** Of a worker that does not become ready, or does not come to rest. */
const LINES_TOLD = 5;

export interface FaultySystem {
  readonly system: System;
  /** From now on the service's process fails there; what waits from before no longer does. */
  arm(service: Service, faults: readonly Fault[]): void;
  /** The faults that are armed and have not occurred. */
  waiting(service: Service): readonly Fault[];
  /** The points that the service's processes have passed since it was armed. */
  passed(service: Service): ReadonlySet<string>;
  /** On its way back; left out: any of them. */
  isStarting(service?: Service): boolean;
  /** What each worker said last. */
  lastLines(): readonly string[];
  /** How the workers have ended, a line each. */
  readonly ends: readonly string[];
  /** Has it stop by SIGTERM; it is started again as ever. */
  restart(service: Service): Promise<void>;
  /** Resolves when all five are ready: what was to be killed has been, and is back. */
  allReady(): Promise<void>;
  /** Kills all five and starts them with no fault; resolves when they are ready. */
  renew(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Resolves when all five are ready, with no fault armed. */
export async function startFaultySystem(environment: NodeJS.ProcessEnv): Promise<FaultySystem> {
  const folder = mkdtempSync(join(tmpdir(), 'saidao-faults-'));
  const fileOf = (service: Service, kind: string) => join(folder, `${service}.${kind}`);
  const linesIn = (service: Service, kind: string) =>
    readFileSync(fileOf(service, kind), 'utf8').split('\n').slice(0, -1);
  for (const service of services) {
    for (const kind of [FAULTS, OCCURRED, PASSED]) appendFileSync(fileOf(service, kind), '');
  }
  const system = await startSystem({
    environment,
    lenders: LENDERS,
    partitions: PARTITIONS,
    businessDate: BUSINESS_DATE,
    extrasOf: (service) => ({
      NODE_OPTIONS: `--import=${faultPointsPreload}`,
      [FAULTS]: fileOf(service, FAULTS),
      [OCCURRED]: fileOf(service, OCCURRED),
      [PASSED]: fileOf(service, PASSED),
    }),
  });
  const broker = system.engines.brokers[0]!;
  const ends: string[] = [];
  const armed = new Map<Service, readonly Fault[]>();
  const addresses = new Map<Service, string>();
  for (const service of services) addresses.set(service, await system.addressOf(service));
  const startsMs: number[] = [];
  const starting = new Set<Service>();
  let writings = 0;
  let ending = false;
  let failure: Error | undefined;
  for (const service of services) supervise(service);

  return {
    system,
    arm,
    waiting,
    allReady,
    isStarting: (service) => (service === undefined ? starting.size > 0 : starting.has(service)),
    async restart(service) {
      const stopped = workerOf(service);
      await stopped.stop();
    },
    passed: (service) => new Set(linesIn(service, PASSED)),
    lastLines: () => services.map((service) => `${service} said last:\n${lastLinesOf(service)}`),
    ends,
    async renew() {
      await Promise.all(
        services.map(async (service) => {
          arm(service, []);
          const killed = workerOf(service);
          kill(killed);
          await killed.exited;
        }),
      );
      await allReady();
    },
    async [Symbol.asyncDispose]() {
      ending = true;
      await system[Symbol.asyncDispose]();
      rmSync(folder, { recursive: true, force: true });
    },
  };

  function arm(service: Service, faults: readonly Fault[]): void {
    armed.set(service, faults);
    for (const kind of [OCCURRED, PASSED]) writeFileSync(fileOf(service, kind), '');
    writeFaults(service);
  }

  function writeFaults(service: Service): void {
    writings += 1;
    writeFileSync(fileOf(service, FAULTS), fileOfFaults(writings, waiting(service)));
  }

  function waiting(service: Service): readonly Fault[] {
    const occurred = new Set(linesIn(service, OCCURRED));
    return (armed.get(service) ?? []).filter((fault) => !occurred.has(textOfFault(fault)));
  }

  /** Starts it again whenever it ends, as whatever runs it does. */
  function supervise(service: Service): void {
    const worker = workerOf(service);
    void worker.exited.then(async (code) => {
      if (ending) return;
      starting.add(service);
      ends.push(`${service} ended with ${code ?? 'a signal'}: ${lastWordsOf(worker)}`);
      writeFaults(service);
      try {
        const groups = linesOf[service].map((line) => `saidao.${line}`);
        if (code === null) await evict(broker, groups);
        system.start(service);
        supervise(service);
        probe(service);
      } catch (error) {
        failure ??= error as Error;
      }
    });
  }

  /** Kills it unless it becomes ready, as a platform's startup probe does. */
  function probe(service: Service): void {
    const worker = workerOf(service);
    const startedMs = performance.now();
    const occurred = linesIn(service, OCCURRED).length;
    const slowMs = Math.max(READY_MS_MIN, Math.max(...startsMs) * SLOWER_MAX);
    const limitMs = startsMs.length === 0 ? READY_MS : Math.min(slowMs, READY_MS);
    // One that hangs may take the question whether it is ready, and not answer it.
    const timer = setTimeout(() => kill(worker), limitMs);
    timer.unref();
    worker
      .ready(limitMs)
      .then(() => {
        // How long one took that met a fault says nothing of what a start takes.
        const isSound = linesIn(service, OCCURRED).length === occurred;
        if (isSound) startsMs.push(performance.now() - startedMs);
        starting.delete(service);
      })
      // It has ended, or does: then it is started again.
      .catch(() => kill(worker))
      .finally(() => clearTimeout(timer));
  }

  async function allReady(): Promise<void> {
    await eventually(
      'all workers are ready',
      async () => {
        if (failure !== undefined) return true;
        await Promise.all(services.map(assertReady));
        return true;
      },
      { deadlineMs: ALL_READY_MS, everyMs: 100 },
    );
    if (failure !== undefined) throw failure;
  }

  async function assertReady(service: Service): Promise<void> {
    let answer: string;
    try {
      const response = await fetch(`${addresses.get(service)}/readyz`, {
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
      });
      if (response.ok) return await response.body?.cancel();
      answer = await response.text();
    } catch (error) {
      answer = String(error);
    }
    throw new Error(`${service} is not ready: ${answer}; its last lines:\n${lastLinesOf(service)}`);
  }

  function lastLinesOf(service: Service): string {
    const { lines } = workerOf(service);
    return lines
      .slice(-LINES_TOLD)
      .map((line) => JSON.stringify(line))
      .join('\n');
  }

  function workerOf(service: Service): WorkerProcess {
    const found = system.workers.get(service);
    if (found === undefined) throw new Error(`${service} was never started`);
    return found;
  }
}

function kill(worker: WorkerProcess): void {
  if (worker.isRunning()) process.kill(worker.pid, 'SIGKILL');
}

function lastWordsOf({ lines, stderr }: WorkerProcess): string {
  const fatal = lines.filter(({ level }) => level === 'fatal');
  const words = fatal.map(({ msg, err }) => {
    const { message = msg, stack = '' } = (err ?? {}) as { message?: string; stack?: string };
    const at = /\n\s+(at .*saidao.*|at .*\.ts.*)/.exec(stack)?.[1] ?? '';
    return message === msg ? msg : `${msg}: ${message} ${at}`;
  });
  return [...words, ...stderr].slice(-3).join(' ');
}
