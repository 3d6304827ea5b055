// One run's stage: fresh ground, a world that knows the applicants, a bot, and the workers of one form.
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { BUSINESS_DATE, seedOutsideWorld, type Applicants } from '@saidao/applicants';
import type { KafkaEventLog } from '@saidao/event-log';
import { lastLogLine, until } from '@saidao/local';
import type { Arena, Ground } from './arena.ts';
import type { Form } from './options.ts';
import { collectOutcomes, type Ended } from './outcomes.ts';
import { SERVICES, type Service } from './place.ts';
import { membersOf, type Population } from './population.ts';
import type { Memory } from './procfs.ts';
import { memoryOfWorkers, startUsage, type Usage, type Workers } from './usage.ts';
import { startWatch, type Watch, type WatchOptions } from './watch.ts';
import { firstLanesMs, startOutsideWorld, startWorker, type RunningProcess } from './workers.ts';

export interface StageOptions {
  readonly arena: Arena;
  readonly form: Form;
  readonly population: Population;
  /** Keeps CPU profiles there; null: none. */
  readonly profileFolder: string | null;
  readonly onRead?: WatchOptions['onRead'];
  /** What every worker is told beside the bench's own. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

export interface Stage {
  readonly ground: Ground;
  readonly log: KafkaEventLog;
  readonly applicants: Applicants;
  readonly watch: Watch;
  /** Starts intake, the last worker; resolves with the time at which it owned its lanes. */
  letIn(): Promise<{ readonly ownedMs: number; readonly intake: string }>;
  /** Resolves when all applications have ended. */
  allEnded(): Promise<void>;
  /** Starts to count; intake must be there. */
  startUsage(): (applications: number) => Usage;
  memory(): Readonly<Record<Service, Memory>>;
  outcomes(): Promise<Ended>;
  [Symbol.asyncDispose](): Promise<void>;
}

const LANES_MS_MAX = 60_000;

/** All but intake runs; `submit` is called before any worker is there. */
export async function openStage(
  options: StageOptions,
  submit: (log: KafkaEventLog) => Promise<void> = async () => {},
): Promise<Stage> {
  const { arena, form, population, tell } = options;
  const applicants = membersOf(population);
  await using stack = new AsyncDisposableStack();
  tell('fresh topics and database');
  const ground = await arena.freshGround();
  const log = stack.adopt(ground.openLog('bench'), (opened) => opened.close());
  const outsideWorld = await startOutsideWorld({ arena, ground, businessDate: BUSINESS_DATE });
  stack.defer(() => outsideWorld.stop());
  tell('seeding the outside world');
  await seedOutsideWorld(outsideWorld.address, applicants, options.signal);
  await submit(log);
  const bot = await startBot(ground, population);
  stack.defer(() => stopBot(bot));

  tell('starting the workers');
  const started: Partial<Record<Service, RunningProcess>> = {};
  stack.defer(async () => {
    await Promise.all(Object.values(started).map((worker) => worker.stop()));
  });
  const start = async (service: Service): Promise<RunningProcess> => {
    const worker = await startWorker({
      arena,
      ground,
      form,
      service,
      outsideWorld: outsideWorld.address,
      businessDate: BUSINESS_DATE,
      profileFolder: options.profileFolder,
      ...(options.environment !== undefined && { environment: options.environment }),
    });
    return (started[service] = worker);
  };
  await Promise.all(SERVICES.filter((service) => service !== 'intake').map(start));
  const watch = await startWatch({
    log,
    applicants,
    ...(options.onRead !== undefined && { onRead: options.onRead }),
  });
  stack.defer(() => watch.stop());
  const workers = started as Workers;
  const hasDied = () => {
    if (bot.exitCode !== null) return 'The bot has ended.';
    const dead = Object.values(started).find((worker) => !worker.isRunning());
    return dead && `${dead.name} has ended, see ${dead.log}: ${lastLogLine(dead.log)}`;
  };

  const kept = stack.move();
  return {
    ground,
    log,
    applicants,
    watch,
    async letIn() {
      const intake = await start('intake');
      return { ownedMs: await lanesMsOf(intake), intake: intake.address };
    },
    allEnded: () => watch.allEnded(hasDied, options.signal),
    startUsage: () => startUsage(workers, { arena, outsideWorld, bot: { pid: bot.pid ?? -1 } }),
    memory: () => memoryOfWorkers(workers),
    outcomes: () =>
      collectOutcomes({
        log,
        applicants,
        outsideWorld: outsideWorld.address,
        databaseUrl: ground.databaseUrl,
      }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

async function startBot(ground: Ground, population: Population): Promise<ChildProcess> {
  const bot = fork(
    join(import.meta.dirname, 'bot-main.ts'),
    [ground.brokers.join(','), JSON.stringify(population)],
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
