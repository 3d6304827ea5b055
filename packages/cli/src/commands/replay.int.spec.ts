// `replay` and the choosing of dead letters on real engines: every topic and table is looked at before and after.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka } from '@saidao/event-log';
import type { EventLog, OutgoingRecord } from '@saidao/event-log';
import { startEngines, type Engines } from '@saidao/local';
import { allTopicNames, workerTopics } from '@saidao/schemas';
import { eventually, testDatabase } from '@saidao/testkit';
import type { TestDatabase } from '@saidao/testkit';
import { uuidV7 } from '@saidao/values';
import { migrateLine, startLine } from '@saidao/worker';
import type { RunningLine } from '@saidao/worker';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LENDER, PARTITIONS } from '../case-events.fixture.ts';
import { runCommand, type Ran } from '../command.fixture.ts';
import type { CommandContext } from '../context.ts';
import { answeredOf, instructed, toyPayout } from '../toy-payout.fixture.ts';
import * as deadLetters from './dead-letters.ts';
import * as replay from './replay.ts';

const DISBURSEMENTS = 'saidao.disbursements.v1';
const RESULTS = 'saidao.payout-results.v1';
const { replay: REPLAY } = workerTopics('payout');
const WHO = ['--actor', 'sre', '--reason', 'to be sure'];

let home: string;
let engines: Engines;
let log: EventLog;
let db: TestDatabase;
let line: RunningLine;

const start = () =>
  startLine({
    line: toyPayout(() => true),
    ...{ log, database: db.database, lenders: [LENDER], partitions: PARTITIONS },
  });

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'saidao-replay-'));
  // A broker of its own: on the one that specs share, others write to the same topics.
  const environment = { ...process.env, KAFKA_BROKERS: '', DATABASE_URL: '', REDIS_URL: '' };
  const ports = { kafka: 0, postgres: 0, redis: 0 };
  engines = await startEngines({ home, only: ['kafka'], ports, environment });
  const logger = { debug: () => undefined, warn: () => undefined };
  log = connectKafka({ brokers: engines.brokers, clientId: 'test', logger });
  await log.createTopics(allTopicNames([LENDER]).map((name) => ({ name, partitions: PARTITIONS })));
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'empty',
    prepare: () => Promise.resolve(),
  });
  await migrateLine(db.database, 'payout');
  line = await start();
});

afterAll(async () => {
  await line?.stop();
  await log?.close();
  await db?.close();
  await engines?.[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

const newId = () => uuidV7(Date.now(), randomBytes(10));

function run(...args: string[]): Promise<Ran> {
  const environment = {
    SAIDAO_HOME: home,
    KAFKA_BROKERS: engines.brokers.join(','),
    LENDERS: LENDER,
    PARTITIONS: String(PARTITIONS),
  };
  const register = (program: Command, context: CommandContext) => {
    for (const command of [replay, deadLetters]) command.register(program, context);
  };
  return runCommand(register, environment, args);
}

const replayed = (...args: string[]) =>
  run('replay', '--worker', 'payout', '--topic', DISBURSEMENTS, ...WHO, ...args);

const resultsOf = (applicationId: string) => answeredOf(log, applicationId);

/** Every record of every topic but the one that asks, and every row but those of who asked. */
async function everything(): Promise<string[]> {
  const all: string[] = [];
  const names = allTopicNames([LENDER]).filter((name) => name !== REPLAY);
  await log.scan(names, ({ topic, partition, offset }) => {
    all.push(`${topic}/${partition}/${offset}`);
  });
  all.sort();
  const { rows } = await db.database.query<{ name: string }>(
    `select tablename as name from pg_tables
     where schemaname = 'payout' and tablename <> 'replays' order by 1`,
  );
  expect(rows.map(({ name }) => name)).toContain('journal');
  for (const { name } of rows) {
    const found = await db.database.query<{ row: unknown }>(
      `select to_jsonb(t) as row from payout.${name} as t`,
    );
    all.push(...found.rows.map(({ row }) => `${name} ${JSON.stringify(row)}`).sort());
  }
  return all;
}

async function asked(): Promise<{ actor: string; outcome: string }[]> {
  const { rows } = await db.database.query<{ actor: string; outcome: string }>(
    "select actor, outcome from payout.replays where action = 'REDELIVER'",
  );
  return rows;
}

async function quiet(): Promise<void> {
  await eventually('the line has taken all', async () =>
    (await log.lag(line.group, [...line.topics])).every(({ lag }) => lag === 0n),
  );
}

describe('replay', () => {
  it('has no second effect, and other readers see nothing', async () => {
    const [sound, blocked, gap] = [newId(), newId(), newId()];
    await log.send([
      ...[instructed(sound, 1), instructed(sound, 2), instructed(sound, 1)],
      ...[instructed(blocked, 1, 1n), instructed(blocked, 2)],
      ...[instructed(gap, 2)],
    ]);
    await quiet();
    const before = await everything();
    // The repeat was published as it was first: that is Kafka's redelivery, not a replay.
    expect(await resultsOf(sound)).toEqual(['1', '2', '1']);

    const { lines: plan } = await replayed('--since', '2020-01-01', '--dry-run');
    expect(plan.at(-1)).toBe('6 records would be given to payout again.');
    expect(plan).toHaveLength(7);
    expect((await log.ranges(REPLAY)).every(({ next }) => next === 0n)).toBe(true);

    for (let times = 1; times <= 2; times += 1) {
      expect(await replayed('--since', '2020-01-01')).toEqual({
        lines: ['6 records given to payout again: taken.'],
        code: 0,
      });
    }
    expect(await everything()).toEqual(before);
    const outcomes = (await asked()).map(({ outcome }) => outcome).sort();
    expect(outcomes).toEqual([...Array(4).fill('parked'), ...Array(8).fill('repeated')]);
    const { lines: none } = await replayed('--since', '2020-01-01', '--until', '2020-01-02');
    expect(none).toEqual(['0 records given to payout again: taken.']);
  });

  it('brings what the line never took, of one application', async () => {
    const [lost, other] = [newId(), newId()];
    await line.stop();
    await log.send([instructed(lost, 1), instructed(other, 1)]);
    await takenByNobody();
    line = await start();
    await log.send([instructed(lost, 2)]);
    await quiet();
    expect(await resultsOf(lost)).toEqual([]);
    const { lines, code } = await replayed('--application', lost, '--rate', '50', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ records: 2, taken: true, deadLetters: [] });
    expect(await resultsOf(lost)).toEqual(['1', '2']);
    expect(await resultsOf(other)).toEqual([]);
    await replayed('--application', lost);
    expect(await resultsOf(lost)).toEqual(['1', '2']);
  });

  it('is asked for what the worker reads, of a time or an application', async () => {
    await expect(replayed()).rejects.toThrow(/--since, --application/);
    await expect(replayed('--since', 'yesterday')).rejects.toThrow(/2026-11-20/);
    const ofResults = ['replay', '--worker', 'payout', '--topic', RESULTS, '--since', '2020-01-01'];
    await expect(run(...ofResults, ...WHO)).rejects.toThrow(
      /payout does not read saidao\.payout-results\.v1; it reads saidao\.disbursements\.v1/,
    );
    await expect(run(...ofResults)).rejects.toThrow(/--actor/);
    const blank = ['--actor', ' ', '--reason', ''];
    await expect(run(...ofResults, ...blank)).rejects.toThrow(/It may not be blank/);
  });
});

/** Somebody in the line's group who takes what is there, and does nothing with it. */
async function takenByNobody(): Promise<void> {
  const { group, topics: names } = line;
  const stranger = await log.consumeLanes({
    ...{ group, topics: names },
    onTurn: ({ records }) => Promise.resolve({ taken: records.length }),
    onCrash: () => undefined,
  });
  await quiet();
  await stranger.stop();
}

describe('dead letters', () => {
  it('are chosen by lender, type, topic and time, and given up at a rate', async () => {
    const ids = Array.from({ length: 12 }, newId);
    const torn = (one: OutgoingRecord) => ({ ...one, value: one.value?.subarray(0, 20) ?? null });
    await log.send(ids.map((id) => torn(instructed(id, 1))));
    const all = ['dead-letters', 'list', '--json'];
    const found = async (...filters: string[]) =>
      (await run(...all, ...filters)).lines.filter((text) => ids.some((id) => text.includes(id)));
    await eventually('all are dead letters', async () => (await found()).length === ids.length);
    const chosen = ['--lender', LENDER, '--type', 'PayoutInstructed', '--topic', DISBURSEMENTS];
    expect(await found(...chosen, '--since', '2020-01-01')).toHaveLength(ids.length);
    expect(await found('--lender', 'nobody')).toEqual([]);
    expect(await found('--type', 'LoanBooked')).toEqual([]);
    expect(await found('--topic', RESULTS)).toEqual([]);
    expect(await found('--until', '2020-01-01')).toEqual([]);

    const startedMs = performance.now();
    const discard = ['dead-letters', 'discard', ...chosen, ...WHO, '--rate', '20', '--json'];
    const { lines, code } = await run(...discard);
    expect(code).toBe(0);
    expect(lines.length).toBeGreaterThanOrEqual(ids.length);
    expect(performance.now() - startedMs).toBeGreaterThan(500);
    expect(await found()).toEqual([]);
    const { rows } = await db.database.query(
      "select 1 from payout.replays where action = 'DISCARD' and actor = 'sre' and outcome = 'decided'",
    );
    expect(rows.length).toBe(lines.length);
  });
});
