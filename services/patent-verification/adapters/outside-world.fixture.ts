// The real outside world on a free port, for the specs of adapters; it ends with the test.
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildOutsideWorld, type Behaviour } from '@saidao/outside-world';
import { createProvider, type Provider } from '@saidao/worker';
import { onTestFinished } from 'vitest';
import type { RegisterEntry } from '../facts.ts';

export interface World {
  readonly url: string;
  /** In the register, and with its fees paid: so long that no spec comes to their end. */
  enter(entry: RegisterEntry, annuityPaidThroughYear?: number): Promise<void>;
  behave(behaviour: Behaviour): Promise<void>;
  institution(name: string, confirms: boolean): Promise<void>;
  /** Tells the world something by one of its control routes. */
  put(path: string, body: unknown): Promise<void>;
  provider(name: string, deadlineMs?: number): Provider;
}

export async function openOutsideWorld(
  options: { readonly pledgeOfficeMs?: number } = {},
): Promise<World> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'outside-world-'));
  const app = await buildOutsideWorld({
    dataFolder,
    pledgeOfficeMs: options.pledgeOfficeMs ?? 50,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(async () => {
    await app.close();
    await rm(dataFolder, { recursive: true, force: true });
  });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;

  async function put(path: string, body: unknown): Promise<void> {
    const response = await fetch(url + path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`PUT ${path}: ${response.status} ${await response.text()}`);
    await response.body?.cancel();
  }

  return {
    url,
    put,
    enter: ({ number, ...patent }, annuityPaidThroughYear = 20) =>
      put(`/control/register/patents/${number}`, { ...patent, annuityPaidThroughYear }),
    behave: (behaviour) => put('/control/behaviour', behaviour),
    institution: (name, confirms) =>
      put(`/control/guarantor/institutions/${encodeURIComponent(name)}`, { confirms }),
    provider: (name, deadlineMs = 1_500) => createProvider({ name, deadlineMs }),
  };
}
