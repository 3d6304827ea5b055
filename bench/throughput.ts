// One throughput run: everything preloaded with intake down, then timed until the last application's end.
import type { KafkaEventLog } from '@saidao/event-log';
import type { Form } from './options.ts';
import type { Ended } from './outcomes.ts';
import { percentilesOf, type Percentiles } from './percentiles.ts';
import type { Service } from './place.ts';
import { membersOf, recordOf, type Population } from './population.ts';
import type { Memory } from './procfs.ts';
import { openStage, type StageOptions } from './stage.ts';
import type { Usage } from './usage.ts';

export interface ThroughputRun extends Usage {
  readonly form: Form;
  readonly applications: number;
  /** From the moment intake owned its lanes to the append of the last application's last event. */
  readonly seconds: number;
  readonly perSecond: number;
  /** How the ends lie in that time. */
  readonly endsMs: Percentiles;
  /** From the same moment to the append of the first decision. */
  readonly firstDecisionMs: number;
  readonly memory: Readonly<Record<Service, Memory>>;
}

const PRELOAD_RECORDS = 2_000;

export interface ThroughputOptions extends StageOptions {
  /** What intake waits for when all else is ready: others that are to run at the same time. */
  readonly others?: () => Promise<void>;
}

export async function runThroughput(
  options: ThroughputOptions,
): Promise<{ readonly run: ThroughputRun; readonly ended: Ended }> {
  const { form, population, tell } = options;
  const applications = population.count;
  await using stage = await openStage(options, async (log) => {
    tell('preloading the submissions');
    await preload(log, population);
  });
  await options.others?.();
  const { ownedMs } = await stage.letIn();
  const stopUsage = stage.startUsage();
  tell('running');
  await stage.allEnded();
  const usage = stopUsage(applications);
  const endsMs = stage.watch.endsMs().map((atMs) => atMs - ownedMs);
  const seconds = Math.max(...endsMs.slice(-1)) / 1000;
  const run: ThroughputRun = {
    form,
    applications,
    seconds,
    perSecond: applications / seconds,
    endsMs: percentilesOf(endsMs),
    firstDecisionMs: (stage.watch.firstDecisionMs() ?? ownedMs) - ownedMs,
    ...usage,
    memory: stage.memory(),
  };
  tell('reading the outcomes');
  return { run, ended: await stage.outcomes() };
}

async function preload(log: KafkaEventLog, population: Population): Promise<void> {
  let records = [];
  for (const applicant of membersOf(population)) {
    records.push(recordOf(applicant));
    if (records.length < PRELOAD_RECORDS) continue;
    await log.send(records);
    records = [];
  }
  if (records.length > 0) await log.send(records);
}
