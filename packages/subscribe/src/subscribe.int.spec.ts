// A subscription on a real broker and in PostgreSQL: killed in the middle, and shared by two members.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { connectKafka, type EventLog, type OutgoingRecord } from '@saidao/event-log';
import { topicName, topics } from '@saidao/schemas';
import { eventually, testDatabase, type TestDatabase } from '@saidao/testkit';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { decision, decisionTopicsOf, latestDecision, newApplication } from './decisions.fixture.ts';
import { postgresHeads } from './postgres-heads.ts';
import { rebuild } from './rebuild.ts';
import type { Trouble } from './take.ts';

const APPLICATIONS = 100;
const EVENTS = 10;
const ALL = APPLICATIONS * EVENTS;

let log: EventLog;
let database: TestDatabase;
let pool: pg.Pool;
/** Of one test, and the group with it. */
let lender: string;
const members: ChildProcess[] = [];

beforeAll(async () => {
  const quiet = { debug: () => undefined, warn: () => undefined };
  log = connectKafka({ brokers: inject('brokers'), clientId: 'test', logger: quiet });
  database = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  pool = new pg.Pool({ connectionString: database.url });
  await postgresHeads(pool, 'any').createTables();
}, 120_000);

afterAll(async () => {
  await pool?.end();
  await database?.close();
  await log?.close();
});

beforeEach(async () => {
  lender = `bank-${randomBytes(4).toString('hex')}`;
  await log.createTopics(decisionTopicsOf(lender));
  await pool.query('drop table if exists effects');
  // Nothing but the head keeps an effect from being there twice.
  await pool.query(
    'create table effects (at bigserial primary key, application_id text, number int)',
  );
});

afterEach(async () => {
  for (const member of members.splice(0)) if (isRunning(member)) await kill(member);
});

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

async function startMember(): Promise<ChildProcess> {
  const main = join(import.meta.dirname, 'risk-team.fixture.ts');
  const args = [main, inject('brokers').join(','), database.url, lender, `lender-${lender}.risk`];
  const member = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  members.push(member);
  let said = '';
  member.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await eventually('the member runs', () => {
    if (!isRunning(member)) throw new Error(`it ended: ${said}`);
    return said.includes('runs\n');
  });
  return member;
}

async function kill(member: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  const exited = once(member, 'exit');
  member.kill(signal);
  await exited;
}

async function effects(): Promise<number> {
  const { rows } = await pool.query<{ count: number }>('select count(*)::int from effects');
  return rows[0]?.count ?? 0;
}

const reached = (share: number) =>
  eventually(`${share} of the effects are there`, async () => (await effects()) >= ALL * share);

/** Numbers in the order in which they took effect, of each application. */
async function effectsByApplication(): Promise<number[][]> {
  const { rows } = await pool.query<{ numbers: number[] }>(
    'select array_agg(number order by at) as numbers from effects group by application_id',
  );
  return rows.map(({ numbers }) => numbers);
}

/** Round by round, with repeats of what was there before, as restarted workers leave them. */
function history(): OutgoingRecord[] {
  const ids = Array.from({ length: APPLICATIONS }, newApplication);
  const records: OutgoingRecord[] = [];
  for (let number = 1; number <= EVENTS; number += 1) {
    records.push(...ids.map((id) => decision(id, number, lender)));
    records.push(...records.slice(-2 * APPLICATIONS, -APPLICATIONS / 2));
  }
  return records;
}

const upTo = (count: number) => Array.from({ length: count }, (_none, at) => at + 1);

it('has each effect once and in order, though members are killed, join and leave', async () => {
  const sending = log.send(history(), { timeoutMs: 60_000 });
  const [first, second] = await Promise.all([startMember(), startMember()]);
  await reached(0.3);
  await kill(first);
  const third = await startMember();
  await reached(0.7);
  await kill(second, 'SIGTERM');
  expect(second.exitCode).toBe(0);
  await reached(1);
  await sending;
  const decisions = topicName(topics.decisions, lender);
  await eventually('all repeats are read, too', async () =>
    (await log.lag(`lender-${lender}.risk`, [decisions])).every(({ lag }) => lag === 0n),
  );
  await kill(third, 'SIGTERM');
  expect(third.exitCode).toBe(0);
  expect(await effectsByApplication()).toEqual(Array(APPLICATIONS).fill(upTo(EVENTS)));
});

it('goes on from a state that was rebuilt, while decisions are made', async () => {
  const [told, behind] = [newApplication(), newApplication()];
  const decided = (id: string, from: number, to: number) =>
    upTo(to).slice(from - 1).map((number) => decision(id, number, lender)); // prettier-ignore
  await log.send([
    ...[...decided(told, 1, 5), ...decided(behind, 1, 4)],
    ...[latestDecision(told, 5, lender), latestDecision(told, 4, lender)],
    latestDecision(behind, 2, lender),
  ]);
  const troubles: Trouble[] = [];
  const heads = postgresHeads(pool, `lender-${lender}.risk`);
  const states: string[] = [];
  const rebuilt = await rebuild({
    ...{ log, heads, lenders: [lender] },
    handle: ({ status }) => void states.push(status),
    onTrouble: (trouble) => void troubles.push(trouble),
  });
  expect(rebuilt).toEqual({ rebuilt: 2, upToDate: 0 });
  expect(states.toSorted()).toEqual(['after 2', 'after 5']);
  await log.send([...decided(told, 6, 7), ...decided(behind, 5, 5)]);
  const member = await startMember();
  await eventually('what came since is there', async () => (await effects()) >= 5);
  await kill(member, 'SIGTERM');
  const { rows } = await pool.query<{ application_id: string; numbers: number[] }>(
    'select application_id, array_agg(number order by at) as numbers from effects group by 1',
  );
  const taken = new Map(rows.map((row) => [row.application_id, row.numbers]));
  expect(taken).toEqual(new Map([[told, [6, 7]], [behind, [3, 4, 5]]])); // prettier-ignore
  expect(troubles).toEqual([]);
});
