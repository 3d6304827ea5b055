// The rail's door by itself: what is signed and of now is published once, and nothing else ever.
import { MemoryBroker, partitionOf, type EventLog, type IncomingRecord } from '@saidao/event-log';
import { decode } from '@saidao/schemas';
import { createHttp, createLogger, createMetrics, type HttpServer } from '@saidao/worker';
import { examplesOf, holdToPapers, type OpenApi } from '@saidao/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { callbacksDoor } from './callbacks.door.ts';
import { signed } from './webhooks.fixture.ts';

const TOPIC = 'saidao.payout-callbacks.v1';
const PARTITIONS = 3;
const NOW_MS = Date.parse('2026-11-26T02:00:00.000Z');
const secret = 'whsec_c2FpZGFvLXRlc3Qtc2VjcmV0LTAwMDAwMDA=';
const APPLICATION = '019aa000-0000-7000-8000-000000000001';

let http: HttpServer;
let log: EventLog;

beforeEach(async () => {
  log = new MemoryBroker().connect();
  await log.createTopics([{ name: TOPIC, partitions: PARTITIONS }]);
  http = await createHttp({
    name: 'disbursement-ledger',
    logger: createLogger({ service: 'disbursement-ledger', level: 'silent' }),
    metrics: createMetrics({ service: 'disbursement-ledger' }),
    health: { alive: () => undefined, notReady: async () => [] },
    doors: [
      callbacksDoor({
        ...{ log, secret, partitions: PARTITIONS, lenders: ['exim-zj', 'czb-hz'] },
        clock: () => NOW_MS,
      }),
    ],
  });
  holdToPapers(http.app);
});

afterEach(async () => {
  await http.close();
  await log.close();
});

const paid = {
  payoutId: `${APPLICATION}-1/1`,
  endToEndId: APPLICATION,
  lenderId: 'exim-zj',
  amountFen: '6200000000',
  currency: 'CNY',
  status: 'paid',
  railReference: 'R2026112600000001',
  paidAt: '2026-11-26T01:59:58.000Z',
};
const bodyOf = (change: object = {}) =>
  JSON.stringify({ type: 'payout.paid', data: { ...paid, ...change } });

const AT_S = NOW_MS / 1_000;

function post(
  body: string,
  { id = 'msg_1', atS = AT_S, by = secret, headers = {} as Record<string, string> } = {},
) {
  return http.app.inject({
    method: 'POST',
    url: '/v1/payout-callbacks',
    headers: {
      'content-type': 'application/json',
      ...signed({ id, timestamp: String(atS), body, secret: by }),
      ...headers,
    },
    payload: body,
  });
}

async function published(): Promise<IncomingRecord[]> {
  const records: IncomingRecord[] = [];
  await log.scan([TOPIC], (record) => records.push(record));
  return records;
}

it('takes the example of its papers', async () => {
  const [example, ...others] = examplesOf(http.app.swagger() as unknown as OpenApi);
  expect(others).toEqual([]);
  expect((await post(JSON.stringify(example!.body))).statusCode).toBe(202);
});

describe('a genuine call', () => {
  it('is published under the application that it names', async () => {
    const answer = await post(bodyOf());
    expect([answer.statusCode, answer.json()]).toEqual([202, { status: 'taken' }]);
    const [record] = await published();
    expect(String(record?.key)).toBe(APPLICATION);
    expect(record?.partition).toBe(partitionOf(Buffer.from(APPLICATION), PARTITIONS));
    expect(String(record?.headers['ce_lenderid'])).toBe('exim-zj');
    expect(decode(record?.value as Buffer, TOPIC)).toEqual({
      type: 'PayoutCalledBack',
      data: {
        applicationId: APPLICATION,
        lenderId: 'exim-zj',
        payoutId: `${APPLICATION}-1/1`,
        webhookId: 'msg_1',
        status: 'paid',
        amount: { minor: 6_200_000_000n, currency: 'CNY' },
        railReference: 'R2026112600000001',
        paidAt: BigInt(NOW_MS - 2_000),
        cause: null,
      },
    });
  });

  it('may tell of a rejection', async () => {
    const { railReference: _no, paidAt: _neither, ...rest } = paid;
    const data = { ...rest, status: 'rejected', cause: 'account closed' };
    const answer = await post(JSON.stringify({ type: 'payout.rejected', data }));
    expect(answer.statusCode).toBe(202);
    const [record] = await published();
    expect(decode(record?.value as Buffer, TOPIC).data).toMatchObject({
      status: 'rejected',
      cause: 'account closed',
      paidAt: null,
    });
  });

  it('that comes again, at another time, is the same message to the byte', async () => {
    await post(bodyOf());
    await post(bodyOf(), { atS: AT_S + 200 });
    const [first, second] = await published();
    expect(second?.value).toEqual(first?.value);
    expect(String(second?.headers['ce_id'])).toBe(String(first?.headers['ce_id']));
  });

  it('is taken within five minutes of our clock, either way', async () => {
    for (const atS of [AT_S - 300, AT_S + 300]) {
      expect((await post(bodyOf(), { atS })).statusCode).toBe(202);
    }
  });

  it('is taken by any of its signatures, as while a secret is changed', async () => {
    const right = signed({ id: 'msg_1', timestamp: String(AT_S), body: bodyOf(), secret });
    const headers = {
      'webhook-signature': `v1a,xx v1,${'A'.repeat(43)}= ${right['webhook-signature']}`,
    };
    expect((await post(bodyOf(), { headers })).statusCode).toBe(202);
  });
});

describe('401 and no message', () => {
  const other = 'whsec_YW5vdGhlci1zZWNyZXQtb2YtdGhlLXJhaWw9PT09';

  it.each([
    ['a signature by another secret', { by: other }],
    ['a time that is too old', { atS: AT_S - 301 }],
    ['a time that is ahead', { atS: AT_S + 301 }],
    ['no time', { headers: { 'webhook-timestamp': '' } }],
    ['a time with a fraction', { headers: { 'webhook-timestamp': `${AT_S}.0` } }],
    ['another id than was signed', { headers: { 'webhook-id': 'msg_2' } }],
    ['an id with a full stop', { id: 'msg.1' }],
    ['an empty signature', { headers: { 'webhook-signature': '' } }],
    ['a signature that is too short', { headers: { 'webhook-signature': 'v1,AAAA' } }],
    ['a signature of another kind', { headers: { 'webhook-signature': 'v1a,AAAA' } }],
  ])('for %s', async (_, options) => {
    const answer = await post(bodyOf(), options);
    expect(answer.statusCode).toBe(401);
    expect(answer.json()).toMatchObject({ error: { code: 'SAIDAO_HTTP_UNAUTHENTICATED' } });
    expect(await published()).toEqual([]);
  });

  it('for a body that was changed by one blank on its way', async () => {
    const headers = signed({ id: 'msg_1', timestamp: String(AT_S), body: bodyOf(), secret });
    expect((await post(`${bodyOf()} `, { headers })).statusCode).toBe(401);
    expect((await post('', { headers })).statusCode).toBe(401);
    expect(await published()).toEqual([]);
  });
});

describe('422 and no message for a call that is signed and', () => {
  it.each([
    ['no JSON', '{"type":'],
    ['of nothing', 'null'],
    ['of another currency', bodyOf({ currency: 'USD' })],
    ['of a negative amount', bodyOf({ amountFen: '-1' })],
    ['of a fraction of a fen', bodyOf({ amountFen: '1.5' })],
    ['of another status', bodyOf({ status: 'pending' })],
    ['paid on no day', bodyOf({ paidAt: '2026-13-40Tx' })],
    ['paid without a reference', bodyOf({ railReference: '' })],
    ['of a lender that is not ours', bodyOf({ lenderId: 'nobody' })],
    ['with half of a surrogate pair', bodyOf({ payoutId: '\ud800' })],
    ['with a zero character', bodyOf({ endToEndId: 'a\u0000' })],
  ])('is %s', async (_, body) => {
    const answer = await post(body);
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ error: { code: 'SAIDAO_HTTP_INVALID' } });
    expect(await published()).toEqual([]);
  });
});

it('takes no more than 16 KB', async () => {
  const answer = await post(bodyOf({ railReference: 'x'.repeat(17_000) }));
  expect(answer.statusCode).toBe(413);
});
