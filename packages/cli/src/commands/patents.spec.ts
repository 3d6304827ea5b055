// `saidao patents`: numbers checked without a network, and against a register; a sample valued.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildOutsideWorld } from '@saidao/outside-world';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { PROJECT_ROOT } from '../context.ts';
import type { CheckedNumber } from './patents.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'saidao-patents-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function saidao(args: string[], environment: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'main.ts'), ...args], {
    env: { ...process.env, SAIDAO_HOME: home, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let remarks = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.stderr.on('data', (chunk) => (remarks += chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, out, remarks };
}

async function openRegister(): Promise<string> {
  const app = await buildOutsideWorld({ dataFolder: join(home, 'world'), pledgeOfficeMs: 0 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => app.close());
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`;
  await app.inject({
    method: 'PUT',
    url: '/control/register/patents/201610345678.2',
    payload: {
      kind: 'invention',
      filed: '2016-05-27',
      status: 'granted',
      owners: [{ name: '浙江示例智能锁科技有限公司', uscc: '91330100MA2H000142' }],
      annuityPaidThroughYear: 11,
      pledged: false,
      preserved: false,
      coOwnersConsent: null,
    },
  });
  return url;
}

describe('check', () => {
  const numbers = ['ZL 2017 1 0601862.3', '202310123456.7', 'CN106000000A'];

  test('says of each number whether it is one, and which check it wants', async () => {
    const { code, out } = await saidao(['patents', 'check', ...numbers, '--json']);
    expect(code).toBe(1);
    const unasked = { registerSays: 'not-asked', register: null };
    expect(JSON.parse(out) as CheckedNumber[]).toEqual([
      {
        number: 'ZL 2017 1 0601862.3',
        normalForm: '201710601862.3',
        valid: true,
        checkWanted: '3',
        ...unasked,
      },
      {
        number: '202310123456.7',
        normalForm: '202310123456.7',
        valid: false,
        checkWanted: '6',
        ...unasked,
      },
      { number: 'CN106000000A', normalForm: null, valid: false, checkWanted: null, ...unasked },
    ]);
  });

  test('tells a person the same in sentences', async () => {
    const { out } = await saidao(['patents', 'check', ...numbers]);
    expect(out.split('\n')).toEqual([
      'ZL 2017 1 0601862.3 is 201710601862.3: valid; the register was not asked',
      '202310123456.7 fails its check: its digits want 6',
      'CN106000000A is no Chinese patent application number, as ZL201710601862.3',
      '',
    ]);
  });

  test('says what the register says, and that it knows no such patent', async () => {
    const OUTSIDE_WORLD_URL = await openRegister();
    const asked = ['patents', 'check', '201610345678.2', '201810456789.X'];
    const { code, out } = await saidao([...asked, '--json'], { OUTSIDE_WORLD_URL });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([
      { registerSays: 'answered', register: { status: 'granted', filed: '2016-05-27' } },
      { registerSays: 'unknown', register: null },
    ]);
    const told = await saidao(asked, { OUTSIDE_WORLD_URL });
    expect(told.out).toContain('201610345678.2: valid; the register says\n');
    expect(told.out).toContain('  kind: "invention"\n');
    expect(told.out).toContain('201810456789.X: valid; the register knows no such patent');
  });

  test('fails in a sentence where the register does not answer', async () => {
    const OUTSIDE_WORLD_URL = 'http://127.0.0.1:1';
    const asked = ['patents', 'check', '201610345678.2', '201810456789.X'];
    const told = await saidao(asked, { OUTSIDE_WORLD_URL });
    expect(told.code).toBe(1);
    expect(told.out).toContain('201810456789.X: valid; the register did not answer\n');
    expect(told.remarks).toContain('The register does not answer at http://127.0.0.1:1');
  });
});

describe('value', () => {
  const sample = join(PROJECT_ROOT, 'samples', 'smart-lock-ip-pledge.json');

  test('values the smart lock as its sample expects, and says how', async () => {
    const { code, out } = await saidao(['patents', 'value', sample]);
    expect(code).toBe(0);
    expect(out).toContain('RELIEF_FROM_ROYALTY: 364549545.81\n');
    expect(out).toContain('appraised 370000000.00 in all\n');
    expect(out).toContain('lent on 364549545.81 (LOWER_OF_BOTH)\n');
    expect(out).toContain('may be lent 109364863.74 (');
    const { out: json } = await saidao(['patents', 'value', sample, '--json']);
    expect(JSON.parse(json)).toMatchObject({ usable: { length: 3 }, valueBasis: 'LOWER_OF_BOTH' });
  });

  test('judges on the day that it is asked about', async () => {
    const { out } = await saidao(['patents', 'value', sample, '--on', '2035-01-01']);
    expect(out).toContain('PL06 adverse: ends on 2036-05-27, the debt is due on 2037-01-01');
  });

  test('refuses what is no application, in a sentence', async () => {
    const file = join(home, 'other.json');
    writeFileSync(file, '{"a":1}');
    const told = await saidao(['patents', 'value', file]);
    expect(told.code).toBe(2);
    expect(told.remarks).toContain('names no patents');
    const day = await saidao(['patents', 'value', sample, '--on', '2026-02-31']);
    expect(day.code).toBe(2);
    expect(day.remarks).toContain('2026-02-31 is no date');
  });
});
