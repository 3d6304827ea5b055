// A line that only reads a door: its rows, its timers, those that others write for it, and replays.
import { MemoryBroker, type EventLog, type IncomingRecord } from '@saidao/event-log';
import { encode, topics, workerTopics } from '@saidao/schemas';
import { eventually, type TestDatabase } from '@saidao/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { defineLine, type Line } from './define.ts';
import { writeRecord } from './envelope.ts';
import { inputsOf, startLine, type RunningLine } from './line-runner.ts';
import { toyDatabase } from './toy-database.fixture.ts';
import { LENDER, PARTITIONS, recordOf } from './turn.fixture.ts';

const LANE = 4;
const OF_LANE = `days/${LENDER}/${LANE}`;

let db: TestDatabase;
let log: EventLog;
let running: RunningLine | undefined;
let taken: string[];
let isBroken: boolean;

const line = defineLine({
  name: 'toy',
  consumes: [topics.businessDays],
  when: ['BusinessDayClosed'],
  initialState: { revision: 1 },
  identify: async (events) =>
    events.map(({ key }) => `days/${key.split('/')[0]}/${key.split('/')[2]}`),
  decide({ event, state, nowMs }) {
    if (event.type === 'BusinessDayClosed') {
      taken.push(event.data.businessDate);
      return { state, timers: [{ name: 'toy', dueAtMs: nowMs }] };
    }
    if (isBroken) throw Object.assign(new Error('Not yet.'), { code: 'SAIDAO_DECIDE_FAILED' });
    taken.push(`${event.data.name} of ${event.data.applicationId}`);
    return {};
  },
  produces: [],
  findsTimersMs: 50,
}) as Line;

beforeEach(async () => {
  taken = [];
  isBroken = false;
  db = await toyDatabase();
  log = new MemoryBroker().connect();
  const names = [...inputsOf(line, [LENDER]).keys(), workerTopics('toy').deadLetter];
  await log.createTopics(names.map((name) => ({ name, partitions: PARTITIONS })));
  running = await startLine({
    ...{ line, log, database: db.database, lenders: [LENDER], partitions: PARTITIONS },
  });
});

afterEach(async () => {
  await running?.stop();
  await log.close();
  await db.close();
});

async function closeDay(): Promise<void> {
  const businessDate = '2026-11-25';
  const key = `${LENDER}/${businessDate}/${LANE}`;
  const data = { lenderId: LENDER, businessDate, partition: LANE, closedBy: 'operator' };
  const { topic, value, headers } = recordOf(
    ...(['saidao.business-days.v1', key, 'm-1', 'BusinessDayClosed', data] as const),
    { partition: LANE },
  );
  const sent = { topic, partition: LANE, key: Buffer.from(key), value };
  await log.send([{ ...sent, headers: headers as Record<string, Buffer> }]);
}

test('takes a record whose key names its lane, and the timer that it set', async () => {
  await closeDay();
  await eventually('the timer came', () => taken.length === 2);
  expect(taken).toEqual(['2026-11-25', `toy of ${OF_LANE}`]);
});

test('finds a timer that another line has written for it', async () => {
  await closeDay();
  await eventually('the first timer came', () => taken.length === 2);
  await db.database.query(
    `insert into toy.timers (id, application_id, lane, name, due_at, revision, lender_id,
       correlation_id, detail)
     values ('t-1', $1, $2, 'strange', now(), 1, $3, 'c', 'null')`,
    [OF_LANE, LANE, LENDER],
  );
  await eventually('it came', () => taken.includes(`strange of ${OF_LANE}`), { deadlineMs: 5_000 });
});

test('takes a timer again that is replayed, though it has no head', async () => {
  isBroken = true;
  await closeDay();
  const dead: IncomingRecord = await eventually('a dead letter', async () => {
    const letters: IncomingRecord[] = [];
    await log.scan([workerTopics('toy').deadLetter], (record) => letters.push(record));
    return letters[0];
  });
  isBroken = false;
  const topic = workerTopics('toy').replay;
  const said = (name: string) => String(dead.headers[name]);
  const value = encode(
    'ReplayRequested',
    {
      action: 'REPLAY',
      actor: 'operator',
      reason: 'mended',
      topic: said('x-dlq-topic'),
      partition: Number(said('x-dlq-partition')),
      offset: BigInt(said('x-dlq-offset')),
      number: null,
      messageId: said('ce_id'),
      key: dead.key,
      value: dead.value,
      timestamp: BigInt(said('x-dlq-timestamp')),
      headers: Object.entries(dead.headers)
        .filter(([name]) => !name.startsWith('x-dlq-'))
        .map(([name, bytes]) => ({ name, value: bytes as Buffer })),
    },
    topic,
  );
  await log.send([
    writeRecord(
      {
        ...{ line: 'test', topic, partition: LANE, applicationId: OF_LANE, number: undefined },
        ...{ id: 'replay-1', type: 'ReplayRequested', lenderId: LENDER, correlationId: 'c' },
        ...{ time: new Date(0).toISOString(), causationId: 'c', traceparent: undefined },
      },
      value,
    ),
  ]);
  await eventually('it came', () => taken.includes(`toy of ${OF_LANE}`));
});
