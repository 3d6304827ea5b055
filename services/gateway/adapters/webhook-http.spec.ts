// Requests of webhooks: what is connected to, what is followed, and how much of an answer is taken.
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { networkOf, type AddressRules } from '../webhooks/addresses.ts';
import { webhookHttp, type Resolve } from './webhook-http.ts';

const anyPort: AddressRules = { networks: [], ports: [0], http: true };
const local: AddressRules = { ...anyPort, networks: [networkOf('127.0.0.0/8')] };

interface Served {
  readonly port: number;
  readonly server: Server;
  connections: number;
}

async function serve(answer: RequestListener): Promise<Served> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const served = { server, port: (server.address() as AddressInfo).port, connections: 0 };
  server.on('connection', () => (served.connections += 1));
  return served;
}

function client(rules: AddressRules, resolve?: Resolve, timeoutMs = 2_000) {
  const options = { rules, timeoutMs, nowMs: () => 0 };
  const http = webhookHttp({ ...options, ...(resolve && { resolve }) });
  onTestFinished(() => http.close());
  return http;
}

/** Each look-up is answered with the next of these, at last with the last. */
function to(...answers: readonly (readonly string[])[]): Resolve {
  let looks = 0;
  return (_name, _options, done) => {
    const addresses = answers[Math.min(looks, answers.length - 1)] ?? [];
    looks += 1;
    done(
      null,
      addresses.map((address) => ({ address, family: 4 })),
    );
  };
}

test('sends what is signed, and tells what was answered', async () => {
  const seen: string[] = [];
  const { port } = await serve((request, response) => {
    seen.push(`${request.method} ${request.url} ${request.headers['webhook-id']}`);
    response.writeHead(503, { 'retry-after': '7' }).end('later');
  });
  const answered = await client(local).post(
    `http://127.0.0.1:${port}/hooks?of=1`,
    { 'webhook-id': 'evt_1' },
    '{}',
  );
  expect(answered).toEqual({ kind: 'answered', code: 503, retryAfterMs: 7_000, answer: 'later' });
  expect(seen).toEqual(['POST /hooks?of=1 evt_1']);
});

test('a name that was public when it was registered leads nowhere once it is not', async () => {
  const served = await serve((_request, response) => response.end());
  const http = client(anyPort, to(['93.184.216.34'], ['127.0.0.1']));
  const url = `http://rebound.example:${served.port}/`;
  expect(await http.faultOf(url)).toBe(undefined);
  expect(await http.post(url, {}, '{}')).toMatchObject({
    kind: 'silent',
    fault: expect.stringContaining('not public'),
  });
  expect(served.connections).toBe(0);
});

test('a name that leads nowhere is refused, and harms nobody', async () => {
  const failing: Resolve = (_name, _options, done) => {
    // As the system's own: there is no list beside an error.
    done(new Error('getaddrinfo ENOTFOUND'), undefined as never);
  };
  const url = 'http://nowhere.example/';
  expect(await client(anyPort, failing).faultOf(url)).toBe('has a name that leads nowhere');
  expect(await client(anyPort, to([])).faultOf(url)).toBe('has a name that leads nowhere');
  expect(await client(anyPort, failing).post(url, {}, '{}')).toMatchObject({
    kind: 'silent',
    fault: expect.stringContaining('ENOTFOUND'),
  });
});

test('one inner address among public ones is one too many', async () => {
  const http = client(anyPort, to(['93.184.216.34', '10.0.0.1']));
  expect(await http.faultOf('http://mixed.example/')).toContain('not public');
  expect(await http.post('http://mixed.example/', {}, '{}')).toMatchObject({ kind: 'silent' });
});

test('an address in numbers is not looked up, and refused all the same', async () => {
  const served = await serve((_request, response) => response.end());
  const url = `http://127.0.0.1:${served.port}/`;
  expect(await client(anyPort).post(url, {}, '{}')).toMatchObject({ kind: 'silent' });
  expect(served.connections).toBe(0);
});

test('a redirect is an answer, and is not followed', async () => {
  const inside = await serve((_request, response) => response.end('secret'));
  const { port } = await serve((_request, response) =>
    response.writeHead(307, { location: `http://127.0.0.1:${inside.port}/` }).end(),
  );
  const answered = await client(local).post(`http://127.0.0.1:${port}/`, {}, '{}');
  expect(answered).toMatchObject({ kind: 'answered', code: 307 });
  expect(inside.connections).toBe(0);
});

test('who does not answer is waited for so long and no longer', async () => {
  const { port } = await serve(() => undefined);
  const answered = await client(local, undefined, 100).post(`http://127.0.0.1:${port}/`, {}, '{}');
  expect(answered).toEqual({ kind: 'silent', fault: 'no answer in time' });
});

test('of an endless answer the beginning is taken', async () => {
  const { port } = await serve((_request, response) => {
    const more = () => {
      while (!response.destroyed && response.write('\0endless '.repeat(1_000)));
    };
    response.on('drain', more);
    more();
  });
  const answered = await client(local).post(`http://127.0.0.1:${port}/`, {}, '{}');
  expect(answered).toMatchObject({ kind: 'answered', code: 200 });
  expect((answered as { answer: string }).answer).toHaveLength(256);
  expect((answered as { answer: string }).answer).not.toContain('\0');
});
