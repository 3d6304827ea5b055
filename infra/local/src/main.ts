// Fetches what the engines need, with progress: run before tests, which start engines silently.
import { join } from 'node:path';
import { fetchWithMaven } from './downloads.ts';
import { SHARED_CACHE } from './engines.ts';
import { LocalFault } from './faults.ts';
import { kafkaDownload } from './kafka.ts';
import { findRedisHere, redisDownload } from './redis.ts';
import { runStep } from './step.ts';
import type { Step } from './step.ts';

const environment = process.env;
const log = join(SHARED_CACHE, 'maven.log');

try {
  if (!environment['KAFKA_BROKERS']) await fetch('Kafka', kafkaDownload(SHARED_CACHE));
  if (!environment['REDIS_URL'] && (await findRedisHere(SHARED_CACHE, environment)) === null) {
    await fetch('Redis', redisDownload(SHARED_CACHE));
  }
} catch (error) {
  if (!(error instanceof LocalFault)) throw error;
  process.stderr.write(`\n${error.message}\n`);
  process.exitCode = 1;
}

function fetch(name: string, download: ReturnType<typeof kafkaDownload>): Promise<boolean> {
  return runStep(`Fetching ${name}`, show, (tell) =>
    fetchWithMaven(download, { environment, log, tell }),
  );
}

function show({ name, state, ms, bytes = 0 }: Step): void {
  const fetched = `${(bytes / 1e6).toFixed(1)} MB`;
  if (state === 'running') {
    if (process.stderr.isTTY && bytes > 0) process.stderr.write(`\r\x1b[K… ${name}  ${fetched}`);
    return;
  }
  // What was there already needs no line.
  if (bytes === 0 && state === 'done') return;
  const clear = process.stderr.isTTY ? '\r\x1b[K' : '';
  const mark = state === 'done' ? 'ok ' : 'BAD';
  process.stderr.write(`${clear}${mark} ${name}  ${(ms / 1000).toFixed(1)} s  ${fetched}\n`);
}
