// Intake's door held to its papers: every example is taken, and each refusal is one that is documented.
import { MemoryBroker, type EventLog } from '@saidao/event-log';
import { examplesOf, holdToPapers, type OpenApi } from '@saidao/testkit';
import {
  createHttp,
  createLogger,
  createMetrics,
  principalsOf,
  type HttpServer,
} from '@saidao/worker';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { intakeDoor } from './door.ts';
import type { Claim } from './ports.ts';
import { submissionExample } from './submission.example.ts';

const ID = '019aa3c5-7b10-7000-8000-000000000001';
const token = 'the-token-of-a-channel';
const { lender: lenderId, channel, reference } = submissionExample;
const claim: Claim = { applicationId: ID, lenderId, channel, reference, notedHash: 'noted' };

let http: HttpServer;
let log: EventLog;

beforeEach(async () => {
  log = new MemoryBroker().connect();
  await log.createTopics([{ name: 'saidao.submissions.v1', partitions: 1 }]);
  const keys = new Map<string, string>();
  http = await createHttp({
    name: 'intake',
    logger: createLogger({ service: 'intake', level: 'silent' }),
    metrics: createMetrics({ service: 'intake', defaults: false }),
    health: { alive: () => undefined, notReady: async () => [] },
    principals: principalsOf([
      { principal: 'web', role: 'channel', lenders: [lenderId], token },
      { principal: 'sun', role: 'auditor', lenders: [lenderId], token: `${token}-not` },
    ]),
    limits: { ofPeople: 100, ofSystems: 100 },
    doors: [
      intakeDoor({
        ...{ log, partitions: 1, revisionWaitMs: 1, clock: () => Date.UTC(2026, 10, 20, 4) },
        claims: {
          claim: async (names) => names.map(() => ID),
          find: async (id) => (id === ID ? claim : undefined),
          note: async () => undefined,
        },
        takenKeys: {
          bodyOf: async (id) => keys.get(id),
          async keep(id, body) {
            keys.set(id, keys.get(id) ?? body);
            return keys.get(id) as string;
          },
        },
        statuses: {
          find: async () => ({
            ...{ ...claim, status: 'approved', revision: 1, bodyHash: '', atMs: 0 },
            view: { amountFen: 500_000_000n, ratePpm: 34_500, termMonths: 36 },
          }),
        },
      }),
    ],
  });
  holdToPapers(http.app);
});

afterEach(async () => {
  await http.close();
  await log.close();
});

interface Asked {
  readonly method?: 'GET' | 'POST';
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function ask(path: string, { method = 'POST', body, headers }: Asked = {}): Promise<number> {
  const { statusCode } = await http.app.inject({
    method,
    url: path.replace('{applicationId}', ID),
    headers: { authorization: `Bearer ${token}`, ...headers },
    ...(body !== undefined && { payload: body }),
  });
  return statusCode;
}

test('every example is taken, and so is what needs no body', async () => {
  const papers = http.app.swagger() as unknown as OpenApi;
  const examples = examplesOf(papers);
  expect(examples.map(({ operation }) => operation.operationId)).toEqual([
    'submitApplication',
    'amendApplication',
    'withdrawApplication',
    'declineOffer',
  ]);
  for (const { path, body } of examples) expect(await ask(path, { body })).toBe(202);
  expect(await ask('/v1/applications/{applicationId}/acceptance')).toBe(202);
});

test('each way to be answered is one that is documented', async () => {
  const one = '/v1/applications/{applicationId}';
  const withdrawal = `${one}/withdrawal`;
  const body = { reason: 'No longer needed.' };
  const json = { 'content-type': 'application/json' };
  const key = { 'idempotency-key': 'k-1' };
  expect(await ask(one, { method: 'GET' })).toBe(200);
  expect(await ask(`${one}?revision=2`, { method: 'GET' })).toBe(202);
  expect(await ask(`${one}?revision=x`, { method: 'GET' })).toBe(400);
  expect(await ask('/v1/applications/another', { method: 'GET' })).toBe(404);
  expect(await ask(withdrawal, { body, headers: { authorization: 'Basic x' } })).toBe(401);
  const wrong = { authorization: `Bearer ${token}-not` };
  expect(await ask(withdrawal, { body, headers: wrong })).toBe(403);
  expect(await ask(withdrawal, { body: '{', headers: json })).toBe(400);
  expect(await ask(withdrawal, { body: { reason: 'x'.repeat(300_000) } })).toBe(413);
  expect(await ask(withdrawal, { body: 'x', headers: { 'content-type': 'text/plain' } })).toBe(415);
  expect(await ask(withdrawal, { body: {} })).toBe(422);
  expect(await ask(withdrawal, { body, headers: key })).toBe(202);
  expect(await ask(withdrawal, { body: { reason: 'Other.' }, headers: key })).toBe(409);
  const flood = Array.from({ length: 120 }, () => ask(one, { method: 'GET' }));
  expect(await Promise.all(flood)).toContain(429);
  http.drain();
  expect(await ask(withdrawal, { body })).toBe(503);
  expect(await ask('/readyz', { method: 'GET' })).toBe(503);
  expect(await ask('/livez', { method: 'GET' })).toBe(200);
  expect(await ask('/metrics', { method: 'GET' })).toBe(200);
});
