// The door of days by itself: who may say that a day is over, and what each lane is told.
import { MemoryBroker, type EventLog, type IncomingRecord } from '@saidao/event-log';
import { decode } from '@saidao/schemas';
import {
  createHttp,
  createLogger,
  createMetrics,
  principalsOf,
  type HttpServer,
} from '@saidao/worker';
import { examplesOf, holdToPapers, type OpenApi } from '@saidao/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { businessDaysDoor } from './business-days.door.ts';

const TOPIC = 'saidao.business-days.v1';
const PARTITIONS = 3;
const ROLES = { ops: 'operator', li: 'officer', sun: 'auditor', web: 'channel' } as const;
const day = { lenderId: 'exim-zj', businessDate: '2026-11-25' };

let http: HttpServer;
let log: EventLog;
let since: string | null;

beforeEach(async () => {
  since = null;
  log = new MemoryBroker().connect();
  await log.createTopics([{ name: TOPIC, partitions: PARTITIONS }]);
  http = await createHttp({
    name: 'disbursement-ledger',
    logger: createLogger({ service: 'disbursement-ledger', level: 'silent' }),
    metrics: createMetrics({ service: 'disbursement-ledger' }),
    health: { alive: () => undefined, notReady: async () => [] },
    principals: principalsOf(
      Object.entries(ROLES).map(([principal, role]) => ({
        principal,
        role,
        lenders: ['exim-zj', 'czb-hz'],
        token: tokenOf(principal),
      })),
    ),
    doors: [
      businessDaysDoor({
        log,
        partitions: PARTITIONS,
        days: {
          since: async () => since,
          find: async (_lender, date) => ({ lanesClosed: 2, digest: `of ${date}` }),
        },
        clock: () => Date.parse('2026-11-26T02:00:00.000Z'),
      }),
    ],
  });
  holdToPapers(http.app);
});

afterEach(async () => {
  await http.close();
  await log.close();
});

const tokenOf = (who: string) => `the-token-of-${who}`.padEnd(20, '-');

function post(body: object, who: string = 'ops', headers: Record<string, string> = {}) {
  return http.app.inject({
    method: 'POST',
    url: '/v1/business-days',
    headers: { authorization: `Bearer ${tokenOf(who)}`, ...headers },
    payload: body,
  });
}

it('takes the example of its papers', async () => {
  const [example, ...others] = examplesOf(http.app.swagger() as unknown as OpenApi);
  expect(others).toEqual([]);
  expect((await post(example!.body)).statusCode).toBe(202);
  expect(await told()).toHaveLength(PARTITIONS);
});

async function told(): Promise<IncomingRecord[]> {
  const records: IncomingRecord[] = [];
  await log.scan([TOPIC], (record) => records.push(record));
  return records.sort((a, b) => a.partition - b.partition);
}

describe('a day that is over', () => {
  it('is told to each lane by a record of its own, on its partition', async () => {
    const answer = await post(day);
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toEqual({ ...day, lanes: PARTITIONS });
    expect(answer.headers['location']).toBe('/v1/business-days/exim-zj/2026-11-25');
    const records = await told();
    expect(records.map(({ key, partition }) => [String(key), partition])).toEqual([
      ['exim-zj/2026-11-25/0', 0],
      ['exim-zj/2026-11-25/1', 1],
      ['exim-zj/2026-11-25/2', 2],
    ]);
    expect(records.map(({ value }) => decode(value as Buffer, TOPIC).data)).toEqual(
      [0, 1, 2].map((partition) => ({ ...day, partition, closedBy: 'ops' })),
    );
  });

  it('is the same message for every try under one key, and a new one without', async () => {
    const ids = async () => new Set((await told()).map(({ headers }) => String(headers['ce_id'])));
    await post(day, 'ops', { 'idempotency-key': 'one' });
    await post(day, 'ops', { 'idempotency-key': 'one' });
    expect((await ids()).size).toBe(1);
    await post(day);
    await post(day);
    expect((await ids()).size).toBe(3);
  });

  it.each(['li', 'sun', 'web'])('is not for %s to say', async (who) => {
    expect((await post(day, who)).statusCode).toBe(403);
    expect(await told()).toEqual([]);
  });

  it.each([
    ['of another lender', { ...day, lenderId: 'boc-zj' }, 403],
    ['that has not begun', { ...day, businessDate: '2026-11-27' }, 422],
    ['that does not exist', { ...day, businessDate: '2026-02-30' }, 422],
    ['in another form', { ...day, businessDate: '26.11.2026' }, 422],
    ['with more to say', { ...day, force: true }, 422],
  ])('%s is refused', async (_, body, status) => {
    expect((await post(body)).statusCode).toBe(status);
    expect(await told()).toEqual([]);
  });

  it.each([
    ['2025-11-25', null, 'at most 31 days ago: look at the year'],
    ['2025-11-25', '2026-01-05', 'from 2026-01-05, the first of this lender'],
  ])('of the year before, %s, is refused where all began on %s', async (date, first, why) => {
    since = first;
    const answer = await post({ ...day, businessDate: date });
    expect(answer.statusCode).toBe(422);
    expect(answer.body).toContain(why);
    expect(await told()).toEqual([]);
    since = '2025-11-25';
    expect((await post({ ...day, businessDate: date })).statusCode).toBe(202);
  });

  it('of today may be said: it has begun', async () => {
    expect((await post({ ...day, businessDate: '2026-11-26' })).statusCode).toBe(202);
  });
});

describe('how far a day is', () => {
  const get = (lender: string, who: string) =>
    http.app.inject({
      url: `/v1/business-days/${lender}/2026-11-25`,
      headers: { authorization: `Bearer ${tokenOf(who)}` },
    });

  it('is for its lender’s readers to see', async () => {
    const answer = await get('exim-zj', 'sun');
    expect(answer.json()).toEqual({ ...day, lanes: 3, lanesClosed: 2, digest: 'of 2026-11-25' });
    expect((await get('boc-zj', 'sun')).statusCode).toBe(404);
  });
});
