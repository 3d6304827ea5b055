// The cached register on a real Redis: what is tampered with or of another key is asked again.
import { randomBytes } from 'node:crypto';
import { createCache } from '@saidao/worker';
import { eventually } from '@saidao/testkit';
import { expect, inject, it, onTestFinished } from 'vitest';
import { registerCached } from './register-cached.ts';
import { grantedEntry } from './register.conformance.ts';
import { registerMemory } from './register-memory.ts';

const { number } = grantedEntry;
const question = { lenderId: 'exim-zj', signal: new AbortController().signal };

async function openCache(macKey: string, prefix: string) {
  const cache = createCache({ url: inject('redisUrl'), macKey, prefix });
  onTestFinished(() => cache.close());
  await eventually('Redis is connected', () => cache.connected());
  return cache;
}

it('keeps an answer for others of the same key, and for nobody else', async () => {
  const prefix = `test:${randomBytes(6).toString('hex')}:`;
  const register = registerMemory({ now: Date.now });
  register.enter(grantedEntry);
  const key = 'the-right-key-of-32-characters-xx';
  const first = await registerCached(register, await openCache(key, prefix), 60_000).patent(
    number,
    question,
  );
  if (first.kind !== 'answered') throw new Error('no answer');

  const again = registerCached(register, await openCache(key, prefix), 60_000);
  expect(await again.patent(number, question)).toEqual({
    ...first,
    evidence: { ...first.evidence, fromCache: true },
  });
  expect(register.asked).toHaveLength(1);

  const stranger = registerCached(
    register,
    await openCache('another-key-of-32-characters-xxx', prefix),
    60_000,
  );
  expect(await stranger.patent(number, question)).toMatchObject({ evidence: { fromCache: false } });
  expect(register.asked).toHaveLength(2);
});
