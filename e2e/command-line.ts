// `saidao … --json` as typed: a fresh process, told by its environment alone where the system is.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root, type System } from './system.ts';

const run = promisify(execFile);

export interface Said<Answer> {
  readonly code: number;
  readonly answer: Answer;
}

/** Rejects when it prints no JSON. */
export async function saidao<Answer>(
  {
    engines,
    lenders,
    partitions,
    worldUrl,
  }: Pick<System, 'lenders' | 'partitions' | 'worldUrl'> & {
    readonly engines: Pick<System['engines'], 'brokers' | 'databaseUrl'>;
  },
  words: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<Said<Answer>> {
  const env = {
    SAIDAO_HOME: '/nowhere',
    KAFKA_BROKERS: engines.brokers.join(','),
    DATABASE_URL: engines.databaseUrl,
    OUTSIDE_WORLD_URL: worldUrl,
    LENDERS: lenders.join(','),
    PARTITIONS: String(partitions),
    ...more,
  };
  const args = [join(root, 'bin', 'saidao.mjs'), ...words, '--json'];
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
