// How many applications a second the whole line scores; COUNT may follow, PROFILE_FOLDER be set.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectKafka, partitionOf, type OutgoingRecord } from '@saidao/event-log';
import { freePort, startEngines, until, workerEnvironment, workerNodeOptions } from '@saidao/local';
import {
  type EnterpriseChecked,
  type Evidence,
  type PatentFinding,
  type PatentsVerified,
  encode,
  topicName,
  topicSpecs,
  topics,
} from '@saidao/schemas';
import { uuidV7 } from '@saidao/values';
import { writeRecord } from '@saidao/worker';
import { cases, patentsVerified, yuan } from '../../cases.fixture.ts';

const COUNT = Number(process.argv[2] ?? 10_000);
const PARTITIONS = 6;
const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const BATCH = 500;
const WAIT_MS = 300_000;
const FINDINGS = topicName(topics.patentFindings);
const SCORES = topicName(topics.scores);

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const home = join(root, '.saidao', `line-speed-${process.pid}`);
mkdirSync(home, { recursive: true });
const engines = await startEngines({
  home,
  ports: { kafka: 0, postgres: 0, redis: 0 },
  environment: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
});
try {
  const log = connectKafka({
    brokers: engines.brokers,
    clientId: 'line-speed',
    logger: { debug() {}, warn() {} },
  });
  await log.createTopics(topicSpecs(LENDERS, PARTITIONS));
  const bytes = await preload((records) => log.send(records));
  console.log(`${COUNT} applications, ${Math.round(bytes / COUNT)} bytes each`);

  const before = cpuMsByName();
  const port = await freePort();
  const profile = process.env['PROFILE_FOLDER'];
  const worker = spawn(
    process.execPath,
    [
      ...workerNodeOptions,
      ...(profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]),
      fileURLToPath(new URL('../../main.ts', import.meta.url)),
    ],
    {
      env: {
        PATH: process.env['PATH'],
        ...workerEnvironment,
        KAFKA_BROKERS: engines.brokers.join(','),
        DATABASE_URL: engines.databaseUrl,
        LENDERS: LENDERS.join(','),
        PARTITIONS: String(PARTITIONS),
        HTTP_PORT: String(port),
        LOG_LEVEL: 'warn',
      },
      stdio: 'inherit',
    },
  );
  const scored = async (): Promise<number[]> => {
    const times: number[] = [];
    await log.scan([SCORES], ({ timestampMs }) => times.push(timestampMs));
    return times.sort((a, b) => a - b);
  };
  const count = async (): Promise<bigint> =>
    (await log.ranges(SCORES)).reduce((sum, { next }) => sum + next, 0n);
  await until(async () => (await count()) >= BigInt(COUNT), WAIT_MS, 250);
  const times = await scored();
  const spentMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  console.log(
    `${Math.round((COUNT * 1_000) / spentMs)} applications a second, first to last score`,
  );
  for (const [name, ms] of cpuMsByName()) {
    console.log(
      `${((ms - (before.get(name) ?? 0)) / COUNT).toFixed(3)} ms of CPU in ${name} for each`,
    );
  }
  worker.kill('SIGTERM');
  await new Promise((resolve) => worker.once('close', resolve));
  await log.close();
} finally {
  await engines.stop();
  rmSync(home, { recursive: true, force: true });
}

/** User and system time, on Linux, of all that this process started, by the program's name. */
function cpuMsByName(): Map<string, number> {
  const stats = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const text = readFileSync(`/proc/${name}/stat`, 'utf8');
        const program = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
        const fields = text
          .slice(text.lastIndexOf(')') + 2)
          .split(' ')
          .map(Number);
        const ms = (fields[11]! + fields[12]!) * 10;
        return [{ pid: Number(name), parent: fields[1]!, program, ms }];
      } catch {
        // It ended while we looked.
        return [];
      }
    });
  const tree = new Set([process.pid]);
  for (const pid of tree) for (const one of stats) if (one.parent === pid) tree.add(one.pid);
  const byName = new Map<string, number>();
  for (const { pid, program, ms } of stats) {
    if (pid === process.pid || !tree.has(pid)) continue;
    byName.set(program, (byName.get(program) ?? 0) + ms);
  }
  return byName;
}

async function preload(send: (records: OutgoingRecord[]) => Promise<unknown>): Promise<number> {
  let bytes = 0;
  let batch: OutgoingRecord[] = [];
  for (let index = 0; index < COUNT; index += 1) {
    const sample = cases[index % cases.length]!;
    const applicationId = uuidV7(Date.now(), randomBytes(10));
    const record = (type: 'EnterpriseChecked' | 'PatentsVerified', number: number, value: Buffer) =>
      writeRecord(
        {
          line: 'line-speed',
          topic: FINDINGS,
          partition: partitionOf(Buffer.from(applicationId), PARTITIONS),
          applicationId,
          number,
          type,
          lenderId: sample.lender,
          time: '2026-11-20T02:00:00.000Z',
          correlationId: applicationId,
          causationId: 'line-speed',
          traceparent: undefined,
        },
        value,
      );
    const verified = evidenced(patentsVerified(sample, { applicationId, validUntil: 9n }));
    const checked = checkedOf(verified);
    const values = [
      encode('EnterpriseChecked', checked, FINDINGS),
      encode('PatentsVerified', verified, FINDINGS),
    ] as const;
    bytes += values[0].length + values[1].length;
    batch.push(record('EnterpriseChecked', 1, values[0]), record('PatentsVerified', 2, values[1]));
    if (batch.length < BATCH && index < COUNT - 1) continue;
    await send(batch);
    batch = [];
  }
  return bytes;
}

/** As large as verification makes it: twelve grounds, and evidence of each provider. */
function evidenced(verified: PatentsVerified): PatentsVerified {
  const findings = verified.bundle.findings.map((finding): PatentFinding => {
    const { number } = finding;
    const reason = 'nothing stands against it in what was answered';
    const grounds = Array.from({ length: 12 }, (_, at) => {
      const code = `PL${String(at + 1).padStart(2, '0')}`;
      const known = finding.grounds.find((ground) => ground.code === code);
      return {
        code,
        result: known?.result ?? 'CLEAR',
        reason,
        evidence: ['register'],
        declarations: [],
      };
    });
    const evidence = ['register', 'annuity', 'valuation'].map((who) => evidenceOf(who, number));
    return { ...finding, grounds, evidence, ipc: ['H04L12/24', 'G06N10/00'], status: 'granted' };
  });
  return { ...verified, bundle: { ...verified.bundle, findings } };
}

function checkedOf(verified: PatentsVerified): EnterpriseChecked {
  const { applicationId, revision, lenderId, enterprise } = verified;
  const codes = ['REGISTRY', 'DISHONEST_DEBTORS', 'SERIOUS_VIOLATIONS', 'CREDIT_BUREAU'];
  return {
    applicationId,
    revision,
    lenderId,
    guarantee: null,
    checks: codes.map((code) => ({
      code,
      result: 'CLEAR',
      reason: 'nothing adverse is known',
      status: null,
      consentId: null,
      evidence: evidenceOf(code, enterprise.uscc),
    })),
    registry: {
      name: enterprise.name,
      status: 'in-business',
      established: enterprise.founded ?? '2015-01-01',
      regionCode: enterprise.uscc.slice(2, 8),
      industryCode: 'C3983',
      registeredCapital: yuan(10_000_000),
      insuredStaff: enterprise.staff,
      groupHead: null,
    },
    bureau: {
      creditBalance: yuan(1_000_000),
      overdueBalance: yuan(0),
      worstTier: 'normal',
      guaranteeBalance: yuan(0),
    },
    validUntil: 9n,
  };
}

function evidenceOf(provider: string, subject: string): Evidence {
  return {
    provider,
    askedAt: 1_795_000_000_000n,
    answeredAt: 1_795_000_000_020n,
    answerHash: '0'.repeat(64),
    fromCache: false,
    attempts: 1,
    keptAt: `verify.provider_calls/${subject}`,
  };
}
