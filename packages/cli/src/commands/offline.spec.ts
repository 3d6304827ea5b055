// What the command says and how it exits when nothing runs.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'saidao-offline-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const PORTS = Object.fromEntries(
  [
    'KAFKA',
    'POSTGRES',
    'REDIS',
    'OUTSIDE_WORLD',
    'INTAKE',
    'PATENT_VERIFICATION',
    'SCORING',
    'DECISIONING',
    'DISBURSEMENT_LEDGER',
  ].map((name) => [`SAIDAO_${name}_PORT`, '0']),
);

function saidao(args: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'main.ts'), ...args], {
    env: { ...process.env, ...PORTS, SAIDAO_HOME: home, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let remarks = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (remarks += chunk));
  return new Promise<{ code: number | null; out: string; remarks: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, out, remarks })),
  );
}

test('status says how to start, and fails', async () => {
  const { code, out } = await saidao(['status']);
  expect({ code, out }).toEqual({
    code: 1,
    out: 'Saidao is not running; start it with `npm start`.\n',
  });
  const { out: json } = await saidao(['status', '--json']);
  expect(JSON.parse(json)).toEqual({ running: false, engines: [], workers: [] });
});

test('down has nothing to do', async () => {
  expect(await saidao(['down'])).toMatchObject({ code: 0, out: 'Saidao was not running.\n' });
});

describe('reset', () => {
  test('deletes nothing unasked where there is no terminal to ask on', async () => {
    mkdirSync(join(home, 'data'));
    const { code, remarks } = await saidao(['reset']);
    expect(code).toBe(1);
    expect(remarks).toContain('add --yes');
    expect(existsSync(join(home, 'data'))).toBe(true);
  });

  test('--yes deletes the data, and data alone', async () => {
    mkdirSync(join(home, 'data'));
    writeFileSync(join(home, 'mine'), '');
    const { code, out } = await saidao(['reset', '--yes', '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({ deleted: [join(home, 'data')] });
    expect(existsSync(join(home, 'mine'))).toBe(true);
  });
});

describe('doctor', () => {
  test('tells what is bad and exits 1', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const port = String((server.address() as AddressInfo).port);
    const { code, out } = await saidao(['doctor', '--json'], { SAIDAO_INTAKE_PORT: port });
    server.close();
    expect(code).toBe(1);
    const { ok, checks } = JSON.parse(out) as { ok: boolean; checks: { code?: string }[] };
    expect(ok).toBe(false);
    expect(checks.filter((check) => check.code === 'SAIDAO_PORT_TAKEN')).toEqual([
      expect.objectContaining({ says: expect.stringContaining('set SAIDAO_INTAKE_PORT') }),
    ]);
  });

  test('finds nothing bad here, and exits 0', async () => {
    const { code, out } = await saidao(['doctor']);
    expect(out).toMatch(/^ok {4}Node: 24\./);
    expect(code, out).toBe(0);
  });
});

test('a command that makes no sense exits 2 and points to the help', async () => {
  const { code, remarks } = await saidao(['fly']);
  expect(code).toBe(2);
  expect(remarks).toContain('saidao --help');
  expect((await saidao(['--help'])).out).toContain('Exit codes:');
});

test('settings that are wrong are told together, without a stack', async () => {
  const { code, remarks } = await saidao(['status'], { SAIDAO_KAFKA_PORT: 'x', PARTITIONS: '0' });
  expect(code).toBe(1);
  expect(remarks).toContain('2 settings are wrong');
  expect(remarks).not.toContain('    at ');
});
