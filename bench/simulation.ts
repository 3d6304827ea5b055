// A simulation alone: 100,000 past assessments of the real line, tried again at the desk of policies.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { BUSINESS_DATE, seedOutsideWorld } from '@saidao/applicants';
import { addDays } from '@saidao/values';
import pg from 'pg';
import type { Arena } from './arena.ts';
import { OutcomesDiffer } from './comparison.ts';
import { PROJECT_ROOT } from './place.ts';
import { membersOf, recordOf } from './population.ts';
import { startOutsideWorld, startWorker } from './workers.ts';

export interface SimulationRate {
  readonly what: 'a fifth' | 'same version' | 'candidate';
  readonly applications: number;
  readonly seconds: number;
  readonly perSecond: number;
  readonly flips: number;
  /** The most memory that the desk ever had. */
  readonly peakBytes: number;
}

export interface SimulationRun {
  /** Applications that the line judged; the others are copies under ids of their own. */
  readonly judged: number;
  readonly threads: number;
  readonly rates: readonly SimulationRate[];
}

export interface SimulationOptions {
  readonly arena: Arena;
  readonly applications: number;
  readonly seed: number;
  readonly signal: AbortSignal;
  readonly tell: (text: string) => void;
}

const LENDER = 'czb-hz';
const JUDGED = 2_000;
const THREADS = 2;
const LOOK_MS = 500;
const QUIET_MS = 10_000;
const JUDGED_MS_MAX = 300_000;
const FIFTH = 5;

export async function runSimulation(options: SimulationOptions): Promise<SimulationRun> {
  const { arena, applications, tell } = options;
  await using stack = new AsyncDisposableStack();
  const ground = await arena.freshGround();
  const client = new pg.Client({ connectionString: ground.databaseUrl });
  await client.connect();
  stack.defer(() => client.end());
  const judged = await judgeByLine(options, ground, client);
  tell(`copying ${judged} assessments to ${applications}`);
  await copyTo(client, applications);

  const policies = copiedPolicies();
  stack.defer(() => rmSync(policies, { recursive: true, force: true }));
  const whole = { since: BUSINESS_DATE, until: addDays(BUSINESS_DATE, 1) };
  const same = { databaseUrl: ground.databaseUrl, policy: `${LENDER}@1`, ...whole };
  const rates: SimulationRate[] = [];
  const measure = async (what: SimulationRate['what'], change: object): Promise<Run> => {
    options.signal.throwIfAborted();
    tell(`simulating: ${what}`);
    const answer = await ask({ ...same, ...change });
    rates.push(rateOf(what, answer));
    return answer.run;
  };
  // The days of the fifth first: what they take of memory, all of them must not take much more of.
  assertAlike(await measure('a fifth', { until: BUSINESS_DATE }), applications / FIFTH);
  const first = await measure('same version', {});
  assertAlike(first, applications);
  const again = await ask(same);
  if (again.run.id !== first.id) throw new OutcomesDiffer(['the same test gave another run']);
  const candidate = await measure('candidate', { policy: join(policies, `${LENDER}.v2.json`) });
  if (candidate.figures.flipped === 0) throw new OutcomesDiffer(['the candidate flips nothing']);
  return { judged, threads: THREADS, rates };
}

/** Real inputs: the line takes submissions and judges them, all its workers and the world up. */
async function judgeByLine(
  { arena, seed, signal, tell }: SimulationOptions,
  ground: Awaited<ReturnType<Arena['freshGround']>>,
  client: pg.Client,
): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const log = stack.adopt(ground.openLog('bench'), (opened) => opened.close());
  const world = await startOutsideWorld({ arena, ground, businessDate: BUSINESS_DATE });
  stack.defer(() => world.stop());
  const members = [...membersOf({ count: JUDGED, seed, straight: false })];
  tell(`the line judges ${JUDGED} applications`);
  await seedOutsideWorld(world.address, members, signal);
  await log.send(members.map(recordOf));
  for (const service of ['decisioning', 'scoring', 'patent-verification', 'intake'] as const) {
    const worker = await startWorker({
      arena,
      ground,
      form: 'saidao',
      service,
      outsideWorld: world.address,
      businessDate: BUSINESS_DATE,
      profileFolder: null,
    });
    stack.defer(() => worker.stop());
  }
  let judged = 0;
  const beganMs = performance.now();
  // Some are withdrawn or refused before anybody judges them: it is over when nothing more comes.
  for (let movedMs = beganMs; performance.now() - beganMs < JUDGED_MS_MAX;) {
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const { rows } = await client.query<{ judged: number }>(
      'select count(distinct application_id)::int as judged from decisioning.assessments',
    );
    const now = rows[0]?.judged ?? 0;
    if (now > judged) movedMs = performance.now();
    judged = now;
    if (judged > 0 && performance.now() - movedMs > QUIET_MS) break;
  }
  if (judged === 0) throw new Error(`Nothing was judged, see ${arena.logs}.`);
  return judged;
}

/** Under new ids; a fifth on the first day, the others on the next. */
async function copyTo(client: pg.Client, applications: number): Promise<void> {
  await client.query(
    `create temporary table judged as
     select row_number() over (order by id) - 1 as place, a.* from (
       select distinct on (application_id) * from decisioning.assessments
       where lender_id = '${LENDER}' order by application_id, id desc
     ) as a`,
  );
  await client.query('alter table decisioning.assessments disable trigger all');
  await client.query('truncate decisioning.assessments');
  await client.query('alter table decisioning.assessments enable trigger all');
  await client.query(
    `insert into decisioning.assessments (application_id, revision, lender_id, product_id, policy,
       policy_role, policy_digest, business_date, judged_at, outcome, tier, amount_fen, rate_ppm,
       size_class, region_code, input_hash, input, content, digest)
     select gen_random_uuid()::text, revision, lender_id, product_id, policy, policy_role,
       policy_digest, $2::date + (copy % ${FIFTH} > 0)::int, judged_at, outcome, tier, amount_fen,
       rate_ppm, size_class, region_code, input_hash, input, content, digest
     from generate_series(0, $1::int - 1) as copy
     join judged on place = (copy / ${FIFTH}) % (select count(*) from judged)`,
    [applications, BUSINESS_DATE],
  );
  await client.query('vacuum analyze decisioning.assessments');
}

/** The lender's policy with another bound on what it approves by itself. */
function copiedPolicies(): string {
  const folder = mkdtempSync(join(tmpdir(), 'saidao-policies-'));
  cpSync(join(PROJECT_ROOT, 'services', 'decisioning', 'policies'), folder, { recursive: true });
  const json = (file: string) =>
    JSON.parse(readFileSync(join(folder, file), 'utf8')) as Record<string, unknown>;
  const manifest = json(`${LENDER}.v1.json`);
  writeFileSync(join(folder, `${LENDER}.v2.json`), JSON.stringify({ ...manifest, version: 2 }));
  for (const file of manifest['products'] as readonly string[]) {
    const product = json(file);
    const authority = { ...(product['authority'] as object), policyUpToYuan: '500000' };
    writeFileSync(join(folder, file), JSON.stringify({ ...product, authority }));
  }
  return folder;
}

interface Run {
  readonly id: string;
  readonly figures: {
    readonly total: { readonly applications: number };
    readonly flipped: number;
    readonly otherTerms: number;
    readonly sameVersion: number;
    readonly otherBytes: number;
  };
}

interface Answer {
  readonly run: Run;
  readonly seconds: number;
  readonly peakBytes: number;
}

/** A process of its own each time, as the command asks it. */
async function ask(question: object): Promise<Answer> {
  const main = join(PROJECT_ROOT, 'services', 'decisioning', 'desk', 'main.ts');
  const child = spawn(process.execPath, [main], { stdio: ['pipe', 'pipe', 'inherit'] });
  const asked = { ask: 'test', card: null, lenders: [LENDER], threads: THREADS, ...question };
  child.stdin.end(`${JSON.stringify(asked)}\n`);
  const said = JSON.parse(await text(child.stdout)) as { answer?: Answer; fault?: string };
  if (said.answer === undefined) throw new Error(said.fault ?? 'The desk gave no answer.');
  return said.answer;
}

function rateOf(what: SimulationRate['what'], { run, seconds, peakBytes }: Answer): SimulationRate {
  const { applications } = run.figures.total;
  const { flipped: flips } = run.figures;
  return { what, applications, seconds, perSecond: applications / seconds, flips, peakBytes };
}

/** The version that judged them flips nothing, and gives every byte again. */
function assertAlike({ figures }: Run, applications: number): void {
  const { total, flipped, otherTerms, sameVersion, otherBytes } = figures;
  const faults: string[] = [];
  if (total.applications !== applications) {
    faults.push(`${total.applications} of ${applications} applications were tried`);
  }
  if (flipped + otherTerms > 0) faults.push(`${flipped} flip and ${otherTerms} have other terms`);
  if (sameVersion !== applications || otherBytes > 0) {
    faults.push(`of ${sameVersion} judged by this version ${otherBytes} have other bytes`);
  }
  if (faults.length > 0) throw new OutcomesDiffer(faults);
}
