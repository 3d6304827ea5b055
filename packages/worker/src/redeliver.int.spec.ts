// Records given again on a real PostgreSQL: what was met before has no second effect, and who asked is kept.
import { randomBytes } from 'node:crypto';
import { HEADERS_MAX, MemoryBroker, type EventLog, type IncomingRecord } from '@saidao/event-log';
import { topics, workerTopics } from '@saidao/schemas';
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import type { Line } from './define.ts';
import { createEnvelopeReader } from './envelope.ts';
import { inputsOf } from './line-runner.ts';
import { Observer } from './observe.ts';
import { incomingHeaders } from './stored-records.ts';
import { migrateLine } from './tables.ts';
import { createTurnRunner } from './turn.ts';
import { originalOf } from './walk.ts';
import {
  applicationIds,
  door,
  LENDER,
  mendable,
  PARTITIONS,
  PLEDGES,
  recordOf,
  toyLine,
  turnOf,
  withdrawn,
} from './turn.fixture.ts';

const LANE = 2;
const [ONE, TWO] = applicationIds(2, LANE) as [string, string];
const REPLAY = workerTopics('toy').replay;
const NOW_MS = Date.UTC(2026, 10, 20, 1);
const TABLES = ['applications', 'journal', 'parked', 'shared_rows', 'timers', 'texts'];

let db: TestDatabase;
let log: EventLog;

beforeEach(async () => {
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'toy line with replays, v1',
    async prepare(url) {
      const { openDatabase } = await import('./database.ts');
      const database = openDatabase({ url });
      await migrateLine(database, 'toy');
      await database.query(
        'create table toy.texts (text text primary key, application_id text not null)',
      );
      await database.close();
    },
  });
  log = new MemoryBroker({ now: () => NOW_MS }).connect();
  await log.createTopics(
    [...inputsOf(toyLine(), [LENDER]).keys(), PLEDGES, workerTopics('toy').deadLetter].map(
      (name) => ({ name, partitions: PARTITIONS }),
    ),
  );
});

afterEach(async () => {
  await log.close();
  await db.close();
});

function runnerOf(sending: EventLog = log, line: Line = toyLine()) {
  const inputs = inputsOf(line, [LENDER]);
  const { run } = createTurnRunner({
    ...{ line, database: db.database, log: sending, inputs, partitions: PARTITIONS },
    reader: createEnvelopeReader({ inputs, partitions: PARTITIONS, lenders: [LENDER] }),
    observer: new Observer(),
    clock: () => NOW_MS,
    ...{ gatherBudgetMs: 3_000, publishBudgetMs: 5_000 },
    onTimers: () => undefined,
  });
  return (...records: IncomingRecord[]) => run(turnOf(LANE, records));
}

let requests = 0;

/** Asks for a record once more, as `saidao replay` does. */
function again(
  record: IncomingRecord,
  change: { readonly id?: string; readonly action?: string; readonly key?: string } = {},
): IncomingRecord {
  requests += 1;
  const { topic, partition, offset, key, value, timestampMs } = record;
  return recordOf(
    REPLAY,
    change.key ?? String(key),
    change.id ?? `again-${requests}`,
    'ReplayRequested',
    {
      ...{ action: change.action ?? 'REDELIVER', actor: 'sre', reason: 'to be sure' },
      ...{ topic, partition, offset, number: null, messageId: null, key, value },
      timestamp: BigInt(timestampMs),
      headers: incomingHeaders(record.headers),
    },
    { partition: LANE },
  );
}

function review(applicationId: string, id: string, reason: string): IncomingRecord {
  return door(topics.reviewActions, id, 'ReviewSubmitted', {
    ...{ applicationId, revision: 1, lenderId: LENDER, officer: 'a', verdict: 'APPROVE', reason },
    ...{ reasonCode: null, role: null, overrideCode: null, amount: null, termMonths: null },
  });
}

async function published(topic = PLEDGES): Promise<string[]> {
  const values: string[] = [];
  await log.scan([topic], ({ headers, value }) => {
    const code = headers['x-dlq-code'];
    values.push(code === undefined ? `${String(headers['ce_id'])} ${value?.length}` : String(code));
  });
  return values;
}

const deadLetters = () => published(workerTopics('toy').deadLetter);

/** All that a line has written, without who asked for what, and without when. */
async function written(): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const name of TABLES) {
    const { rows } = await db.database.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) - 'changed_at' - 'written_at' - 'parked_at' - 'blocked_at' as row
       from toy.${name} as t ${name === 'journal' ? `where topic <> '${REPLAY}'` : ''}`,
    );
    all[name] = rows.map(({ row }) => JSON.stringify(row)).sort();
  }
  for (const topic of [PLEDGES, workerTopics('toy').deadLetter])
    all[topic] = await published(topic);
  return all;
}

async function asked(): Promise<{ action: string; actor: string; outcome: string }[]> {
  const { rows } = await db.database.query<{ action: string; actor: string; outcome: string }>(
    'select action, actor, outcome from toy.replays order by done_at, id',
  );
  return rows;
}

describe('a record that is given again', () => {
  test('does nothing, and shows nothing to others, once it was met', async () => {
    const run = runnerOf();
    const twice = {
      ...review(ONE, 'm9', 'twice').headers,
      ce_type: [Buffer.from('a'), Buffer.from('b')],
    };
    const records = [
      withdrawn(ONE, 1, 'a'),
      review(ONE, 'm1', 'row:x'),
      review(ONE, 'm2', 'explode'),
      withdrawn(ONE, 2, 'quiet'),
      // A gap, a number that blocks, one behind it, a door of one who is unknown.
      withdrawn(ONE, 5, 'far'),
      { ...withdrawn(TWO, 1, 'b'), value: Buffer.from('no event') },
      withdrawn(TWO, 2, 'c'),
      withdrawn(ONE, 1, 'a', { headers: { ce_causationid: 'another' } }),
      { ...review(ONE, 'm9', 'twice'), headers: twice },
    ];
    await run(...records);
    const before = await written();
    expect(before[PLEDGES]).toHaveLength(2);
    expect(await deadLetters()).toHaveLength(4);
    await run(...records.map((record) => again(record)));
    for (const record of records) await run(again(record));
    expect(await written()).toEqual(before);
    const rows = await asked();
    expect(rows).toHaveLength(2 * records.length);
    expect(new Set(rows.map(({ outcome }) => outcome))).toEqual(new Set(['repeated', 'parked']));
  });

  test('is taken if it never was, in its order, and then the delivery is the repeat', async () => {
    const run = runnerOf();
    const first = withdrawn(ONE, 1, 'a');
    const second = withdrawn(ONE, 2, 'b');
    const action = review(ONE, 'm1', 'row:x');
    await run(again(second));
    expect(await published()).toEqual([]);
    await run(again(first), again(action), again(first));
    expect(await published()).toHaveLength(3);
    await run(first, second, action);
    expect(await published()).toHaveLength(3);
    expect((await asked()).map(({ outcome }) => outcome)).toEqual([
      ...['parked', 'decided', 'decided', 'repeated'],
    ]);
  });

  test('is published again when its request comes again after a crash', async () => {
    const cut: EventLog = {
      ...log,
      ranges: (topic) => log.ranges(topic),
      send: () => Promise.reject(new Error('the process has died')),
    };
    const request = again(withdrawn(ONE, 1, 'a'));
    await expect(runnerOf(cut)(request)).rejects.toThrow(/has died/);
    expect(await published()).toEqual([]);
    const run = runnerOf();
    await run(request);
    expect(await published()).toHaveLength(1);
    expect(await asked()).toEqual([{ action: 'REDELIVER', actor: 'sre', outcome: 'decided' }]);
  });

  test('is refused under another key than its own, and blocks nobody', async () => {
    const run = runnerOf();
    await run(again(withdrawn(ONE, 1, 'a'), { key: TWO }), withdrawn(ONE, 1, 'a'));
    expect(await deadLetters()).toEqual(['SAIDAO_KEY']);
    expect(await published()).toHaveLength(1);
  });

  test('has no part in a request that nobody understands', async () => {
    const run = runnerOf();
    await run(again(withdrawn(ONE, 1, 'a'), { action: 'UNKNOWN' }));
    expect(await deadLetters()).toEqual(['SAIDAO_REPLAY_ACTION']);
    expect(await published()).toEqual([]);
    expect(await asked()).toEqual([]);
  });

  test.each(['REDELIVER', 'REPLAY', 'DISCARD'])(
    'of a topic whose name no index takes is no more than a dead letter: %s',
    async (action) => {
      const run = runnerOf();
      const endless = { ...withdrawn(ONE, 1, 'a'), topic: randomBytes(20_000).toString('hex') };
      await run(again(endless, { action }), withdrawn(ONE, 1, 'a'));
      expect(await deadLetters()).toEqual(action === 'DISCARD' ? [] : ['SAIDAO_TOPIC_UNEXPECTED']);
      expect(await published()).toHaveLength(1);
    },
  );

  test('leaves what deliveries alone would have left, wherever requests fall between', async () => {
    const reasons = ['a', 'quiet', 'explode', 'row:x', 'timer:5', 'lock:l'];
    const step = fc.record({ at: fc.nat(9), asks: fc.boolean() });
    const run = runnerOf();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...reasons), { minLength: 1, maxLength: 5 }),
        fc.array(step, { maxLength: 12 }),
        async (given, steps) => {
          const records = given.map((reason, at) =>
            reason === 'row:x' || reason === 'explode'
              ? review(ONE, `m${at}`, reason === 'row:x' ? `row:${at}` : reason)
              : withdrawn(ONE, given.slice(0, at + 1).filter(isNumbered).length, reason),
          );
          const clear = `truncate ${TABLES.map((name) => `toy.${name}`).join(', ')}, toy.replays`;
          await db.database.query(clear);
          const from = (await published()).length;
          for (const record of records) await run(record);
          const plain = (await published()).slice(from);
          const heads = await headsOf();
          await db.database.query(clear);
          const next = (await published()).length;
          let met = 0;
          for (const { at, asks } of steps) {
            if (asks && met > 0) await run(again(records[at % met]!));
            else if (met < records.length) await run(records[met++]!);
          }
          for (const record of records.slice(met)) await run(record);
          for (const record of records) await run(again(record));
          expect((await published()).slice(next)).toEqual(plain);
          expect(await headsOf()).toEqual(heads);
        },
      ),
      { numRuns: 25 },
    );
  });
});

const isNumbered = (reason: string): boolean => reason !== 'row:x' && reason !== 'explode';

async function headsOf(): Promise<unknown> {
  const { rows } = await db.database.query('select heads, state from toy.applications');
  return rows;
}

test('headers of one name, however many, are read at once', () => {
  const headers = Array.from({ length: 200_000 }, () => ({ name: 'h', value: Buffer.alloc(1) }));
  const record = withdrawn(ONE, 1, 'a');
  const data = { ...record, timestamp: 0n, headers } as never;
  const startedMs = performance.now();
  const original = originalOf({ data });
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  // No reader is handed more of any record.
  expect(original.headers['h']).toHaveLength(HEADERS_MAX);
});

test('who had a dead letter replayed or given up is kept with what came of it', async () => {
  const { line, mend } = mendable();
  const run = runnerOf(log, line);
  const dead = review(ONE, 'm1', 'bad');
  await run(withdrawn(ONE, 1, 'a'), dead, withdrawn(ONE, 2, 'b'));
  await run(again(dead, { action: 'REPLAY' }));
  mend();
  const request = again(dead, { action: 'REPLAY', id: 'r-1' });
  await run(request);
  await run(request);
  await run(again(dead, { action: 'REPLAY' }));
  await run(again(dead, { action: 'DISCARD' }));
  // Its own redelivery publishes the same once more, which readers know by its number.
  expect(new Set(await published()).size).toBe(3);
  expect(await asked()).toEqual([
    { action: 'REPLAY', actor: 'sre', outcome: 'dead-lettered' },
    { action: 'REPLAY', actor: 'sre', outcome: 'decided' },
    { action: 'REPLAY', actor: 'sre', outcome: 'repeated' },
    { action: 'DISCARD', actor: 'sre', outcome: 'repeated' },
  ]);
});
