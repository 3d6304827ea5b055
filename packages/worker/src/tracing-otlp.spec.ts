// The export of spans against a collector: tried again, lost and told of, never waited for.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { eventually, spansIn } from '@saidao/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from './logging.ts';
import { startTracing } from './tracing-otlp.ts';
import type { EndedSpan } from './tracing.ts';

type Answer = number | 'none';

async function startCollector() {
  const names: string[] = [];
  const requests: { readonly url: string | undefined; readonly headers: IncomingHttpHeaders }[] =
    [];
  const collector = { names, requests, answers: [] as Answer[], endpoint: '' };
  const server = createServer((request, response) => {
    void (async () => {
      const body = await buffer(request);
      requests.push({ url: request.url, headers: request.headers });
      const answer = collector.answers.shift() ?? 200;
      if (answer === 'none') return;
      if (answer === 200) names.push(...spansIn(body).map(({ name }) => name));
      response.writeHead(answer).end();
    })();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  collector.endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return collector;
}

function startAt(endpoint: string) {
  const lines: unknown[] = [];
  const logger = createLogger({
    service: 'scoring',
    destination: { write: (line: string) => void lines.push(JSON.parse(line)) },
  });
  const tracing = startTracing({
    ...{ service: 'scoring', endpoint, headers: { authorization: 'Bearer x' } },
    ...{ sampler: 'parentbased_always_on', ratio: 1, logger },
  });
  const record = (...names: readonly string[]) =>
    names.forEach((name) => tracing.record(span(name)));
  return { tracing, record, lines };
}

function span(name: string): EndedSpan {
  const trace = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const nowMs = Date.now();
  return {
    ...{ name, kind: 'internal', trace, parentSpanId: undefined },
    ...{ startMs: nowMs, endMs: nowMs, attributes: {} },
  };
}

const many = (count: number) => Array.from({ length: count }, (_, at) => `span ${at}`);

test('what has ended is sent within seconds, with the headers that it wants', async () => {
  const collector = await startCollector();
  const { tracing, record } = startAt(`${collector.endpoint}/below`);
  record('one', 'two');
  await eventually('both are there', () => collector.names.length === 2);
  expect(collector.names).toEqual(['one', 'two']);
  expect(collector.requests).toMatchObject([
    {
      url: '/below/v1/traces',
      headers: { authorization: 'Bearer x', 'content-type': 'application/x-protobuf' },
    },
  ]);
  await tracing.stop();
});

test('a collector that is busy is asked again, one that refuses is not', async () => {
  const collector = await startCollector();
  const { tracing, record, lines } = startAt(collector.endpoint);
  collector.answers.push(503, 429, 200, 400);
  record('one');
  await eventually('it is there', () => collector.names.length === 1);
  record('two');
  await eventually('it is lost', () => lines.length === 1);
  expect(lines).toMatchObject([{ level: 'warn', count: 1 }]);
  record('three');
  await eventually('what comes after is there', () => collector.names.length === 2);
  expect(collector.names).toEqual(['one', 'three']);
  expect(collector.requests.length).toBe(5);
  await tracing.stop();
});

test('no more are kept for a collector that does not answer than can be, which is told once', async () => {
  const collector = await startCollector();
  const { tracing, record, lines } = startAt(collector.endpoint);
  collector.answers.push('none');
  // The first request hangs with as many as are sent at once.
  record(...many(512));
  await eventually('it hangs', () => collector.requests.length === 1);
  record(...many(4_096 + 100));
  expect(lines).toMatchObject([{ level: 'warn', count: 1 }]);
  await eventually('the others are there', () => collector.names.length === 4_096);
  await tracing.stop();
});

test('a worker that stops sends the rest, and does not wait for a collector that hangs', async () => {
  const collector = await startCollector();
  const first = startAt(collector.endpoint);
  first.record('one', 'two');
  await first.tracing.stop();
  expect(collector.names).toEqual(['one', 'two']);

  const second = startAt(collector.endpoint);
  collector.answers.push('none');
  second.record('three');
  await second.tracing.stop();
  expect(collector.names).toEqual(['one', 'two']);
  await eventually('it says so', () => second.lines.length === 1);
});
