// A worker's process on real engines: ready, drained, cut short, crashed, without engines.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connectKafka } from '@saidao/event-log';
import { workerTopics } from '@saidao/schemas';
import { eventually } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { openDatabase } from './database.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
// A member that is killed keeps its lanes for a session: such tests have lines of their own.
const [line, cutShort, overdue, crashed] = ['a', 'b', 'c', 'd'].map(
  (letter) => `small${letter}${randomBytes(4).toString('hex')}`,
) as [string, string, string, string];
const children: ChildProcess[] = [];

beforeAll(async () => {
  const log = connectKafka({
    brokers: inject('brokers'),
    clientId: 'test',
    logger: { debug: () => undefined, warn: () => undefined },
  });
  const names = [line, cutShort, overdue, crashed].flatMap((one) =>
    Object.values(workerTopics(one)),
  );
  await log.createTopics(names.map((name) => ({ name, partitions: 3 })));
  await log.close();
});

afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
  }
});

interface Said {
  readonly msg: string;
  readonly level?: string;
  readonly code?: string;
  readonly address?: string;
}

function start(change: Record<string, string | undefined> = {}, main = 'small-worker.ts') {
  const env = {
    KAFKA_BROKERS: inject('brokers').join(','),
    DATABASE_URL: inject('databaseUrl'),
    LENDERS: 'exim-zj,boc-zj',
    PARTITIONS: '3',
    HTTP_PORT: '0',
    START_TIMEOUT_MS: '20s',
    LINE: line,
    ...change,
  };
  const child = spawn(process.execPath, [join(fixtures, main)], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const lines: Said[] = [];
  const stderr: string[] = [];
  createInterface(child.stdout).on('line', (text) => lines.push(JSON.parse(text) as Said));
  createInterface(child.stderr).on('line', (text) => stderr.push(text));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const said = (pattern: RegExp, deadlineMs = 20_000) =>
    eventually(`it says ${pattern}`, () => lines.find(({ msg }) => pattern.test(msg)), {
      deadlineMs,
    });
  return { child, lines, stderr, exited, said };
}

async function ready(worker: ReturnType<typeof start>): Promise<string> {
  const { address } = await worker.said(/small runs/);
  await eventually('it is ready', async () => (await fetch(`${address}/readyz`)).status === 200);
  return address ?? '';
}

function portOf(server: Server, port = 0): Promise<number> {
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function closed(server: Server): Promise<unknown> {
  return new Promise((resolve) => server.close(resolve));
}

describe('a worker', () => {
  it('becomes ready, is measured, and stops at SIGTERM with 0', async () => {
    const worker = start();
    const address = await ready(worker);
    expect(await (await fetch(`${address}/livez`)).json()).toEqual({ alive: true });
    const metrics = await (await fetch(`${address}/metrics`)).text();
    expect(metrics).toContain(`saidao_joined{line="${line}",service="small"} 1`);
    expect(metrics).toContain(`saidao_lanes{line="${line}",service="small"} 3`);
    expect(metrics).toContain(`saidao_timers{line="${line}",service="small"} 0`);
    expect(metrics).toContain(`saidao_lag_records{line="${line}",topic="${line}.timers.v1"`);
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
    expect(worker.lines.at(-1)?.msg).toBe('the worker has stopped');
    expect(worker.stderr).toEqual([]);
  });

  it('migrates by one login and ends, and runs by another that may do nothing else', async () => {
    const only = start({ MIGRATIONS: 'only', KAFKA_BROKERS: 'localhost:1' });
    expect(await only.exited).toBe(0);
    expect(only.stderr).toEqual([]);
    const user = `small_${randomBytes(4).toString('hex')}`;
    const admin = openDatabase({ url: inject('databaseUrl'), poolMax: 1 });
    await admin.query(`create role ${user} login password 'word' in role saidao_small`);
    onTestFinished(async () => {
      await admin.query(`drop role ${user}`);
      await admin.close();
    });
    const least = Object.assign(new URL(inject('databaseUrl')), {
      ...{ username: user, password: 'word' },
    });
    const worker = start({ MIGRATIONS: 'check', DATABASE_URL: least.href });
    await ready(worker);
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
    const other = start({ MIGRATIONS: 'check', LINE: 'nowhere' });
    expect(await other.exited).toBe(1);
    expect(other.lines.at(-1)?.code ?? other.lines.at(-2)?.code).toBe('SAIDAO_MIGRATION');
  });

  it('answers the request that runs while it drains, and refuses new ones', async () => {
    const worker = start();
    const address = await ready(worker);
    const slow = fetch(`${address}/v1/slow`);
    await worker.said(/slow request entered/);
    worker.child.kill('SIGINT');
    await worker.said(/drains and stops/);
    expect((await slow).status).toBe(200);
    expect(await worker.exited).toBe(0);
  });

  it('exits at once with 1 at a second signal', async () => {
    const worker = start({ LINE: cutShort });
    const address = await ready(worker);
    fetch(`${address}/v1/hang`).catch(() => undefined);
    await worker.said(/hanging request entered/);
    worker.child.kill('SIGTERM');
    await worker.said(/drains and stops/);
    const draining = await fetch(`${address}/readyz`).catch(() => undefined);
    if (draining !== undefined) expect(draining.status).toBe(503);
    const secondMs = performance.now();
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toBe(1);
    expect(performance.now() - secondMs).toBeLessThan(2_000);
    expect(worker.lines.at(-1)?.msg).toMatch(/second signal/);
  });

  it('exits with 1 after 10 s when a request never ends', async () => {
    const worker = start({ LINE: overdue });
    const address = await ready(worker);
    fetch(`${address}/v1/hang`).catch(() => undefined);
    await worker.said(/hanging request entered/);
    const startedMs = performance.now();
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toBe(1);
    expect(performance.now() - startedMs).toBeLessThan(11_500);
    expect(worker.lines.at(-1)?.msg).toMatch(/did not stop within 10000 ms/);
  });

  it('ends with 1 at an error that nobody catches', async () => {
    const worker = start({ LINE: crashed });
    const address = await ready(worker);
    await fetch(`${address}/v1/crash`).catch(() => undefined);
    expect(await worker.exited).toBe(1);
    expect(worker.lines.map(({ msg }) => msg)).toContain(
      'an error that nobody caught: the worker stops',
    );
  });

  it('ends with 1 when a consumer has ended for good', async () => {
    const worker = start({}, 'crashing-worker.ts');
    expect(await worker.exited).toBe(1);
    expect(worker.lines.filter(({ level }) => level === 'fatal')).toEqual([
      expect.objectContaining({
        msg: 'The consumer of crashing has ended: the coordinator is gone',
      }),
    ]);
  });
});

describe.concurrent('a start', () => {
  it('that does not come to an end keeps no worker whose consumer has ended', async () => {
    const worker = start({ START: 'endless' }, 'crashing-worker.ts');
    expect(await worker.exited).toBe(1);
    const fatal = worker.lines.flatMap(({ level, msg }) => (level === 'fatal' ? [msg] : []));
    expect(fatal).toEqual(['The consumer of crashing has ended: the coordinator is gone']);
  });

  it('tells all that is wrong with the settings, and exits with 1', async () => {
    const worker = start({ KAFKA_BROKERS: undefined, PARTITIONS: 'many' });
    expect(await worker.exited).toBe(1);
    expect(worker.lines.filter(({ code }) => code === 'SAIDAO_CONFIG')).toHaveLength(2);
  });

  it.each([
    ['DATABASE_URL', 'postgres://saidao:word@127.0.0.1:1/saidao', 'SAIDAO_DATABASE_UNAVAILABLE'],
    ['KAFKA_BROKERS', '127.0.0.1:1', 'SAIDAO_LOG_UNAVAILABLE'],
    ['LINE', 'nowhere', 'SAIDAO_TOPIC_UNKNOWN'],
  ])('without the engine of %s waits, then says one sentence', async (name, value, code) => {
    const worker = start({ [name]: value, START_TIMEOUT_MS: '3s' });
    expect(await worker.exited).toBe(1);
    const waits = /^(?:The|Kafka) .+ does not answer yet; trying again for 3 s$/;
    expect(worker.lines.filter(({ msg }) => waits.test(msg))).toHaveLength(1);
    const fatal = worker.lines.filter(({ level }) => level === 'fatal');
    expect(fatal).toHaveLength(1);
    expect(fatal[0]).toMatchObject({
      code,
      msg: expect.stringMatching(/did not answer within 3 s \(.+\): .+\.$/),
    });
    expect(JSON.stringify(worker.lines)).not.toContain('word@');
  });

  it('goes on when the database comes', async () => {
    const url = new URL(inject('databaseUrl'));
    const proxy = createServer((near) => {
      const far = connect(Number(url.port), url.hostname);
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) socket.on('error', () => undefined);
    });
    const port = await portOf(proxy);
    await closed(proxy);
    const late = new URL(url);
    late.host = `127.0.0.1:${port}`;
    const worker = start({ DATABASE_URL: late.href });
    await worker.said(/^The database saidao at 127.0.0.1:\d+ does not answer yet/);
    await portOf(proxy, port);
    await ready(worker);
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
    await closed(proxy);
  });

  it.each([
    ['DATABASE_URL', 'postgres://saidao@127.0.0.1:1/saidao'],
    ['KAFKA_BROKERS', '127.0.0.1:1'],
  ])('that waits for %s ends with 0 at SIGTERM', async (name, value) => {
    const worker = start({ [name]: value });
    await worker.said(/does not answer yet/);
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
  });

  it('refuses other partitions than the topics have at once', async () => {
    const worker = start({ PARTITIONS: '4' });
    expect(await worker.exited).toBe(1);
    expect(worker.lines.at(-2)?.code ?? worker.lines.at(-1)?.code).toBe('SAIDAO_TOPIC_PARTITIONS');
  });

  it('says which address is taken', async () => {
    const taken = createServer();
    const port = await portOf(taken);
    const worker = start({ HTTP_PORT: String(port) });
    expect(await worker.exited).toBe(1);
    expect(worker.lines.find(({ code }) => code === 'SAIDAO_PORT')?.msg).toBe(
      `127.0.0.1:${port} is taken: set HTTP_HOST and HTTP_PORT to a free address.`,
    );
    await closed(taken);
  });
});
