// One latency run: an open loop at a fixed rate, each application timed from when it was due to be sent.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { KafkaEventLog } from '@saidao/event-log';
import { topicName, topics, type EventName } from '@saidao/schemas';
import type { GeneratorTask, Sent } from './generator-main.ts';
import { latenciesOf, type Latencies, type Times } from './journey.ts';
import type { Form } from './options.ts';
import type { Ended } from './outcomes.ts';
import type { Percentiles } from './percentiles.ts';
import { LENDERS, type Service } from './place.ts';
import { membersOf, type Population } from './population.ts';
import type { Memory } from './procfs.ts';
import { openStage, type StageOptions } from './stage.ts';
import type { Usage } from './usage.ts';

export type Via = GeneratorTask['via'];

export interface LatencyRun extends Usage {
  readonly form: Form;
  readonly via: Via;
  readonly ratePerSecond: number;
  /** Counted; those of the first seconds were sent before and are not. */
  readonly applications: number;
  readonly latencies: Latencies;
  /** How late the generator itself was: it must be small beside what is measured. */
  readonly generatorLatenessMs: Percentiles;
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
      if (type === 'LoanApproved') read.decided ??= atMs;
      else read.booked ??= atMs;
      readMs.set(applicationId, read);
    },
  });
  const { intake } = await stage.letIn();
  tell(`sending ${ratePerSecond}/s for ${WARM_UP_SECONDS} + ${seconds} s`);
  const stopUsage = stage.startUsage();
  const { brokers } = stage.ground;
  const sent = await generate({ population, ratePerSecond, via, brokers, intake });
  tell('waiting for the last');
  await stage.allEnded();
  const usage = stopUsage(population.count);
  const memory = stage.memory();
  const journeys = await readJourneys(stage.log, new Map(sent.intendedMs), readMs);
  const members = membersOf(population);
  for (let place = 0; place < warmUp; place += 1) journeys.delete(members.at(place).id);
  const run: LatencyRun = {
    form,
    via,
    ratePerSecond,
    applications: journeys.size,
    latencies: latenciesOf(journeys),
    generatorLatenessMs: sent.latenessMs,
    ...usage,
    memory,
  };
  tell('reading the outcomes');
  return { run, ended: await stage.outcomes(), population };
}

/** In a process of its own, so that nothing else holds it up. */
async function generate(task: GeneratorTask): Promise<Sent> {
  const child = fork(join(import.meta.dirname, 'generator-main.ts'), [JSON.stringify(task)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const said = once(child, 'message') as Promise<[Sent]>;
  const sent = await Promise.race([said, exited.then(() => undefined)]);
  if (sent === undefined) throw new Error('The generator has ended before it had sent all.');
  child.disconnect();
  await exited;
  return sent[0];
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
