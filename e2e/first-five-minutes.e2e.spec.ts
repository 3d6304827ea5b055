// The README's first five minutes, as typed, on a home and ports of their own.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@saidao/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..');
const CASES = [
  'smart-lock-ip-pledge',
  'new-quality-8m',
  'talent-3m',
  'innovation-5m',
  'already-pledged',
  'register-silent',
  'uscc-check-fails',
  'resubmitted',
];
/** What is promised, from when all is ready. */
const SAMPLES_S_MAX = 30;
const PORTS = [
  'KAFKA',
  'POSTGRES',
  'REDIS',
  'OUTSIDE_WORLD',
  'SCHEMA_REGISTRY',
  'INTAKE',
  'PATENT_VERIFICATION',
  'SCORING',
  'DECISIONING',
  'DISBURSEMENT_LEDGER',
  'GATEWAY',
];

let home: string;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'saidao-minutes-'));
});

afterAll(() => {
  rmSync(home, { recursive: true, force: true });
});

interface Running {
  readonly child: ChildProcess;
  output(): string;
  readonly ended: Promise<number | null>;
}

/** Types a command into a shell in the project's folder. */
function type(command: string): Running {
  const env: NodeJS.ProcessEnv = { ...process.env, SAIDAO_HOME: home, NO_COLOR: '1' };
  for (const name of ['KAFKA_BROKERS', 'DATABASE_URL', 'REDIS_URL', 'BUSINESS_DATE']) {
    delete env[name];
  }
  for (const port of PORTS) env[`SAIDAO_${port}_PORT`] = '0';
  const child = spawn('bash', ['-c', `exec ${command}`], { cwd: root, env, detached: true });
  let output = '';
  child.stdout?.on('data', (chunk) => (output += String(chunk)));
  child.stderr?.on('data', (chunk) => (output += String(chunk)));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, output: () => output, ended };
}

/** Processes that were started from this home, or whose files are in it. */
function leftBehind(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const cwd = readlinkSync(`/proc/${pid}/cwd`);
        return command.includes(home) || cwd.startsWith(home) ? [`${pid} ${command}`] : [];
      } catch {
        // It ended while we looked.
        return [];
      }
    });
}

describe('npm start', { timeout: 180_000 }, () => {
  test('-- --exit plays the eight samples; each ends as it should', async () => {
    const start = type('npm start -- --exit');
    const code = await start.ended;
    const output = start.output();
    expect(code, output).toBe(0);
    for (const name of CASES) expect(output).toMatch(new RegExp(`✓.*${name}`));
    expect(output).not.toContain('Warning');
    const played = /8 of 8 samples ended as expected, in ([\d.]+) s\./.exec(output);
    expect(Number(played?.[1]), output).toBeLessThanOrEqual(SAMPLES_S_MAX);
    await eventually('nothing stays behind', () => leftBehind().length === 0);
  });

  test('a second start goes on with the same data; the commands of the README work', async () => {
    const start = type('npm start');
    await eventually('it is up', () => start.output().includes('Saidao is up'), {
      deadlineMs: 90_000,
    }).catch((error: unknown) => {
      throw new Error(start.output(), { cause: error });
    });
    for (const name of CASES) expect(start.output()).toMatch(new RegExp(`✓.*${name}`));

    const commands = readmeCommands().filter((line) => line.startsWith('npx saidao'));
    expect(commands.length).toBe(5);
    for (const command of commands) {
      const run = type(command);
      if (command === 'npx saidao top') {
        // It stays until it is told to end.
        await eventually('it shows the lines', () => run.output().includes('decisioning'), {
          deadlineMs: 30_000,
        });
        process.kill(-(run.child.pid as number), 'SIGINT');
        await run.ended;
        continue;
      }
      expect(await run.ended, `${command}\n${run.output()}`).toBe(0);
    }
    start.child.kill('SIGINT');
    process.kill(-(start.child.pid as number), 'SIGINT');
    await start.ended;
    await eventually('nothing stays behind', () => leftBehind().length === 0);
  });
});

/** The shell lines of the README, without their remarks. */
function readmeCommands(): string[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  return [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap(([, block = '']) =>
    block
      .split('\n')
      .map((line) => (line.split(' #')[0] ?? '').trim())
      .filter((line) => line !== ''),
  );
}
