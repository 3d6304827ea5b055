// The evidence stages alone: one worker of patent-verification, cold and warm, then one of scoring.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { BUSINESS_DATE, seedOutsideWorld, type Applicant } from '@saidao/applicants';
import { partitionOf, type KafkaEventLog, type OutgoingRecord } from '@saidao/event-log';
import {
  decode,
  encode,
  submittedOf,
  topicName,
  topics,
  type ApplicationReceived,
  type EnterpriseChecked,
  type EnterpriseScored,
  type PatentsVerified,
} from '@saidao/schemas';
import { checkUscc, parsePatentNumber, uuidV7 } from '@saidao/values';
import { writeRecord } from '@saidao/worker';
import { lastAppendMs } from './appends.ts';
import type { Arena, Ground } from './arena.ts';
import { OutcomesDiffer } from './comparison.ts';
import { PARTITIONS, PROJECT_ROOT, type Service } from './place.ts';
import { bodyOf, membersOf } from './population.ts';
import { memoryOf, cpuMsOf } from './procfs.ts';
import { firstLanesMs, startOutsideWorld, startWorker } from './workers.ts';

export interface EvidenceRate {
  readonly what: 'cold' | 'warm' | 'scoring';
  readonly applications: number;
  /** From the moment the worker owned its lanes to the append of the last answer. */
  readonly seconds: number;
  readonly perSecond: number;
  /** The worker's own CPU time for each application. */
  readonly cpuMs: number;
  /** The most memory that the worker ever had. */
  readonly peakBytes: number;
}

export interface EvidenceRun {
  readonly rates: readonly EvidenceRate[];
  /** The scoring function alone, on one core. */
  readonly scoresPerSecond: number;
}

export interface EvidenceOptions {
  readonly arena: Arena;
  /** Cold; warm are three times as many, and scoring takes all of them. */
  readonly applications: number;
  readonly seed: number;
  readonly profileFolder: (stage: string) => string | null;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

const REGISTER_MS = 20;
const PATENTS = 3;
const WARM_ROUNDS = 3;
const LENDER = 'boc-zj';
const PRELOAD_RECORDS = 2_000;
const KEPT = '1h';

export async function runEvidence(options: EvidenceOptions): Promise<EvidenceRun> {
  const { arena, applications, seed, signal, tell } = options;
  await using stack = new AsyncDisposableStack();
  const ground = await arena.freshGround();
  const log = stack.adopt(ground.openLog('bench'), (opened) => opened.close());
  const outsideWorld = await startOutsideWorld({
    arena,
    ground,
    businessDate: BUSINESS_DATE,
    registerDelayMs: REGISTER_MS,
  });
  stack.defer(() => outsideWorld.stop());
  tell('seeding the outside world');
  const shares = { 'new-quality-by-officers': 1 };
  const members = [...membersOf({ count: applications, seed, shares })].map(withThreePatents);
  await seedOutsideWorld(outsideWorld.address, members, signal);
  const stage = { ...options, ground, log, outsideWorld: outsideWorld.address };

  const rates: EvidenceRate[] = [];
  let verified = 0;
  for (const what of ['cold', 'warm'] as const) {
    signal.throwIfAborted();
    const rounds = what === 'cold' ? 1 : WARM_ROUNDS;
    tell(`${what}: preloading`);
    for (let round = 0; round < rounds; round += 1) await preload(log, members, verified + round);
    verified += rounds;
    const count = members.length * verified;
    rates.push(await measured(stage, what, 'patent-verification', members.length * rounds, count));
  }
  const total = members.length * verified;
  rates.push(await measured(stage, 'scoring', 'scoring', total, total));
  tell('comparing what came of them');
  await assertAlike(log, total);
  return { rates, scoresPerSecond: pureSpeed() };
}

/** Of the pure function: a process of its own says it. */
function pureSpeed(): number {
  const script = join(PROJECT_ROOT, 'services', 'scoring', 'tools', 'speed.ts');
  const said = execFileSync(process.execPath, [script, '--json'], { encoding: 'utf8' });
  return (JSON.parse(said) as { scoresPerSecond: number }).scoresPerSecond;
}

function withThreePatents(applicant: Applicant): Applicant {
  const { submission, world } = applicant;
  return {
    ...applicant,
    submission: { ...submission, patents: submission.patents.slice(0, PATENTS) },
    world: { ...world, register: world.register.slice(0, PATENTS) },
  };
}

/** As intake would have appended it; another round is another application for the same. */
async function preload(
  log: KafkaEventLog,
  members: readonly Applicant[],
  round: number,
): Promise<void> {
  let records: OutgoingRecord[] = [];
  for (const [index, member] of members.entries()) {
    records.push(receivedRecord(member, round * members.length + index));
    if (records.length < PRELOAD_RECORDS) continue;
    await log.send(records);
    records = [];
  }
  await log.send(records);
}

function receivedRecord(member: Applicant, index: number): OutgoingRecord {
  const random = createHash('sha256').update(`evidence/${index}`).digest().subarray(0, 10);
  const applicationId = uuidV7(Date.parse('2026-11-20T01:00:00Z') + index, random);
  const submitted = submittedOf(bodyOf(member));
  const { lenderId: _l, channel, reference, submittedBy, ...given } = submitted;
  const { contact: _c, licence: _k, persons: _p, ...content } = given;
  const data: ApplicationReceived = {
    applicationId,
    revision: 1,
    lenderId: LENDER,
    channel,
    reference,
    businessDate: member.businessDate,
    content: {
      ...content,
      enterprise: { ...content.enterprise, usccValid: checkUscc(content.enterprise.uscc).ok },
      patents: content.patents.map(({ number, appraised }) => {
        const parsed = parsePatentNumber(number);
        return { number, numberValid: parsed.ok, appraised };
      }),
      kyc: null,
    },
    submittedBy,
  };
  const topic = topicName(topics.applications);
  return writeRecord(
    {
      line: 'intake',
      topic,
      partition: partitionOf(Buffer.from(applicationId), PARTITIONS),
      applicationId,
      number: 1,
      type: 'ApplicationReceived',
      lenderId: LENDER,
      time: new Date().toISOString(),
      correlationId: applicationId,
      causationId: applicationId,
      traceparent: undefined,
    },
    encode('ApplicationReceived', data, topic),
  );
}

interface Stage extends EvidenceOptions {
  readonly ground: Ground;
  readonly log: KafkaEventLog;
  readonly outsideWorld: string;
}

/** One worker, started on what lies there, until it has said something of all so far. */
async function measured(
  stage: Stage,
  what: EvidenceRate['what'],
  service: Service,
  applications: number,
  upTo: number,
): Promise<EvidenceRate> {
  const { arena, ground, outsideWorld, tell, profileFolder, signal, log } = stage;
  tell(`${what}: ${applications} applications`);
  const worker = await startWorker({
    arena,
    ground,
    form: 'saidao',
    service,
    outsideWorld,
    businessDate: BUSINESS_DATE,
    profileFolder: profileFolder(`evidence-${what}`),
    // A worker is a line: the pledge line is scaled by itself.
    environment: service === 'scoring' ? {} : { ...keepTimes, LINES: 'verify' },
  });
  try {
    const cpuBeforeMs = cpuMsOf(worker.pid);
    const topic = service === 'scoring' ? topics.scores : topics.patentFindings;
    const type = service === 'scoring' ? 'EnterpriseScored' : 'PatentsVerified';
    const lastMs = await lastAppendMs({
      log,
      topics: [topicName(topic)],
      types: [type],
      count: upTo,
      workers: [worker],
      signal,
    });
    const ownedMs = firstLanesMs(worker.log);
    if (ownedMs === undefined) throw new Error(`${worker.name} was given no lanes.`);
    const seconds = (lastMs - ownedMs) / 1000;
    return {
      what,
      applications,
      seconds,
      perSecond: applications / seconds,
      cpuMs: (cpuMsOf(worker.pid) - cpuBeforeMs) / applications,
      peakBytes: memoryOf(worker.pid).peakBytes,
    };
  } finally {
    await worker.stop();
  }
}

/** Long enough that a fact asked for in the cold run is warm in the next. */
const keepTimes = {
  VERIFICATION_FRESH_MS: KEPT,
  ...Object.fromEntries(
    ['REGISTER', 'ANNUITY', 'ENTERPRISE_REGISTRY', 'WATCHLISTS', 'CREDIT_BUREAU'].map((name) => [
      `${name}_KEEP_MS`,
      KEPT,
    ]),
  ),
};

/** Everything was found clear, on evidence; and who has the same facts has the same score. */
async function assertAlike(log: KafkaEventLog, total: number): Promise<void> {
  const faults: string[] = [];
  const names = [topicName(topics.patentFindings), topicName(topics.scores)];
  const scoreOf = new Map<string, string>();
  const referenceOf = new Map<string, string>();
  let checked = 0;
  let scored = 0;
  await log.scan(names, ({ value, topic, key }) => {
    if (value === null) return;
    const { type, data } = decode(value, topic) as { type: string; data: unknown };
    const id = String(key);
    if (type === 'EnterpriseChecked') {
      const { checks } = data as EnterpriseChecked;
      const unclear = checks.filter(({ result }) => result !== 'CLEAR');
      if (checks.length === 0 || unclear.length > 0) faults.push(`${id}: not all checks are clear`);
    } else if (type === 'PatentsVerified') {
      checked += 1;
      const { bundle, enterprise } = data as PatentsVerified;
      referenceOf.set(id, enterprise.uscc);
      const unproved = bundle.findings.filter(({ evidence }) => evidence.length < 2);
      if (bundle.usable.length !== PATENTS) faults.push(`${id}: ${bundle.usable.length} usable`);
      if (unproved.length > 0) faults.push(`${id}: a finding without its evidence`);
    } else if (type === 'EnterpriseScored') {
      scored += 1;
      const { points, maxPoints, grade, inputHash } = data as EnterpriseScored;
      scoreOf.set(id, `${points}/${maxPoints} ${grade} ${inputHash}`);
    }
  });
  if (checked !== total || scored !== total) {
    faults.push(`of ${total} applications ${checked} were verified and ${scored} scored`);
  }
  const byEnterprise = new Map<string, string>();
  for (const [id, score] of scoreOf) {
    const uscc = referenceOf.get(id) ?? '';
    const first = byEnterprise.get(uscc) ?? score;
    byEnterprise.set(uscc, first);
    if (first !== score) faults.push(`${id}: scored ${score}, another of its firm ${first}`);
  }
  if (faults.length > 0) throw new OutcomesDiffer(faults);
}
