// The process of the registry: what it says when it cannot start, and how it ends.
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startWorkerProcess } from '@saidao/testkit';
import { expect, test } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');

test('answers until it is told to stop, and ends well', async () => {
  await using registry = startWorkerProcess(MAIN, { HTTP_PORT: '0' });
  const url = await registry.ready();
  const answer = await fetch(`${url}/schemas/ids/1`);
  expect(answer.status).toBe(200);
  await answer.body?.cancel();
  expect(await registry.stop()).toBe(0);
  expect(registry.stderr).toEqual([]);
  expect(registry.lines.at(-1)).toMatchObject({ signal: 'SIGTERM', msg: 'the registry stops' });
});

test('says that its port is taken, and fails', async () => {
  const taken = createServer();
  const { promise: listens, resolve } = Promise.withResolvers<void>();
  taken.listen(0, '127.0.0.1', resolve);
  await listens;
  const { port } = taken.address() as AddressInfo;
  await using registry = startWorkerProcess(MAIN, { HTTP_PORT: String(port) });
  expect(await registry.exited).toBe(1);
  taken.close();
  expect(registry.lines.map(({ msg }) => msg)).toEqual([
    expect.stringMatching(/EADDRINUSE.*\. Set HTTP_PORT to a free port\./),
  ]);
});

test('names a setting that is wrong, and fails', async () => {
  await using registry = startWorkerProcess(MAIN, { HTTP_PORT: 'x' });
  expect(await registry.exited).toBe(1);
  expect(registry.lines).toMatchObject([
    { code: 'SAIDAO_CONFIG', msg: expect.stringContaining('HTTP_PORT') as string },
  ]);
});
