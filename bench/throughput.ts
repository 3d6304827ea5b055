// One throughput run: everything preloaded with intake down, then timed until the last application's end.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { until } from '@saidao/local';
import type { KafkaEventLog } from '@saidao/event-log';
import { applicantsOf, BUSINESS_DATE } from './applicants.ts';
import type { Arena, Ground } from './arena.ts';
import { submissionRecord } from './doors.ts';
import type { Form } from './options.ts';
import { SERVICES, type Service } from './place.ts';
import { percentilesOf, type Percentiles } from './percentiles.ts';
import type { Memory } from './procfs.ts';
import { cpuPerApplication, memoryOfWorkers, readCpu, type CpuMs, type Workers } from './usage.ts';
import { startWatch } from './watch.ts';
import { firstLanesMs, startOutsideWorld, startWorker, type RunningProcess } from './workers.ts';
import { seedWorld } from './world.ts';

export interface ThroughputRun {
  readonly form: Form;
  readonly applications: number;
  /** From the moment intake owned its lanes to the append of the last application's last event. */
  readonly seconds: number;
  readonly perSecond: number;
  /** How the ends lie in that time. */
  readonly endsMs: Percentiles;
  /** From the same moment to the append of the first decision. */
  readonly firstDecisionMs: number;
  readonly cpuMsPerApplication: CpuMs;
  readonly memory: Readonly<Record<Service, Memory>>;
  /** Of the profiles: what lies outside is start and stop. Microseconds of the monotonic clock. */
  readonly window: { readonly fromUs: number; readonly toUs: number };
}

export interface RunOptions {
  readonly arena: Arena;
  readonly form: Form;
  readonly applications: number;
  readonly profileFolder?: string;
  readonly tell: (text: string) => void;
}

const PRELOAD_RECORDS = 2_000;
const LANES_MS_MAX = 60_000;

export async function runThroughput(options: RunOptions): Promise<ThroughputRun> {
  const { arena, form, applications, tell } = options;
  await using stack = new AsyncDisposableStack();
  tell('fresh topics and database');
  const ground = await arena.freshGround();
  const log = stack.adopt(ground.openLog('bench'), (opened) => opened.close());
  const outsideWorld = await startOutsideWorld(arena, ground);
  stack.defer(() => outsideWorld.stop());
  tell('seeding the outside world');
  await seedWorld(outsideWorld.address, applicantsOf(applications));
  tell('preloading the submissions');
  const expected = await preload(log, applications);
  const bot = await startBot(ground, applications);
  stack.defer(() => stopBot(bot));

  tell('starting the workers');
  const start = (service: Service) =>
    startWorker({
      arena,
      ground,
      form,
      service,
      outsideWorld: outsideWorld.address,
      businessDate: BUSINESS_DATE,
      ...(options.profileFolder !== undefined && { profileFolder: options.profileFolder }),
    });
  const started: Partial<Record<Service, RunningProcess>> = {};
  stack.defer(async () => {
    await Promise.all(Object.values(started).map((worker) => worker.stop()));
  });
  const downstream = SERVICES.filter((service) => service !== 'intake');
  await Promise.all(downstream.map(async (service) => (started[service] = await start(service))));
  const watch = await startWatch(log, expected);
  stack.defer(() => watch.stop());
  const intake = await start('intake');
  started.intake = intake;
  const beganMs = await lanesMsOf(intake);
  const workers = started as Workers;
  const around = { arena, outsideWorld, bot: { pid: bot.pid ?? -1 } };
  const before = readCpu(workers, around);
  const fromUs = monotonicUs();

  tell('running');
  const isFine = () =>
    bot.exitCode === null && Object.values(started).every((worker) => worker.isRunning());
  await watch.allEnded(isFine);
  const after = readCpu(workers, around);
  const toUs = monotonicUs();
  const endsMs = watch.endsMs().map((atMs) => atMs - beganMs);
  const seconds = (endsMs.at(-1) ?? 0) / 1000;
  return {
    form,
    applications,
    seconds,
    perSecond: applications / seconds,
    endsMs: percentilesOf(endsMs),
    firstDecisionMs: (watch.firstDecisionMs() ?? beganMs) - beganMs,
    cpuMsPerApplication: cpuPerApplication(before, after, applications),
    memory: memoryOfWorkers(workers),
    window: { fromUs, toUs },
  };
}

/** Also says what outcome each reference is to come to. */
async function preload(log: KafkaEventLog, applications: number): Promise<Map<string, string>> {
  const expected = new Map<string, string>();
  let records = [];
  for (const { reference, submission, expect } of applicantsOf(applications)) {
    expected.set(reference, expect.outcome);
    records.push(submissionRecord(submission));
    if (records.length < PRELOAD_RECORDS) continue;
    await log.send(records);
    records = [];
  }
  if (records.length > 0) await log.send(records);
  return expected;
}

async function startBot(ground: Ground, applications: number): Promise<ChildProcess> {
  const bot = fork(
    join(import.meta.dirname, 'bot-main.ts'),
    [ground.brokers.join(','), String(applications)],
    { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  await once(bot, 'message');
  return bot;
}

async function stopBot(bot: ChildProcess): Promise<void> {
  if (bot.exitCode !== null) return;
  bot.disconnect();
  await once(bot, 'exit');
}

async function lanesMsOf(intake: RunningProcess): Promise<number> {
  let lanesMs: number | undefined;
  await until(() => (lanesMs = firstLanesMs(intake.log)) !== undefined, LANES_MS_MAX);
  if (lanesMs === undefined) throw new Error('Intake was given no lanes; its log says why.');
  return lanesMs;
}

function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
