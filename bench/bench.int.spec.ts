// The bench on a small scale: both forms come to the same ends, and the report has what it promises.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Report } from './report.ts';

const run = promisify(execFile);

test('one pair of 60 applications', { timeout: 180_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'saidao-bench-'));
  try {
    const file = join(folder, 'bench.json');
    const main = join(import.meta.dirname, 'main.ts');
    const asked = ['--only', 'throughput', '--applications', '60', '--pairs', '1', '--json', file];
    const { stdout } = await run(process.execPath, [main, ...asked]);
    expect(stdout).toContain('Saidao over naive');
    expect(stdout).toContain('fsync=on');
    const report = JSON.parse(readFileSync(file, 'utf8')) as Report;
    expect(report.throughputRatioToNaive).toBeGreaterThan(0);
    expect(report.cpuRatioToNaive).toBeGreaterThan(0);
    expect(report.throughput.map(({ form }) => form)).toEqual(['naive', 'saidao']);
    expect(Object.keys(report)).toEqual(
      expect.arrayContaining(['machine', 'latencies', 'rss', 'shares', 'catchUp']),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
