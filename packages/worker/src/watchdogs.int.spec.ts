// Watchdogs of a worker's process on real engines: a turn that hangs ends it, an engine that is away does not.
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectKafka, type KafkaEventLog } from '@saidao/event-log';
import { workerTopics } from '@saidao/schemas';
import { eventually, startWorkerProcess, type WorkerProcess } from '@saidao/testkit';
import { afterEach, beforeEach, expect, inject, test } from 'vitest';

const SESSION_MS = 6_000;
const MAIN = join(import.meta.dirname, '../fixtures/watched-worker.ts');

let folder: string;
let line: string;
let log: KafkaEventLog;
const workers: WorkerProcess[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saidao-watchdogs-'));
  line = `watched${randomBytes(4).toString('hex')}`;
  const logger = { debug: () => undefined, warn: () => undefined };
  log = connectKafka({ brokers: inject('brokers'), clientId: 'test', logger });
  const names = Object.values(workerTopics(line));
  await log.createTopics(names.map((name) => ({ name, partitions: 2 })));
});

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await log.close();
  rmSync(folder, { recursive: true, force: true });
});

function start(change: Record<string, string> = {}): WorkerProcess {
  const worker = startWorkerProcess(MAIN, {
    KAFKA_BROKERS: inject('brokers').join(','),
    DATABASE_URL: inject('databaseUrl'),
    LENDERS: 'boc-zj',
    PARTITIONS: '2',
    HTTP_PORT: '0',
    SESSION_TIMEOUT_MS: `${SESSION_MS}ms`,
    LINE: line,
    DONE: join(folder, 'done'),
    CUT: join(folder, 'cut'),
    ...change,
  });
  workers.push(worker);
  return worker;
}

/** What no line can read: it becomes a dead letter, so that the turn has something to send. */
function sendNonsense(): Promise<void> {
  const { timers } = workerTopics(line);
  const key = Buffer.from('nobody');
  return log.send([{ topic: timers, partition: 0, key, value: Buffer.from('no'), headers: {} }]);
}

async function deadLetters(): Promise<number> {
  let count = 0;
  await log.scan([workerTopics(line).deadLetter], () => (count += 1));
  return count;
}

const statusOf = async (address: string, path: string) => (await fetch(`${address}${path}`)).status;

test('a turn that hangs ends the process with 1, and the next one does it', async () => {
  const worker = start({ MISDEED: 'hang' });
  await worker.ready();
  await sendNonsense();
  expect(await worker.exited).toBe(1);
  const said = worker.lines.map(({ msg }) => msg).join('\n');
  expect(said).toMatch(/a turn of lane 0 of group \S+ still runs after 6000 ms/);
  expect(said).toMatch(/The consumer of \S+ has ended/);
  expect(await deadLetters()).toBe(0);
  await start({ MISDEED: 'hang' }).ready();
  await eventually('the next one takes it', async () => (await deadLetters()) === 1);
});

test('lives on, though not ready, while broker and database are away and work waits', async () => {
  const database = await cuttable(new URL(inject('databaseUrl')));
  const worker = start({ DATABASE_URL: database.url });
  const address = await worker.ready();
  writeFileSync(join(folder, 'cut'), '');
  await database.cut();
  await sendNonsense();
  const awayMs = performance.now();
  await eventually('it is not ready', async () => (await statusOf(address, '/readyz')) === 503);
  await eventually('it has lived longer than a hung turn may', async () => {
    expect(await statusOf(address, '/livez')).toBe(200);
    expect(worker.isRunning()).toBe(true);
    return performance.now() - awayMs > 2.5 * SESSION_MS;
  });
  expect(await statusOf(address, '/readyz')).toBe(503);
  rmSync(join(folder, 'cut'));
  await database.mend();
  await eventually('it is ready again', async () => (await statusOf(address, '/readyz')) === 200);
  await eventually('what waited is taken', async () => (await deadLetters()) === 1);
  await database.close();
});

/** A way to the database that can be cut. */
async function cuttable(url: URL) {
  const sockets = new Set<Socket>();
  const proxy = createServer((near) => {
    const far = connect(Number(url.port), url.hostname);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
  });
  const port = await listening(proxy, 0);
  const near = new URL(url);
  near.host = `127.0.0.1:${port}`;
  const close = () => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => proxy.close(resolve));
  };
  return { url: near.href, cut: close, mend: () => listening(proxy, port), close };
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
