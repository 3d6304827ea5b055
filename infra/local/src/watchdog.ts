// Keeps child processes from outliving this one, even when it is killed outright.
import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Socket } from 'node:net';

export interface Watched {
  pid: number;
  signal: NodeJS.Signals;
  graceMs: number;
  /** Higher ranks are ended first: workers before the engines that they use. */
  rank: number;
}

export interface Watchdog {
  watch(watched: Watched): void;
  forget(pid: number): void;
  /** Lets the watchdog go; what it still watches is ended by it. */
  release(): void;
}

export function startWatchdog(log: string): Watchdog {
  mkdirSync(dirname(log), { recursive: true });
  const out = openSync(log, 'a');
  const child = spawn(process.execPath, [join(import.meta.dirname, 'watchdog-process.ts')], {
    detached: true,
    stdio: ['pipe', out, out],
  });
  closeSync(out);
  child.unref();
  const pipe = child.stdin as unknown as Socket;
  // The watchdog dying first must neither end nor hold this process.
  pipe.on('error', () => {});
  pipe.unref();
  const send = (message: object) => {
    if (pipe.writable) pipe.write(`${JSON.stringify(message)}\n`);
  };
  return {
    watch: (watched) => send({ watch: watched }),
    forget: (pid) => send({ forget: pid }),
    release: () => pipe.end(),
  };
}
