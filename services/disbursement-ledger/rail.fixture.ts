// The real outside world on a free port, for specs that pay; it ends with the test or the file.
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildOutsideWorld, type Behaviour } from '@saidao/outside-world';

export interface RailBook {
  readonly payouts: readonly {
    readonly payoutId: string;
    readonly payee: string;
    readonly amountFen: string;
    readonly railReference: string;
  }[];
  readonly totalFen: string;
}

export interface World {
  readonly url: string;
  behave(behaviour: Behaviour): Promise<void>;
  /** Has the rail call back there from now on. */
  callBack(target: { readonly url: string; readonly secret: string }): Promise<void>;
  /** All money that really moved, whatever callers were told. */
  book(): Promise<RailBook>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<World> {
  const dataFolder = await mkdtemp(join(tmpdir(), 'outside-world-'));
  const app = await buildOutsideWorld({ dataFolder, pledgeOfficeMs: 10 });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const tell = async (path: string, body: object) => {
    const response = await fetch(`${url}/control/${path}`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`The outside world did not take ${path}: ${text}`);
  };
  return {
    url,
    behave: (behaviour) => tell('behaviour', behaviour),
    callBack: (target) => tell('rail/callbacks', target),
    async book() {
      const response = await fetch(`${url}/rail/book`);
      return (await response.json()) as RailBook;
    },
    async close() {
      await app.close();
      await rm(dataFolder, { recursive: true, force: true });
    },
  };
}
