// The engines themselves, brought up in temporary homes: alive, stopped, killed, damaged.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import kafkajs from 'kafkajs';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SHARED_CACHE, askEngine, homeOwner, startEngines } from './engines.ts';
import type { Engines, StartEnginesOptions } from './engines.ts';
import { endLeftovers } from './leftovers.ts';
import { freePort } from './ports.ts';
import { outsideFolder } from './postgres.ts';
import { birthOf, isAlive, until } from './process-life.ts';
import type { Step } from './step.ts';

const FREE = { kafka: 0, postgres: 0, redis: 0 };
const environment = {
  ...process.env,
  KAFKA_BROKERS: undefined,
  DATABASE_URL: undefined,
  REDIS_URL: undefined,
};

function temporaryHome(): string {
  return mkdtempSync(join(tmpdir(), 'saidao-engines-'));
}

/** Of a home whose PostgreSQL has run: elsewhere where only root gets to this project. */
function postgresDataOf(home: string): string {
  const places = [home, outsideFolder(home)].map((folder) => join(folder, 'data', 'postgres'));
  return places.find((place) => existsSync(place))!;
}

function pidsOf(engines: Engines): number[] {
  return engines.all().flatMap((engine) => engine.pid() ?? []);
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('all three', () => {
  const home = temporaryHome();
  const steps: Step[] = [];
  const exits: string[] = [];
  let engines: Engines;
  const options: StartEnginesOptions = {
    home,
    ports: FREE,
    environment,
    onStep: (step) => steps.push(step),
    onEngineExit: (engine) => exits.push(engine.name),
  };
  beforeAll(async () => {
    engines = await startEngines(options);
  });
  afterAll(async () => {
    await engines.stop();
    rmSync(home, { recursive: true, force: true });
  });

  test('tell their steps with times and where they listen', () => {
    const done = steps.filter(({ state }) => state === 'done').map(({ name }) => name);
    expect(done.toSorted()).toEqual(['Kafka', 'PostgreSQL', 'Redis']);
    for (const { detail, ms } of steps.filter(({ state }) => state === 'done')) {
      expect(detail).toMatch(/^\d+\.\d+(\.\d+)? at 127\.0\.0\.1:\d+$/);
      expect(ms).toBeGreaterThan(0);
    }
  });

  test('are a real broker, a real PostgreSQL with fsync, a real Redis', async () => {
    const kafka = new kafkajs.Kafka({ brokers: engines.brokers, logLevel: 0 });
    const admin = kafka.admin();
    await admin.connect();
    await expect(admin.describeCluster()).resolves.toMatchObject({ brokers: [{ nodeId: 1 }] });
    // Topics come from the catalogue alone.
    await expect(admin.fetchTopicMetadata({ topics: ['nobody-made-me'] })).rejects.toThrow(
      /does not host this topic-partition/,
    );
    await admin.disconnect();

    const [settings] = await query(
      engines.databaseUrl,
      `select current_setting('fsync') as fsync, current_setting('TimeZone') as zone,
              current_setting('server_encoding') as encoding, current_database() as name`,
    );
    expect(settings).toEqual({ fsync: 'on', zone: 'UTC', encoding: 'UTF8', name: 'saidao' });

    const redis = new Redis(engines.redisUrl);
    await expect(redis.set('a', '1', 'EX', 5, 'NX')).resolves.toBe('OK');
    redis.disconnect();
  });

  test('own their home: a second start is refused and changes nothing', async () => {
    expect(homeOwner(home)).toBe(process.pid);
    await expect(startEngines(options)).rejects.toMatchObject({ code: 'SAIDAO_ALREADY_RUNNING' });
    expect(engines.all().every((engine) => engine.running())).toBe(true);
  });

  test('that were killed are reported, and come back on the same port and data', async () => {
    await query(engines.databaseUrl, 'create table kept (n int); insert into kept values (7)');
    for (const engine of engines.all()) process.kill(engine.pid()!, 'SIGKILL');
    const names = ['kafka', 'postgres', 'redis'];
    expect(await until(() => exits.length === names.length, 5_000)).toBe(true);
    expect(exits.toSorted()).toEqual(names);
    await Promise.all(engines.all().map((engine) => engine.start()));
    expect(await askEngine('kafka', engines.brokers[0]!)).toBeNull();
    await expect(query(engines.databaseUrl, 'table kept')).resolves.toEqual([{ n: 7 }]);
  });

  test('can be stopped and started one by one, as tests of failure do', async () => {
    await engines.redis.stop('kill');
    expect(await askEngine('redis', engines.redisUrl)).not.toBeNull();
    await engines.redis.start();
    expect(await askEngine('redis', engines.redisUrl)).toBeNull();
    // Stopping on purpose is no exit to report.
    expect(exits).toHaveLength(3);
  });

  test('leave nothing behind, and the next start goes on with the same data', async () => {
    const before = pidsOf(engines);
    await engines.stop();
    expect(before.some(isAlive)).toBe(false);
    expect(readdirSync(join(home, 'run')).filter((name) => name.endsWith('.json'))).toEqual([]);
    engines = await startEngines(options);
    await expect(query(engines.databaseUrl, 'table kept')).resolves.toEqual([{ n: 7 }]);
  });

  test('given by address are used as they are, and not stopped', async () => {
    const second = temporaryHome();
    try {
      const told: Step[] = [];
      const given = await startEngines({
        home: second,
        environment: {
          ...environment,
          KAFKA_BROKERS: engines.brokers.join(','),
          DATABASE_URL: engines.databaseUrl,
          REDIS_URL: engines.redisUrl,
        },
        onStep: (step) => told.push(step),
      });
      expect(given.all().map(({ local }) => local)).toEqual([false, false, false]);
      expect(told.filter(({ state }) => state === 'reused')).toHaveLength(3);
      // A password has no place on a screen.
      expect(JSON.stringify(told)).not.toContain('saidao:saidao');
      await given.stop();
      expect(engines.all().every((engine) => engine.running())).toBe(true);
    } finally {
      rmSync(second, { recursive: true, force: true });
    }
  });
});

describe('one engine', () => {
  let home: string;
  beforeEach(() => {
    home = temporaryHome();
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const start = (changes: Partial<StartEnginesOptions>) =>
    startEngines({ home, ports: FREE, environment, ...changes });

  test('on a port that is taken is refused with the setting to change', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(start({ only: ['redis'], ports: { redis: port } })).rejects.toMatchObject({
      code: 'SAIDAO_PORT_TAKEN',
      message: expect.stringContaining('set SAIDAO_REDIS_PORT to another port'),
    });
    server.close();
    // The refused start has let go of the home.
    expect(homeOwner(home)).toBeNull();
  });

  test('given by an address where nothing answers is refused with the setting', async () => {
    const KAFKA_BROKERS = `127.0.0.1:${await freePort()}`;
    await expect(
      start({ only: ['kafka'], environment: { ...environment, KAFKA_BROKERS } }),
    ).rejects.toMatchObject({
      code: 'SAIDAO_ENGINE_UNREACHABLE',
      message: expect.stringContaining(`KAFKA_BROKERS is set to ${KAFKA_BROKERS}`),
    });
  });

  test('PostgreSQL refuses the data of an older one', async () => {
    mkdirSync(join(home, 'data', 'postgres'), { recursive: true });
    writeFileSync(join(home, 'data', 'postgres', 'PG_VERSION'), '16\n');
    await expect(start({ only: ['postgres'] })).rejects.toMatchObject({
      code: 'SAIDAO_DATA_OLDER',
      message: expect.stringContaining('PostgreSQL 16 and this version runs 18'),
    });
  });

  test('PostgreSQL starts past what a crash left: a half-made folder, a lock of another', async () => {
    const fresh = await start({ only: ['postgres'] });
    await fresh.stop();
    const data = postgresDataOf(home);
    rmSync(data, { recursive: true });
    mkdirSync(`${data}.partial`);
    writeFileSync(join(`${data}.partial`, 'PG_VERSION'), '18\n');
    const first = await start({ only: ['postgres'] });
    await first.postgres.stop('kill');
    await first.stop();
    // The process that now bears the id is another one: this test.
    const lock = join(data, 'postmaster.pid');
    const lines = readFileSync(lock, 'utf8').split('\n');
    writeFileSync(lock, [process.pid, ...lines.slice(1)].join('\n'));
    const second = await start({ only: ['postgres'] });
    expect(await askEngine('postgres', second.databaseUrl)).toBeNull();
    await second.stop();
  });

  test('that cannot run is told with its own last words and the log', async () => {
    const first = await start({ only: ['postgres'] });
    await first.stop();
    writeFileSync(join(postgresDataOf(home), 'postgresql.conf'), 'no_such_setting = 1\n');
    await expect(start({ only: ['postgres'] })).rejects.toMatchObject({
      code: 'SAIDAO_ENGINE_ENDED',
      message: expect.stringMatching(/^PostgreSQL ended while starting .*postgres\.log/),
    });
  });

  test('dies with a parent that is killed outright', async () => {
    const { parent, pid } = await startInAnotherProcess(home);
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    expect(await until(() => !isAlive(pid), 15_000)).toBe(true);
    const again = await start({ only: ['redis'] });
    await again.stop();
  });

  test('left by a run whose watchdog was killed too is ended by the next start', async () => {
    const left = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const file = { pid: left.pid!, birth: birthOf(left.pid!) };
    mkdirSync(join(home, 'run'), { recursive: true });
    writeFileSync(join(home, 'run', 'redis.json'), JSON.stringify(file));
    const engines = await start({ only: ['redis'] });
    expect(isAlive(left.pid!)).toBe(false);
    await engines.stop();
  });

  test('whose id a later process bears is not mistaken for it', async () => {
    const other = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    mkdirSync(join(home, 'run'), { recursive: true });
    const file = { pid: other.pid!, birth: 'another time' };
    writeFileSync(join(home, 'run', 'redis.json'), JSON.stringify(file));
    expect(await endLeftovers(home)).toEqual([]);
    expect(isAlive(other.pid!)).toBe(true);
    other.kill('SIGKILL');
  });
});

test('two brokers started at once by one process, with nothing formatted before', async () => {
  const homes = [temporaryHome(), temporaryHome()];
  const cache = temporaryHome();
  for (const name of readdirSync(SHARED_CACHE).filter((name) => !name.includes('formatted'))) {
    symlinkSync(join(SHARED_CACHE, name), join(cache, name));
  }
  const started = await Promise.allSettled(
    homes.map((home) => startEngines({ home, cache, ports: FREE, only: ['kafka'], environment })),
  );
  const engines = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  try {
    expect(started.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
    const answers = engines.map(({ brokers }) => askEngine('kafka', brokers[0]!));
    expect(await Promise.all(answers)).toEqual([null, null]);
    // What was half made is gone.
    const formatted = readdirSync(cache).filter((name) => name.includes('formatted'));
    expect(formatted).toEqual([expect.stringMatching(/^kafka-[\d.]+-formatted$/)]);
  } finally {
    await Promise.all(engines.map((one) => one.stop()));
    for (const folder of [...homes, cache]) rmSync(folder, { recursive: true, force: true });
  }
});

async function startInAnotherProcess(home: string) {
  const script = `
    const { startEngines } = await import('${import.meta.dirname}/engines.ts');
    const engines = await startEngines({
      home: ${JSON.stringify(home)}, ports: { redis: 0 }, only: ['redis'], environment: process.env,
    });
    console.log(engines.redis.pid());
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk))),
  );
  return { parent, pid };
}
