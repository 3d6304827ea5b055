// The five workers as processes of their own, started as `saidao up` starts them, and the world they ask.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { roleOf } from '@saidao/applicants';
import {
  endGroup,
  freePort,
  lastLogLine,
  launch,
  until,
  workerEnvironment,
  workerNodeOptions,
  type Watchdog,
} from '@saidao/local';
import type { Arena, Ground } from './arena.ts';
import type { Form } from './options.ts';
import { LENDERS, PARTITIONS, PROJECT_ROOT, type Service } from './place.ts';

const READY_MS_MAX = 60_000;
const STOP_MS = 20_000;
const OUTSIDE_WORLD_RANK = 2;
const WORKER_RANK = 3;
/** Lines of all sizes are told of, so that one of 10 ms is not lost among those of a second. */
const SAMPLING_INTERVAL_US = 1000;

export const TOKENS = {
  channels: 'bench-channels-0123456789abcdef',
  'officer-a': 'bench-officer-a-0123456789abcdef',
  'officer-b': 'bench-officer-b-0123456789abcdef',
} as const;

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly address: string;
  readonly log: string;
  isRunning(): boolean;
  stop(): Promise<void>;
}

export interface ProcessStart {
  readonly name: string;
  readonly main: string;
  readonly cwd: string;
  readonly nodeOptions: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly readyPath: string;
  readonly rank: number;
}

export interface OutsideWorldStart {
  readonly arena: Arena;
  readonly ground: Ground;
  readonly businessDate: string;
  /** How long the register takes for an answer; left out: none. */
  readonly registerDelayMs?: number;
}

export async function startOutsideWorld(start: OutsideWorldStart): Promise<RunningProcess> {
  const { arena, ground, businessDate } = start;
  const folder = join(PROJECT_ROOT, 'packages', 'outside-world');
  const port = await freePort();
  return startProcess(arena, ground, port, {
    name: 'outside-world',
    main: join(folder, 'src', 'main.ts'),
    cwd: folder,
    // Without a worker's bound on memory: it keeps every patent and payout of the run.
    nodeOptions: [],
    environment: {
      OUTSIDE_WORLD_PORT: String(port),
      OUTSIDE_WORLD_DATA: join(arena.home, `outside-world-${ground.run}`),
      // It answers at once: what is measured is what Saidao adds.
      PLEDGE_OFFICE_MS: '0ms',
      BUSINESS_DATE: businessDate,
      REGISTER_DELAY_MS: `${start.registerDelayMs ?? 0}ms`,
    },
    readyPath: '/healthz',
    rank: OUTSIDE_WORLD_RANK,
  });
}

export interface WorkerStart {
  readonly arena: Arena;
  readonly ground: Ground;
  readonly form: Form;
  readonly service: Service;
  readonly outsideWorld: string;
  readonly businessDate: string;
  /** Keeps a CPU profile there; null: none. */
  readonly profileFolder: string | null;
  readonly environment?: Readonly<Record<string, string>>;
  /** Tells its log from those of others of the service in the same run. */
  readonly label?: string;
}

export async function startWorker(start: WorkerStart): Promise<RunningProcess> {
  const { arena, ground, form, service, profileFolder } = start;
  const folder = join(PROJECT_ROOT, 'services', service);
  const port = await freePort();
  const profiling: string[] = [];
  if (profileFolder !== null) {
    mkdirSync(profileFolder, { recursive: true });
    profiling.push(
      '--cpu-prof',
      `--cpu-prof-dir=${profileFolder}`,
      `--cpu-prof-name=${service}.cpuprofile`,
      `--cpu-prof-interval=${SAMPLING_INTERVAL_US}`,
    );
  }
  return startProcess(arena, ground, port, {
    name: [form, service, ...(start.label === undefined ? [] : [start.label])].join('-'),
    main: join(folder, 'main.ts'),
    cwd: folder,
    nodeOptions: [...workerNodeOptions, ...formOptions[form], ...profiling],
    environment: {
      KAFKA_BROKERS: ground.brokers.join(','),
      DATABASE_URL: ground.databaseUrl,
      REDIS_URL: ground.redisUrl,
      OUTSIDE_WORLD_URL: start.outsideWorld,
      LENDERS: LENDERS.join(','),
      PARTITIONS: String(PARTITIONS),
      HTTP_HOST: '127.0.0.1',
      HTTP_PORT: String(port),
      PRINCIPALS: JSON.stringify(principals),
      // What is measured is the line, not the measure that its doors keep of each principal.
      REQUESTS_PER_SECOND_MAX: '1000000',
      SYSTEM_REQUESTS_PER_SECOND_MAX: '1000000',
      CACHE_MAC_KEY: 'bench-cache-mac-key-0123456789abcdef',
      PERSONS_MAC_KEY: 'bench-persons-mac-key-0123456789abcdef',
      BUSINESS_DATE: start.businessDate,
      ...start.environment,
    },
    readyPath: '/readyz',
    rank: WORKER_RANK,
  });
}

const formOptions: Readonly<Record<Form, readonly string[]>> = {
  saidao: [],
  naive: ['--import', join(import.meta.dirname, 'naive', 'register.ts')],
};

const principals = Object.entries(TOKENS).map(([principal, token]) => ({
  principal,
  role: principal === 'channels' ? 'channel' : roleOf(principal),
  lenders: LENDERS,
  token,
}));

async function startProcess(
  arena: Arena,
  { run }: Ground,
  port: number,
  { name, main, cwd, nodeOptions, environment, readyPath, rank }: ProcessStart,
): Promise<RunningProcess> {
  const log = join(arena.logs, `run-${run}-${name}.log`);
  const address = `http://127.0.0.1:${port}`;
  const child = launch({
    command: process.execPath,
    args: [...nodeOptions, main],
    cwd,
    log,
    env: { PATH: process.env['PATH'], ...workerEnvironment, ...environment },
  });
  const { watchdog }: { watchdog: Watchdog } = arena.engines;
  watchdog.watch({ pid: child.pid, signal: 'SIGTERM', graceMs: STOP_MS, rank });
  child.once('exit', () => watchdog.forget(child.pid));
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  const started = {
    name,
    pid: child.pid,
    address,
    log,
    isRunning,
    async stop() {
      await endGroup(child.pid, 'SIGTERM', STOP_MS);
    },
  };
  const settled = await until(
    async () => !isRunning() || (await isReady(`${address}${readyPath}`)),
    READY_MS_MAX,
  );
  if (settled && isRunning()) return started;
  await started.stop();
  throw new Error(`${name} did not become ready: ${lastLogLine(log)}`);
}

async function isReady(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

/** When the process first said that it owns lanes of all its lines, in milliseconds since 1970. */
export function firstLanesMs(log: string): number | undefined {
  for (const text of readFileSync(log, 'utf8').split('\n')) {
    if (!text.includes('line owns lanes')) continue;
    const { time, lanes } = JSON.parse(text) as { time: string; lanes: readonly number[] };
    if (lanes.length > 0) return Date.parse(time);
  }
  return undefined;
}
