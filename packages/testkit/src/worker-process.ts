// A worker as a process of its own: started for a test, read by its log, ended with the test.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { workerEnvironment, workerNodeOptions } from '@saidao/local';
import { eventually } from './eventually.ts';

/** One line of the log; most have more than this. */
export interface LogLine {
  readonly msg: string;
  readonly level?: string;
  readonly code?: string;
  readonly address?: string;
  readonly [field: string]: unknown;
}

export interface WorkerProcess {
  readonly pid: number;
  /** The newest lines of its log. */
  readonly lines: readonly LogLine[];
  /** What it wrote beside its log: nothing, if it is well. */
  readonly stderr: readonly string[];
  /** Settles with the exit code; null: a signal ended it. */
  readonly exited: Promise<number | null>;
  isRunning(): boolean;
  /** Resolves with its address once /readyz says yes; rejects at once if it ends before. */
  ready(deadlineMs?: number): Promise<string>;
  /** SIGTERM, and SIGKILL when it has not ended in time. */
  stop(): Promise<number | null>;
  [Symbol.asyncDispose](): Promise<void>;
}

const LINES_MAX = 2_000;
const READY_MS = 60_000;
const STOP_MS = 15_000;

/** Starts `main` with Node; of this process's environment it is given only what finds programs. */
export function startWorkerProcess(
  main: string,
  env: Readonly<Record<string, string>>,
): WorkerProcess {
  const child = spawn(process.execPath, [...workerNodeOptions, main], {
    env: { PATH: process.env['PATH'], ...workerEnvironment, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: LogLine[] = [];
  const stderr: string[] = [];
  // Kept apart: of a process that says much, the line it is on is gone before long.
  let address: string | undefined;
  createInterface(child.stdout).on('line', (text) => {
    const line = lineOf(text);
    if (line.msg.endsWith(' runs')) address = line.address;
    lines.push(line);
    if (lines.length > LINES_MAX) lines.shift();
  });
  createInterface(child.stderr).on('line', (text) => stderr.push(text));
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const isRunning = () => child.exitCode === null && child.signalCode === null;

  async function ready(deadlineMs = READY_MS): Promise<string> {
    const answer = await eventually(
      `${main} is ready`,
      async () => {
        if (!isRunning()) return lastWords();
        if (address === undefined) return false;
        return (await fetch(`${address}/readyz`)).status === 200 && address;
      },
      { deadlineMs, everyMs: 50 },
    );
    if (!isRunning()) throw new Error(`${main} ended while it started: ${answer}`);
    return answer;
  }

  function lastWords(): string {
    return [...lines.slice(-3).map((line) => JSON.stringify(line)), ...stderr].join('\n');
  }

  async function stop(): Promise<number | null> {
    const killing = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    child.kill('SIGTERM');
    const code = await exited;
    clearTimeout(killing);
    return code;
  }

  return {
    pid: child.pid ?? -1,
    lines,
    stderr,
    exited,
    isRunning,
    ready,
    stop,
    async [Symbol.asyncDispose]() {
      if (isRunning()) await stop();
    },
  };
}

function lineOf(text: string): LogLine {
  try {
    return JSON.parse(text) as LogLine;
  } catch {
    return { msg: text };
  }
}
