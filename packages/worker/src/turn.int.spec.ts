// The turn on a real PostgreSQL: order, heads, parking, journal, dead letters, locks, timers.
import { randomBytes } from 'node:crypto';
import { MemoryBroker, type EventLog, type IncomingRecord } from '@saidao/event-log';
import { decode, encode, topics, workerTopics } from '@saidao/schemas';
import { eventually, testDatabase, type TestDatabase } from '@saidao/testkit';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import {
  BROKEN_INVARIANT_SQLSTATE,
  BrokenInvariant,
  brokenInvariantOf,
} from './broken-invariant.ts';
import type { Database, Transaction } from './database.ts';
import type { BrokenLane, Line } from './define.ts';
import { createEnvelopeReader } from './envelope.ts';
import { inputsOf, startLine } from './line-runner.ts';
import { Observer, type Alarm } from './observe.ts';
import { migrateLine } from './tables.ts';
import { startTimers } from './timers.ts';
import { createTurnRunner, type TurnRunner } from './turn.ts';
import {
  applicationIds,
  door,
  LENDER,
  mendable,
  numbered,
  PARTITIONS,
  PLEDGES,
  recordOf,
  toyLine,
  turnOf,
  withdrawn,
} from './turn.fixture.ts';

const LANE = 2;
const [ONE, TWO, THREE, ...MORE] = applicationIds(12, LANE) as [
  string,
  string,
  string,
  ...string[],
];

let db: TestDatabase;
let broker: MemoryBroker;
let log: EventLog;
let nowMs: number;

beforeEach(async () => {
  db = await testDatabase({
    adminUrl: inject('databaseUrl'),
    template: 'toy line, v1',
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
  nowMs = Date.UTC(2026, 10, 20, 1);
  broker = new MemoryBroker({ now: () => nowMs });
  log = broker.connect();
  const own = workerTopics('toy');
  const names = [...inputsOf(toyLine(), [LENDER]).keys(), PLEDGES, own.deadLetter];
  await log.createTopics(names.map((name) => ({ name, partitions: PARTITIONS })));
});

afterEach(async () => {
  await log.close();
  await db.close();
});

interface Toy {
  readonly run: TurnRunner['run'];
  readonly observer: Observer;
  readonly alarms: Alarm[];
  readonly wakes: number[];
}

function runnerOf(
  line: Line = toyLine(),
  options: {
    gatherBudgetMs?: number;
    lenders?: string[];
    log?: EventLog;
    database?: Database;
  } = {},
): Toy {
  const observer = new Observer();
  const alarms: Alarm[] = [];
  const wakes: number[] = [];
  observer.on('alarm', (alarm) => alarms.push(alarm));
  const lenders = options.lenders ?? [LENDER];
  const inputs = inputsOf(line, lenders);
  const runner = createTurnRunner({
    line,
    database: options.database ?? db.database,
    log: options.log ?? log,
    inputs,
    reader: createEnvelopeReader({ inputs, partitions: PARTITIONS, lenders }),
    partitions: PARTITIONS,
    observer,
    clock: () => nowMs,
    gatherBudgetMs: options.gatherBudgetMs ?? 3_000,
    publishBudgetMs: 5_000,
    onTimers: (dueAtMs) => wakes.push(dueAtMs),
  });
  return { run: runner.run, observer, alarms, wakes };
}

async function published(topic: string): Promise<IncomingRecord[]> {
  const records: IncomingRecord[] = [];
  await log.scan([topic], (record) => records.push(record));
  return records;
}

async function causes(applicationId?: string): Promise<string[]> {
  return (await published(PLEDGES))
    .map(
      ({ value }) =>
        decode(value as Buffer, PLEDGES).data as { applicationId: string; cause: string },
    )
    .filter((data) => applicationId === undefined || data.applicationId === applicationId)
    .map(({ cause }) => cause);
}

const deadLetters = (): Promise<IncomingRecord[]> => published('toy.dead-letter.v1');
const header = (record: IncomingRecord | undefined, name: string): string | undefined =>
  record?.headers[name]?.toString();

async function count(table: string): Promise<number> {
  const { rows } = await db.database.query<{ n: bigint }>(`select count(*) as n from toy.${table}`);
  return Number(rows[0]?.n);
}

function replayOf(
  dead: IncomingRecord,
  action: 'REPLAY' | 'DISCARD',
  id: string,
  value: Buffer | null = dead.value,
): IncomingRecord {
  const key = header(dead, 'x-dlq-application') ?? (dead.key as Buffer).toString();
  return recordOf(
    workerTopics('toy').replay,
    key,
    id,
    'ReplayRequested',
    {
      action,
      actor: 'sre',
      reason: 'mended',
      topic: header(dead, 'x-dlq-topic'),
      partition: Number(header(dead, 'x-dlq-partition')),
      offset: BigInt(header(dead, 'x-dlq-offset') ?? 0),
      number: null,
      messageId: header(dead, 'ce_sequence') === undefined ? (header(dead, 'ce_id') ?? null) : null,
      key: dead.key,
      value,
      timestamp: BigInt(header(dead, 'x-dlq-timestamp') ?? 0),
      headers: Object.entries(dead.headers)
        .filter(([name]) => !name.startsWith('x-dlq-'))
        .map(([name, bytes]) => ({ name, value: bytes as Buffer })),
    },
    { partition: LANE },
  );
}

function review(applicationId: string, id: string, reason: string): IncomingRecord {
  return door(topics.reviewActions, id, 'ReviewSubmitted', {
    applicationId,
    revision: 1,
    lenderId: LENDER,
    officer: 'a',
    verdict: 'APPROVE',
    reason,
    reasonCode: null,
    role: null,
    overrideCode: null,
    amount: null,
    termMonths: null,
  });
}

describe('a turn', () => {
  test('takes in order, numbers what it yields, and says who caused it', async () => {
    const { run } = runnerOf();
    const records = [withdrawn(ONE, 1, 'a'), withdrawn(TWO, 1, 'x'), withdrawn(ONE, 2, 'b')];
    expect(await run(turnOf(LANE, records))).toEqual({ taken: 3 });
    expect(await causes(ONE)).toEqual(['a', 'a,b']);
    const [first, , second] = await published(PLEDGES);
    expect(first?.partition).toBe(LANE);
    expect(first?.key?.toString()).toBe(ONE);
    expect(header(first, 'ce_id')).toBe(`${ONE}/${PLEDGES}/1`);
    expect(header(second, 'ce_id')).toBe(`${ONE}/${PLEDGES}/2`);
    expect(header(second, 'ce_sequence')).toBe('2');
    expect(header(second, 'ce_causationid')).toBe(`${ONE}/saidao.applications.v1/2`);
    expect(header(second, 'ce_correlationid')).toBe(`journey of ${ONE}`);
    expect(header(second, 'ce_type')).toBe('PledgeReleased');
    expect(header(second, 'traceparent')).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
  });

  test('counts events that `when` passes over, and keeps no journal row for them', async () => {
    const { run } = runnerOf();
    const declined = numbered(topics.applications, 1, 'OfferDeclined', {
      applicationId: ONE,
      revision: 1,
      lenderId: LENDER,
      reason: 'no',
    });
    await run(turnOf(LANE, [declined, withdrawn(ONE, 2, 'b')]));
    expect(await causes()).toEqual(['b']);
    expect(await count('journal')).toBe(1);
  });

  test('ignores an older revision and moves to a newer one first', async () => {
    const { run } = runnerOf();
    await run(
      turnOf(LANE, [
        withdrawn(ONE, 1, 'a', { revision: 1 }),
        withdrawn(ONE, 2, 'b', { revision: 2 }),
        withdrawn(ONE, 3, 'c', { revision: 1 }),
      ]),
    );
    expect(await causes()).toEqual(['a', 'b']);
  });

  test('never ignores what speaks of money for its revision', async () => {
    const { run } = runnerOf();
    const refused = numbered(topics.disbursements, 1, 'CancellationRefused', {
      applicationId: ONE,
      revision: 1,
      lenderId: LENDER,
      authorisationId: 'x',
      cause: 'paid',
    });
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a', { revision: 2 }), refused]));
    expect(await causes()).toEqual(['a', 'a,paid']);
  });

  test('publishes nothing once the lane is lost; the next owner publishes the same bytes', async () => {
    const record = withdrawn(ONE, 1, 'a');
    const zombie = runnerOf();
    expect(await zombie.run(turnOf(LANE, [record], () => false))).toEqual({ taken: 0 });
    expect(await published(PLEDGES)).toEqual([]);
    nowMs += 5_000;
    const owner = runnerOf();
    expect(await owner.run(turnOf(LANE, [record]))).toEqual({ taken: 1 });
    const [only] = await published(PLEDGES);
    expect(header(only, 'ce_time')).toBe(new Date(nowMs - 5_000).toISOString());
  });
});

describe('the journal', () => {
  test('gives a redelivery the same bytes, and decides once', async () => {
    const decisions: string[] = [];
    const { run } = runnerOf(toyLine({ decided: (reason) => decisions.push(reason) }));
    const record = withdrawn(ONE, 1, 'a');
    await run(turnOf(LANE, [record]));
    nowMs += 60_000;
    await run(turnOf(LANE, [record, withdrawn(ONE, 2, 'b')]));
    expect(decisions).toEqual(['a', 'b']);
    const [first, again, next] = await published(PLEDGES);
    expect(again?.value).toEqual(first?.value);
    expect(again?.headers).toEqual(first?.headers);
    expect(header(next, 'ce_id')).toBe(`${ONE}/${PLEDGES}/2`);
  });

  test('survives a crash between commit and publication', async () => {
    const { run } = runnerOf();
    const record = withdrawn(ONE, 1, 'a');
    const failing: EventLog = { ...bound(log), send: () => Promise.reject(new Error('cut')) };
    const good = log;
    log = failing;
    const crashing = runnerOf();
    await expect(crashing.run(turnOf(LANE, [record]))).rejects.toThrow('cut');
    log = good;
    expect(await published(PLEDGES)).toEqual([]);
    await run(turnOf(LANE, [record]));
    expect(await causes()).toEqual(['a']);
  });

  test('lets the first stand when the same identity comes with other bytes', async () => {
    const { run, alarms } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'forged'), withdrawn(ONE, 2, 'b')]));
    expect(await causes()).toEqual(['a', 'a,b']);
    expect(alarms.map(({ kind }) => kind)).toContain('same-identity-other-bytes');
    const [dead] = await deadLetters();
    expect(header(dead, 'x-dlq-code')).toBe('SAIDAO_OTHER_BYTES');
    expect(header(dead, 'x-dlq-blocks')).toBe('false');
  });

  test('knows a released event by its bytes too', async () => {
    const { run, alarms } = runnerOf();
    const early = withdrawn(ONE, 2, 'b');
    await run(turnOf(LANE, [early]));
    await run(turnOf(LANE, [withdrawn(ONE, 3, 'c'), withdrawn(ONE, 1, 'a')]));
    await run(turnOf(LANE, [early]));
    expect(alarms).toEqual([]);
    await run(turnOf(LANE, [withdrawn(ONE, 2, 'forged'), withdrawn(ONE, 3, 'forged')]));
    expect(alarms.map(({ kind }) => kind)).toEqual([
      'same-identity-other-bytes',
      'same-identity-other-bytes',
    ]);
    expect(await causes()).toEqual(['a', 'a,b', 'a,b,c']);
  });

  test('a trace header does not change an identity', async () => {
    const { run, alarms } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a', { headers: { traceparent } })]));
    expect(alarms).toEqual([]);
    expect(await causes()).toEqual(['a', 'a']);
  });
});

describe('heads and parking', () => {
  test('a number below the head without a journal row yields nothing', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), withdrawn(ONE, 2, 'b')]));
    await db.database.query('delete from toy.journal');
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
    expect(await causes()).toEqual(['a', 'a,b']);
  });

  test('parks what comes early and takes it in order when the missing one comes', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), withdrawn(ONE, 4, 'd')]));
    await run(turnOf(LANE, [withdrawn(ONE, 3, 'c'), withdrawn(TWO, 1, 'x')]));
    expect(await causes(ONE)).toEqual(['a']);
    expect(await causes(TWO)).toEqual(['x']);
    expect(await count('parked')).toBe(2);
    const missing = withdrawn(ONE, 2, 'b');
    await run(turnOf(LANE, [missing]));
    expect(await causes(ONE)).toEqual(['a', 'a,b', 'a,b,c', 'a,b,c,d']);
    expect(await count('parked')).toBe(0);
    const before = (await published(PLEDGES)).length;
    await run(turnOf(LANE, [withdrawn(ONE, 3, 'c'), missing]));
    // The released ones are journaled under what released them, and come again with it.
    expect((await published(PLEDGES)).length - before).toBe(3);
  });

  test('parks a redelivered record once, and sets one gap timer for it', async () => {
    const { run } = runnerOf();
    const early = withdrawn(ONE, 2, 'b');
    await run(turnOf(LANE, [early]));
    await run(turnOf(LANE, [early]));
    expect(await count('parked')).toBe(1);
    expect(await count('timers')).toBe(1);
  });

  test('alarms for a gap that is older than a minute', async () => {
    const { run, alarms } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 2, 'b')]));
    nowMs += 61_000;
    for (const due of await publishDue()) await run(turnOf(LANE, [due]));
    expect(alarms.map(({ kind }) => kind)).toEqual(['gap']);
    expect(await count('timers')).toBe(0);
  });

  test.each(['REPLAY', 'DISCARD'] as const)(
    'alarms for a gap among what a block kept back, a minute after its %s',
    async (action) => {
      const { line, mend } = mendable();
      const { run, alarms } = runnerOf(line);
      const kept = [withdrawn(ONE, 3, 'c'), withdrawn(ONE, 5, 'e'), review(ONE, 'm1', 'x')];
      await run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), withdrawn(ONE, 2, 'bad'), ...kept]));
      nowMs += 61_000;
      expect(await publishDue()).toEqual([]);
      const [dead] = await deadLetters();
      mend();
      await run(turnOf(LANE, [replayOf(dead as IncomingRecord, action, 'r1')]));
      alarms.length = 0;
      nowMs += 61_000;
      for (const due of await publishDue()) await run(turnOf(LANE, [due]));
      expect(alarms.map(({ kind, message }) => [kind, message])).toEqual([
        ['gap', 'Number 4 of saidao.applications.v1 is missing; 5 has waited for a minute.'],
      ]);
    },
  );

  test('takes the first event seen where the log has lost its beginning', async () => {
    const { run } = runnerOf();
    await loseBeginning();
    await run(turnOf(LANE, [withdrawn(ONE, 7, 'g'), withdrawn(ONE, 8, 'h')]));
    expect(await causes()).toEqual(['g', 'g,h']);
  });

  test.each(['REPLAY', 'DISCARD'] as const)(
    'where the first event seen of a truncated log fails, a %s ends its block',
    async (action) => {
      const { run } = runnerOf();
      await loseBeginning();
      const value = Buffer.from([0, 0, 0, 9, 9, 1]);
      await run(turnOf(LANE, [withdrawn(ONE, 7, 'g', { value }), withdrawn(ONE, 8, 'h')]));
      const [dead] = await deadLetters();
      expect(header(dead, 'x-dlq-blocks')).toBe('true');
      const mended = withdrawn(ONE, 7, 'g').value;
      await run(turnOf(LANE, [replayOf(dead as IncomingRecord, action, 'r1', mended)]));
      expect(await causes()).toEqual(action === 'REPLAY' ? ['g', 'g,h'] : ['h']);
      expect(await count('parked')).toBe(0);
    },
  );

  test('a door message waits for its application, and is taken when that comes', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [review(ONE, 'm1', 'early')]));
    expect(await causes()).toEqual([]);
    expect(await count('parked')).toBe(1);
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
    expect(await causes()).toEqual(['a', 'a,early']);
    await run(turnOf(LANE, [review(ONE, 'm1', 'early')]));
    expect(await causes()).toEqual(['a', 'a,early']);
  });

  test('a door message is not parked again by who was frozen while another took it', async () => {
    const { run } = runnerOf();
    const early = review(ONE, 'm1', 'early');
    const writes = stop();
    const zombie = runnerOf(toyLine(), { database: stoppingBefore(writes, 'writes') });
    const left = zombie.run(turnOf(LANE, [early], () => false));
    await writes.reached;
    let isTaken = false;
    const taken = (async () => {
      await run(turnOf(LANE, [early]));
      await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
      isTaken = true;
    })();
    await eventually(
      'its owner waits, or has taken it',
      async () => isTaken || (await isWaiting()),
    );
    writes.goOn();
    await taken;
    expect(await left).toEqual({ taken: 0 });
    expect(await count('parked')).toBe(0);
    expect(await count('timers')).toBe(1);
    await run(turnOf(LANE, [withdrawn(ONE, 2, 'b')]));
    expect(await causes()).toEqual(['a', 'a,early', 'a,early,b']);
  });

  test('a door message is not parked beside another’s turn that makes it known and takes it', async () => {
    const early = review(ONE, 'm1', 'early');
    const commit = stop();
    const owner = runnerOf(toyLine(), { database: stoppingBefore(commit, 'commit') });
    const taken = owner.run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), early]));
    await commit.reached;
    const zombie = runnerOf();
    let isLeft = false;
    const left = zombie.run(turnOf(LANE, [early], () => false)).finally(() => (isLeft = true));
    await eventually(
      'it waits for the owner, or has written',
      async () => isLeft || (await isWaiting()),
    );
    commit.goOn();
    expect([await taken, await left]).toEqual([{ taken: 2 }, { taken: 0 }]);
    expect(await count('parked')).toBe(0);
    await owner.run(turnOf(LANE, [withdrawn(ONE, 2, 'b')]));
    expect(await causes()).toEqual(['a', 'a,early', 'a,early,b']);
  });

  test('a door message waits too while all that is known of its application is parked', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 2, 'b'), review(ONE, 'm1', 'early')]));
    expect(await causes()).toEqual([]);
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
    expect(await causes()).toEqual(['a', 'a,b', 'a,b,early']);
  });

  test('a door message whose application never comes is dead-lettered after a minute', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [review(ONE, 'm1', 'early')]));
    nowMs += 61_000;
    for (const due of await publishDue()) await run(turnOf(LANE, [due]));
    const [dead] = await deadLetters();
    expect(header(dead, 'x-dlq-code')).toBe('SAIDAO_APPLICATION_UNKNOWN');
    expect(await count('parked')).toBe(0);
    // Its row is there, and it is as unknown as before.
    await run(turnOf(LANE, [review(ONE, 'm2', 'later')]));
    expect(await causes()).toEqual([]);
    expect(await count('parked')).toBe(1);
  });
});

describe('dead letters', () => {
  test('an undecodable event blocks its application only, until it is replayed mended', async () => {
    const { run } = runnerOf();
    const broken = withdrawn(ONE, 1, 'a', { value: Buffer.from([0, 0, 0, 9, 9, 1]) });
    await run(turnOf(LANE, [broken, withdrawn(ONE, 2, 'b'), withdrawn(TWO, 1, 'x')]));
    expect(await causes()).toEqual(['x']);
    const [dead] = await deadLetters();
    expect(dead?.value).toEqual(broken.value);
    expect(header(dead, 'x-dlq-code')).toBe('SAIDAO_SCHEMA_ID_UNKNOWN');
    expect(header(dead, 'x-dlq-blocks')).toBe('true');
    expect(header(dead, 'x-dlq-identity')).toBe(`${ONE}/saidao.applications.v1/1`);

    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'REPLAY', 'r1')]));
    expect((await deadLetters()).length).toBe(2);
    expect(await causes(ONE)).toEqual([]);

    const mended = withdrawn(ONE, 1, 'a').value;
    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'REPLAY', 'r2', mended)]));
    expect(await causes(ONE)).toEqual(['a', 'a,b']);
    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'REPLAY', 'r3', mended)]));
    expect(await causes(ONE)).toEqual(['a', 'a,b']);
  });

  test('a discard goes on with the next number', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'explode'), withdrawn(ONE, 2, 'b')]));
    const [dead] = await deadLetters();
    expect(header(dead, 'x-dlq-code')).toBe('SAIDAO_DECIDE_FAILED');
    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'DISCARD', 'd1')]));
    expect(await causes()).toEqual(['b']);
    expect(await count('parked')).toBe(0);
  });

  test('a replay of what does not block leaves what does', async () => {
    const { run } = runnerOf();
    const refused = numbered(topics.disbursements, 1, 'CancellationRefused', {
      applicationId: ONE,
      revision: 1,
      lenderId: LENDER,
      authorisationId: 'x',
      cause: 'paid',
    });
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'explode'), refused]));
    const [dead] = await deadLetters();
    const headers = {
      ...refused.headers,
      'x-dlq-topic': Buffer.from(refused.topic),
      'x-dlq-partition': Buffer.from(String(LANE)),
      'x-dlq-application': Buffer.from(ONE),
    };
    await run(turnOf(LANE, [replayOf({ ...refused, headers }, 'REPLAY', 'r1')]));
    expect(await causes()).toEqual([]);
    const early = (await deadLetters()).at(-1);
    expect(header(early, 'x-dlq-code')).toBe('SAIDAO_REPLAY_EARLY');
    expect(header(early, 'x-dlq-reason')).toContain('first number 1 of saidao.applications.v1');
    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'DISCARD', 'd1')]));
    expect(await causes()).toEqual(['paid']);
    await run(turnOf(LANE, [replayOf(early as IncomingRecord, 'REPLAY', 'r2')]));
    expect(await causes()).toEqual(['paid']);
    expect((await deadLetters()).length).toBe(2);
  });

  test('a discard before its turn is told, and moves no head', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
    const far = withdrawn(ONE, 3, 'c');
    const headers = {
      ...far.headers,
      'x-dlq-topic': Buffer.from(far.topic),
      'x-dlq-partition': Buffer.from(String(LANE)),
      'x-dlq-application': Buffer.from(ONE),
    };
    await run(turnOf(LANE, [replayOf({ ...far, headers }, 'DISCARD', 'd1')]));
    const [early] = await deadLetters();
    expect(header(early, 'x-dlq-reason')).toBe('It is not its turn: first number 2 has to come.');
    await run(turnOf(LANE, [withdrawn(ONE, 2, 'b'), far]));
    expect(await causes()).toEqual(['a', 'a,b', 'a,b,c']);
  });

  test('a redelivered dead letter is written again with the same bytes, not decided', async () => {
    const { run } = runnerOf();
    const record = withdrawn(ONE, 1, 'explode');
    await run(turnOf(LANE, [record]));
    await run(turnOf(LANE, [record]));
    const [first, again] = await deadLetters();
    expect(again?.headers).toEqual(first?.headers);
    expect(again?.value).toEqual(record.value);
    expect(await count('parked')).toBe(0);
  });

  test('a door’s dead letter blocks nobody, and replayed twice it has one effect', async () => {
    const { line, mend } = mendable();
    const { run } = runnerOf(line);
    await run(
      turnOf(LANE, [withdrawn(ONE, 1, 'a'), review(ONE, 'm1', 'bad'), withdrawn(ONE, 2, 'b')]),
    );
    expect(await causes()).toEqual(['a', 'a,b']);
    const [dead] = await deadLetters();
    expect(header(dead, 'x-dlq-blocks')).toBe('false');
    mend();
    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'REPLAY', 'r1')]));
    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'REPLAY', 'r2')]));
    expect(await causes()).toEqual(['a', 'a,b', 'a,b,bad']);
  });

  test.each<[string, (good: IncomingRecord) => IncomingRecord, string]>([
    ['no key', (good) => ({ ...good, key: null }), 'SAIDAO_KEY'],
    ['a key that is no id', (good) => ({ ...good, key: Buffer.from('me') }), 'SAIDAO_KEY'],
    ['a key of invalid UTF-8', (good) => ({ ...good, key: Buffer.from([0xff]) }), 'SAIDAO_KEY'],
    ['no ce_id', without('ce_id'), 'SAIDAO_CE_ID'],
    ['another ce_id', given('ce_id', 'x/y/1'), 'SAIDAO_CE_ID'],
    ['a mark for its ce_id', given('ce_id', 'place'), 'SAIDAO_CE_ID'],
    ['number zero', given('ce_id', `${ONE}/saidao.applications.v1/0`), 'SAIDAO_CE_ID'],
    ['U+0000 in ce_id', given('ce_id', 'a\u0000b'), 'SAIDAO_HEADER'],
    [
      'ce_id given twice',
      (good) => ({
        ...good,
        headers: { ...good.headers, ce_id: [Buffer.from('a'), Buffer.from('b')] },
      }),
      'SAIDAO_HEADER_TWICE',
    ],
    ['the wrong partition', (good) => ({ ...good, partition: 5 }), 'SAIDAO_WRONG_PARTITION'],
  ])('%s has no identity: a dead letter that blocks nobody', async (_what, spoil, code) => {
    const { run } = runnerOf();
    const good = withdrawn(ONE, 1, 'a');
    await run(turnOf(LANE, [spoil(good), good]));
    expect(await causes()).toEqual(['a']);
    const [dead, ...others] = await deadLetters();
    expect(others).toEqual([]);
    expect(header(dead, 'x-dlq-code')).toBe(code);
    expect(header(dead, 'x-dlq-blocks')).toBe('false');
    expect(header(dead, 'x-dlq-identity')).toMatch(/^saidao\.applications\.v1\/\d\/\d+$/);
  });

  test.each<[string, (good: IncomingRecord) => IncomingRecord, string]>([
    ['another ce_sequence', given('ce_sequence', '9'), 'SAIDAO_CE_SEQUENCE'],
    ['no ce_type', without('ce_type'), 'SAIDAO_CE_TYPE'],
    ['a stranger’s lender', given('ce_lenderid', 'nobody'), 'SAIDAO_LENDER_UNKNOWN'],
    ['no lender', without('ce_lenderid'), 'SAIDAO_LENDER_UNKNOWN'],
    ['an endless header', given('ce_correlationid', 'x'.repeat(5_000)), 'SAIDAO_HEADER'],
    [
      'a header given twice',
      (good) => ({
        ...good,
        headers: { ...good.headers, ce_type: [Buffer.from('a'), Buffer.from('b')] },
      }),
      'SAIDAO_HEADER_TWICE',
    ],
  ])('%s, but key and number: it keeps its place until a discard', async (_what, spoil, code) => {
    const { run } = runnerOf();
    const bad = spoil(withdrawn(ONE, 2, 'b'));
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), withdrawn(ONE, 3, 'c')]));
    await run(turnOf(LANE, [bad, withdrawn(TWO, 1, 'x')]));
    expect(await causes()).toEqual(['a', 'x']);
    const [dead] = await deadLetters();
    expect(header(dead, 'x-dlq-code')).toBe(code);
    expect(header(dead, 'x-dlq-blocks')).toBe('true');
    expect(header(dead, 'x-dlq-identity')).toBe(`${ONE}/saidao.applications.v1/2`);
    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'DISCARD', 'd1')]));
    expect(await causes(ONE)).toEqual(['a', 'a,c']);
    expect(await count('parked')).toBe(0);
  });

  test('an event of a lender that was missing in the settings is taken by a replay', async () => {
    const before = runnerOf(toyLine(), { lenders: ['exim-zj'] });
    await before.run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), withdrawn(ONE, 2, 'b')]));
    const [dead] = await deadLetters();
    expect(header(dead, 'x-dlq-code')).toBe('SAIDAO_LENDER_UNKNOWN');
    const { run } = runnerOf();
    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'REPLAY', 'r1')]));
    expect(await causes()).toEqual(['a', 'a,b']);
  });

  test('what has a fault and comes early is parked, and its gap alarms all the same', async () => {
    const { run, alarms } = runnerOf();
    const stranger = given('ce_lenderid', 'nobody');
    await run(turnOf(LANE, [stranger(withdrawn(ONE, 2, 'b'))]));
    expect(await deadLetters()).toEqual([]);
    nowMs += 61_000;
    for (const due of await publishDue()) await run(turnOf(LANE, [due]));
    expect(alarms.map(({ kind }) => kind)).toEqual(['gap']);
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
    const [dead] = await deadLetters();
    expect(header(dead, 'x-dlq-blocks')).toBe('true');
  });

  test('more than ten inputs in a row failing alike stop the turn and lose nothing', async () => {
    const { run } = runnerOf();
    const ids = [ONE, TWO, THREE, ...MORE];
    const records = ids.map((id) => withdrawn(id, 1, 'explode'));
    await expect(run(turnOf(LANE, records))).rejects.toThrow('failed alike');
    expect(await deadLetters()).toEqual([]);
    expect(await count('applications')).toBe(0);
  });

  test('unlike failures, or failures with successes between, never pause', async () => {
    const { run } = runnerOf();
    const ids = [ONE, TWO, THREE, ...MORE];
    await run(
      turnOf(
        LANE,
        ids.map((id, at) => withdrawn(id, 1, `explode ${at}`)),
      ),
    );
    expect((await deadLetters()).length).toBe(ids.length);
  });

  test('a data error of the database finds the one message that causes it', async () => {
    const { run } = runnerOf();
    const ids = [ONE, TWO, THREE, ...MORE];
    const records = ids.map((id, at) => withdrawn(id, 1, `row:${at === 7 ? 0 : at}`));
    expect(await run(turnOf(LANE, records))).toEqual({ taken: ids.length });
    const dead = await deadLetters();
    expect(dead.map((one) => header(one, 'x-dlq-application'))).toEqual([ids[7]]);
    expect(header(dead[0], 'x-dlq-code')).toBe('SAIDAO_DATA_REFUSED');
    expect(await count('texts')).toBe(ids.length - 1);
    expect((await causes()).length).toBe(ids.length - 1);
  });

  test('a data error that is none when the message is alone once more buries nothing', async () => {
    const toy = toyLine() as unknown as Line;
    let refusals = 0;
    const line: Line = {
      ...toy,
      async record(transaction, rows) {
        await toy.record?.(transaction, rows);
        refusals += 1;
        if (refusals <= 2) throw Object.assign(new Error('It is there.'), { code: '23505' });
      },
    };
    const { run } = runnerOf(line);
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'row:one'), withdrawn(TWO, 1, 'row:two')]));
    expect(await deadLetters()).toEqual([]);
    expect(await count('texts')).toBe(2);
    expect([await causes(ONE), await causes(TWO)]).toEqual([['row:one'], ['row:two']]);
  });

  test('a data error is told by the code that its constraint is named like', async () => {
    await db.database.query(
      `alter table toy.texts add constraint saidao_ledger_period_closed check (text <> 'late')`,
    );
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'row:early'), withdrawn(TWO, 1, 'row:late')]));
    const [dead, ...others] = await deadLetters();
    expect(others).toEqual([]);
    expect(header(dead, 'x-dlq-application')).toBe(TWO);
    expect(header(dead, 'x-dlq-code')).toBe('SAIDAO_LEDGER_PERIOD_CLOSED');
    expect(header(dead, 'x-dlq-reason')).toContain('saidao_ledger_period_closed');
    expect(await count('texts')).toBe(1);
  });

  test('a data error of a released event buries that one, not what released it', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(TWO, 1, 'row:taken')]));
    await run(turnOf(LANE, [withdrawn(ONE, 3, 'c'), withdrawn(ONE, 2, 'row:taken')]));
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
    expect(await causes(ONE)).toEqual(['a']);
    const [dead] = await deadLetters();
    expect(header(dead, 'x-dlq-identity')).toBe(`${ONE}/saidao.applications.v1/2`);
    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'DISCARD', 'd1')]));
    expect(await causes(ONE)).toEqual(['a', 'a,c']);
  });
});

test('a line is told of its own rows once they stand, and not again on a redelivery', async () => {
  const seen: unknown[] = [];
  const line: Line = { ...toyLine(), observes: (rows: readonly unknown[]) => seen.push(...rows) };
  const { run } = runnerOf(line);
  const records = [withdrawn(ONE, 1, 'row:a'), withdrawn(TWO, 1, 'quiet')];
  await run(turnOf(LANE, records));
  await run(turnOf(LANE, records));
  expect(seen).toEqual([{ applicationId: ONE, text: 'a' }]);
});

describe('what no writer of ours would say', () => {
  const codes = async (): Promise<(string | undefined)[]> =>
    (await deadLetters()).map((dead) => header(dead, 'x-dlq-code'));
  const timer = (name: string, detail: string, revision = 1): IncomingRecord => {
    const timerId = `${name} ${detail} ${revision}`;
    const data = { applicationId: ONE, revision, lenderId: LENDER, timerId, dueAt: 0n };
    const topic = workerTopics('toy').timers;
    return recordOf(topic, ONE, timerId, 'TimerDue', { ...data, name, detail }, {});
  };

  test.each([
    ['timer:1', 'no JSON'],
    ['timer:1', ''],
    ['timer:1', '5'],
    ['timer:1', '"text"'],
    ['timer:1', '[]'],
    ['$gap', 'null'],
    ['$gap', '{"topic":1,"number":"x"}'],
    ['$parked-door', '[]'],
  ])('a timer %s of %j becomes a dead letter, and what follows is taken', async (name, detail) => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), timer(name, detail), withdrawn(ONE, 2, 'b')]));
    expect(await codes()).toEqual(['SAIDAO_TIMER']);
    expect(await causes(ONE)).toEqual(['a', 'a,b']);
  });

  test('a timer of a revision that is still to come resets and silences nothing', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), timer('timer:1', 'null', 2 ** 31 - 1)]));
    await run(turnOf(LANE, [timer('timer:1', 'null'), withdrawn(ONE, 2, 'b')]));
    expect(await codes()).toEqual(['SAIDAO_TIMER']);
    expect(await causes(ONE)).toEqual(['a', 'a,timer:1', 'a,timer:1,b']);
  });

  test('a replay of a key that no database takes becomes a dead letter', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'explode')]));
    const [dead] = (await deadLetters()) as [IncomingRecord];
    const odd = { ...dead, key: Buffer.from('a\u0000b') };
    await run(turnOf(LANE, [replayOf(odd, 'REPLAY', 'r1'), withdrawn(TWO, 1, 'b')]));
    expect(await codes()).toEqual(['SAIDAO_DECIDE_FAILED', 'SAIDAO_KEY']);
    expect(await causes(TWO)).toEqual(['b']);
  });

  test('inputs that the line refuses by a code never pause it, however many', async () => {
    const refusing: Line = {
      ...(toyLine() as unknown as Line),
      decide() {
        throw Object.assign(new Error('The key is another.'), { code: 'SAIDAO_KEY_MISMATCH' });
      },
    };
    const { run, alarms } = runnerOf(refusing);
    const ids = [ONE, TWO, THREE, ...MORE];
    await run(
      turnOf(
        LANE,
        ids.map((id) => withdrawn(id, 1, 'a')),
      ),
    );
    expect(await codes()).toEqual(ids.map(() => 'SAIDAO_KEY_MISMATCH'));
    expect(new Set(alarms.map(({ kind }) => kind))).toEqual(new Set(['blocked']));
  });

  test('an event on which locks or a new revision fail becomes a dead letter', async () => {
    const failing: Line = {
      ...(toyLine() as unknown as Line),
      gather: () => Promise.resolve('asked'),
      locks: () => {
        throw new TypeError('Nothing can be read of this.');
      },
      newRevision: (state, revision) => {
        if (revision === 7) throw new RangeError('There is no such revision.');
        return { ...state, revision };
      },
    };
    const { run } = runnerOf(failing);
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), withdrawn(TWO, 1, 'b', { revision: 7 })]));
    expect(await codes()).toEqual(['SAIDAO_DECIDE_FAILED', 'SAIDAO_DECIDE_FAILED']);
    expect(await count('journal')).toBe(2);
  });

  test('a lock or a row of a long name stops nobody', async () => {
    const { run } = runnerOf();
    // Of chance, since PostgreSQL would compress anything else.
    const long = randomBytes(4_000).toString('base64');
    await run(
      turnOf(LANE, [
        withdrawn(ONE, 1, `lock:${long}`),
        withdrawn(TWO, 1, `row:${long}`),
        withdrawn(THREE, 1, `lock:${long}`),
      ]),
    );
    expect(await codes()).toEqual(['SAIDAO_DATA_REFUSED']);
    expect(await causes(THREE)).toEqual([`${long}=2`]);
  });
});

describe('a broken invariant', () => {
  /** The line, once its lane has taken a first record. */
  async function atWork(line: Line) {
    const observer = new Observer();
    const alarms: Alarm[] = [];
    observer.on('alarm', (alarm) => alarms.push(alarm));
    const options = { log, database: db.database, lenders: [LENDER], partitions: PARTITIONS };
    const running = await startLine({ ...options, line, observer });
    await append(withdrawn(ONE, 1, 'a'));
    await eventually('the lane works', async () => (await causes()).length === 1);
    return { running, alarms, options };
  }

  test('of a decision comes through: the turn is rolled back, nothing is buried', async () => {
    const { run } = runnerOf();
    const records = [withdrawn(ONE, 1, 'a'), withdrawn(TWO, 1, 'impossible')];
    await expect(run(turnOf(LANE, records))).rejects.toMatchObject({
      code: 'SAIDAO_INVARIANT',
      message: 'Two and two are five.',
      lenderId: LENDER,
      applicationId: TWO,
    });
    expect(await deadLetters()).toEqual([]);
    expect(await causes()).toEqual([]);
    expect(await count('applications')).toBe(0);
  });

  test('told by a trigger at commit halves nothing and says whom it concerns', async () => {
    await refuseTexts('wrong', { lenderId: LENDER, applicationId: TWO });
    const { run } = runnerOf();
    const records = [withdrawn(ONE, 1, 'row:right'), withdrawn(TWO, 1, 'row:wrong')];
    const error = await run(turnOf(LANE, records)).catch((thrown: unknown) => thrown);
    expect(brokenInvariantOf(error)).toMatchObject({
      message: 'wrong is impossible',
      lenderId: LENDER,
      applicationId: TWO,
    });
    expect(await deadLetters()).toEqual([]);
    expect(await count('texts')).toBe(0);
    expect(await count('applications')).toBe(0);
  });

  test('stops its lane until the line starts again, and no other lane', async () => {
    const [elsewhere] = applicationIds(1, LANE + 1) as [string];
    const calls: BrokenLane[] = [];
    const line: Line = {
      ...(toyLine() as unknown as Line),
      async onBroken(transaction, broken) {
        calls.push(broken);
        await transaction.query('insert into toy.texts values ($1, $2)', [
          broken.reason,
          broken.applicationId,
        ]);
        if (calls.length < 3) throw new Error('The database is gone.');
      },
    };
    const { running, alarms, options } = await atWork(line);
    await append(withdrawn(TWO, 1, 'impossible'), withdrawn(THREE, 1, 'b'));
    await eventually('what it has to refuse is written', async () => (await count('texts')) === 1);
    await append(withdrawn(ONE, 2, 'c'), withdrawn(elsewhere, 1, 'd'));
    await eventually('another lane goes on', async () => (await causes(elsewhere)).length === 1);
    expect(await causes(ONE)).toEqual(['a']);
    expect(running.status()).toMatchObject({ broken: [LANE], paused: undefined });
    expect(calls).toHaveLength(3);
    expect(calls[2]).toMatchObject({
      lane: LANE,
      reason: 'Two and two are five.',
      lenders: [LENDER],
      applicationId: TWO,
    });
    expect(alarms.filter(({ kind }) => kind === 'broken-invariant')).toMatchObject([
      { applicationId: TWO, message: `Lane ${LANE} is stopped: Two and two are five.` },
    ]);
    expect(await deadLetters()).toEqual([]);
    await running.stop();

    const mended = toyLine() as unknown as Line;
    const decide: Line['decide'] = (input) =>
      mended.decide({ ...input, event: { ...input.event, data: mendedData(input.event.data) } });
    const again = await startLine({ ...options, line: { ...mended, decide } });
    await eventually('the lane goes on where it was', async () => (await causes()).length === 6);
    expect(await causes(TWO)).toEqual(['possible']);
    // Started anew it cannot know what is on the log: what was given before goes first, once more.
    expect(await causes(ONE)).toEqual(['a', 'a', 'a,c']);
    expect(again.status().broken).toEqual([]);
    await again.stop();
  });

  test('that is none the third time stops nothing', async () => {
    const toy = toyLine() as unknown as Line;
    const calls: BrokenLane[] = [];
    let decisions = 0;
    const line: Line = {
      ...toy,
      decide(input) {
        decisions += 1;
        if (decisions === 2 || decisions === 3)
          throw new BrokenInvariant('Something was sent twice.');
        return toy.decide(input);
      },
      onBroken: async (_transaction, broken) => void calls.push(broken),
    };
    const { running, alarms } = await atWork(line);
    await append(withdrawn(ONE, 2, 'b'));
    await eventually('it goes on', async () => (await causes()).at(-1) === 'a,b');
    expect(running.status().broken).toEqual([]);
    expect(calls).toEqual([]);
    expect(alarms.map(({ kind }) => kind)).not.toContain('broken-invariant');
    await running.stop();
  });

  test('that names nobody concerns every lender of the turn', async () => {
    await refuseTexts('wrong', {});
    const calls: BrokenLane[] = [];
    const line: Line = {
      ...(toyLine() as unknown as Line),
      onBroken: async (_transaction, broken) => void calls.push(broken),
    };
    const running = await startLine({
      line,
      log,
      database: db.database,
      lenders: [LENDER, 'exim-zj'],
      partitions: PARTITIONS,
    });
    await append(withdrawn(ONE, 1, 'row:wrong'));
    await eventually('it is told', () => calls.length === 1);
    expect(calls).toMatchObject([{ lenders: [LENDER], applicationId: undefined }]);
    await running.stop();
  });
});

describe('a turn of several lanes', () => {
  const OTHER = LANE + 1;
  const [mine] = applicationIds(1, LANE) as [string];
  const [theirs] = applicationIds(1, OTHER) as [string];

  test('publishes to the lane of each record, which also owns its timers', async () => {
    const { run } = runnerOf();
    const records = [
      withdrawn(mine, 1, 'timer:5'),
      withdrawn(theirs, 1, 'timer:7'),
      withdrawn(theirs, 2, 'explode'),
    ];
    const turn = { ...turnOf(LANE, records), lanes: [LANE, OTHER] };
    expect(await run(turn)).toEqual({ taken: 3 });
    const placed = (await published(PLEDGES)).map(({ key, partition }) => `${key} ${partition}`);
    expect(new Set(placed)).toEqual(new Set([`${mine} ${LANE}`, `${theirs} ${OTHER}`]));
    expect((await deadLetters()).map(({ partition }) => partition)).toEqual([OTHER]);
    const { rows } = await db.database.query(
      'select application_id, lane from toy.timers order by lane',
    );
    expect(rows).toEqual([
      { application_id: mine, lane: LANE },
      { application_id: theirs, lane: OTHER },
    ]);
  });

  test('knows of each lane by itself whether its beginning is lost', async () => {
    await loseBeginning();
    const { run } = runnerOf();
    const turn = turnOf(LANE, [withdrawn(mine, 5, 'a'), withdrawn(theirs, 5, 'b')]);
    await run({ ...turn, lanes: [LANE, OTHER] });
    expect(await causes()).toEqual(['a']);
    expect(await count('parked')).toBe(1);
  });
});

describe('locks', () => {
  test('a shared row is counted right by turns of two lanes at once', async () => {
    const others = applicationIds(20, 4);
    const mine = applicationIds(20, LANE);
    const { run } = runnerOf();
    const rival = runnerOf();
    await Promise.all([
      ...mine.map((id) => run(turnOf(LANE, [withdrawn(id, 1, 'lock:patent/1')]))),
      ...others.map((id) => rival.run(turnOf(4, [withdrawn(id, 1, 'lock:patent/1')]))),
    ]);
    const seen = (await causes()).map((cause) => Number(cause.split('=')[1]));
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, at) => at + 1));
  });

  // Issue 4: a transaction for each of them made turns that outlived their session.
  test('that only decided states name are found together, however many applications', async () => {
    const ids = applicationIds(30, LANE);
    const decided: string[] = [];
    const toy = toyLine({ decided: (reason) => decided.push(reason) }) as unknown as Line;
    const { run } = runnerOf({
      ...toy,
      locks: (event, state) => {
        const { applicationId } = event.data as { applicationId: string };
        return (state as unknown as { seen: string[] }).seen.map(
          (one) => `${applicationId}/${one}`,
        );
      },
    });
    const turn = ids.flatMap((id) => [withdrawn(id, 1, 'first'), withdrawn(id, 2, 'second')]);
    expect(await run(turnOf(LANE, turn))).toEqual({ taken: 60 });
    expect(await causes()).toHaveLength(60);
    expect(await causes(ids[29])).toEqual(['first', 'first,second']);
    expect(decided.filter((reason) => reason === 'first')).toHaveLength(2 * 30);
    expect(decided.filter((reason) => reason === 'second')).toHaveLength(30);
  });
});

test('a shared row that was emptied in a turn is empty for the rest of it', async () => {
  const { run } = runnerOf();
  await run(turnOf(LANE, [withdrawn(ONE, 1, 'lock:patent/1')]));
  await run(
    turnOf(LANE, [withdrawn(TWO, 1, 'empty:patent/1'), withdrawn(THREE, 1, 'lock:patent/1')]),
  );
  expect(await causes()).toEqual(['patent/1=1', 'patent/1=2', 'patent/1=1']);
});

describe('gathering', () => {
  test('what is gathered in time is the turn; the rest waits for the next', async () => {
    const line = toyLine({
      gather: (reason, signal) =>
        reason === 'late'
          ? new Promise((_resolve, reject) =>
              signal.addEventListener('abort', () => reject(signal.reason as Error)),
            )
          : Promise.resolve('ok'),
    });
    const { run } = runnerOf(line, { gatherBudgetMs: 200 });
    const records = [withdrawn(ONE, 1, 'a'), withdrawn(TWO, 1, 'late'), withdrawn(THREE, 1, 'c')];
    expect(await run(turnOf(LANE, records))).toEqual({ taken: 1 });
    expect(await causes()).toEqual(['a=ok']);
  });

  test('has one budget for a turn, however often the turn has to be planned anew', async () => {
    const { run: runOther } = runnerOf(toyLine());
    let asked = 0;
    const gather = async (reason: string): Promise<string> => {
      if (reason !== 'a') return 'ok';
      asked += 1;
      // One more is parked behind it meanwhile, so that too little was planned.
      if (asked < 5) await runOther(turnOf(LANE, [withdrawn(ONE, asked + 1, `b${asked}`)]));
      const untilMs = performance.now() + 120;
      while (performance.now() < untilMs);
      return 'ok';
    };
    const { run } = runnerOf(toyLine({ gather }), { gatherBudgetMs: 200 });
    await expect(run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]))).rejects.toThrow('was gathered');
    expect(asked).toBeLessThanOrEqual(2);
  });

  test('asks only for what is new, and also for what a record will release', async () => {
    const asked: string[] = [];
    const gather = (reason: string): Promise<string> => {
      asked.push(reason);
      return Promise.resolve('ok');
    };
    const { run } = runnerOf(toyLine({ gather }));
    await run(turnOf(LANE, [withdrawn(ONE, 2, 'b')]));
    expect(asked).toEqual([]);
    const first = withdrawn(ONE, 1, 'a');
    await run(turnOf(LANE, [first]));
    expect(asked).toEqual(['a', 'b']);
    await run(turnOf(LANE, [first, withdrawn(ONE, 2, 'b')]));
    expect(asked).toEqual(['a', 'b']);
    expect((await causes()).slice(0, 2)).toEqual(['a=ok', 'a=ok,b=ok']);
  });
});

describe('gathering for some events', () => {
  const asking = (gathers: readonly ('ApplicationWithdrawn' | 'ReviewSubmitted')[]) => {
    const asked: string[] = [];
    const gather = (reason: string): Promise<string> => {
      asked.push(reason);
      return Promise.resolve('ok');
    };
    return { asked, ...runnerOf(toyLine({ gather, gathers })) };
  };

  test('asks for those alone', async () => {
    const { run, asked } = asking(['ReviewSubmitted']);
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
    expect(asked).toEqual([]);
    await run(turnOf(LANE, [withdrawn(ONE, 2, 'b'), review(ONE, 'r1', 'c')]));
    expect(asked).toEqual(['c']);
    expect(await causes()).toEqual(['a', 'a,b', 'a,b,c=ok']);
  });

  test('asks for a parked one that is released by one that asks for nothing', async () => {
    const { run, asked } = asking(['ReviewSubmitted']);
    await run(turnOf(LANE, [withdrawn(ONE, 2, 'b')]));
    await run(turnOf(LANE, [review(ONE, 'r1', 'c')]));
    expect(asked).toEqual([]);
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a')]));
    expect(asked).toEqual(['c']);
    expect((await causes()).at(-1)).toMatch(/^a,.*c=ok/);
  });

  test('asks for what a replay brings back', async () => {
    const { run, asked } = asking(['ApplicationWithdrawn']);
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'explode')]));
    const [dead] = await deadLetters();
    const mended = withdrawn(ONE, 1, 'a').value;
    await run(turnOf(LANE, [replayOf(dead as IncomingRecord, 'REPLAY', 'r1', mended)]));
    expect(asked).toEqual(['explode', 'a']);
    expect(await causes()).toEqual(['a=ok']);
  });
});

describe('numbers above 1 at first', () => {
  test('ask the log for its beginning only where the turn has no number 1 before them', async () => {
    let asked = 0;
    const counting: EventLog = {
      ...bound(log),
      ranges(topic) {
        asked += 1;
        return log.ranges(topic);
      },
    };
    const { run } = runnerOf(toyLine(), { log: counting });
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'a'), withdrawn(ONE, 2, 'b')]));
    expect(asked).toBe(0);
    await run(turnOf(LANE, [withdrawn(TWO, 2, 'y'), withdrawn(TWO, 1, 'x')]));
    expect(asked).toBe(1);
    expect(await causes(ONE)).toEqual(['a', 'a,b']);
    expect(await causes(TWO)).toEqual(['x', 'x,y']);
  });
});

describe('timers', () => {
  test('a due timer comes back as TimerDue under its row’s id, at the due time', async () => {
    const { run, wakes } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'timer:500')]));
    expect(wakes).toEqual([nowMs + 500]);
    expect(await publishDue()).toEqual([]);
    nowMs += 500;
    const [due] = await publishDue();
    expect(due?.partition).toBe(LANE);
    expect(header(due, 'ce_time')).toBe(new Date(nowMs).toISOString());
    await run(turnOf(LANE, [due as IncomingRecord]));
    expect(await causes()).toEqual(['timer:500', 'timer:500,toy']);
    expect(await count('timers')).toBe(0);
    await run(turnOf(LANE, [due as IncomingRecord]));
    expect(new Set(await causes()).size).toBe(2);
  });
});

describe('timers that do not go as they should', () => {
  test('are told of as soon as they are committed, though publishing fails', async () => {
    const good = log;
    log = { ...bound(log), send: () => Promise.reject(new Error('cut')) };
    const cut = runnerOf();
    log = good;
    const record = withdrawn(ONE, 1, 'timer:500');
    await expect(cut.run(turnOf(LANE, [record]))).rejects.toThrow('cut');
    expect(cut.wakes).toEqual([nowMs + 500]);
  });

  test('of a lender that is no longer known: one dead letter, no row, taken by a replay', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'timer:500')]));
    nowMs += 500;
    const [due] = (await publishDue()) as [IncomingRecord];
    await runnerOf(toyLine(), { lenders: ['exim-zj'] }).run(turnOf(LANE, [due]));
    const [dead] = (await deadLetters()) as [IncomingRecord];
    expect(header(dead, 'x-dlq-code')).toBe('SAIDAO_LENDER_UNKNOWN');
    expect(await count('timers')).toBe(0);
    await run(turnOf(LANE, [replayOf(dead, 'REPLAY', 'r1'), replayOf(dead, 'REPLAY', 'r2')]));
    expect(await causes()).toEqual(['timer:500', 'timer:500,toy']);
  });

  test('that cannot be decoded: a dead letter, and no row to be published again', async () => {
    const { run } = runnerOf();
    await run(turnOf(LANE, [withdrawn(ONE, 1, 'timer:500')]));
    nowMs += 500;
    const [due] = (await publishDue()) as [IncomingRecord];
    await run(turnOf(LANE, [{ ...due, value: Buffer.from([0, 0, 0, 9, 9, 1]) }]));
    expect((await deadLetters()).map((dead) => header(dead, 'x-dlq-code'))).toEqual([
      'SAIDAO_SCHEMA_ID_UNKNOWN',
    ]);
    expect(await count('timers')).toBe(0);
  });
});

describe('a running line', () => {
  test('reads its lanes, publishes its timers, pauses on a broken release, and stops', async () => {
    const line = toyLine();
    const running = await startLine({
      line,
      log,
      database: db.database,
      lenders: [LENDER],
      partitions: PARTITIONS,
      clock: () => nowMs,
    });
    await eventually('all lanes are owned', () => running.status().lanes.length === PARTITIONS);
    await append(withdrawn(ONE, 1, 'timer:100'), withdrawn(TWO, 1, 'a'));
    await eventually('both are decided', async () => (await causes()).length === 2);
    nowMs += 200;
    await append(withdrawn(THREE, 1, 'timer:0'));
    await eventually('the timers came', async () => (await causes(THREE)).length === 2);
    await eventually('the timers came', async () => (await causes(ONE)).length === 2);
    await append(...MORE.map((id) => withdrawn(id, 1, 'explode')));
    await append(
      ...applicationIds(30, LANE)
        .slice(12)
        .map((id) => withdrawn(id, 1, 'explode')),
    );
    await eventually('it pauses', () => running.status().paused?.includes('failed alike'));
    expect((await deadLetters()).length).toBeLessThanOrEqual(10);
    await running.stop();
  });
});

/** The lane's applications have had an event, which is gone. */
async function loseBeginning(): Promise<void> {
  const lost = { key: Buffer.from(ONE), value: null, headers: {} };
  await log.send([{ topic: 'saidao.applications.v1', partition: LANE, ...lost }]);
  broker.truncate('saidao.applications.v1', LANE, 1n);
}

function mendedData(data: { reason?: string }): { reason?: string } {
  return data.reason === 'impossible' ? { ...data, reason: 'possible' } : data;
}

/** A trigger of the line's own that calls a text impossible, at commit. */
async function refuseTexts(text: string, concerned: object): Promise<void> {
  await db.database.query(
    `create function toy.refuse() returns trigger language plpgsql as $$
     begin
       raise exception '% is impossible', new.text
         using errcode = '${BROKEN_INVARIANT_SQLSTATE}', detail = '${JSON.stringify(concerned)}';
     end $$`,
  );
  await db.database.query(
    `create constraint trigger refuse after insert on toy.texts deferrable initially deferred
     for each row when (new.text = '${text}') execute function toy.refuse()`,
  );
}

function without(name: string): (good: IncomingRecord) => IncomingRecord {
  return (good) => ({ ...good, headers: { ...good.headers, [name]: undefined } });
}

function given(name: string, value: string): (good: IncomingRecord) => IncomingRecord {
  return (good) => ({ ...good, headers: { ...good.headers, [name]: Buffer.from(value) } });
}

async function append(...records: readonly IncomingRecord[]): Promise<void> {
  await log.send(
    records.map(({ topic, partition, key, value, headers }) => ({
      topic,
      partition,
      key: key as Buffer,
      value,
      headers: headers as Record<string, Buffer>,
    })),
  );
}

/** A place where somebody stops until told to go on. */
function stop() {
  const [reached, told] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const arrive = () => {
    reached.resolve();
    return told.promise;
  };
  return { arrive, reached: reached.promise, goOn: told.resolve };
}

async function isWaiting(): Promise<boolean> {
  return (await db.database.query('select 1 from pg_locks where not granted')).rowCount > 0;
}

/** One whose first transaction stops before it writes, or before its commit. */
function stoppingBefore(where: ReturnType<typeof stop>, step: 'writes' | 'commit'): Database {
  let stops = true;
  return {
    ...db.database,
    transaction: (work) =>
      db.database.transaction(async (transaction) => {
        if (!stops) return await work(transaction);
        stops = false;
        if (step === 'writes') return await work(afterReading(transaction, where.arrive));
        const result = await work(transaction);
        await where.arrive();
        return result;
      }),
  };
}

/** Reads at once; what comes after a statement that was answered waits. */
function afterReading(transaction: Transaction, wait: () => Promise<void>): Transaction {
  let answered = false;
  return {
    ...transaction,
    async prepared(...statement) {
      if (answered) await wait();
      const answer = await transaction.prepared(...statement);
      answered = true;
      return answer as never;
    },
  };
}

/** Publishes what is due now and returns it as read back. */
async function publishDue(): Promise<IncomingRecord[]> {
  const topic = workerTopics('toy').timers;
  const before = (await published(topic)).length;
  const { rows } = await db.database.query<{ n: bigint }>(
    'select count(*) as n from toy.timers where due_at <= to_timestamp($1::bigint / 1000.0)',
    [nowMs],
  );
  const due = Number(rows[0]?.n);
  const timers = startTimers({
    line: 'toy',
    database: db.database,
    log,
    clock: () => nowMs,
    onError: (error) => {
      throw error;
    },
  });
  timers.own([LANE]);
  const records = await eventually('the due timers are published', async () => {
    const all = await published(topic);
    return all.length >= before + due && all;
  });
  await timers.stop();
  return records.slice(before);
}

function bound(from: EventLog): EventLog {
  return {
    send: from.send.bind(from),
    consumeLanes: from.consumeLanes.bind(from),
    scan: from.scan.bind(from),
    follow: from.follow.bind(from),
    createTopics: from.createTopics.bind(from),
    ranges: from.ranges.bind(from),
    lag: from.lag.bind(from),
    close: from.close.bind(from),
  };
}

// Kept so that a toy's bytes are what the codec writes.
test('the fixture encodes as the catalogue says', () => {
  const data = { applicationId: ONE, revision: 1, lenderId: LENDER, reason: 'a' };
  const bytes = encode('ApplicationWithdrawn', data, 'saidao.applications.v1');
  expect(decode(bytes, 'saidao.applications.v1')).toEqual({ type: 'ApplicationWithdrawn', data });
});
