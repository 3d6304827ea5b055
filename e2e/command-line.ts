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

/** Of a command that prints one piece of JSON; rejects when it does not. */
export async function saidao<Answer>(
  reached: Reached,
  words: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Said<Answer>> {
  const { code, printed } = await printedBy(reached, words, more);
  return { code, answer: JSON.parse(printed) as Answer };
}

/** Of a command that prints a line of JSON for each of what it finds, or nothing. */
export async function listed<Answer>(
  reached: Reached,
  words: readonly string[],
): Promise<Answer[]> {
  const { printed } = await printedBy(reached, words, {});
  const lines = printed.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Answer);
}

/** Rejects when it fails and prints nothing. */
async function printedBy(
  reached: Reached,
  words: readonly string[],
  more: Readonly<Record<string, string>>,
): Promise<{ readonly code: number; readonly printed: string }> {
  const env = { ...environmentOf(reached), ...more };
  const args = [program, ...words, '--json'];
  const running = run(process.execPath, args, { env, maxBuffer: 2 ** 26 });
  return running.then(
    ({ stdout }) => ({ code: 0, printed: stdout }),
    (error: Error & { code: number; stdout: string }) => {
      if (error.stdout === '') throw error;
      return { code: error.code, printed: error.stdout };
    },
  );
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
