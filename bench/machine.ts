// The machine that was measured on: without it no figure means anything.
import { execFileSync } from 'node:child_process';
import {
  mkdtempSync,
  openSync,
  closeSync,
  fdatasyncSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { PROJECT_ROOT } from './place.ts';

export interface Machine {
  readonly cores: number;
  readonly cpu: string;
  readonly memoryMiB: number;
  /** How long a page takes to the disk, median: what each commit waits for. */
  readonly fdatasyncMs: number;
  readonly node: string;
  readonly kafka: string;
  readonly postgres: string;
  readonly redis: string;
  readonly commit: string;
}

const TMPFS = 0x01021994;
const PAGE_BYTES = 8192;
const SYNCS = 200;

export function machineOf(
  home: string,
  versions: Pick<Machine, 'kafka' | 'postgres' | 'redis'>,
): Machine {
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryMiB: Math.round(totalmem() / 2 ** 20),
    fdatasyncMs: fdatasyncMsIn(home),
    node: process.version,
    ...versions,
    commit: commit(),
  };
}

export function machineLine(machine: Machine): string {
  return [
    `${machine.cores} cores ${machine.cpu}`,
    `${machine.memoryMiB} MiB`,
    `fdatasync ${machine.fdatasyncMs.toFixed(2)} ms`,
    `Node ${machine.node.slice(1)}`,
    `Kafka ${machine.kafka}`,
    `PostgreSQL ${machine.postgres}`,
    `Redis ${machine.redis}`,
    `commit ${machine.commit}`,
  ].join(' | ');
}

/** In memory a sync costs nothing, and what was measured would hold nowhere else. */
export function refuseMemoryDisk(folder: string): void {
  if (statfsSync(folder).type !== TMPFS) return;
  throw new Error(`${folder} is kept in memory: give the bench a home on a disk (SAIDAO_HOME).`);
}

function fdatasyncMsIn(home: string): number {
  const folder = mkdtempSync(join(home, 'sync-'));
  const file = openSync(join(folder, 'page'), 'w');
  const page = Buffer.alloc(PAGE_BYTES, 1);
  try {
    const times = Array.from({ length: SYNCS }, () => {
      const beganMs = performance.now();
      writeSync(file, page);
      fdatasyncSync(file);
      return performance.now() - beganMs;
    });
    return times.sort((a, b) => a - b)[SYNCS / 2] ?? 0;
  } finally {
    closeSync(file);
    rmSync(folder, { recursive: true });
  }
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: PROJECT_ROOT, encoding: 'utf8' }).trim();
  try {
    const changed = git('status', '--porcelain') === '' ? '' : ' with changes';
    return `${git('rev-parse', '--short', 'HEAD')}${changed}`;
  } catch {
    return 'unknown';
  }
}
