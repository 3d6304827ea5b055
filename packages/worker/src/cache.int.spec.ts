// The cache on a real Redis: kept, expired, forged, gone, hanging, back.
import { connect, createServer, type Server, type Socket } from 'node:net';
import { eventually } from '@saidao/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { createCache, type Cache, type CacheOptions, type LookupOutcome } from './cache.ts';

const macKey = 'the-key-of-these-tests-only';
const open: { close(): Promise<void> }[] = [];
let admin: Redis;
let keys = 0;

beforeAll(() => {
  admin = new Redis(inject('redisUrl'));
});
afterAll(() => admin.disconnect());
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function cache(options: Partial<CacheOptions> = {}) {
  const made = createCache({ url: inject('redisUrl'), macKey, ...options });
  open.push(made);
  const outcomes: LookupOutcome[] = [];
  made.on('lookup', (outcome) => outcomes.push(outcome));
  await eventually('the cache is connected', () => made.connected());
  return { made, outcomes };
}

function newKey(): string {
  keys += 1;
  return `test-${process.pid}-${Date.now()}-${keys}`;
}

async function took(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}

/** Stands between cache and Redis, so that a test can take Redis away. */
async function proxy() {
  const target = new URL(inject('redisUrl'));
  const sockets = new Set<Socket>();
  let hangs = false;
  const serve = (port: number) =>
    new Promise<Server>((resolve) => {
      const server = createServer((near) => {
        const far = connect(Number(target.port), target.hostname);
        for (const [from, to] of [
          [near, far],
          [far, near],
        ] as const) {
          sockets.add(from);
          from.pipe(to);
          if (hangs) from.pause();
          from.on('error', () => to.destroy());
          from.on('close', () => {
            sockets.delete(from);
            to.destroy();
          });
        }
      });
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  let server: Server | undefined = await serve(0);
  const { port } = server.address() as { port: number };
  const take = async () => {
    const closing = server;
    server = undefined;
    const closed = new Promise((resolve) => closing?.close(resolve));
    for (const socket of sockets) socket.destroy();
    if (closing !== undefined) await closed;
  };
  const stands = {
    url: `redis://127.0.0.1:${port}`,
    take,
    giveBack: async () => void (server = await serve(port)),
    hang(whether: boolean) {
      hangs = whether;
      for (const socket of sockets) {
        if (hangs) socket.pause();
        else socket.resume();
      }
    },
    close: take,
  };
  open.push(stands);
  return stands;
}

describe('a cached value', () => {
  it('comes back as it was, bigints too', async () => {
    const { made, outcomes } = await cache();
    const key = newKey();
    const value = {
      number: '201710601862.3',
      appraisedFen: 12_345_678_901_234_567_890n,
      a: [null],
    };
    expect(await made.get(key)).toBeUndefined();
    expect(await made.set(key, value, 60_000)).toBe(true);
    expect(await made.get(key)).toEqual(value);
    expect(outcomes).toEqual(['miss', 'hit']);
  });

  it('is gone when its time is over, also if Redis still has it', async () => {
    const clock = { nowMs: () => Date.now() + offsetMs, steadyMs: () => performance.now() };
    let offsetMs = 0;
    const { made, outcomes } = await cache({ clock });
    const key = newKey();
    await made.set(key, 'x', 60_000);
    offsetMs = 60_001;
    expect(await made.get(key)).toBeUndefined();
    expect(outcomes).toEqual(['expired']);
    expect(await admin.pttl(`saidao:${key}`)).toBeGreaterThan(0);
  });

  it('expires in Redis itself', async () => {
    const { made } = await cache();
    const key = newKey();
    await made.set(key, 'x', 60_000);
    expect(await admin.pttl(`saidao:${key}`)).toBeLessThanOrEqual(60_000);
    expect(await made.set(key, 'x', 0)).toBe(false);
  });

  it('that is no JSON, or too large, is not kept and throws nothing', async () => {
    const { made } = await cache();
    expect(await made.set(newKey(), { points: NaN }, 60_000)).toBe(false);
    expect(await made.set(newKey(), 'x'.repeat(300_000), 60_000)).toBe(false);
  });
});

describe('a value that is not ours', () => {
  const forge = async (change: (stored: string) => string | Promise<string>) => {
    const { made, outcomes } = await cache();
    const key = newKey();
    await made.set(key, { owner: 'A' }, 60_000);
    const stored = (await admin.get(`saidao:${key}`)) ?? '';
    await admin.set(`saidao:${key}`, await change(stored));
    expect(await made.get(key)).toBeUndefined();
    expect(outcomes).toEqual(['tampered']);
  };

  it('is a miss when its body was changed', () => forge((stored) => stored.replace('"A"', '"B"')));

  it('is a miss when its expiry was changed', () =>
    forge((stored) => stored.replace(/^1\.\d+/, '1.99999999999999')));

  it('is a miss when it is garbage', () => forge(() => '\0\0garbage'));

  it('is a miss when it was made with another key', () =>
    forge(async () => {
      const { made } = await cache({ macKey: 'the-key-of-somebody-else' });
      const key = newKey();
      await made.set(key, { owner: 'B' }, 60_000);
      return (await admin.get(`saidao:${key}`)) ?? '';
    }));

  it('is a miss when it was stored for something else', () =>
    forge(async () => {
      const { made } = await cache();
      const key = newKey();
      await made.set(key, { owner: 'B' }, 60_000);
      return (await admin.get(`saidao:${key}`)) ?? '';
    }));

  it('is a miss when it is of another type', async () => {
    const { made, outcomes } = await cache();
    const key = newKey();
    await admin.lpush(`saidao:${key}`, 'x');
    expect(await made.get(key)).toBeUndefined();
    expect(outcomes).toEqual(['miss']);
  });
});

it('reads many at once, each as what it is', async () => {
  const { made, outcomes } = await cache();
  const keys = Array.from({ length: 1_200 }, newKey);
  await Promise.all(keys.map((key, index) => made.set(key, { index }, 60_000)));
  await admin.set(`saidao:${keys[7]}`, 'nonsense');
  await admin.del(`saidao:${keys[1_100]}`);
  const read = await Promise.all(keys.map((key) => made.get(key)));
  const gone = new Set([7, 1_100]);
  expect(read).toEqual(keys.map((_, index) => (gone.has(index) ? undefined : { index })));
  expect(outcomes.filter((outcome) => outcome !== 'hit')).toEqual(['tampered', 'miss']);
});

describe('with Redis gone', () => {
  const expectMisses = async (made: Cache, outcomes: LookupOutcome[]) => {
    for (let round = 0; round < 5; round += 1) {
      expect(await took(async () => expect(await made.get('k')).toBeUndefined())).toBeLessThan(90);
      expect(
        await took(async () => expect(await made.set('k', 1, 1_000)).toBe(false)),
      ).toBeLessThan(90);
    }
    expect(new Set(outcomes)).toEqual(new Set(['unavailable']));
  };

  it('everything is a miss, at once, and works again when it is back', async () => {
    const between = await proxy();
    const { made, outcomes } = await cache({ url: between.url });
    await between.take();
    await eventually('the cache has seen it', () => !made.connected());
    await expectMisses(made, outcomes);
    await between.giveBack();
    await eventually('the cache is connected again', () => made.connected());
    const key = newKey();
    expect(await made.set(key, 1, 60_000)).toBe(true);
    expect(await made.get(key)).toBe(1);
  });

  it('everything is a miss from the start when it never was there', async () => {
    const made = createCache({ url: 'redis://127.0.0.1:1', macKey });
    open.push(made);
    const outcomes: LookupOutcome[] = [];
    made.on('lookup', (outcome) => outcomes.push(outcome));
    await expectMisses(made, outcomes);
  });

  it('a Redis that hangs costs 50 ms at most, then nothing, and is given up', async () => {
    const between = await proxy();
    const { made, outcomes } = await cache({ url: between.url });
    between.hang(true);
    await expectMisses(made, outcomes);
    expect(await took(() => made.get('k'))).toBeLessThan(10);
    between.hang(false);
    const key = newKey();
    await eventually('it is used again', () => made.set(key, 1, 60_000));
    expect(await made.get(key)).toBe(1);
  });
});
