// Specs of the rail's calls back: who is called, how it is signed, and each way to misbehave.
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openWorld, payout } from '../test-world.ts';
import { signed, webhookIdOf } from './callbacks.ts';

const secret = 'whsec_c2FpZGFvLWV4YW1wbGUtc2VjcmV0LTAwMDE=';
const told = { ...payout, endToEndId: 'application-1' };
const other = { ...told, payoutId: 'payout-2', payee: '宁波示例芯片贸易有限公司' };

interface Call {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** A door that notes each call and answers as it is told, 200 at the end of that list. */
async function openDoor(...statuses: number[]) {
  const calls: Call[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => void parts.push(part));
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      calls.push({ headers, body: Buffer.concat(parts).toString() });
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { calls, url: `http://127.0.0.1:${port}/callbacks` };
}

async function worldThatCalls(url: string, options: Parameters<typeof openWorld>[0] = {}) {
  return openWorld({ ...options, payoutCallback: { url, secret } });
}

const dataOf = ({ body }: Call) => (JSON.parse(body) as { data: Record<string, string> }).data;
const isGenuine = ({ headers, body }: Call) =>
  headers['webhook-signature'] ===
  signed({
    id: headers['webhook-id'] ?? '',
    timestamp: headers['webhook-timestamp'] ?? '',
    body,
    secret,
  });

it('signs as Standard Webhooks says', () => {
  const key = Buffer.from('saidao-example-secret-0001');
  const expected = createHmac('sha256', key).update('msg_1.1700000000.{"a":1}').digest('base64');
  expect(signed({ id: 'msg_1', timestamp: '1700000000', body: '{"a":1}', secret })).toBe(
    `v1,${expected}`,
  );
});

describe('a callback', () => {
  it('tells what became of a payout, signed, under an id of its own', async () => {
    const { calls, url } = await openDoor();
    const world = await worldThatCalls(url);
    const { body } = await world.pay(told);
    await expect.poll(() => calls.length).toBe(1);
    const [call] = calls as [Call];
    expect(isGenuine(call)).toBe(true);
    expect(call.headers['webhook-id']).toBe(webhookIdOf(told.payoutId));
    expect(JSON.parse(call.body)).toEqual({
      type: 'payout.paid',
      data: {
        payoutId: told.payoutId,
        endToEndId: 'application-1',
        lenderId: told.lenderId,
        amountFen: told.amountFen,
        currency: 'CNY',
        status: 'paid',
        railReference: body.railReference,
        paidAt: body.paidAt,
      },
    });
    await world.pay(told);
    expect(calls).toHaveLength(1);
  });

  it('tells of a rejection too, and of money that moved though nobody was answered', async () => {
    const { calls, url } = await openDoor();
    const world = await worldThatCalls(url);
    await world.behave({ provider: 'rail', mode: 'rejecting', times: 1 });
    await world.pay(told);
    await expect.poll(() => calls.length).toBe(1);
    expect(dataOf(calls[0]!)).toMatchObject({ status: 'rejected' });
    await world.behave({ provider: 'rail', mode: 'paid-then-500', times: 1 });
    expect((await world.pay(other)).status).toBe(500);
    await expect.poll(() => calls.length).toBe(2);
    expect(dataOf(calls[1]!)).toMatchObject({ payoutId: 'payout-2', status: 'paid' });
  });

  it('is tried again until it is taken, the same bytes under the same id', async () => {
    const { calls, url } = await openDoor(500, 503);
    const world = await worldThatCalls(url);
    await world.pay(told);
    await expect.poll(() => calls.length, { timeout: 5_000 }).toBe(3);
    expect(new Set(calls.map(({ body }) => body)).size).toBe(1);
    expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(calls.every(isGenuine)).toBe(true);
  });

  it('that was owed when the process ended comes after the next start', async () => {
    const nowhere = 'http://127.0.0.1:1/callbacks';
    const before = await worldThatCalls(nowhere);
    await before.pay(told);
    await before.app.close();
    const { calls, url } = await openDoor();
    const { dataFolder } = before;
    const after = await worldThatCalls(url, { dataFolder });
    await expect.poll(() => calls.length).toBe(1);
    await after.app.close();
    await worldThatCalls(url, { dataFolder });
    await expect.poll(() => calls.length).toBe(1);
  });

  it('goes where the control route says from then on, and nowhere before', async () => {
    const { calls, url } = await openDoor();
    const world = await openWorld();
    await world.pay(told);
    expect((await world.call('PUT', '/control/rail/callbacks', { url, secret })).status).toBe(200);
    await world.pay(other);
    await expect.poll(() => calls.length).toBe(1);
    expect(dataOf(calls[0]!)['payoutId']).toBe('payout-2');
    expect((await world.call('PUT', '/control/rail/callbacks', { url, secret: 'x' })).status).toBe(
      400,
    );
  });
});

describe('a rail that calls back otherwise than it should', () => {
  const provider = 'rail-callbacks';

  it('calls twice', async () => {
    const { calls, url } = await openDoor();
    const world = await worldThatCalls(url);
    await world.behave({ provider, mode: 'twice' });
    await world.pay(told);
    await expect.poll(() => calls.length).toBe(2);
    expect(calls[0]?.headers['webhook-id']).toBe(calls[1]?.headers['webhook-id']);
    expect(calls[0]?.body).toBe(calls[1]?.body);
  });

  it('calls before it answers', async () => {
    const { calls, url } = await openDoor();
    const world = await worldThatCalls(url);
    await world.behave({ provider, mode: 'early' });
    await world.pay(told);
    expect(calls).toHaveLength(1);
  });

  it('calls late', async () => {
    const { calls, url } = await openDoor();
    const world = await worldThatCalls(url);
    await world.behave({ provider, subject: told.payee, mode: 'late', delayMs: 150, times: 1 });
    const startedMs = performance.now();
    await world.pay(told);
    expect(calls).toHaveLength(0);
    await expect.poll(() => calls.length).toBe(1);
    expect(performance.now() - startedMs).toBeGreaterThan(140);
  });

  it('calls out of order', async () => {
    const { calls, url } = await openDoor();
    const world = await worldThatCalls(url);
    await world.behave({ provider, mode: 'out-of-order', delayMs: 10_000, times: 1 });
    await world.pay(told);
    await world.pay(other);
    await expect.poll(() => calls.length).toBe(2);
    expect(calls.map((call) => dataOf(call)['payoutId'])).toEqual(['payout-2', 'payout-1']);
  });

  it('forges its signature or takes an old time, and does better at the next try', async () => {
    for (const mode of ['forged', 'stale'] as const) {
      const { calls, url } = await openDoor(401);
      const world = await worldThatCalls(url);
      await world.behave({ provider, mode, times: 1 });
      await world.pay(told);
      await expect.poll(() => calls.length, { timeout: 5_000 }).toBe(2);
      const seconds = calls.map(({ headers }) => Number(headers['webhook-timestamp']));
      const isOld = seconds.map((at) => at < Date.now() / 1_000 - 300);
      expect(calls.map(isGenuine)).toEqual([mode === 'stale', true]);
      expect(isOld).toEqual([mode === 'stale', false]);
    }
  });

  it('says nothing', async () => {
    const { calls, url } = await openDoor();
    const world = await worldThatCalls(url);
    await world.behave({ provider, subject: told.payee, mode: 'silent', times: 1 });
    await world.pay(told);
    await world.pay(other);
    await expect.poll(() => calls.length).toBe(1);
    expect(dataOf(calls[0]!)['payoutId']).toBe('payout-2');
  });

  it('can do nothing else', async () => {
    const world = await openWorld();
    expect(await world.behave({ provider, mode: 'failing' })).toMatchObject({
      status: 400,
      body: { error: 'mode-unknown-here' },
    });
    expect((await world.behave({ provider: 'rail', mode: 'twice' })).status).toBe(400);
  });
});
