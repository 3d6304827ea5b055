// Facts cached in a real Redis: wrong entries are planted, and every one is asked about again.
import { factMemory, questionFor } from '@saidao/testkit/facts';
import { randomBytes } from 'node:crypto';
import { createCache } from '@saidao/worker';
import { eventually } from '@saidao/testkit';
import { Redis } from 'ioredis';
import { describe, expect, inject, it, onTestFinished } from 'vitest';
import { factCached } from './fact-cached.ts';
import { bureauFacts, registerFacts } from './fact-kinds.ts';
import { bureauCase, grantedEntry, registerCase } from './facts.fixture.ts';

const { number } = grantedEntry;
const other = '201810456789.X';
const macKey = 'the-right-key-of-32-characters-xx';

async function open(change: { readonly macKey?: string; readonly prefix?: string } = {}) {
  const prefix = change.prefix ?? `test:${randomBytes(6).toString('hex')}:`;
  let laterMs = 0;
  const cache = createCache({
    url: inject('redisUrl'),
    macKey: change.macKey ?? macKey,
    prefix,
    clock: { nowMs: () => Date.now() + laterMs, steadyMs: () => performance.now() },
  });
  const redis = new Redis(inject('redisUrl'));
  onTestFinished(async () => {
    await cache.close();
    redis.disconnect();
  });
  await eventually('Redis is connected', () => cache.connected());
  const register = factMemory({
    provider: registerCase.provider,
    nameOf: (name: string) => name,
    unknown: registerCase.saysOfStrangers,
  });
  register.enter(number, registerCase.says);
  const cached = factCached(register, cache, {
    ...registerFacts,
    keepMs: 60_000,
    negativeKeepMs: 5_000,
    keyOf: (name) => name,
  });
  return {
    prefix,
    cache,
    redis,
    register,
    cached,
    keyOf: (of: string) => `${prefix}register/2/exim-zj/${of}`,
    letPass: (ms: number) => void (laterMs += ms),
  };
}

async function fill() {
  const opened = await open();
  const first = await opened.cached.ask(number, questionFor());
  if (first.kind !== 'answered') throw new Error('no answer');
  return { ...opened, first };
}

it('keeps an answer with its evidence for all who have the key, money too', async () => {
  const { prefix, first, cache } = await fill();
  const again = await open({ prefix });
  expect(await again.cached.ask(number, questionFor())).toEqual({
    ...first,
    evidence: { ...first.evidence, fromCache: true },
  });
  expect(again.register.asked).toEqual([]);

  const { provider, subject, name, says, saysOfStrangers: unknown } = bureauCase;
  const nameOf = ({ uscc }: typeof subject) => uscc;
  const bureau = factMemory({ provider, nameOf, unknown });
  bureau.enter(name, says);
  const options = { ...bureauFacts, keepMs: 60_000, negativeKeepMs: 0, keyOf: nameOf };
  const cached = factCached(bureau, cache, options);
  await cached.ask(subject, questionFor());
  expect(await cached.ask(subject, questionFor())).toMatchObject({
    value: says,
    evidence: { fromCache: true },
  });
});

describe('a wrong entry', () => {
  /** Asks again after a change in Redis: the answer has to be the register's own, not the entry's. */
  async function asksAgain({ cached, register }: Awaited<ReturnType<typeof fill>>) {
    expect(await cached.ask(number, questionFor())).toMatchObject({
      value: registerCase.says,
      evidence: { fromCache: false },
    });
    expect(register.asked.filter((asked) => asked === number)).toHaveLength(2);
  }

  it('that was tampered with is not believed', async () => {
    const filled = await fill();
    const key = filled.keyOf(number);
    const stored = (await filled.redis.get(key)) ?? '';
    expect(stored).toContain('"pledged":false');
    await filled.redis.set(key, stored.replace('"pledged":false', '"pledged":true'));
    await asksAgain(filled);
  });

  it('that is another patent’s is not believed', async () => {
    const filled = await fill();
    filled.register.enter(other, {
      known: true,
      entry: { ...grantedEntry, number: other, owners: [{ name: 'x', uscc: 'y' }] },
    });
    await filled.cached.ask(other, questionFor());
    await filled.redis.set(
      filled.keyOf(number),
      (await filled.redis.get(filled.keyOf(other))) ?? '',
    );
    await asksAgain(filled);
  });

  it('that was made with another key is not believed', async () => {
    const filled = await fill();
    const stranger = await open({ macKey: 'another-key-of-32-characters-xxx' });
    stranger.register.enter(number, { known: false });
    await stranger.cached.ask(number, questionFor());
    await filled.redis.set(
      filled.keyOf(number),
      (await stranger.redis.get(stranger.keyOf(number))) ?? '',
    );
    await asksAgain(filled);
  });

  it('that is too old is not believed, though Redis still has it', async () => {
    const filled = await fill();
    await filled.redis.persist(filled.keyOf(number));
    filled.letPass(60_001);
    await asksAgain(filled);
  });

  it('that is nonsense, or of another type, is not believed', async () => {
    const filled = await fill();
    await filled.redis.set(filled.keyOf(number), '1.{}');
    await asksAgain(filled);
    await filled.redis.del(filled.keyOf(number));
    await filled.redis.lpush(filled.keyOf(number), 'x');
    expect(await filled.cached.ask(number, questionFor())).toMatchObject({
      evidence: { fromCache: false },
    });
  });
});

it('forgets soon what spoke against, so that what was mended is seen', async () => {
  const { register, cached, letPass } = await open();
  register.enter(number, { known: true, entry: { ...grantedEntry, pledged: true } });
  await cached.ask(number, questionFor());
  register.enter(number, registerCase.says);
  expect(await cached.ask(number, questionFor())).toMatchObject({
    value: { entry: { pledged: true } },
    evidence: { fromCache: true },
  });
  letPass(5_001);
  expect(await cached.ask(number, questionFor())).toMatchObject({ value: registerCase.says });
});

it('asks again when Redis was emptied', async () => {
  const { redis, keyOf, cached, register } = await fill();
  await redis.del(keyOf(number));
  expect(await cached.ask(number, questionFor())).toMatchObject({ evidence: { fromCache: false } });
  expect(register.asked).toEqual([number, number]);
});
