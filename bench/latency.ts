// One latency run: an open loop at a fixed rate, each application timed from when it was due to be sent.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { KafkaEventLog } from '@saidao/event-log';
import { topicName, topics, type EventName } from '@saidao/schemas';
import type { GeneratorTask, Said } from './generator-main.ts';
import { latenciesOf, type Latencies, type Times } from './journey.ts';
import type { Form } from './options.ts';
import type { Ended } from './outcomes.ts';
import type { Percentiles } from './percentiles.ts';
import { LENDERS, type Service } from './place.ts';
import { membersOf, type Population } from './population.ts';
import type { Memory } from './procfs.ts';
import { openStage, type StageOptions } from './stage.ts';
import { cpuPerApplication, type CpuMs } from './usage.ts';

export type Via = GeneratorTask['via'];

export interface LatencyRun {
  readonly form: Form;
  readonly via: Via;
  readonly ratePerSecond: number;
  /** Counted; those of the first seconds were sent before and are not. */
  readonly applications: number;
  readonly latencies: Latencies;
  /** How late the generator itself was: it must be small beside what is measured. */
  readonly generatorLatenessMs: Percentiles;
  readonly cpuMsPerApplication: CpuMs;
  readonly memory: Readonly<Record<Service, Memory>>;
}

export interface LatencyOptions extends Omit<StageOptions, 'onRead' | 'population'> {
  readonly via: Via;
  readonly seed: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
}

/** Sent first and not counted: programs that have just started are slow. */
export const WARM_UP_SECONDS = 10;
const AHEAD_MS = 500;

export async function runLatency(
  options: LatencyOptions,
): Promise<{ readonly run: LatencyRun; readonly ended: Ended; readonly population: Population }> {
  const { form, via, ratePerSecond, seconds, tell } = options;
  const warmUp = WARM_UP_SECONDS * ratePerSecond;
  const population = {
    count: warmUp + seconds * ratePerSecond,
    seed: options.seed,
    straight: true,
  };
  const readMs = new Map<string, { decided?: number; booked?: number }>();
  await using stage = await openStage({
    ...options,
    population,
    onRead(applicationId, type, atMs) {
      if (type !== 'LoanApproved' && type !== 'LoanBooked') return;
      const read = readMs.get(applicationId) ?? {};
      if (type === 'LoanApproved') read.decided = atMs;
      else read.booked = atMs;
      readMs.set(applicationId, read);
    },
  });
  const { door } = await stage.letIn();
  tell(`sending ${ratePerSecond}/s for ${WARM_UP_SECONDS} + ${seconds} s`);
  const before = stage.cpu();
  const { brokers } = stage.ground;
  const sent = await generate({ population, ratePerSecond, via, brokers, door });
  tell('waiting for the last');
  await stage.allEnded();
  const after = stage.cpu();
  const memory = stage.memory();
  const references = Array.from(membersOf(population), ({ id }) => id);
  const intendedMs = new Map(
    references.map((id, at) => [id, sent.startMs + (at * 1_000) / ratePerSecond]),
  );
  const journeys = await readJourneys(stage.log, intendedMs, readMs);
  for (const reference of references.slice(0, warmUp)) journeys.delete(reference);
  const run: LatencyRun = {
    form,
    via,
    ratePerSecond,
    applications: journeys.size,
    latencies: latenciesOf(journeys),
    generatorLatenessMs: sent.latenessMs,
    cpuMsPerApplication: cpuPerApplication(before, after, population.count),
    memory,
  };
  tell('reading the outcomes');
  return { run, ended: await stage.outcomes(), population };
}

async function generate(
  task: GeneratorTask,
): Promise<{ readonly startMs: number; readonly latenessMs: Percentiles }> {
  const child = fork(join(import.meta.dirname, 'generator-main.ts'), [JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error('The generator has ended before it had sent all.');
  });
  ended.catch(() => {});
  await Promise.race([once(child, 'message'), ended]);
  const startMs = Date.now() + AHEAD_MS;
  const answered = once(child, 'message') as Promise<[Said]>;
  child.send(startMs);
  const [said] = await Promise.race([answered, ended]);
  child.disconnect();
  if (!('done' in said)) throw new Error('The generator did not say what it has sent.');
  return { startMs, latenessMs: said.latenessMs };
}

async function readJourneys(
  log: KafkaEventLog,
  intendedMs: ReadonlyMap<string, number>,
  readMs: ReadonlyMap<string, { readonly decided?: number; readonly booked?: number }>,
): Promise<Map<string, Times>> {
  const journeys = new Map<string, Times>();
  const byCorrelation = new Map<string, Times>();
  for (const [reference, intended] of intendedMs) journeys.set(reference, { intended });
  const submissions = topicName(topics.submissions);
  await log.scan([submissions], ({ key, headers, timestampMs }) => {
    const times = journeys.get(String(key).split('/').slice(2).join('/'));
    if (times === undefined) return;
    const type = String(headers['ce_type']) as EventName;
    times[type] = timestampMs;
    if (type === 'ApplicationSubmitted') {
      byCorrelation.set(String(headers['ce_correlationid']), times);
    } else if (type === 'OfferAcceptanceSubmitted') {
      times.acceptanceSent = Date.parse(String(headers['ce_time']));
    }
  });
  const byId = new Map<string, Times>();
  const onward = [
    topicName(topics.applications),
    topicName(topics.patentFindings),
    topicName(topics.scores),
    ...LENDERS.map((lender) => topicName(topics.decisions, lender)),
    topicName(topics.disbursements),
  ];
  await log.scan(onward, ({ key, headers, timestampMs }) => {
    const applicationId = String(key);
    let times = byId.get(applicationId);
    if (times === undefined) {
      times = byCorrelation.get(String(headers['ce_correlationid']));
      if (times === undefined) return;
      byId.set(applicationId, times);
      const read = readMs.get(applicationId);
      if (read?.decided !== undefined) times.decisionRead = read.decided;
      if (read?.booked !== undefined) times.bookedRead = read.booked;
    }
    times[String(headers['ce_type']) as EventName] ??= timestampMs;
  });
  return journeys;
}
