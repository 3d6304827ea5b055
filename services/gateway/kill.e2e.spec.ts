// Gateways are killed while they tell decisions: streams and webhooks have each once and in order.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectKafka, type EventLog } from '@saidao/event-log';
import { freePort, startEngines, type Engines } from '@saidao/local';
import { eventually, startWorkerProcess, type WorkerProcess } from '@saidao/testkit';
import { EventSource } from 'eventsource';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import {
  decided,
  environment,
  LENDERS,
  newId,
  TOKENS,
  topicsOfGateway,
} from './decided.fixture.ts';
import { startReceiver, type Receiver } from './webhooks/receiver.fixture.ts';

const APPLICATIONS = 120;
const DECISIONS_EACH = 6;
const DECISIONS = APPLICATIONS * DECISIONS_EACH;
const BATCH = 20;
/** How far what is appended is ahead of what was told. */
const AHEAD = 100;
const PATIENCE = { deadlineMs: 120_000 };

type Told = readonly [subject: string, sequence: string];

const home = mkdtempSync(join(tmpdir(), 'saidao-gateway-'));
const main = fileURLToPath(new URL('main.ts', import.meta.url));
let engines: Engines;
let log: EventLog;

beforeAll(async () => {
  const ports = { kafka: 0, postgres: 0, redis: 0 };
  const chosen = { ...process.env, KAFKA_BROKERS: '', DATABASE_URL: '', REDIS_URL: '' };
  engines = await startEngines({ home, ports, environment: chosen });
  const quiet = { debug: () => undefined, warn: () => undefined };
  log = connectKafka({ brokers: engines.brokers, clientId: 'test', logger: quiet });
  await log.createTopics(topicsOfGateway);
});

afterAll(async () => {
  await log?.close();
  await engines?.stop();
  rmSync(home, { recursive: true, force: true });
});

test('each decision once and in order, through kills of one gateway and of both', async ({
  annotate,
}) => {
  const ports = [await freePort(), await freePort()] as const;
  const start = (index: 0 | 1) =>
    startWorkerProcess(main, {
      ...environment,
      KAFKA_BROKERS: engines.brokers.join(','),
      DATABASE_URL: engines.databaseUrl,
      HTTP_PORT: String(ports[index]),
      // A killed one's lanes and requests are free after so long.
      ...{ SESSION_TIMEOUT_MS: '6s', WEBHOOK_TIMEOUT_MS: '3s' },
      // A machine that is busy with other things is late too.
      WEBHOOK_RETRIES: Array.from({ length: 30 }, () => '1s').join(','),
    });
  const gateways: [WorkerProcess, WorkerProcess] = [start(0), start(1)];
  onTestFinished(async () => {
    await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
  });
  const [address] = await Promise.all(gateways.map((gateway) => gateway.ready()));

  const kill = async (...indexes: readonly (0 | 1)[]): Promise<void> => {
    const killed = indexes.map((index) => gateways[index]);
    for (const { pid } of killed) process.kill(pid, 'SIGKILL');
    await Promise.all(killed.map(({ exited }) => exited));
    for (const index of indexes) gateways[index] = start(index);
  };

  const receivers = new Map<string, Receiver>();
  const streams = new Map<string, Told[]>();
  for (const [index, lender] of LENDERS.entries()) {
    const receiver = await startReceiver();
    onTestFinished(() => receiver[Symbol.asyncDispose]());
    const token = TOKENS[lender as keyof typeof TOKENS];
    receiver.secrets = [await register(address as string, receiver.url, token)];
    receivers.set(lender, receiver);
    // Each at another gateway: it is told of what the other has recorded too.
    streams.set(lender, listen(`http://127.0.0.1:${ports[index as 0 | 1]}`, token));
  }

  // In the midst of a request that is being answered: what became of it is never noted.
  const kills: (readonly (0 | 1)[])[] = [[0, 1], [0], [1]];
  const killing: Promise<void>[] = [];
  const all = () => [...receivers.values()].flatMap((receiver) => receiver.taken());
  for (const receiver of receivers.values()) {
    receiver.answer = async () => {
      const next = kills[0];
      const due = (DECISIONS * (3 - kills.length + 1)) / 4;
      if (next !== undefined && all().length >= due) {
        kills.shift();
        const killed = kill(...next);
        killing.push(killed);
        await killed;
      }
      return 204;
    };
  }

  const applications = Array.from({ length: APPLICATIONS }, (_none, index) => ({
    id: newId(),
    lender: LENDERS[index % LENDERS.length] as string,
  }));
  for (let sent = 0; sent < DECISIONS; sent += BATCH) {
    await eventually('what was appended is told', () => all().length > sent - AHEAD, PATIENCE);
    const number = Math.floor(sent / APPLICATIONS) + 1;
    const from = sent % APPLICATIONS;
    await log.send(
      applications
        .slice(from, from + BATCH)
        .map(({ id, lender }) => decided(lender, id, number, number === DECISIONS_EACH)),
    );
  }
  await eventually('webhooks have all', () => all().length >= DECISIONS, PATIENCE);
  const streamed = () => [...streams.values()].flat();
  await eventually('streams have all', () => streamed().length >= DECISIONS, PATIENCE);
  await Promise.all(killing);
  expect(kills).toEqual([]);

  const sequences = Array.from({ length: DECISIONS_EACH }, (_none, index) => String(index + 1));
  for (const { id, lender } of applications) {
    const told = (streams.get(lender) ?? []).filter(([subject]) => subject === id);
    expect(told.map(([, sequence]) => sequence)).toEqual(sequences);
    const taken =
      receivers
        .get(lender)
        ?.taken()
        .filter(({ subject }) => subject === id) ?? [];
    expect(taken.map(({ sequence }) => sequence)).toEqual(sequences);
  }
  expect(streamed()).toHaveLength(DECISIONS);
  expect(all()).toHaveLength(DECISIONS);
  const requests = [...receivers.values()].flatMap((receiver) => receiver.requests);
  expect([...receivers.values()].flatMap(({ unsigned }) => unsigned)).toEqual([]);
  // Who was killed in the midst of a request has made it once more, under the same id.
  expect(requests.length).toBeGreaterThan(DECISIONS);
  await annotate(`${requests.length - DECISIONS} of ${requests.length} requests were repeats`);
}, 400_000);

async function register(address: string, url: string, token: string): Promise<string> {
  const answer = await fetch(`${address}/v1/webhooks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url }),
  });
  const { secret } = (await answer.json()) as { secret: string };
  expect(answer.status).toBe(201);
  return secret;
}

/** What an EventSource of somebody else's hears; it comes back by itself. */
function listen(address: string, token: string): Told[] {
  const told: Told[] = [];
  const source = new EventSource(`${address}/v1/decisions/stream?lastEventId=0`, {
    fetch: (url, init) =>
      fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }),
  });
  onTestFinished(() => source.close());
  for (const type of ['ReviewRecorded', 'ApplicationClosed']) {
    source.addEventListener(type, (event) => {
      const { subject, sequence } = JSON.parse(event.data as string) as Record<string, string>;
      told.push([subject as string, sequence as string]);
    });
  }
  return told;
}
