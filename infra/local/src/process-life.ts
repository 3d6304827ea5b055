// Starting, recognising and ending processes that have a process group of their own.
import { spawn, execFileSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const LOG_BYTES_MAX = 10 * 1024 * 1024;
const LOG_LINE_CHARS_MAX = 300;

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  // A dead child that nobody has waited for (usual in containers without an init) still takes
  // signals.
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const state = stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
      return state !== 'Z' && state !== 'X';
    } catch {
      return false;
    }
  }
  return true;
}

/**
 * When the process began, in the system's own words: tells a process from a later one with its id.
 */
export function birthOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
    }
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

export function commandOf(pid: number): string | null {
  try {
    if (process.platform === 'linux') {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    }
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return null;
  }
}

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, signal);
      return;
    } catch {
      // No such group: the process itself, if it still is there.
    }
  }
}

/** True once `condition` holds; false if the deadline passed first. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  deadlineMs: number,
  everyMs = 25,
): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    if (await condition()) return true;
    if (performance.now() >= end) return false;
    await pause(everyMs);
  }
}

/** Asks a process group to end and, past the grace, ends it. */
export async function endGroup(
  pid: number,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<'ended' | 'killed'> {
  if (!isAlive(pid)) {
    signalGroup(pid, 'SIGKILL');
    return 'ended';
  }
  signalGroup(pid, signal);
  const ended = await until(() => !isAlive(pid), graceMs);
  // Also after a good end: a member of the group may have outlived its leader.
  signalGroup(pid, 'SIGKILL');
  if (!ended) await until(() => !isAlive(pid), 5_000);
  return ended ? 'ended' : 'killed';
}

export interface LaunchOptions {
  command: string;
  args: readonly string[];
  log: string;
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  uid?: number;
  gid?: number;
}

/**
 * Starts a process in a group of its own (so that Ctrl-C reaches only its parent), output to a log
 * file.
 */
export function launch(options: LaunchOptions): ChildProcess & { pid: number } {
  mkdirSync(dirname(options.log), { recursive: true });
  try {
    if (statSync(options.log).size > LOG_BYTES_MAX) renameSync(options.log, `${options.log}.1`);
  } catch {
    // No log yet.
  }
  const log = openSync(options.log, 'a');
  try {
    const child = spawn(options.command, options.args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: options.env ?? process.env,
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.uid === undefined ? {} : { uid: options.uid }),
      ...(options.gid === undefined ? {} : { gid: options.gid }),
    });
    child.on('error', () => {});
    child.unref();
    if (child.pid === undefined) throw new Error(`${options.command} could not be started`);
    return child as ChildProcess & { pid: number };
  } finally {
    closeSync(log);
  }
}

/**
 * The most telling line that was written to the log after `fromByte`: an uncaught error of Node
 * ends with its stack and version, other programs say the reason last.
 */
export function lastLogLine(log: string, fromByte = 0): string {
  try {
    const lines = readFileSync(log).subarray(fromByte).toString('utf8').split('\n');
    const line =
      lines.findLast((text) => /^\w*Error\b.*:/.test(text)) ??
      lines.findLast((text) => text.trim() !== '');
    return (line ?? '').trim().slice(0, LOG_LINE_CHARS_MAX);
  } catch {
    return '';
  }
}

export function logSize(log: string): number {
  try {
    return statSync(log).size;
  } catch {
    return 0;
  }
}
