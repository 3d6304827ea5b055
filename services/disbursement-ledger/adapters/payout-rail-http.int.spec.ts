// The rail's adapter against the real outside world, and against servers that answer anything.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createProvider } from '@saidao/worker';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Instruction } from '../payout.decide.ts';
import { openWorld } from '../rail.fixture.ts';
import { payoutRailHttp, payoutRailProbe } from './payout-rail-http.ts';

const DEADLINE_MS = 300;
const awake = () => new AbortController().signal;

const instruction: Instruction = {
  payoutId: '019aa000-0000-7000-8000-000000000001/authorisation/1/1',
  lenderId: 'exim-zj',
  payee: '浙江示例电机有限公司',
  amountFen: 6_200_000_000n,
  purpose: 'entrusted payment of loan 019aa000-0000-7000-8000-000000000001-L1',
  endToEndId: '019aa000-0000-7000-8000-000000000001',
};

function railAt(url: string, deadlineMs = DEADLINE_MS) {
  return payoutRailHttp({ url, provider: createProvider({ name: 'payout-rail', deadlineMs }) });
}

async function openRail() {
  const world = await openWorld();
  onTestFinished(() => world.close());
  return { world, rail: railAt(`${world.url}/rail`) };
}

/** A rail that answers as the listener does. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answering = (status: number, body: string | Buffer) =>
  serve((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });

describe('the rail', () => {
  it('pays once for a key that holds slashes, and says the same ever after', async () => {
    const { world, rail } = await openRail();
    const first = await rail.instruct(instruction, awake());
    expect(first).toMatchObject({ kind: 'paid' });
    expect(await rail.instruct(instruction, awake())).toEqual(first);
    expect(await rail.find(instruction, awake())).toEqual(first);
    expect((await world.book()).payouts).toMatchObject([
      { payoutId: instruction.payoutId, payee: instruction.payee, amountFen: '6200000000' },
    ]);
  });

  it('rejects, and says so when asked again', async () => {
    const { world, rail } = await openRail();
    await world.behave({ provider: 'rail', mode: 'rejecting', times: 1 });
    const first = await rail.instruct(instruction, awake());
    expect(first).toMatchObject({ kind: 'rejected' });
    expect(await rail.find(instruction, awake())).toEqual(first);
    expect((await world.book()).payouts).toEqual([]);
  });

  it.each(['paid-then-silent', 'paid-then-500'] as const)(
    'that is %s has moved the money once; asked by the key it confirms',
    async (mode) => {
      const { world, rail } = await openRail();
      await world.behave({ provider: 'rail', mode, times: 1 });
      expect(await rail.instruct(instruction, awake())).toMatchObject({ kind: 'unanswered' });
      expect(await rail.find(instruction, awake())).toMatchObject({ kind: 'paid' });
      expect((await world.book()).payouts).toHaveLength(1);
    },
  );

  it.each(['silent', 'failing', 'garbage'] as const)(
    'that is %s has moved nothing; asked by the key it pays then',
    async (mode) => {
      const { world, rail } = await openRail();
      await world.behave({ provider: 'rail', mode, times: 1 });
      expect(await rail.instruct(instruction, awake())).toMatchObject({ kind: 'unanswered' });
      expect((await world.book()).payouts).toEqual([]);
      expect(await rail.find(instruction, awake())).toMatchObject({ kind: 'paid' });
      expect((await world.book()).payouts).toHaveLength(1);
    },
  );

  it('that pays though the caller has given up confirms the one payout later', async () => {
    const { world, rail } = await openRail();
    await world.behave({ provider: 'rail', mode: 'slow', delayMs: 2 * DEADLINE_MS, times: 1 });
    expect(await rail.instruct(instruction, awake())).toMatchObject({ kind: 'unanswered' });
    await expect.poll(async () => (await world.book()).payouts.length).toBe(1);
    expect(await rail.find(instruction, awake())).toMatchObject({ kind: 'paid' });
    expect((await world.book()).payouts).toHaveLength(1);
  });

  it('that knows the key for another payout is not believed', async () => {
    const { world, rail } = await openRail();
    await rail.instruct({ ...instruction, payee: '宁波示例芯片贸易有限公司' }, awake());
    expect(await rail.instruct(instruction, awake())).toEqual({ kind: 'key-taken' });
    expect((await world.book()).payouts).toHaveLength(1);
  });

  it.each([
    ['payee', { payee: '宁波示例芯片贸易有限公司' }],
    ['amount', { amountFen: 6_200_000_001n }],
    ['lender', { lenderId: 'boc-zj' }],
  ])('that has the key for another %s is not believed when it is looked up', async (_, change) => {
    const { world, rail } = await openRail();
    await rail.instruct({ ...instruction, ...change }, awake());
    expect(await rail.find(instruction, awake())).toEqual({ kind: 'key-taken' });
    expect((await world.book()).payouts).toHaveLength(1);
  });

  it('that has rejected another payout under the key has not rejected this one', async () => {
    const { world, rail } = await openRail();
    await world.behave({ provider: 'rail', mode: 'rejecting', times: 1 });
    await rail.instruct({ ...instruction, amountFen: 1n }, awake());
    expect(await rail.find(instruction, awake())).toEqual({ kind: 'key-taken' });
  });

  it('that fails everybody is not asked once the breaker is open: nothing became unknown', async () => {
    const { world, rail } = await openRail();
    await world.behave({ provider: 'rail', mode: 'failing' });
    for (let call = 0; call < 20; call += 1) await rail.instruct(instruction, awake());
    expect(await rail.instruct(instruction, awake())).toMatchObject({ kind: 'not-asked' });
    expect(await rail.find(instruction, awake())).toMatchObject({ kind: 'not-asked' });
  });

  it('is probed by a key that nobody pays under', async () => {
    const { world } = await openRail();
    const probe = payoutRailProbe(`${world.url}/rail`);
    await expect(probe('exim-zj', awake())).resolves.toBeUndefined();
    await world.behave({ provider: 'rail', mode: 'failing' });
    await expect(probe('exim-zj', awake())).rejects.toThrow('status 503');
  });
});

describe('an answer that is none', () => {
  const paid = { status: 'paid', railReference: 'R1', paidAt: '2026-11-20T02:00:00.000Z' };
  const text = JSON.stringify;

  it.each([
    ['no JSON', 200, '<html>'],
    ['an empty body', 200, ''],
    ['null', 200, 'null'],
    ['a list', 200, text([paid])],
    ['no reference', 200, text({ ...paid, railReference: undefined })],
    ['a reference with a line break', 200, text({ ...paid, railReference: 'R\n1' })],
    ['a time that does not exist', 200, text({ ...paid, paidAt: '2026-13-45T99:00:00Z' })],
    ['a time far off', 200, text({ ...paid, paidAt: '9999-12-31T23:59:59Z' })],
    ['an unknown status', 200, text({ ...paid, status: 'pending' })],
    ['a payment with the wrong status', 202, text(paid)],
    ['a rejection without a cause', 422, text({ status: 'rejected' })],
    ['a rejection with the wrong status', 400, text({ status: 'rejected', cause: 'no' })],
    ['bytes that are no UTF-8', 200, Buffer.from([0x22, 0xff, 0x22])],
    ['more than 64 KiB', 200, `"${'x'.repeat(70_000)}"`],
    ['an error of its own', 500, text(paid)],
  ])('%s leaves the payout unknown', async (_what, status, body) => {
    const rail = railAt(await answering(status, body));
    expect(await rail.instruct(instruction, awake())).toMatchObject({ kind: 'unanswered' });
    expect(await rail.find(instruction, awake())).toMatchObject({ kind: 'unanswered' });
  });

  it('is a payment that does not say to whom and how much: it is not taken for ours', async () => {
    const about = { lenderId: 'exim-zj', payee: instruction.payee, currency: 'CNY' };
    for (const body of [paid, { ...paid, ...about }, { ...paid, ...about, amountFen: 62 }]) {
      const rail = railAt(await answering(200, text(body)));
      expect(await rail.find(instruction, awake())).toMatchObject({ kind: 'unanswered' });
    }
    const whole = { ...paid, ...about, amountFen: '6200000000' };
    const ours = railAt(await answering(200, text(whole)));
    expect(await ours.find(instruction, awake())).toMatchObject({ kind: 'paid' });
    const dollars = railAt(await answering(200, text({ ...whole, currency: 'USD' })));
    expect(await dollars.find(instruction, awake())).toEqual({ kind: 'key-taken' });
  });

  it('is a 404 of anybody but the rail: nothing is paid on its word', async () => {
    const methods: (string | undefined)[] = [];
    const url = await serve((request, response) => {
      methods.push(request.method);
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"no-route"}');
    });
    expect(await railAt(url).find(instruction, awake())).toMatchObject({ kind: 'unanswered' });
    expect(methods).toEqual(['GET']);
  });

  it('is a redirect', async () => {
    const url = await serve((_request, response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    });
    expect(await railAt(url).instruct(instruction, awake())).toMatchObject({ kind: 'unanswered' });
  });

  it('is a refused connection', async () => {
    expect(await railAt('http://127.0.0.1:1').instruct(instruction, awake())).toMatchObject({
      kind: 'unanswered',
    });
  });

  it('is a cause with U+0000 only made fit to be written down', async () => {
    const rail = railAt(await answering(422, text({ status: 'rejected', cause: 'a\0b\ud800' })));
    expect(await rail.instruct(instruction, awake())).toEqual({
      kind: 'rejected',
      cause: 'a b\ufffd',
    });
  });
});

describe('time', () => {
  it('that was over before the call began leaves the event to the next turn', async () => {
    const rail = railAt('http://127.0.0.1:1');
    await expect(rail.instruct(instruction, AbortSignal.abort())).rejects.toThrow('not asked');
  });

  it('of look-up and payment together is one deadline', async () => {
    let lookUps = 0;
    const url = await serve((request, response) => {
      if (request.method !== 'GET') return;
      lookUps += 1;
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"error":"payout-unknown","message":"never seen"}');
    });
    const startedMs = performance.now();
    expect(await railAt(url).find(instruction, awake())).toMatchObject({ kind: 'unanswered' });
    expect(lookUps).toBe(1);
    expect(performance.now() - startedMs).toBeLessThan(5 * DEADLINE_MS);
  });
});
