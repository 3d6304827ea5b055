// A worker's process: waited for, started again when it ends, stopped, and told about when it cannot run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, isAlive } from '@saidao/local';
import type { Watchdog } from '@saidao/local';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManagedProcess } from './managed-process.ts';

let scratch: string;
let one: ManagedProcess;
const changes: string[] = [];
const watched = new Set<number>();
const watchdog: Watchdog = {
  watch: ({ pid }) => void watched.add(pid),
  forget: (pid) => void watched.delete(pid),
  release() {},
};

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'saidao-managed-'));
  changes.length = 0;
  watched.clear();
});
afterEach(async () => {
  await one.stop('kill');
  rmSync(scratch, { recursive: true, force: true });
});

const SERVER = `
import { createServer } from 'node:http';
const server = createServer((request, response) => response.writeHead(200).end());
server.listen(Number(process.env.HTTP_PORT), '127.0.0.1');
process.on('SIGTERM', () => { console.log('drained'); server.close(() => process.exit(0)); server.closeAllConnections(); });`;

/** Serves until it is told not to: then it spins, or says that it no longer lives. */
const FAILING = `
import { createServer } from 'node:http';
let status = 200;
createServer((request, response) => {
  response.writeHead(request.url === '/livez' ? status : 200).end();
  if (request.url === '/spin') for (;;);
  if (request.url === '/die') status = 503;
}).listen(Number(process.env.HTTP_PORT), '127.0.0.1');`;

async function processOf(script: string): Promise<ManagedProcess> {
  const main = join(scratch, 'main.mjs');
  writeFileSync(main, script);
  const port = await freePort();
  one = new ManagedProcess(
    {
      name: 'scoring',
      main,
      cwd: scratch,
      address: `http://127.0.0.1:${port}`,
      readyPath: '/readyz',
      log: join(scratch, 'log'),
      environment: { ...process.env, HTTP_PORT: String(port) },
      rank: 3,
      stopMs: 500,
      ...(script === FAILING && { alivePath: '/livez', aliveLookMs: 25 }),
    },
    watchdog,
    (change) => changes.push(change),
  );
  return one;
}

test('is ready once it answers, and drains when told to stop', async () => {
  await (await processOf(SERVER)).start();
  const { state, pid, restarts } = one.describe();
  expect({ state, restarts }).toEqual({ state: 'ready', restarts: 0 });
  expect([...watched]).toEqual([pid]);
  await expect(one.stop()).resolves.toBe('ended');
  expect(isAlive(pid!)).toBe(false);
  expect(readFileSync(join(scratch, 'log'), 'utf8')).toContain('drained');
  expect(watched.size).toBe(0);
  expect(changes).toEqual([]);
});

test('that ends by itself is told of and started again', async () => {
  await (await processOf(SERVER)).start();
  const first = one.describe().pid!;
  process.kill(first, 'SIGKILL');
  await expect.poll(() => changes.at(-1), { timeout: 10_000 }).toBe('scoring is ready again');
  expect(changes[0]).toBe('scoring ended (SIGKILL); starting it again');
  const { state, pid, restarts } = one.describe();
  expect({ state, restarts }).toEqual({ state: 'ready', restarts: 1 });
  expect(pid).not.toBe(first);
});

test.each(['/spin', '/die'])(
  'that lives no longer after %s is killed, started again',
  async (path) => {
    const managed = await processOf(FAILING);
    await managed.start();
    const first = managed.describe().pid!;
    // It ends or spins instead of answering.
    await fetch(`${managed.plan.address}${path}`).catch(() => undefined);
    await expect.poll(() => changes.at(-1), { timeout: 10_000 }).toBe('scoring is ready again');
    expect(changes).toEqual([
      'scoring runs but says no longer that it lives; killing it',
      'scoring ended (SIGKILL); starting it again',
      'scoring is ready again',
    ]);
    expect(isAlive(first)).toBe(false);
    expect(managed.describe()).toMatchObject({ state: 'ready', restarts: 1 });
  },
);

test('that ends before it is ready is a fault with its own last words', async () => {
  const script = `console.log(JSON.stringify({ level: 60, msg: '1 setting is wrong' })); process.exit(1);`;
  await expect((await processOf(script)).start()).rejects.toMatchObject({
    code: 'SAIDAO_ENGINE_ENDED',
    message: expect.stringContaining('scoring ended while starting (code 1: 1 setting is wrong)'),
  });
});

test('that throws while loading is a fault with the error, not the end of its stack', async () => {
  const script = `throw new TypeError('no such thing');`;
  await expect((await processOf(script)).start()).rejects.toThrow(/TypeError: no such thing/);
});

test('that does not end in time is killed', async () => {
  const deaf = SERVER.replace(/process\.on.*$/, `process.on('SIGTERM', () => {});`);
  await (await processOf(deaf)).start();
  const { pid } = one.describe();
  await expect(one.stop()).resolves.toBe('killed');
  expect(isAlive(pid!)).toBe(false);
});
