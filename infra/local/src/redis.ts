// A real Redis as a local process: the one on PATH, else the binary inside Maven's embedded-redis.
import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Redis } from 'ioredis';
import { downloadState, fetchWithMaven } from './downloads.ts';
import type { Download, FetchOptions } from './downloads.ts';
import type { EnginePlan } from './engine.ts';
import { fault } from './faults.ts';
import { onPath } from './machine.mjs';
import type { Environment } from './machine.mjs';

const EMBEDDED_VERSION = '1.4.3';
const run = promisify(execFile);

export function redisDownload(cache: string): Download {
  return {
    what: 'Redis',
    folder: join(cache, `redis-${EMBEDDED_VERSION}`),
    execution: 'unpack@redis',
  };
}

/** Redis before 6.2 lacks commands that the cache uses. */
async function redisOnPath(environment: Environment): Promise<RedisBinary | null> {
  const path = onPath('redis-server', environment);
  if (path === null) return null;
  const binary = await tryBinary(path);
  return 'reason' in binary || !atLeast62(binary.version) ? null : binary;
}

export interface RedisBinary {
  path: string;
  version: string;
}

export async function findRedis(cache: string, fetch: FetchOptions): Promise<RedisBinary> {
  const here = await findRedisHere(cache, fetch.environment);
  if (here) return here;
  await fetchWithMaven(redisDownload(cache), fetch);
  return fetchedBinary(cache);
}

/** A usable Redis without fetching one, or null. */
export async function findRedisHere(
  cache: string,
  environment: Environment,
): Promise<RedisBinary | null> {
  const own = await redisOnPath(environment);
  if (own) return own;
  const fetched = downloadState(redisDownload(cache).folder) === 'complete';
  return fetched ? fetchedBinary(cache) : null;
}

async function fetchedBinary(cache: string): Promise<RedisBinary> {
  const download = redisDownload(cache);
  const arch = { x64: 'amd64', arm64: 'arm64', ia32: '386' }[process.arch as 'x64'];
  const name = readdirSync(download.folder).find((file) =>
    file.endsWith(`-${process.platform}-${arch}`),
  );
  if (name === undefined) {
    const reason = `no binary for ${process.platform} ${process.arch} could be fetched`;
    throw fault('SAIDAO_REDIS_MISSING', { reason });
  }
  const path = join(download.folder, name);
  chmodSync(path, 0o755);
  const binary = await tryBinary(path);
  // The usual reason is a system without OpenSSL 3, which the binary is linked to.
  if ('reason' in binary) throw fault('SAIDAO_REDIS_MISSING', { reason: binary.reason });
  return binary;
}

async function tryBinary(path: string): Promise<RedisBinary | { reason: string }> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 10_000 });
    return { path, version: /v=(\d+\.\d+\.\d+)/.exec(stdout)?.[1] ?? '0.0.0' };
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    return { reason: (stderr?.trim() || message).split('\n')[0] ?? 'it does not start' };
  }
}

function atLeast62(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 2);
}

export interface RedisPlanOptions {
  home: string;
  cache: string;
  port: number;
  environment: Environment;
  fetch: FetchOptions;
}

export async function planRedis({ home, cache, port, environment, fetch }: RedisPlanOptions) {
  const { path, version } = await findRedis(cache, fetch);
  const data = join(home, 'data', 'redis');
  const log = join(home, 'logs', 'redis.log');
  const plan: EnginePlan = {
    name: 'redis',
    label: 'Redis',
    address: `127.0.0.1:${port}`,
    version,
    log,
    data,
    stopSignal: 'SIGTERM',
    stopMs: 5_000,
    readyMs: 20_000,
    async prepare() {
      mkdirSync(data, { recursive: true });
    },
    command: () => ({
      command: path,
      // A cache only: nothing is kept on disk, and it never grows past its bound.
      args: [
        ...['--port', String(port), '--bind', '127.0.0.1', '--dir', data],
        ...['--save', '', '--appendonly', 'no', '--loglevel', 'warning'],
        ...['--maxmemory', '128mb', '--maxmemory-policy', 'allkeys-lru'],
      ],
      log,
      env: { ...environment },
    }),
    answers: () =>
      redisAnswers(`redis://127.0.0.1:${port}`).then((answer) => !('reason' in answer)),
    async complete() {},
  };
  return plan;
}

export async function redisAnswers(
  url: string,
  timeoutMs = 2_000,
): Promise<{ version: string } | { reason: string }> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: timeoutMs,
    commandTimeout: timeoutMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason = '';
  client.on('error', (error) => (reason ||= error.message));
  try {
    await client.connect();
    const info = await client.info('server');
    return { version: /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown' };
  } catch (error) {
    return { reason: reason || (error instanceof Error ? error.message : String(error)) };
  } finally {
    client.disconnect();
  }
}
