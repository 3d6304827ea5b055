// The stream on a real PostgreSQL, read by somebody else's EventSource.
import { eventually } from '@saidao/testkit';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { decided, newId, TOKENS } from '../decided.fixture.ts';
import { openGateway, type GatewayService } from '../service.fixture.ts';

const ids = { boc: [newId(), newId()], czb: newId() };
let gateway: GatewayService;
let address: string;

beforeAll(async () => {
  gateway = await openGateway({ STREAM_HEARTBEAT_MS: '200ms', STREAMS_OF_PRINCIPAL_MAX: '2' });
  ({ address } = gateway.worker);
  await gateway.log.send([
    ...[1, 2, 3].flatMap((n) => ids.boc.map((id) => decided('boc-zj', id, n, n === 3))),
    decided('czb-hz', ids.czb, 1),
  ]);
  await gateway.untilFed(7n);
}, 60_000);

afterAll(() => gateway.close());

interface Told {
  readonly feed: number;
  readonly type: string;
  readonly subject: string;
  readonly sequence: string;
}

async function ask(query: string, token: string, headers: Record<string, string> = {}) {
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const response = await fetch(`${address}/v1/decisions/stream${query}`, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: stop.signal,
  });
  return { response, stop: () => stop.abort() };
}

async function refusal(query: string, token: string, headers: Record<string, string> = {}) {
  const { response } = await ask(query, token, headers);
  const body = await response.text();
  gateway.hold({ method: 'GET', url: `/v1/decisions/stream${query}` }, response, body);
  const { error } = JSON.parse(body) as { error: { code: string; message: string } };
  return [response.status, error.code];
}

/** What a reader was told, by an EventSource that comes back by itself. */
async function listen(query: string, token: string): Promise<Told[]> {
  const told: Told[] = [];
  const source = new EventSource(`${address}/v1/decisions/stream${query}`, {
    fetch: (url, init) =>
      fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
  });
  onTestFinished(() => source.close());
  for (const type of ['ReviewRecorded', 'ApplicationClosed']) {
    source.addEventListener(type, (event) => {
      const { subject, sequence } = JSON.parse(event.data as string) as Told;
      told.push({ feed: Number(event.lastEventId), type, subject, sequence });
    });
  }
  return told;
}

/** The text of a stream of all that is kept, until it says that there is nothing new after 7. */
async function heard(query: string, token: string): Promise<string> {
  const { response } = await ask(`?lastEventId=0&${query}`, token);
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  let text = '';
  const read = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  await eventually('a sign of life after the events', async () => {
    text += (await read.read()).value ?? '';
    return text.includes(': nothing new\nid: 7\n\n');
  });
  return text;
}

test('tells a lender’s readers all that is kept, in order, and then what comes', async () => {
  const told = await listen('?lastEventId=0', TOKENS['boc-zj']);
  await eventually('what is kept', () => told.length === 6);
  expect(told.map(({ feed }) => feed)).toEqual([1, 2, 3, 4, 5, 6]);
  for (const id of ids.boc) {
    const own = told.filter(({ subject }) => subject === id);
    expect(own.map(({ sequence }) => sequence)).toEqual(['1', '2', '3']);
  }
  const id = newId();
  await gateway.log.send([decided('boc-zj', id, 1)]);
  await eventually('what comes', () => told.length === 7);
  expect(told.at(-1)).toMatchObject({ subject: id, type: 'ReviewRecorded', feed: 7 });
});

test('shows nobody another lender’s, whatever is asked for', async () => {
  expect(await refusal('?lender=czb-hz', TOKENS['boc-zj'])).toEqual([404, 'SAIDAO_HTTP_NOT_FOUND']);
  const told = await listen(`?lastEventId=0&applicationId=${ids.czb}`, TOKENS['boc-zj']);
  const own = await listen('?lastEventId=0', TOKENS['czb-hz']);
  await eventually('the other’s own', () => own.length > 0);
  expect(own.map(({ subject }) => subject)).toEqual([ids.czb]);
  expect(told).toEqual([]);
});

test('refuses who may not, what is wrong, and what it does not keep', async () => {
  expect(await refusal('', TOKENS.channel)).toEqual([403, 'SAIDAO_HTTP_FORBIDDEN']);
  expect(await refusal('', 'no-token-of-anybody')).toEqual([401, 'SAIDAO_HTTP_UNAUTHENTICATED']);
  expect(await refusal('', TOKENS.both)).toEqual([400, 'SAIDAO_HTTP_INVALID']);
  expect(await refusal('?type=Nothing', TOKENS['boc-zj'])).toEqual([400, 'SAIDAO_HTTP_INVALID']);
  const ahead = { 'last-event-id': '900' };
  expect(await refusal('', TOKENS['boc-zj'], ahead)).toEqual([410, 'SAIDAO_FEED_GONE']);
  const odd = { 'last-event-id': '1 or 1=1' };
  expect(await refusal('', TOKENS['boc-zj'], odd)).toEqual([400, 'SAIDAO_HTTP_INVALID']);
});

test('filters, and lets who hears nothing keep the place', async () => {
  const text = await heard('type=ApplicationClosed', TOKENS['boc-zj']);
  expect([...text.matchAll(/^event: (.*)$/gm)].map(([, type]) => type)).toEqual([
    'ApplicationClosed',
    'ApplicationClosed',
  ]);
});

test.each([
  ['of one application', `lender=boc-zj&applicationId=${ids.boc[0]}`, TOKENS.both, 3],
  ['of its product', 'lender=boc-zj&product=NEW_QUALITY', TOKENS.both, 7],
  ['of another product', 'product=PATENT_PLEDGE', TOKENS.portal, 0],
  ['of the channel that its reader may see', '', TOKENS.portal, 7],
  ['of no other channel', '', TOKENS.desk, 0],
])('tells what is %s', async (_what, query, token, count) => {
  const told = [...(await heard(query, token)).matchAll(/^data: (.*)$/gm)];
  expect(told).toHaveLength(count);
});

test('gives no principal more places than one may have, and takes them back', async () => {
  const [one] = [await ask('', TOKENS['czb-hz']), await ask('', TOKENS['czb-hz'])];
  expect(await refusal('', TOKENS['czb-hz'])).toEqual([429, 'SAIDAO_HTTP_TOO_MANY']);
  one.stop();
  const again = await eventually('a place is free', async () => {
    const { response } = await ask('', TOKENS['czb-hz']);
    return response.status === 200 && response;
  });
  expect(again.status).toBe(200);
});

test('says 410 once what was named is dropped; 0 begins with what is left', async () => {
  const { database: inside } = gateway.db;
  await inside.query(`delete from gateway.feed where lender_id = 'boc-zj' and number <= 4`);
  await inside.query(`update gateway.feeds set dropped_number = 4 where lender_id = 'boc-zj'`);
  const old = { 'last-event-id': '3' };
  expect(await refusal('', TOKENS['boc-zj'], old)).toEqual([410, 'SAIDAO_FEED_GONE']);
  const told = await listen('?lastEventId=0', TOKENS['boc-zj']);
  await eventually('what is left', () => told.length === 3);
  expect(told.map(({ feed }) => feed)).toEqual([5, 6, 7]);
});

test('ends streams in order when it stops, and tells how many there were', async () => {
  const { response } = await ask('', TOKENS['boc-zj']);
  const metrics = await (await fetch(`${address}/metrics`)).text();
  expect(metrics).toMatch(/^saidao_streams\{.*\} [1-9]/m);
  expect(metrics).toMatch(/^saidao_stream_events_total\{.*\} [1-9]/m);
  const text = response.text();
  await gateway.worker.stop();
  expect(await text).toContain('id: 7');
});
