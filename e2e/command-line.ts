// `saidao … --json` as typed: a fresh process, told by its environment alone where the system is.
import { execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { root, type System } from './system.ts';

const run = promisify(execFile);

export interface Said<Answer> {
  readonly code: number;
  readonly answer: Answer;
}

/** Where the system is, as far as a command needs it. */
export type Reached = Pick<System, 'lenders' | 'partitions' | 'worldUrl'> & {
  readonly engines: Pick<System['engines'], 'brokers' | 'databaseUrl'>;
};

const program = join(root, 'bin', 'saidao.mjs');

/** Rejects when it prints no JSON. */
export async function saidao<Answer>(
  reached: Reached,
  words: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Said<Answer>> {
  const env = { ...environmentOf(reached), ...more };
  const args = [program, ...words, '--json'];
  const running = run(process.execPath, args, { env, maxBuffer: 2 ** 26 });
  const { code, stdout } = await running.then(
    (done) => ({ code: 0, stdout: done.stdout }),
    (error: Error & { code: number; stdout: string }) => {
      if (error.stdout === '') throw error;
      return error;
    },
  );
  return { code, answer: JSON.parse(stdout) as Answer };
}

/** A command that goes on until it is told to end: hands on each line of its JSON. */
export function following<Answer>(
  reached: Reached,
  words: readonly string[],
  onAnswer: (answer: Answer) => void,
): AsyncDisposable {
  const child = spawn(process.execPath, [program, ...words, '--json'], {
    env: environmentOf(reached),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  createInterface(child.stdout).on('line', (text) => onAnswer(JSON.parse(text) as Answer));
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

function environmentOf({ engines, lenders, partitions, worldUrl }: Reached) {
  return {
    SAIDAO_HOME: '/nowhere',
    KAFKA_BROKERS: engines.brokers.join(','),
    DATABASE_URL: engines.databaseUrl,
    OUTSIDE_WORLD_URL: worldUrl,
    LENDERS: lenders.join(','),
    PARTITIONS: String(partitions),
  };
}
