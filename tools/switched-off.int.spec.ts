// Each part of the line, switched off in a copy of the code, makes a test fail.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { switchedOff } from './switched-off.ts';

const root = join(import.meta.dirname, '..');
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

describe.each(switchedOff)('without $part', (off) => {
  test('a test fails', { timeout: 120_000 }, async () => {
    const { code, output } = await run(off.part);
    expect(output).toMatch(/Tests .*\d+ failed/);
    expect(code).toBe(1);
  });
});

function run(part: string): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [vitest, 'run', '--config', 'tools/switched-off.config.ts'],
      {
        cwd: root,
        maxBuffer: 64 * 1024 * 1024,
        env: {
          ...process.env,
          NO_COLOR: '1',
          SWITCHED_OFF: part,
          KAFKA_BROKERS: inject('brokers').join(','),
          DATABASE_URL: inject('databaseUrl'),
          REDIS_URL: inject('redisUrl'),
        },
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : ((error.code as number | undefined) ?? 1);
        resolve({ code, output: stdout + stderr });
      },
    );
  });
}
