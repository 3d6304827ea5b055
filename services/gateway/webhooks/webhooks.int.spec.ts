// Webhooks on a real PostgreSQL: signed, in order, tried again, replayed.
import { eventually } from '@saidao/testkit';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { decided, newId, TOKENS } from '../decided.fixture.ts';
import { openGateway, type GatewayService } from '../service.fixture.ts';
import { startReceiver, type Receiver } from './receiver.fixture.ts';

const BOC = TOKENS['boc-zj'];
let gateway: GatewayService;
let address: string;
let receiver: Receiver;

beforeAll(async () => {
  gateway = await openGateway({ WEBHOOK_RETRIES: '100ms,200ms' });
  ({ address } = gateway.worker);
}, 60_000);

afterAll(() => gateway.close());

beforeEach(async () => {
  receiver = await startReceiver();
  return () => receiver[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number;
  // Its form depends on the route; each test looks at what it asked for.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
}

async function call(method: string, path: string, body?: object, token = BOC): Promise<Answer> {
  const url = `/v1/webhooks${path}`;
  const answer = await fetch(`${address}${url}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  gateway.hold({ method, url }, answer, text);
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
}

async function register(more: object = {}): Promise<{ id: string; secret: string }> {
  const { status, body } = await call('POST', '', { url: receiver.url, ...more });
  expect(status, JSON.stringify(body)).toBe(201);
  receiver.secrets = [...receiver.secrets, body.secret];
  onTestFinished(() => remove(body.id));
  return body;
}

async function remove(id: string): Promise<void> {
  expect((await call('DELETE', `/${id}`)).status).toBe(204);
}

const send = (id: string, ...numbers: readonly number[]) =>
  gateway.log.send(numbers.map((number) => decided('boc-zj', id, number)));
const sequencesOf = (id: string) =>
  receiver
    .taken()
    .filter(({ subject }) => subject === id)
    .map(({ sequence }) => sequence);
const taken = (id: string, count: number) =>
  eventually(`${count} of ${id} are taken`, () => sequencesOf(id).length >= count);
const deliveriesOf = async (webhook: string, query = '') =>
  (await call('GET', `/${webhook}/deliveries${query}`)).body.deliveries as {
    readonly applicationId: string;
    readonly [field: string]: unknown;
  }[];

test('tells a receiver each event once, in order, and signed for any library', async () => {
  const { id: webhook } = await register();
  const [one, other] = [newId(), newId()];
  await send(one, 1, 2, 3);
  await send(other, 1, 2);
  await taken(one, 3);
  await taken(other, 2);
  expect(sequencesOf(one)).toEqual(['1', '2', '3']);
  expect(sequencesOf(other)).toEqual(['1', '2']);
  expect(receiver.requests[0]?.id).toMatch(/^evt_.*_1$/);
  expect(receiver.unsigned).toEqual([]);
  const deliveries = await eventually('all is noted', async () => {
    const found = await deliveriesOf(webhook, '?status=delivered');
    return found.length === 5 && found;
  });
  expect(deliveries[0]).toMatchObject({ attempts: 1, code: 204, fault: null, nextTryAt: null });
});

test('tells but what it is to be told of', async () => {
  await register({ types: ['ApplicationClosed'], product: 'NEW_QUALITY' });
  const id = newId();
  await gateway.log.send([1, 2, 3].map((number) => decided('boc-zj', id, number, number === 3)));
  await taken(id, 1);
  expect(receiver.requests.map(({ type, sequence }) => [type, sequence])).toEqual([
    ['ApplicationClosed', '3'],
  ]);
});

test('one that fails holds back its application, and no other', async () => {
  const { id: webhook } = await register();
  const [ill, well] = [newId(), newId()];
  let failures = 0;
  receiver.answer = async ({ subject, sequence }) => {
    if (subject !== ill || sequence !== '1') return 200;
    failures += 1;
    // Others succeed between its tries, however slow they are: else the webhook would be disabled.
    if (failures === 2) await taken(well, 2);
    return 500;
  };
  await send(ill, 1, 2, 3);
  await eventually('it has failed once', async () => {
    return (await call('GET', `/${webhook}`)).body.failingSince !== null;
  });
  await send(well, 1, 2);
  await taken(well, 2);
  const failed = await eventually('it is given up', async () => {
    const [found] = await deliveriesOf(webhook, '?status=failed');
    return found;
  });
  expect(failed).toMatchObject({ applicationId: ill, attempts: 3, code: 500, answer: 'it is 500' });
  await send(ill, 4);
  await send(well, 3);
  await taken(well, 3);
  expect(sequencesOf(ill)).toEqual([]);
  const tried = receiver.requests.filter(({ subject }) => subject === ill);
  expect(tried.map(({ sequence }) => sequence)).toEqual(['1', '1', '1']);
  expect((await call('GET', `/${webhook}`)).body).toMatchObject({ enabled: true });

  receiver.answer = () => 200;
  expect((await call('POST', `/${webhook}/replay`, { failed: true })).body.events).toBe(1);
  await taken(ill, 4);
  expect(sequencesOf(ill)).toEqual(['1', '2', '3', '4']);
});

test('where nothing succeeds it is disabled, keeps all, and goes on when it is enabled', async () => {
  const { id: webhook } = await register();
  receiver.answer = () => 500;
  const id = newId();
  await send(id, 1, 2);
  await eventually('it is disabled', async () => {
    const { body } = await call('GET', `/${webhook}`);
    return body.disabledBecause === 'FAILING';
  });
  await send(id, 3);
  receiver.answer = () => 200;
  expect((await call('PATCH', `/${webhook}`, { enabled: true })).body).toMatchObject({
    ...{ enabled: true, disabledBecause: null, failingSince: null },
  });
  await taken(id, 3);
  expect(sequencesOf(id)).toEqual(['1', '2', '3']);
});

test('410 disables it at once', async () => {
  const { id: webhook } = await register();
  receiver.answer = () => 410;
  await send(newId(), 1);
  await eventually('it is disabled', async () => {
    return (await call('GET', `/${webhook}`)).body.disabledBecause === 'GONE';
  });
  expect(receiver.requests).toHaveLength(1);
});

test('a slow one holds up no other, and is asked so much at once', async () => {
  const slow = await startReceiver();
  let atOnce = 0;
  let atOnceMax = 0;
  const gate = Promise.withResolvers<void>();
  slow.answer = async () => {
    atOnce += 1;
    atOnceMax = Math.max(atOnceMax, atOnce);
    await gate.promise;
    atOnce -= 1;
    return 200;
  };
  onTestFinished(() => slow[Symbol.asyncDispose]());
  await register();
  const { body } = await call('POST', '', { url: slow.url });
  onTestFinished(() => remove(body.id));
  const ids = Array.from({ length: 20 }, newId);
  await gateway.log.send(ids.map((id) => decided('boc-zj', id, 1)));
  for (const id of ids) await taken(id, 1);
  expect(atOnceMax).toBe(8);
  gate.resolve();
  await eventually('the slow one has all', () => slow.taken().length === 20);
});

test('a secret is rotated while both sign, and is never shown again', async () => {
  const { id: webhook, secret } = await register();
  const { body: rotated } = await call('POST', `/${webhook}/rotate`);
  expect(rotated.secret).toMatch(/^whsec_/);
  expect(rotated.secret).not.toBe(secret);
  for (const secrets of [[secret], [rotated.secret as string]]) {
    receiver.secrets = secrets;
    const { body } = await call('POST', `/${webhook}/test`);
    expect(body).toMatchObject({ delivered: true, code: 204, fault: null });
  }
  expect(receiver.unsigned).toEqual([]);
  const shown = [await call('GET', `/${webhook}`), await call('GET', '')];
  expect(JSON.stringify(shown)).not.toContain('whsec_');
  const { rows } = await gateway.db.database.query('select * from gateway.webhooks');
  expect(JSON.stringify(rows, (_key, value) => String(value))).not.toContain(secret);
});

test('what was told before can be told again, under the ids that it had', async () => {
  const id = newId();
  await send(id, 1, 2, 3);
  await eventually('it is in the feed', async () => {
    const ofIt = 'select from gateway.feed where application_id = $1';
    return (await gateway.db.database.query(ofIt, [id])).rows.length === 3;
  });
  const { id: webhook } = await register({ applicationId: id });
  expect((await call('POST', `/${webhook}/replay`, { from: '1' })).body.events).toBe(3);
  const [first] = await eventually('all is noted', async () => {
    const found = await deliveriesOf(webhook, '?status=delivered');
    return found.length === 3 && found;
  });
  expect(receiver.requests.map(({ sequence }) => sequence)).toEqual(['1', '2', '3']);
  const again = await call('POST', `/${webhook}/replay`, { number: first?.['number'] });
  expect(again.body.events).toBe(1);
  await eventually('the first is told again', () => receiver.requests.length > 3);
  expect(receiver.requests.map(({ id }) => id).at(-1)).toBe(receiver.requests[0]?.id);
  expect(sequencesOf(id)).toEqual(['1', '2', '3']);
});

test('a registration that comes again makes no second one, and says which there is', async () => {
  const { id } = await register({ types: ['LoanApproved', 'LoanDeclined'] });
  const again = { url: receiver.url, types: ['LoanDeclined', 'LoanApproved'] };
  const { status, body } = await call('POST', '', again);
  expect([status, body.error.code]).toEqual([409, 'SAIDAO_WEBHOOK_EXISTS']);
  expect(body.error.message).toContain(id);
  expect((await call('GET', '')).body.webhooks).toHaveLength(1);
});

test('none is changed to be like another, and one may be told again what it is', async () => {
  const { id } = await register({ types: ['LoanDeclined'] });
  const { id: other } = await register({ types: ['LoanApproved'] });
  const types = { types: ['LoanDeclined'] };
  const { status, body } = await call('PATCH', `/${other}`, types);
  expect([status, body.error.code]).toEqual([409, 'SAIDAO_WEBHOOK_EXISTS']);
  expect(body.error.message).toContain(id);
  expect((await call('GET', `/${other}`)).body.types).toEqual(['LoanApproved']);
  expect((await call('PATCH', `/${id}`, types)).status).toBe(200);
  expect((await call('PATCH', `/${other}`, { ...types, enabled: false })).status).toBe(200);
  const enabled = await call('PATCH', `/${other}`, { enabled: true });
  expect([enabled.status, enabled.body.error.code]).toEqual([409, 'SAIDAO_WEBHOOK_EXISTS']);
});

test('nobody sees or touches another lender’s', async () => {
  const { id: webhook } = await register();
  const czb = TOKENS['czb-hz'];
  for (const [method, path, body] of [
    ['GET', ''],
    ['PATCH', '', { enabled: false }],
    ['DELETE', ''],
    ['POST', '/rotate'],
    ['POST', '/test'],
    ['GET', '/deliveries'],
    ['POST', '/replay', { failed: true }],
  ] as const) {
    expect((await call(method, `/${webhook}${path}`, body, czb)).status, path).toBe(404);
  }
  expect((await call('GET', '', undefined, czb)).body).toEqual({ webhooks: [] });
  const theirs = { url: receiver.url, lender: 'boc-zj' };
  expect((await call('POST', '', theirs, czb)).status).toBe(404);
  expect((await call('POST', '', { url: receiver.url }, TOKENS.channel)).status).toBe(403);
  expect((await call('GET', `/${webhook}`)).body.enabled).toBe(true);
});

test('leads to no inner address, and no lender has more than it may', async () => {
  for (const url of ['http://169.254.169.254/latest/meta-data', 'http://10.0.0.1/', 'x']) {
    const { status, body } = await call('POST', '', { url });
    expect([status, body.error.faults[0]?.path]).toEqual([422, 'url']);
  }
  const { id: webhook } = await register();
  expect((await call('PATCH', `/${webhook}`, { url: 'http://[::1]/' })).status).toBe(422);
  const ids: string[] = [];
  const full = await eventually('it is full', async () => {
    const { status, body } = await call('POST', '', { url: `${receiver.url}/${ids.length}` });
    if (status === 201) ids.push(body.id);
    return status !== 201 && body;
  });
  expect(full.error.code).toBe('SAIDAO_WEBHOOKS_FULL');
  expect(ids).toHaveLength(19);
  for (const id of ids) await remove(id);
});

test('figures say what was tried and what waits', async () => {
  const metrics = await (await fetch(`${address}/metrics`)).text();
  expect(metrics).toMatch(/^saidao_webhook_attempts_total\{.*status="delivered".*\} [1-9]/m);
  expect(metrics).toMatch(/^saidao_webhook_pending_deliveries\{.*\} \d/m);
  expect(metrics).toMatch(/^saidao_webhook_failed_deliveries\{.*\} \d/m);
});

test('what is not answered when the gateway stops is left to whoever comes next', async () => {
  const asked = Promise.withResolvers<void>();
  receiver.answer = () => {
    asked.resolve();
    return new Promise(() => undefined);
  };
  // Nobody is there to remove it in the end.
  const { body } = await call('POST', '', { url: receiver.url });
  await send(newId(), 1);
  await asked.promise;
  await gateway.worker.stop();
  const { rows } = await gateway.db.database.query(
    'select status, attempts, fault, attempted_at from gateway.deliveries where webhook_id = $1',
    [body.id],
  );
  expect(rows).toEqual([{ status: 'pending', attempts: 1, fault: null, attempted_at: null }]);
});
