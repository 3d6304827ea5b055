// Decisions alone: one worker of decisioning on all that the lines before it said, and its evidence.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { BUSINESS_DATE, seedOutsideWorld } from '@saidao/applicants';
import type { KafkaEventLog, OutgoingRecord } from '@saidao/event-log';
import { decode, topicName, topics, type EnterpriseScored } from '@saidao/schemas';
import { lastAppendMs } from './appends.ts';
import type { Arena, Ground } from './arena.ts';
import { OutcomesDiffer } from './comparison.ts';
import { LENDERS, PROJECT_ROOT } from './place.ts';
import { membersOf, recordOf, type Population } from './population.ts';
import { memoryOf, cpuMsOf } from './procfs.ts';
import type { Window } from './profile-summary.ts';
import { monotonicUs } from './usage.ts';
import { firstLanesMs, startOutsideWorld, startWorker, type RunningProcess } from './workers.ts';

/** What a fresh process found in the evidence of the run. */
export interface EvidenceProof {
  readonly assessments: number;
  readonly declined: number;
  readonly counterfactuals: number;
  readonly decisions: number;
  readonly seconds: number;
}

export interface DecisionsRun {
  readonly applications: number;
  /** From the moment the worker owned its lanes to the append of the last decision. */
  readonly seconds: number;
  readonly perSecond: number;
  /** The worker's own CPU time for each decision. */
  readonly cpuMs: number;
  /** Resident when half of them were decided, when all were, and the most that ever was. */
  readonly halfBytes: number;
  readonly endBytes: number;
  readonly peakBytes: number;
  /** First decisions. */
  readonly outcomes: Readonly<Record<DecisionType, number>>;
  readonly proof: EvidenceProof;
  /** Of the functions alone, on one core, with the inputs of the run. */
  readonly speed: {
    readonly assessmentsPerSecond: number;
    readonly searchesPerSecond: number;
    readonly bothPerSecond: number;
  };
}

export interface DecisionsOptions {
  readonly arena: Arena;
  readonly applications: number;
  readonly seed: number;
  readonly profileFolder: string | null;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

const DECISIONS = ['LoanApproved', 'LoanReferred', 'LoanDeclined'] as const;
type DecisionType = (typeof DECISIONS)[number];
const BEFORE = ['intake', 'patent-verification', 'scoring'] as const;
const PRELOAD_RECORDS = 2_000;
const SPEED_INPUTS = 2_000;
const SAID_BYTES_MAX = 64 * 1024 * 1024;

export async function runDecisions(
  options: DecisionsOptions,
): Promise<{ readonly run: DecisionsRun; readonly window: Window }> {
  const { arena, applications, seed, signal, tell, profileFolder } = options;
  await using stack = new AsyncDisposableStack();
  const ground = await arena.freshGround();
  const log = stack.adopt(ground.openLog('bench'), (opened) => opened.close());
  const population = { count: applications, seed, straight: false };
  tell('preloading what the lines before it say');
  await preload(options, ground, log, population);

  tell(`${applications} applications`);
  const worker = await startWorker({
    arena,
    ground,
    form: 'saidao',
    service: 'decisioning',
    outsideWorld: NOWHERE,
    businessDate: BUSINESS_DATE,
    profileFolder,
  });
  stack.defer(() => worker.stop());
  const fromUs = monotonicUs();
  const cpuBeforeMs = cpuMsOf(worker.pid);
  let halfBytes = 0;
  const lastMs = await lastAppendMs({
    log,
    topics: decisionTopics,
    types: DECISIONS,
    count: applications,
    workers: [worker],
    signal,
    onSeen(seen) {
      if (halfBytes === 0 && seen * 2 >= applications) {
        halfBytes = memoryOf(worker.pid).residentBytes;
      }
    },
  });
  const cpuMs = (cpuMsOf(worker.pid) - cpuBeforeMs) / applications;
  const window = { fromUs, toUs: monotonicUs() };
  const { residentBytes: endBytes, peakBytes } = memoryOf(worker.pid);
  const seconds = (lastMs - ownedMsOf(worker)) / 1000;
  await worker.stop();

  tell('deciding all of it again');
  const outcomes = await outcomesOf(log);
  const proof = await proofOf(ground, applications);
  tell('measuring the functions alone');
  const speed = (await askDesk(ground, { ask: 'speed', inputs: SPEED_INPUTS })) as Speed;
  const perSecond = applications / seconds;
  const memory = { halfBytes, endBytes, peakBytes };
  return {
    run: { applications, seconds, perSecond, cpuMs, ...memory, outcomes, proof, speed },
    window,
  };
}

type Speed = DecisionsRun['speed'];

/** Decisioning asks nobody. */
const NOWHERE = 'http://127.0.0.1:9';

const decisionTopics = LENDERS.map((lender) => topicName(topics.decisions, lender));

/** By the lines themselves: nothing that they say is made up here. */
async function preload(
  { arena, signal, tell }: DecisionsOptions,
  ground: Ground,
  log: KafkaEventLog,
  population: Population,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const outsideWorld = await startOutsideWorld({ arena, ground, businessDate: BUSINESS_DATE });
  stack.defer(() => outsideWorld.stop());
  await seedOutsideWorld(outsideWorld.address, membersOf(population), signal);
  await submit(log, population);
  const workers = await Promise.all(
    BEFORE.map((service) =>
      startWorker({
        ...{ arena, ground, form: 'saidao', service, profileFolder: null },
        outsideWorld: outsideWorld.address,
        businessDate: BUSINESS_DATE,
      }),
    ),
  );
  stack.defer(async () => {
    await Promise.all(workers.map((worker) => worker.stop()));
  });
  const scores = topicName(topics.scores);
  const appended = { log, workers, signal };
  await lastAppendMs({
    ...appended,
    topics: [scores],
    types: ['EnterpriseScored'],
    count: population.count,
  });
  const pledged = new Set<string>();
  await log.scan([scores], ({ key, value }) => {
    if (value === null) return;
    const { type, data } = decode(value, scores);
    if (type === 'EnterpriseScored' && (data as EnterpriseScored).pledgeRequested) {
      pledged.add(String(key));
    }
  });
  tell(`${pledged.size} of them with a pledge`);
  await lastAppendMs({
    ...appended,
    topics: [topicName(topics.pledges)],
    types: ['PledgeLocked', 'PledgeRefused'],
    count: pledged.size,
  });
}

async function submit(log: KafkaEventLog, population: Population): Promise<void> {
  let records: OutgoingRecord[] = [];
  for (const applicant of membersOf(population)) {
    records.push(recordOf(applicant));
    if (records.length < PRELOAD_RECORDS) continue;
    await log.send(records);
    records = [];
  }
  await log.send(records);
}

function ownedMsOf(worker: RunningProcess): number {
  const ownedMs = firstLanesMs(worker.log);
  if (ownedMs === undefined) throw new Error(`${worker.name} was given no lanes.`);
  return ownedMs;
}

async function outcomesOf(log: KafkaEventLog): Promise<Record<DecisionType, number>> {
  const counts = { LoanApproved: 0, LoanReferred: 0, LoanDeclined: 0 };
  const seen = new Set<string>();
  await log.scan(decisionTopics, ({ key, headers }) => {
    const type = DECISIONS.find((one) => one === String(headers['ce_type']));
    if (type === undefined || seen.has(String(key))) return;
    seen.add(String(key));
    counts[type] += 1;
  });
  return counts;
}

interface Verified extends EvidenceProof {
  readonly standing: number;
  readonly faulty: number;
  readonly faults: readonly { readonly applicationId: string; readonly what: string }[];
}

/** Throws where anything does not come out as it was decided: then no figure is worth printing. */
async function proofOf(ground: Ground, applications: number): Promise<EvidenceProof> {
  const verified = (await askDesk(ground, { ask: 'verify', since: null, until: null })) as Verified;
  const { assessments, declined, counterfactuals, decisions, seconds, standing } = verified;
  const faults = verified.faults.map(({ applicationId, what }) => `${applicationId}: ${what}`);
  if (assessments < applications || standing < applications) {
    faults.push(
      `of ${applications} decisions ${assessments} have evidence, ${standing} stand on it`,
    );
  }
  if (declined === 0 || counterfactuals === 0)
    faults.push('nothing was declined, or nothing flips');
  if (faults.length > 0 || verified.faulty > 0) throw new OutcomesDiffer(faults);
  return { assessments, declined, counterfactuals, decisions, seconds };
}

/** A process of decisioning's own, which knows nothing of the run but where the evidence lies. */
async function askDesk({ databaseUrl }: Ground, question: object): Promise<unknown> {
  const main = join(PROJECT_ROOT, 'services', 'decisioning', 'desk', 'main.ts');
  const said = await new Promise<string>((resolve, reject) => {
    const options = { encoding: 'utf8', maxBuffer: SAID_BYTES_MAX } as const;
    const child = execFile(process.execPath, [main], options, (error, text) => {
      if (error instanceof Error) reject(error);
      else resolve(text);
    });
    child.stdin?.end(`${JSON.stringify({ ...question, databaseUrl })}\n`);
  });
  const { answer, fault } = JSON.parse(said) as { readonly answer?: unknown; fault?: string };
  if (fault !== undefined) throw new Error(`The desk of policies: ${fault}`);
  return answer;
}
