// The review door by itself: who may do what, what is published, and what is answered when.
import { MemoryBroker, type EventLog, type IncomingRecord } from '@saidao/event-log';
import { decode } from '@saidao/schemas';
import {
  createHttp,
  createLogger,
  createMetrics,
  principalsOf,
  type HttpServer,
} from '@saidao/worker';
import { examplesOf, holdToPapers, takenKeysInMemory, type OpenApi } from '@saidao/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decisioningDoor } from '../door.ts';
import type { QueuedReview, QueueQuestion, ReviewOutcome } from '../ports.ts';
import { waitMsOf } from './actions.door.ts';

const TOPIC = 'saidao.review-actions.v1';
const ID = '01900000-0000-7000-8000-000000000001';
const ROLES = {
  li: 'officer',
  wang: 'senior-officer',
  zhao: 'committee',
  sun: 'auditor',
  ops: 'operator',
  web: 'channel',
  desk: 'reader',
} as const;
type Who = keyof typeof ROLES | 'boc';

const queued: QueuedReview = {
  applicationId: ID,
  lenderId: 'exim-zj',
  productId: 'IP_PLEDGE',
  revision: 2,
  tier: 'senior-officer',
  amountFen: 1_000_000_000n,
  enterprise: '浙江示例科技有限公司',
  uscc: '91330100MA2H000142',
  reasons: [
    { code: 'M01', weight: 1, zh: '需人工审批', en: 'Needs officers', detail: null, facts: [] },
  ],
  referredAtMs: Date.UTC(2026, 10, 20),
  claimedBy: null,
  claimedUntilMs: null,
  approvers: [],
  terms: null,
  overrides: [],
  policy: 'exim-zj@1',
};

let http: HttpServer;
let log: EventLog;
let broker: MemoryBroker;
let outcomes: Map<string, ReviewOutcome>;
let questions: QueueQuestion[];

beforeEach(async () => {
  broker = new MemoryBroker();
  log = broker.connect();
  await log.createTopics([{ name: TOPIC, partitions: 3 }]);
  outcomes = new Map();
  questions = [];
  http = await createHttp({
    name: 'decisioning',
    logger: createLogger({ service: 'decisioning', level: 'silent' }),
    metrics: createMetrics({ service: 'decisioning' }),
    health: { alive: () => undefined, notReady: async () => [] },
    principals: principalsOf([
      ...Object.entries(ROLES).map(([principal, role]) => ({
        principal,
        role,
        lenders: ['exim-zj'],
        token: `the-token-of-${principal}`.padEnd(20, '-'),
      })),
      { principal: 'boc', role: 'committee', lenders: ['boc-zj'], token: 'the-token-of-boc----' },
    ]),
    doors: [
      decisioningDoor({
        log,
        partitions: 3,
        decisions: {
          find: async (id) => (id === ID ? { lenderId: 'exim-zj', revision: 2 } : undefined),
        },
        takenKeys: takenKeysInMemory(),
        reviews: {
          async queue(asked) {
            questions.push(asked);
            return { reviews: [queued], next: null };
          },
          reviewOf: async (id) => (id === ID ? queued : undefined),
          outcomeOf: async (id) => outcomes.get(id),
          evidenceOf: async (id) =>
            id === ID ? { lenderId: 'exim-zj', decisions: [], assessments: [] } : undefined,
        },
        reasonCodes: ['F01', 'F02', 'K02', 'L03', 'M01'],
        clock: () => Date.UTC(2026, 10, 20),
      }),
    ],
  });
  holdToPapers(http.app);
});

afterEach(() => http.close());

interface Sent {
  readonly body?: unknown;
  readonly id?: string;
  readonly headers?: Record<string, string>;
}

function post(who: Who, path: string, { body, id = ID, headers = {} }: Sent = {}) {
  return http.app.inject({
    method: 'POST',
    url: `/v1/reviews/${id}/${path}`,
    headers: { authorization: `Bearer ${`the-token-of-${who}`.padEnd(20, '-')}`, ...headers },
    ...(body !== undefined && { payload: body as object }),
  });
}

function get(who: Who, url: string) {
  const authorization = `Bearer ${`the-token-of-${who}`.padEnd(20, '-')}`;
  return http.app.inject({ method: 'GET', url, headers: { authorization } });
}

async function published() {
  const records: IncomingRecord[] = [];
  await log.scan([TOPIC], (record) => records.push(record));
  return records.map(({ value, headers }) => ({
    id: String(headers['ce_id']),
    ...decode(value as Buffer, TOPIC),
  }));
}

it('takes every example of its papers', async () => {
  const examples = examplesOf(http.app.swagger() as unknown as OpenApi);
  expect(examples).toHaveLength(7);
  for (const { path, body } of examples) {
    expect((await post('wang', String(path.split('/').at(-1)), { body })).statusCode).toBe(202);
  }
  expect(await published()).toHaveLength(examples.length);
});

const approve = { verdict: 'APPROVE', reason: 'sound' };
const outcome = (actionId: string, cause: string | null): ReviewOutcome => ({
  actionId,
  applicationId: ID,
  lenderId: 'exim-zj',
  officer: 'li',
  action: 'ReviewSubmitted',
  outcome: cause === null ? 'RECORDED' : 'REFUSED',
  cause,
  zh: '中文',
  en: 'Your claim has lapsed: claim it again.',
  status: 'REFERRED',
  decidedAtMs: Date.UTC(2026, 10, 20),
});

describe('an action', () => {
  it.each([
    ['claim', 'ReviewClaimed', undefined, {}],
    ['return', 'ReviewReturned', { reason: 'ill' }, { reason: 'ill' }],
    [
      'reassign',
      'ReviewReassigned',
      { to: 'chen', toRole: 'officer', reason: 'ill' },
      { to: 'chen', toRole: 'officer' },
    ],
    [
      'amend',
      'ReviewAmended',
      { amount: '1000.5', termMonths: 12, reasonCode: 'F01', reason: 'less' },
      { amount: { minor: 100_050n, currency: 'CNY' }, termMonths: 12 },
    ],
    ['notes', 'ReviewNoted', { text: 'Seen on site.' }, { attachments: [] }],
    [
      'verdict',
      'ReviewSubmitted',
      approve,
      { verdict: 'APPROVE', reasonCode: null, amount: null, termMonths: null },
    ],
    [
      'verdict',
      'ReviewSubmitted',
      { ...approve, amount: '5000000', termMonths: 12 },
      { amount: { minor: 500_000_000n, currency: 'CNY' }, termMonths: 12 },
    ],
    ['undo', 'UndoRequested', { reasonCode: 'M01', reason: 'mistake' }, { reasonCode: 'M01' }],
  ])('%s is published as %s of the token’s principal', async (path, type, body, more) => {
    const taken = await post('wang', path, { body });
    expect(taken.statusCode).toBe(202);
    const { actionId } = taken.json<{ actionId: string }>();
    expect(taken.headers['location']).toBe(`/v1/review-outcomes/${actionId}`);
    const act = { applicationId: ID, revision: 2, lenderId: 'exim-zj' };
    expect(await published()).toMatchObject([
      { id: actionId, type, data: { ...act, officer: 'wang', role: 'senior-officer', ...more } },
    ]);
  });

  it.each<readonly [Who, string, unknown, number]>([
    ['web', 'verdict', approve, 403],
    ['desk', 'verdict', approve, 403],
    ['sun', 'notes', { text: 'x' }, 403],
    ['ops', 'claim', undefined, 403],
    ['ops', 'reassign', { to: 'li', toRole: 'officer', reason: 'ill' }, 202],
    ['li', 'reassign', { to: 'li', toRole: 'officer', reason: 'mine' }, 403],
    ['li', 'undo', { reasonCode: 'M01', reason: 'x' }, 403],
    ['boc', 'verdict', approve, 404],
    ['zhao', 'undo', { reasonCode: 'M01', reason: 'x' }, 202],
  ])('of %s, %s, is answered by its role and lender', async (who, path, body, status) => {
    expect((await post(who, path, { body })).statusCode).toBe(status);
    expect(await published()).toHaveLength(status === 202 ? 1 : 0);
  });

  it.each<readonly [string, unknown, string]>([
    ['verdict', { ...approve, who: 'wang' }, 'who'],
    ['verdict', { ...approve, verdict: 'MAYBE' }, 'verdict'],
    ['verdict', { verdict: 'DECLINE', reason: 'no' }, 'reasonCode'],
    ['verdict', { verdict: 'DECLINE', reason: 'no', reasonCode: 'X' }, 'reasonCode'],
    ['verdict', { ...approve, amount: '-1' }, 'amount'],
    ['claim', { officer: 'wang' }, 'officer'],
    ['amend', { amount: '1.005', termMonths: 1, reasonCode: 'F01', reason: 'x' }, 'amount'],
    ['notes', { text: 'x', attachments: [{ name: 'a' }] }, 'attachments[0].sha256'],
  ])('%s with a wrong body is 422 with the place', async (path, body, at) => {
    const refused = await post('li', path, { body });
    expect(refused.statusCode).toBe(422);
    const { faults } = refused.json<{ error: { faults: { path: string }[] } }>().error;
    expect(faults.map((fault) => fault.path)).toContain(at);
  });

  it('passes a claim on to a name that a token can have, and to no other', async () => {
    for (const to of ['', 'two words', 'x'.repeat(65), '王']) {
      const refused = await post('wang', 'reassign', {
        body: { to, toRole: 'officer', reason: 'ill' },
      });
      expect(refused.statusCode).toBe(422);
    }
    expect(await published()).toEqual([]);
  });

  it('on what is not there is 404', async () => {
    expect((await post('li', 'claim', { id: 'nothing' })).statusCode).toBe(404);
  });

  it('under one Idempotency-Key is one action, with one meaning', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const first = await post('li', 'verdict', { body: approve, headers });
    const again = await post('li', 'verdict', { body: approve, headers });
    expect(again.json()).toEqual(first.json());
    expect(await published()).toHaveLength(1);
    const other = await post('li', 'claim', { headers });
    expect(other.statusCode).toBe(409);
    expect(other.json().error.code).toBe('SAIDAO_HTTP_CONFLICT');
    // Another officer's key of the same name is another key.
    expect((await post('wang', 'claim', { headers })).statusCode).toBe(202);
  });

  it('of two unlike ones at once under one Idempotency-Key one is published', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    const both = await Promise.all([
      post('li', 'verdict', { body: approve, headers }),
      post('li', 'claim', { headers }),
    ]);
    expect(both.map(({ statusCode }) => String(statusCode)).sort()).toEqual(['202', '409']);
    expect(await published()).toHaveLength(1);
  });

  it('while the log does not acknowledge is 503, and is sent again under the same name', async () => {
    const headers = { 'idempotency-key': 'k-1' };
    broker.setAvailable(false);
    const refused = await post('li', 'claim', { headers });
    broker.setAvailable(true);
    expect(refused.statusCode).toBe(503);
    expect((await post('li', 'claim', { headers })).statusCode).toBe(202);
  });
});

describe('waiting for the outcome', () => {
  const headers = { 'idempotency-key': 'k-1', prefer: 'wait=2' };

  it.each([
    [null, 200],
    ['CLAIM_LAPSED', 409],
  ])('answers what came of it: cause %s', async (cause, status) => {
    const before = await post('li', 'verdict', {
      body: approve,
      headers: { 'idempotency-key': 'k-1' },
    });
    const { actionId } = before.json<{ actionId: string }>();
    const waiting = post('li', 'verdict', { body: approve, headers });
    outcomes.set(actionId, outcome(actionId, cause));
    const answer = await waiting;
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['preference-applied']).toBe('wait=2');
    const told = { outcome: cause === null ? 'RECORDED' : 'REFUSED', cause, zh: '中文' };
    if (cause === null) expect(answer.json()).toMatchObject(told);
    else {
      expect(answer.json()).toMatchObject({
        error: { code: 'SAIDAO_HTTP_REFUSED', message: 'Your claim has lapsed: claim it again.' },
        outcome: told,
      });
    }
    expect((await get('wang', `/v1/review-outcomes/${actionId}`)).json()).toMatchObject(told);
    expect((await get('boc', `/v1/review-outcomes/${actionId}`)).statusCode).toBe(404);
  });

  it('says 202 where it is not known in time', async () => {
    const answer = await post('li', 'claim', { headers: { prefer: 'respond-async, wait=1' } });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers['preference-applied']).toBeUndefined();
  });

  it.each([
    [undefined, 0],
    ['respond-async', 0],
    ['wait=3', 3_000],
    ['return=minimal, Wait = 60', 5_000],
    ['wait=-1', 0],
    ['await=5', 0],
  ])('%s is %i ms', (prefer, ms) => {
    expect(waitMsOf(prefer)).toBe(ms);
  });
});

describe('reading', () => {
  it('shows the queue of one’s lenders, by product, tier and claim', async () => {
    const page = await get(
      'li',
      '/v1/reviews?product=IP_PLEDGE&tier=committee&claimedBy=me&limit=5',
    );
    expect(page.json()).toMatchObject({
      reviews: [{ applicationId: ID, lender: 'exim-zj', amount: '10000000.00', claimedBy: null }],
      next: null,
    });
    expect((await get('ops', '/v1/reviews?claimedBy=nobody')).statusCode).toBe(200);
    expect(questions).toEqual([
      {
        lenders: ['exim-zj'],
        productId: 'IP_PLEDGE',
        tier: 'committee',
        claimedBy: 'li',
        limit: 5,
      },
      { lenders: ['exim-zj'], claimedBy: null, limit: 100 },
    ]);
  });

  it.each<readonly [Who, string, number]>([
    ['li', '/v1/reviews?lender=boc-zj', 404],
    ['li', '/v1/reviews?limit=1000', 400],
    ['li', '/v1/reviews?mine=true', 400],
    ['web', '/v1/reviews', 403],
    ['li', `/v1/reviews/${ID}`, 200],
    ['boc', `/v1/reviews/${ID}`, 404],
    ['li', '/v1/reviews/nothing', 404],
    ['li', '/v1/review-outcomes/nothing', 404],
    ['sun', `/v1/decisions/${ID}`, 200],
    ['sun', '/v1/decisions/nothing', 404],
    ['li', `/v1/decisions/${ID}`, 403],
    ['boc', `/v1/decisions/${ID}`, 403],
  ])('%s at %s is answered with %i', async (who, url, status) => {
    expect((await get(who, url)).statusCode).toBe(status);
  });
});
