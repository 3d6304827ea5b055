// Fetches what the engines need from Maven Central into the cache; an interrupted fetch is recognised and finished.
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fault } from './faults.ts';
import { isAlive, until } from './process-life.ts';
import { findMaven } from './machine.mjs';
import type { Environment } from './machine.mjs';

const POM = join(import.meta.dirname, '..', 'maven', 'pom.xml');
/** Written last, with each file's size: a folder without it, or at odds with it, is unfinished. */
const MARKER = 'complete.json';
const OTHER_FETCH_MS_MAX = 300_000;

export interface Download {
  /** For people: what is fetched. */
  what: string;
  folder: string;
  /** The execution in the pom: goal@id. */
  execution: string;
}

export type DownloadState = 'complete' | 'unfinished' | 'absent';

export function downloadState(folder: string): DownloadState {
  if (!existsSync(folder)) return existsSync(partialOf(folder)) ? 'unfinished' : 'absent';
  try {
    const sizes = JSON.parse(readFileSync(join(folder, MARKER), 'utf8')) as Record<string, number>;
    const whole = Object.entries(sizes).every(
      ([name, bytes]) => statSync(join(folder, name)).size === bytes,
    );
    return whole ? 'complete' : 'unfinished';
  } catch {
    return 'unfinished';
  }
}

export interface FetchOptions {
  environment: Environment;
  log: string;
  tell: (detail: string, bytes?: number) => void;
  signal?: AbortSignal;
}

/**
 * Leaves `download.folder` complete. What Maven has already fetched stays in its own repository, so
 * a second try goes on.
 */
export async function fetchWithMaven(download: Download, options: FetchOptions): Promise<boolean> {
  const { folder } = download;
  if (downloadState(folder) === 'complete') return false;
  const maven = findMaven(options.environment);
  // One Maven at a time: its repository takes no two writers.
  await withFetchLock(join(dirname(folder), 'maven.lock'), async () => {
    if (downloadState(folder) === 'complete') return;
    const partial = partialOf(folder);
    rmSync(partial, { recursive: true, force: true });
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    await runMaven(maven, download, partial, options);
    rmSync(join(partial, 'markers'), { recursive: true, force: true });
    const sizes = Object.fromEntries(
      readdirSync(partial).map((name) => [name, statSync(join(partial, name)).size]),
    );
    writeFileSync(join(partial, MARKER), JSON.stringify(sizes, null, 1));
    renameSync(partial, folder);
  });
  return true;
}

function partialOf(folder: string): string {
  return `${folder}.partial`;
}

async function runMaven(
  maven: string,
  download: Download,
  partial: string,
  { environment, log, tell, signal }: FetchOptions,
): Promise<void> {
  mkdirSync(dirname(log), { recursive: true });
  const args = ['-B', '-f', POM, `dependency:${download.execution}`, `-Dto=${partial}`];
  const child = spawn(maven, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...environment },
    ...(signal && { signal }),
  });
  let bytes = 0;
  let firstError = '';
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      appendFileSync(log, `${line}\n`);
      const fetched = /^\[INFO\] Downloaded from \S+: (\S+) \(([\d.]+) (B|kB|MB|GB)/.exec(line);
      if (fetched) {
        bytes += Number(fetched[2]) * { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 }[fetched[3] as 'B'];
        if (fetched[1]?.endsWith('.jar')) tell(basename(fetched[1]), bytes);
      }
      if (firstError === '' && line.includes('[ERROR]')) {
        firstError = line.replace(/.*\[ERROR\]\s*/, '').slice(0, 200);
      }
    });
  }
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  signal?.throwIfAborted();
  if (code !== 0) {
    const reason = firstError || `Maven ended with code ${code}`;
    throw fault('SAIDAO_DOWNLOAD_FAILED', { what: download.what, reason, log });
  }
}

/** Two starts at once (tests beside `npm start`) share the cache: one fetches, the other waits. */
export async function withFetchLock(lock: string, work: () => Promise<void>): Promise<void> {
  mkdirSync(dirname(lock), { recursive: true });
  await until(() => takeLock(lock), OTHER_FETCH_MS_MAX, 200);
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function takeLock(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    let owner = 0;
    try {
      owner = Number(readFileSync(lock, 'utf8'));
    } catch {
      return false;
    }
    if (owner === process.pid || isAlive(owner)) return false;
    rmSync(lock, { force: true });
    return false;
  }
}
