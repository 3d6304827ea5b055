// Specs of the process: what it says when it cannot start, and what a kill leaves behind.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished, vi } from 'vitest';
import { payout, temporaryFolder } from './test-world.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

function start(env: Record<string, string>, shellLimits = '') {
  const command = `${shellLimits} exec "$0" "$1"`;
  const argv = ['-c', command, process.execPath, main];
  const child: ChildProcessByStdio<null, Readable, null> = spawn('/bin/sh', argv, {
    env: { OUTSIDE_WORLD_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const output = { text: '' };
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output.text += chunk));
  const exited = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const address = () =>
    vi.waitFor(
      () => {
        const found = /listening at (http:\/\/[\d.:]+)/.exec(output.text)?.[1];
        if (found === undefined) throw new Error(`not listening yet: ${output.text}`);
        return found;
      },
      { timeout: 10_000 },
    );
  return { child, output, exited, address };
}

const pay = (address: string, request: { payoutId: string }) =>
  fetch(`${address}/rail/payouts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': request.payoutId },
    body: JSON.stringify(request),
  });

const put = (url: string, body: object) =>
  fetch(url, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

it('has moved the money after a kill, and stops at once though callers wait', async () => {
  const dataFolder = await temporaryFolder();
  const first = start({ OUTSIDE_WORLD_DATA: dataFolder });
  const firstAddress = await first.address();
  await put(`${firstAddress}/control/behaviour`, { provider: 'rail', mode: 'paid-then-silent' });
  const unanswered = pay(firstAddress, payout).catch(() => 'hung up on');
  await vi.waitFor(() => expect(first.output.text).toContain('money moved'));
  const book = await (await fetch(`${firstAddress}/rail/book`)).json();
  first.child.kill('SIGKILL');
  expect(await unanswered).toBe('hung up on');
  await first.exited;

  const second = start({ OUTSIDE_WORLD_DATA: dataFolder });
  const secondAddress = await second.address();
  expect(await (await fetch(`${secondAddress}/rail/book`)).json()).toEqual(book);
  await put(`${secondAddress}/control/behaviour`, { provider: 'rail', mode: 'silent' });
  const waiting = fetch(`${secondAddress}/rail/payouts/payout-1`).catch(() => 'hung up on');
  await fetch(`${secondAddress}/healthz`);
  const stoppedMs = performance.now();
  second.child.kill('SIGTERM');
  expect(await second.exited).toEqual([0, null]);
  expect(performance.now() - stoppedMs).toBeLessThan(2000);
  expect(await waiting).toBe('hung up on');
}, 30_000);

it('says what to do when the port is taken or the settings are wrong', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const taken = start({
    OUTSIDE_WORLD_PORT: String(port),
    OUTSIDE_WORLD_DATA: await temporaryFolder(),
  });
  expect((await taken.exited)[0]).toBe(1);
  expect(taken.output.text).toContain('set OUTSIDE_WORLD_PORT to a free port');

  const wrong = start({ OUTSIDE_WORLD_PORT: 'here', PLEDGE_OFFICE_MS: '9s' });
  expect((await wrong.exited)[0]).toBe(1);
  expect(wrong.output.text).toContain('2 settings are wrong');
}, 30_000);

it('promises nothing more when the disk is full, and goes on once there is room', async () => {
  const dataFolder = await temporaryFolder();
  const cramped = start({ OUTSIDE_WORLD_DATA: dataFolder }, 'ulimit -f 4;');
  const address = await cramped.address();
  const promised: string[] = [];
  let status = 200;
  for (let number = 1; status === 200; number += 1) {
    const payoutId = `payout-${number}`;
    status = (await pay(address, { ...payout, payoutId })).status;
    if (status === 200) promised.push(payoutId);
  }
  expect(status).toBe(500);
  const health = await fetch(`${address}/healthz`);
  expect([health.status, ((await health.json()) as { message: string }).message]).toEqual([
    500,
    expect.stringContaining('Make room or mend the folder'),
  ]);
  cramped.child.kill('SIGTERM');
  await cramped.exited;

  const roomy = start({ OUTSIDE_WORLD_DATA: dataFolder });
  const book = await (await fetch(`${await roomy.address()}/rail/book`)).json();
  expect((book as { payouts: { payoutId: string }[] }).payouts.map(idOf)).toEqual(promised);
}, 30_000);

const idOf = ({ payoutId }: { payoutId: string }) => payoutId;
