// CPU time and memory of everything that takes part in a run, the measured and the rest apart.
import type { Arena } from './arena.ts';
import { SERVICES, type Service } from './place.ts';
import { cpuMsOf, cpuTreeMsOf, machineBusyMs, memoryOf, type Memory } from './procfs.ts';

export type Workers = Readonly<Record<Service, { readonly pid: number }>>;

/** Milliseconds of CPU time. */
export interface CpuMs {
  readonly workers: Readonly<Record<Service, number>>;
  readonly broker: number;
  readonly database: number;
  readonly redis: number;
  /** Not measured: what stands for the world, and what plays the applicants. */
  readonly outsideWorld: number;
  readonly bot: number;
  /** This process: it watches. */
  readonly bench: number;
  /** All that was not idle on the machine, programs that have nothing to do with it included. */
  readonly machine: number;
}

export interface Surroundings {
  readonly arena: Arena;
  readonly outsideWorld: { readonly pid: number };
  readonly bot: { readonly pid: number };
}

function readCpu(workers: Workers, around: Surroundings): CpuMs {
  const { kafka, postgres, redis } = around.arena.engines;
  return {
    workers: perService((service) => cpuMsOf(workers[service].pid)),
    broker: cpuMsOf(pidOf(kafka)),
    database: cpuTreeMsOf(pidOf(postgres)),
    redis: cpuMsOf(pidOf(redis)),
    outsideWorld: cpuMsOf(around.outsideWorld.pid),
    bot: cpuMsOf(around.bot.pid),
    bench: cpuMsOf(process.pid),
    machine: machineBusyMs(),
  };
}

/** What was used from the one reading to the other, for each of so many applications. */
function cpuPerApplication(from: CpuMs, to: CpuMs, applications: number): CpuMs {
  const share = (before: number, after: number) => (after - before) / applications;
  return {
    workers: perService((service) => share(from.workers[service], to.workers[service])),
    broker: share(from.broker, to.broker),
    database: share(from.database, to.database),
    redis: share(from.redis, to.redis),
    outsideWorld: share(from.outsideWorld, to.outsideWorld),
    bot: share(from.bot, to.bot),
    bench: share(from.bench, to.bench),
    machine: share(from.machine, to.machine),
  };
}

export function workersMs({ workers }: CpuMs): number {
  return Object.values(workers).reduce((sum, ms) => sum + ms, 0);
}

/** Of all that is measured: the world and the bot are not. */
export function measuredMs(cpu: CpuMs): number {
  return workersMs(cpu) + cpu.broker + cpu.database + cpu.redis;
}

/** What a span of time has taken. */
export interface Usage {
  readonly cpuMsPerApplication: CpuMs;
  /** Of the machine, by programs that have nothing to do with the bench. */
  readonly othersShare: number;
  /** Of profiles: what lies outside is start and stop. Microseconds of the monotonic clock. */
  readonly window: { readonly fromUs: number; readonly toUs: number };
}

/** From now until it is called. */
export function startUsage(
  workers: Workers,
  around: Surroundings,
): (applications: number) => Usage {
  const before = readCpu(workers, around);
  const fromUs = monotonicUs();
  return (applications) => {
    const cpu = cpuPerApplication(before, readCpu(workers, around), applications);
    const toUs = monotonicUs();
    const machineMs = ((toUs - fromUs) / 1_000) * around.arena.machine.cores;
    return {
      cpuMsPerApplication: cpu,
      othersShare: (othersMs(cpu) * applications) / machineMs,
      window: { fromUs, toUs },
    };
  };
}

/** The clock that profiles are kept by, in any process. */
export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

function othersMs(cpu: CpuMs): number {
  return Math.max(0, cpu.machine - measuredMs(cpu) - cpu.outsideWorld - cpu.bot - cpu.bench);
}

export function memoryOfWorkers(workers: Workers): Readonly<Record<Service, Memory>> {
  return perService((service) => memoryOf(workers[service].pid));
}

export function perService<T>(of: (service: Service) => T): Readonly<Record<Service, T>> {
  return Object.fromEntries(SERVICES.map((service) => [service, of(service)])) as Record<
    Service,
    T
  >;
}

function pidOf(engine: { readonly name: string; pid(): number | null }): number {
  const pid = engine.pid();
  if (pid === null) throw new Error(`${engine.name} does not run.`);
  return pid;
}
