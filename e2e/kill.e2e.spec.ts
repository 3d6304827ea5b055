// Each of the five workers is killed while applications flow, and nothing is lost, doubled or unequal.
import {
  applicantsOf,
  BUSINESS_DATE,
  openDoors,
  playFlow,
  seedOutsideWorld,
  type Doors,
} from '@saidao/applicants';
import { textOf } from '@saidao/checker';
import { eventually, type LogLine, type WorkerProcess } from '@saidao/testkit';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { expectedCounts } from './expected-counts.ts';
import { acknowledgedOf, checked, faultsOfBooks, untilSettled } from './settled.ts';
import { freezeAt, watchCommits, type Frozen, type Moment } from './moments.ts';
import { linesOf, principals, services, startSystem, type Service, type System } from './system.ts';

const LENDERS = ['exim-zj', 'boc-zj', 'czb-hz'];
const PARTITIONS = 6;
const COUNT = 500;
const RATE = 12;
/** How far the flow goes on from one kill to the next. */
const SUBMITTED_BETWEEN = 60;
/** A door is tried again for so long: longer than any worker is away. */
const PATIENCE_MS = 120_000;
/** Until a worker stands where it is to be killed; it may have ended by itself before that. */
const STEP_MS = 120_000;
/** One in so long is let through though the kills are behind: it gives work to be killed at. */
const TRICKLE_MS = 1_000;
const TEST_MS = 400_000;

vi.setConfig({ testTimeout: TEST_MS });

/**
 * Where in its turn each is hit. From the end of the line to its beginning, so that each still has
 * work when its turn comes.
 */
const kills: readonly (readonly [service: Service, moment: Moment])[] = [
  ['disbursement-ledger', 'written'],
  ['decisioning', 'published'],
  ['scoring', 'reading'],
  ['patent-verification', 'written'],
  ['intake', 'published'],
  // Once more those that promise money and pay it, elsewhere in their turns.
  ['decisioning', 'written'],
  ['disbursement-ledger', 'published'],
];

interface Crash {
  readonly service: Service;
  /** The codes of its fatal log lines: why it ended. */
  readonly because: readonly string[];
}

let system: System;
const stopping = new AbortController();
/** Workers that ended by themselves. */
const crashes: Crash[] = [];
const meantToEnd = new Set<WorkerProcess>();

beforeAll(async () => {
  system = await startSystem({
    environment: { ...process.env },
    lenders: LENDERS,
    partitions: PARTITIONS,
    businessDate: BUSINESS_DATE,
  });
  for (const service of services) supervise(service);
}, 240_000);

afterAll(async () => {
  stopping.abort();
  for (const service of services) if (system !== undefined) meantToEnd.add(workerOf(service));
  await system?.[Symbol.asyncDispose]();
}, 60_000);

test('every kill of a worker under way is made good by its successor', async () => {
  const { signal } = stopping;
  const applicants = applicantsOf({ count: COUNT, seed: 1 });
  await seedOutsideWorld(system.worldUrl, applicants, signal);
  let submitted = 0;
  let ended = 0;
  const killed: Killed[] = [];
  let lastMs = 0;
  const isNext = () => {
    const isAhead =
      killed.length < kills.length && submitted > (killed.length + 2) * SUBMITTED_BETWEEN;
    if (isAhead && performance.now() - lastMs < TRICKLE_MS) return false;
    lastMs = performance.now();
    return true;
  };
  const flow = playFlow({
    applicants,
    log: system.log,
    lenders: LENDERS,
    doors: await doors(signal),
    viaOf: ({ id }) => (Number(id.split('-')[2]) % 2 === 0 ? 'http' : 'kafka'),
    rate: RATE,
    timeoutMs: 120_000,
    signal,
    // However long a kill takes, there is work left to be met by those that come after it.
    async untilLetIn() {
      await eventually('the kills keep up', isNext, { deadlineMs: TEST_MS, everyMs: 50 });
    },
    onSubmitted: () => (submitted += 1),
    onEnd: () => (ended += 1),
  });
  const [report] = await Promise.all([flow, killAll(killed, () => ({ submitted, ended }))]);

  expect(killed.map(({ service }) => service)).toEqual(kills.map(([service]) => service));
  for (const { service, frozen, ended } of killed) {
    expect(frozen.uncommitted, `records that ${service} had not committed`).toBeGreaterThan(0);
    expect(ended, `ended when ${service} was killed`).toBeLessThan(COUNT);
  }
  // On a machine that is busy with other things a turn may outlive its session: then a worker ends
  // by itself, which is one more kill. For no other reason may it.
  for (const { because } of crashes) expect(because).toContain('SAIDAO_CONSUMER_ENDED');
  expect(report.otherwise).toEqual([]);
  expect(report.asExpected).toBe(COUNT);

  await untilSettled(system);
  const { findings, waiting, counts } = await checked(system, acknowledgedOf(applicants));
  expect(findings.map(textOf)).toEqual([]);
  expect(await faultsOfBooks(system)).toEqual([]);
  const waits = [...applicants].filter(({ expect: { outcome } }) => outcome === 'referred');
  expect(waiting).toHaveLength(waits.length);
  expect(counts).toMatchObject(expectedCounts(applicants));
  // Whoever was killed after it had published has published the same once more.
  expect(counts.repeats).toBeGreaterThan(0);
});

interface Progress {
  readonly submitted: number;
  readonly ended: number;
}

interface Killed extends Progress {
  readonly service: Service;
  readonly frozen: Frozen;
}

/**
 * One after the other, spread over the flow; the broker gives the lanes of each to its successor
 * only once its session is over, when the next may have been killed already.
 */
async function killAll(killed: Killed[], progress: () => Progress): Promise<void> {
  const back: Promise<void>[] = [];
  await using commits = await watchCommits(system.engines.databaseUrl);
  for (const [service, moment] of kills) {
    const next = (killed.length + 1) * SUBMITTED_BETWEEN;
    const isSubmitted = () => progress().submitted >= next;
    await eventually(`${next} are submitted`, isSubmitted, { deadlineMs: STEP_MS });
    const frozen = await eventually(
      `${service} has ${moment}`,
      () => {
        const target = { pid: () => workerOf(service).pid, lines: linesOf[service] };
        return freezeAt(moment, target, system, commits);
      },
      { deadlineMs: STEP_MS, everyMs: 5 },
    );
    killed.push({ service, frozen, ...progress() });
    await kill(service);
    back.push(restart(service));
  }
  await Promise.all(back);
}

async function kill(service: Service): Promise<void> {
  const killed = workerOf(service);
  meantToEnd.add(killed);
  process.kill(killed.pid, 'SIGKILL');
  await killed.exited;
}

async function restart(service: Service): Promise<void> {
  const worker = system.start(service);
  supervise(service);
  await worker.ready();
}

/** Starts it again at once if it ends by itself, and keeps why it did. */
function supervise(service: Service): void {
  const worker = workerOf(service);
  void worker.exited.then(() => {
    if (meantToEnd.has(worker)) return;
    const fatal = worker.lines.filter(({ level }) => level === 'fatal');
    crashes.push({ service, because: fatal.map(codeOf) });
    system.start(service);
    supervise(service);
  });
}

/** Of the error itself, where the line has none of its own. */
function codeOf(line: LogLine): string {
  const { code = (line['err'] as { code?: string } | undefined)?.code } = line;
  return code ?? line.msg;
}

function workerOf(service: Service): WorkerProcess {
  const found = system.workers.get(service);
  if (found === undefined) throw new Error(`${service} was never started`);
  return found;
}

async function doors(signal: AbortSignal): Promise<Doors> {
  const at = {
    intake: await system.addressOf('intake'),
    decisioning: await system.addressOf('decisioning'),
    tokens: Object.fromEntries(principals.map((one) => [one, system.tokenOf(one)])),
    partitions: PARTITIONS,
    source: 'saidao/test',
    patienceMs: PATIENCE_MS,
  };
  return openDoors(at, system.log, signal);
}
