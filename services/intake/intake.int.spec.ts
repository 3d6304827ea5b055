// Intake as a process would run it: both doors, the line, a real PostgreSQL, a log in memory.
import { randomBytes } from 'node:crypto';
import { partitionOf, type IncomingRecord } from '@saidao/event-log';
import { decode, type ApplicationReceived, type SubmissionJson } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readingIn } from './adapters/reading-log.ts';
import {
  APPLICATIONS,
  openIntake,
  PARTITIONS,
  TOKEN,
  type IntakeService,
} from './service.fixture.ts';
import { sound } from './submission.fixture.ts';

let service: IntakeService;

beforeAll(async () => {
  service = await openIntake();
});

afterAll(() => service.close());

interface Answer {
  readonly status: number;
  readonly body: {
    applicationId?: string;
    status?: string;
    revision?: number;
    rejection?: { code: string };
    error?: { code: string; message: string; faults: { path: string; code: string }[] };
  };
  readonly headers: Headers;
}

async function call(
  method: string,
  path: string,
  body?: unknown,
  options: { key?: string; token?: string; raw?: Buffer | string; type?: string } = {},
): Promise<Answer> {
  const sent = options.raw ?? (body === undefined ? undefined : JSON.stringify(body));
  const response = await fetch(`${service.worker.address}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${options.token ?? TOKEN}`,
      ...(sent === undefined ? {} : { 'content-type': options.type ?? 'application/json' }),
      ...(options.key === undefined ? {} : { 'idempotency-key': options.key }),
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = await response.text();
  return {
    status: response.status,
    body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
    headers: response.headers,
  };
}

const reference = (): string => `R-${randomBytes(6).toString('hex')}`;

function bodyOf(change: (body: SubmissionJson) => void = () => {}): SubmissionJson {
  const body = structuredClone(sound);
  body.reference = reference();
  change(body);
  return body;
}

const submit = (body: unknown, key?: string): Promise<Answer> =>
  call('POST', '/v1/applications', body, key === undefined ? {} : { key });

async function settled(applicationId: string | undefined, status: string): Promise<Answer> {
  return eventually(`${applicationId} is ${status}`, async () => {
    const answer = await call('GET', `/v1/applications/${applicationId}`);
    return answer.body.status === status && answer.body.revision !== undefined && answer;
  });
}

async function recordsOf(topic: string): Promise<IncomingRecord[]> {
  const records: IncomingRecord[] = [];
  await service.log.scan([topic], (record) => records.push(record));
  return records;
}

/** An application's events; a repeat, which has the same id and bytes, counts once for any reader. */
async function eventsOf(applicationId: string | undefined): Promise<string[]> {
  const byId = new Map<string | undefined, IncomingRecord>();
  for (const record of await recordsOf(APPLICATIONS)) {
    if (record.key?.toString() !== applicationId) continue;
    const id = record.headers['ce_id']?.toString();
    const before = byId.get(id);
    if (before !== undefined) expect(record.value).toEqual(before.value);
    byId.set(id, record);
  }
  return [...byId.values()].map(({ value }) => decode(value as Buffer, APPLICATIONS).type);
}

const byKafka: IntakeService['byKafka'] = (...sent) => service.byKafka(...sent);

describe('the HTTP door', () => {
  test('acknowledges, names the place to look, and the line takes it', async () => {
    const answer = await submit(bodyOf(), 'key-1');
    expect(answer.status).toBe(202);
    const id = answer.body.applicationId;
    expect(answer.headers.get('location')).toBe(`/v1/applications/${id}`);
    const view = await settled(id, 'received');
    expect(view.body).toMatchObject({ revision: 1, product: 'NEW_QUALITY', amount: '8000000.00' });
    expect(await eventsOf(id)).toEqual(['ApplicationReceived']);
  });

  test('the same key and body give the first answer, another body 409', async () => {
    const body = bodyOf();
    const first = await submit(body, 'key-2');
    const again = await submit(body, 'key-2');
    expect(again.status).toBe(202);
    expect(again.body.applicationId).toBe(first.body.applicationId);
    expect((await submit(bodyOf(), 'key-2')).status).toBe(409);
    await settled(first.body.applicationId, 'received');
    expect(await eventsOf(first.body.applicationId)).toEqual(['ApplicationReceived']);
  });

  test('one key many times at once: one application for one body, a conflict for others', async () => {
    const body = bodyOf();
    const same = await Promise.all(Array.from({ length: 8 }, () => submit(body, 'key-at-once')));
    expect(same.map(({ status }) => status)).toEqual(same.map(() => 202));
    const [id, ...others] = new Set(same.map((answer) => answer.body.applicationId));
    expect(others).toEqual([]);
    await settled(id, 'received');
    expect(await eventsOf(id)).toEqual(['ApplicationReceived']);

    const bodies = Array.from({ length: 4 }, () => bodyOf());
    const unlike = await Promise.all(bodies.map((one) => submit(one, 'key-of-several')));
    expect(unlike.map(({ status }) => String(status)).sort()).toEqual(['202', '409', '409', '409']);
  });

  test('without a key the reference dedupes, and another body under it is a conflict', async () => {
    const body = bodyOf();
    const answers = await Promise.all([submit(body), submit(body), submit(body)]);
    expect(new Set(answers.map(({ body: { applicationId } }) => applicationId)).size).toBe(1);
    const other = await submit({ ...body, request: { ...body.request, purpose: 'else' } });
    expect(other.status).toBe(409);
    const id = answers[0]?.body.applicationId;
    await settled(id, 'received');
    expect(await eventsOf(id)).toEqual(['ApplicationReceived']);
  });

  test('answers 503 with Retry-After within 2 s when the log does not acknowledge', async () => {
    const body = bodyOf();
    service.broker.setAvailable(false);
    const startedMs = performance.now();
    const refused = await submit(body, 'key-3');
    const tookMs = performance.now() - startedMs;
    service.broker.setAvailable(true);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(tookMs).toBeLessThanOrEqual(2_000);
    const again = await submit(body, 'key-3');
    expect(again.status).toBe(202);
    await settled(again.body.applicationId, 'received');
    expect(await eventsOf(again.body.applicationId)).toEqual(['ApplicationReceived']);
  });

  test('knows its principals, and hides what is another lender’s', async () => {
    expect((await call('POST', '/v1/applications', bodyOf(), { token: 'nobody' })).status).toBe(
      401,
    );
    const foreign = bodyOf((body) => (body.lender = 'czb-hz'));
    expect((await submit(foreign)).status).toBe(403);
    const own = await submit(bodyOf());
    const path = `/v1/applications/${own.body.applicationId}`;
    expect((await call('GET', path, undefined, { token: `${TOKEN}-2` })).status).toBe(404);
    expect((await call('GET', '/v1/applications/none')).status).toBe(404);
  });

  test.each<[string, number, string, (body: SubmissionJson) => unknown]>([
    [
      'a missing field',
      422,
      'enterprise.uscc',
      (body) => delete (body.enterprise as { uscc?: string }).uscc,
    ],
    ['an unknown field', 422, 'extra', (body) => Object.assign(body, { extra: 1 })],
    [
      'who submits it',
      422,
      'submittedBy',
      (body) => Object.assign(body, { submittedBy: 'somebody' }),
    ],
    [
      'a person of an unknown role',
      422,
      'persons[0].role',
      (body) => Object.assign(body.persons![0]!, { role: 'FRIEND' }),
    ],
    [
      '21 persons',
      422,
      'persons',
      (body) => (body.persons = Array.from({ length: 21 }, () => body.persons![0]!)),
    ],
    [
      'a wrong type',
      422,
      'request.termMonths',
      (body) => Object.assign(body.request, { termMonths: '12' }),
    ],
    [
      'an amount as a number',
      422,
      'request.amount',
      (body) => Object.assign(body.request, { amount: 1 }),
    ],
    ['three decimals', 422, 'request.amount', (body) => (body.request.amount = '1.005')],
    [
      'a negative amount',
      422,
      'request.amount',
      (body) => Object.assign(body.request, { amount: '-1.00', payees: [] }),
    ],
    [
      'zero',
      422,
      'request.amount',
      (body) => Object.assign(body.request, { amount: '0.00', payees: [] }),
    ],
    [
      '2^53 fen',
      422,
      'request.amount',
      (body) => Object.assign(body.request, { amount: '90071992547409.92', payees: [] }),
    ],
    [
      '−2^53 fen',
      422,
      'request.amount',
      (body) => Object.assign(body.request, { amount: '-90071992547409.92', payees: [] }),
    ],
    ['U+0000', 422, 'enterprise.name', (body) => (body.enterprise.name = 'a\u0000b')],
    ['a lone surrogate', 422, 'enterprise.name', (body) => (body.enterprise.name = 'a\ud800')],
    ['a code of no form', 422, 'enterprise.uscc', (body) => (body.enterprise.uscc = 'I')],
  ])('%s is refused with its path', async (_what, status, path, spoil) => {
    const answer = await submit(bodyOf((body) => void spoil(body)));
    expect(answer.status).toBe(status);
    expect(answer.body.error?.faults.map((fault) => fault.path)).toContain(path);
  });

  test.each<[string, number, Buffer | string]>([
    ['no JSON', 400, '{'],
    ['nothing', 400, ''],
    ['invalid UTF-8', 400, Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['__proto__', 400, '{"__proto__": {"lender": "boc-zj"}}'],
    ['1 MB', 413, `{"lender": "${'x'.repeat(1_000_000)}"}`],
    ['a list of 10 million', 413, `[${'1,'.repeat(10_000_000)}1]`],
  ])('a body of %s is refused', async (_what, status, raw) => {
    const answer = await call('POST', '/v1/applications', undefined, { raw });
    expect(answer.status).toBe(status);
    expect(answer.body.error?.code).toMatch(/^SAIDAO_HTTP_/);
  });
});

describe('both doors', () => {
  test('yield the same application, but for ids, times and channel', async () => {
    const http = bodyOf();
    const kafka = { ...http, reference: reference() };
    const id = (await submit(http)).body.applicationId;
    await settled(id, 'received');
    await byKafka(kafka, 'kafka-1');
    const received = await eventually('the second is received', async () => {
      const all = (await recordsOf(APPLICATIONS)).map(
        ({ value }) => decode(value as Buffer, APPLICATIONS).data as ApplicationReceived,
      );
      const first = all.find(({ applicationId }) => applicationId === id);
      const second = all.find((one) => one.reference === kafka.reference);
      return first && second && { first, second };
    });
    // Asked twice: only when and where the answers are kept differs.
    const told = ({ content }: ApplicationReceived) => ({
      ...content,
      kyc: content.kyc?.map((finding) => ({ ...finding, evidence: null })),
    });
    expect(told(received.second)).toEqual(told(received.first));
    // Who asked is known at the HTTP door alone.
    expect([received.first.submittedBy, received.second.submittedBy]).toEqual(['web', null]);
    expect(received.second.businessDate).toBe('2026-11-20');
  });

  test('share one reference: three by HTTP, two by Kafka, one changed', async () => {
    const body = bodyOf();
    const answers = await Promise.all([submit(body), submit(body), submit(body)]);
    await byKafka(body, 'kafka-2');
    await byKafka(body, 'kafka-3');
    const changed = structuredClone(body);
    changed.enterprise.staff = 65;
    await byKafka(changed, 'kafka-4');
    const id = answers[0]?.body.applicationId;
    await eventually('the changed one is refused', async () =>
      (await eventsOf(id)).includes('SubmissionRejected'),
    );
    expect(await eventsOf(id)).toEqual(['ApplicationReceived', 'SubmissionRejected']);
    expect((await settled(id, 'received')).body.rejection?.code).toBe('CONFLICT');
  });

  test('a refused submission by Kafka keeps its id; the corrected one is taken', async () => {
    const body = bodyOf((one) => (one.request.termMonths = 0));
    await byKafka(body, 'kafka-5');
    const corrected = { ...body, request: { ...body.request, termMonths: 12 } };
    await eventually('the first is refused', async () =>
      (await recordsOf(APPLICATIONS)).some(({ value }) => {
        const { type, data } = decode(value as Buffer, APPLICATIONS);
        return type === 'SubmissionRejected' && data.reference === body.reference;
      }),
    );
    const answer = await submit(corrected);
    expect(answer.status).toBe(202);
    await settled(answer.body.applicationId, 'received');
    expect(await eventsOf(answer.body.applicationId)).toEqual([
      'SubmissionRejected',
      'ApplicationReceived',
    ]);
  });

  test('a submission on another partition than its key’s is refused, and nothing waits', async () => {
    const body = bodyOf();
    const key = Buffer.from(`${body.lender}/${body.channel}/${body.reference}`);
    const wrong = (partitionOf(key, PARTITIONS) + 1) % PARTITIONS;
    await byKafka(body, 'kafka-6', { partition: wrong });
    await eventually('it is a dead letter', async () =>
      (await recordsOf('intake.dead-letter.v1')).some(
        ({ headers }) => headers['x-dlq-code']?.toString() === 'SAIDAO_WRONG_PARTITION',
      ),
    );
    await byKafka(body, 'kafka-7');
    await eventually('the right one is received', async () =>
      (await recordsOf(APPLICATIONS)).some(({ value }) => {
        const { type, data } = decode(value as Buffer, APPLICATIONS);
        return type === 'ApplicationReceived' && data.reference === body.reference;
      }),
    );
  });
});

test('amending, withdrawing and answering go through the same door', async () => {
  const body = bodyOf();
  const id = (await submit(body)).body.applicationId;
  await settled(id, 'received');
  const { lender: _l, channel: _c, reference: _r, ...content } = body;
  content.enterprise.staff = 70;
  expect((await call('POST', `/v1/applications/${id}/amendments`, content)).status).toBe(202);
  await eventually('it is amended', async () =>
    (await eventsOf(id)).includes('ApplicationAmended'),
  );
  // To and fro without an Idempotency-Key: each is meant.
  for (const staff of [80, 70]) {
    content.enterprise.staff = staff;
    expect((await call('POST', `/v1/applications/${id}/amendments`, content)).status).toBe(202);
  }
  await eventually('the last word is taken', async () => {
    const { body: view } = await call('GET', `/v1/applications/${id}`);
    return view.revision === 4;
  });
  const early = await call('POST', `/v1/applications/${id}/acceptance`);
  expect(early.status).toBe(409);
  const reason = { reason: 'changed our mind' };
  expect((await call('POST', `/v1/applications/${id}/withdrawal`, reason)).status).toBe(202);
  await settled(id, 'withdrawn');
  expect(await eventsOf(id)).toEqual([
    'ApplicationReceived',
    'ApplicationAmended',
    'ApplicationAmended',
    'ApplicationAmended',
    'ApplicationWithdrawn',
  ]);
  expect((await call('GET', '/v1/applications/%00')).status).toBe(400);
});

test.each([
  ['acceptance', undefined, 'decline'],
  ['decline', { reason: 'too dear' }, 'acceptance'],
])(
  'an %s tried again gets its first answer, however far the loan has come',
  async (what, said, other) => {
    const id = (await submit(bodyOf())).body.applicationId;
    await settled(id, 'received');
    const becomes = (status: string) =>
      service.db.database.query(
        'update intake.statuses set status = $2 where application_id = $1',
        [id, status],
      );
    const key = `${what}-${id}`;
    const answer = (kind: string, options: object, body?: unknown) =>
      call('POST', `/v1/applications/${id}/${kind}`, body, options);
    expect((await answer(what, { key }, said)).status).toBe(409);
    await becomes('approved');
    const first = await answer(what, { key }, said);
    expect(first.status).toBe(202);
    await becomes('paid');
    const again = await answer(what, { key }, said);
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect((await answer(what, {}, said)).status).toBe(409);
    const reason = other === 'decline' ? { reason: 'else' } : undefined;
    expect((await answer(other, { key }, reason)).status).toBe(409);
  },
);

test('how far the decisions are read is what its group has committed of their partition', async () => {
  const id = (await submit(bodyOf())).body.applicationId ?? '';
  const topic = 'saidao.decisions.boc-zj.v1';
  const partition = partitionOf(Buffer.from(id), PARTITIONS);
  const value = Buffer.from('no event');
  await service.log.send([{ topic, partition, key: Buffer.from(id), value, headers: {} }]);
  const of = (group: string, lenderId = 'boc-zj') =>
    readingIn({ log: service.log, group, partitions: PARTITIONS }).ofDecisions(lenderId, id);
  const end = (await of('saidao.intake'))?.end ?? 0n;
  expect(end).toBeGreaterThan(0n);
  expect(await of('saidao.nobody')).toEqual({ end, committed: 0n });
  await eventually('it is read', async () => (await of('saidao.intake'))?.committed === end);
  expect(await of('saidao.intake', 'of-nobody')).toBeNull();
});

test('the papers of the door are there', async () => {
  const response = await fetch(`${service.worker.address}/docs/json`);
  const papers = (await response.json()) as { paths: Record<string, unknown> };
  expect(Object.keys(papers.paths)).toContain('/v1/applications/{applicationId}/acceptance');
});
