// The stream's door with readers that leave early or take nothing, over real sockets.
import { connect, type AddressInfo, type Socket } from 'node:net';
import { createHttp, createLogger, createMetrics, principalsOf, type Door } from '@saidao/worker';
import { eventually } from '@saidao/testkit';
import type { FastifyReply } from 'fastify';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FeedPageQuestion } from '../ports.ts';
import { StreamPlaces } from './places.ts';
import { streamDoor } from './stream.door.ts';
import { FeedWatch } from './watch.ts';

const TOKEN = 'a-token-of-the-risk-team-of-boc';
const OTHER_TOKEN = 'a-token-of-the-desk-of-boc';
const WITHIN = { deadlineMs: 15_000, everyMs: 50 };
const principals = principalsOf([
  { principal: 'risk', role: 'reader', lenders: ['boc-zj'], token: TOKEN },
  { principal: 'desk', role: 'reader', lenders: ['boc-zj'], token: OTHER_TOKEN },
]);

/** A feed without end, of events that soon fill a socket, and how often it was looked at. */
function endless() {
  const content = 'x'.repeat(512 * 1024);
  const feed = {
    looks: 0,
    async places(lenders: readonly string[]) {
      feed.looks += 1;
      return new Map(lenders.map((lender) => [lender, { last: 1_000_000n, dropped: 7n }]));
    },
    page: async ({ after, limit }: FeedPageQuestion) => ({
      dropped: 7n,
      events: Array.from({ length: limit }, (_none, index) => ({
        ...{ number: after + BigInt(index + 1), type: 'LoanApproved', content },
      })),
    }),
  };
  return feed;
}

/** `gate`: what each request waits for before it comes to the door. */
async function opened({ streamMsMax = 3_600_000, gate = Promise.resolve(), ofAll = 10 } = {}) {
  const feed = endless();
  const places = new StreamPlaces({ ofOne: 10, ofAll });
  const watch = new FeedWatch(feed, () => undefined);
  let sent = 0;
  const onEvent = () => void (sent += 1);
  const door = streamDoor({ feed, watch, places, heartbeatMs: 60_000, streamMsMax, onEvent });
  const waiting: FastifyReply[] = [];
  const gated: Door = async (app) => {
    app.addHook('preHandler', async (_request, reply) => {
      waiting.push(reply as FastifyReply);
      await gate;
    });
    await door(app);
  };
  const http = await createHttp({
    name: 'gateway',
    logger: createLogger({ service: 'gateway', level: 'silent' }),
    metrics: createMetrics({ service: 'gateway', defaults: false }),
    health: { alive: () => undefined, notReady: async () => [] },
    ...{ doors: [gated], principals },
  });
  await http.listen('127.0.0.1', 0);
  const { port } = http.app.server.address() as AddressInfo;
  const askAs = (token: string, ...headers: readonly string[]): Socket => {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
    const lines = ['GET /v1/decisions/stream?lastEventId=20 HTTP/1.1', 'Host: gateway'];
    lines.push(`Authorization: Bearer ${token}`, ...headers);
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    return socket;
  };
  const ask = (...headers: readonly string[]) => askAs(TOKEN, ...headers);
  onTestFinished(() => http.close());
  return { http, feed, places, waiting, ask, askAs, sent: () => sent };
}

/** A reader that has asked, and takes nothing of what it is sent. */
async function stuck({ ask, sent }: Awaited<ReturnType<typeof opened>>): Promise<void> {
  ask().pause();
  let before = 0;
  const isFull = () => {
    const isSame = sent() > 0 && sent() === before;
    before = sent();
    return isSame;
  };
  await eventually('the socket is full', isFull, { ...WITHIN, everyMs: 250 });
}

describe('a reader that takes nothing', () => {
  it('is cut off when its time is over', async () => {
    const gateway = await opened({ streamMsMax: 1_000 });
    await stuck(gateway);
    await eventually('its place is free', () => gateway.places.taken === 0, WITHIN);
  });

  it('does not hold up a process that stops', async () => {
    const gateway = await opened();
    await stuck(gateway);
    expect(gateway.places.taken).toBe(1);
    await gateway.http.close();
    await eventually('its place is free', () => gateway.places.taken === 0, WITHIN);
  });
});

describe('a request that waits before the door', () => {
  it('takes no place for good where its reader has left meanwhile', async () => {
    const gate = Promise.withResolvers<void>();
    const { ask, waiting, feed, places } = await opened({ gate: gate.promise });
    const readers = [ask(), ask(), ask()];
    await eventually('all wait', () => waiting.length === 3, WITHIN);
    for (const reader of readers) reader.destroy();
    await eventually('all are gone', () => waiting.every(({ raw }) => raw.destroyed), WITHIN);
    gate.resolve();
    await eventually('the door has had them', () => feed.looks === 3, WITHIN);
    await eventually('their places are free', () => places.taken === 0, WITHIN);
  });

  it('opens no stream that a process which stops would wait for', async () => {
    const gate = Promise.withResolvers<void>();
    const { ask, waiting, http } = await opened({ gate: gate.promise });
    ask().resume();
    await eventually('it waits', () => waiting.length === 1, WITHIN);
    const closed = http.close();
    await eventually('the server stops', () => !http.app.server.listening, WITHIN);
    gate.resolve();
    await closed;
  });
});

it('gives all principals together no more places than the process has', async () => {
  const { askAs, places } = await opened({ ofAll: 2 });
  for (const token of [TOKEN, OTHER_TOKEN]) askAs(token);
  await eventually('both are taken', () => places.taken === 2, WITHIN);
  for (const token of [TOKEN, OTHER_TOKEN]) {
    const reader = askAs(token).setEncoding('utf8');
    let text = '';
    reader.on('data', (more: string) => void (text += more));
    const status = await eventually('an answer', () => /^HTTP\S+ (\d+)/.exec(text)?.[1], WITHIN);
    expect(status).toBe('429');
  }
});

it('an empty Last-Event-ID says nothing: what the address names stands', async () => {
  const { ask } = await opened();
  const reader = ask('Last-Event-ID:').setEncoding('utf8');
  let text = '';
  reader.on('data', (more: string) => void (text += more.slice(0, 1_000)));
  const id = await eventually('the place', () => /^id: (\d+)$/m.exec(text)?.[1], WITHIN);
  expect(id).toBe('20');
});
