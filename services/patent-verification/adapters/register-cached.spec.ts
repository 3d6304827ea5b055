// The cached register: results are the same with the cache full, empty, wrong or gone.
import { beforeEach, describe, expect, it } from 'vitest';
import type { FactCache } from '../ports.ts';
import { registerCached } from './register-cached.ts';
import { grantedEntry, registerConformance } from './register.conformance.ts';
import { registerMemory, type MemoryRegister } from './register-memory.ts';

const { number } = grantedEntry;
const question = (lenderId = 'exim-zj') => ({ lenderId, signal: new AbortController().signal });

function memoryCache(): FactCache & { readonly facts: Map<string, unknown> } {
  const facts = new Map<string, unknown>();
  return {
    facts,
    get: async (key) => facts.get(key),
    set: async (key, fact) => void facts.set(key, fact),
  };
}
const goneCache: FactCache = { get: async () => undefined, set: async () => false };

let register: MemoryRegister;
beforeEach(() => {
  register = registerMemory({ now: Date.now });
  register.enter(grantedEntry);
});

// Without a cache behind it, it is a register like any other.
registerConformance('behind a cache that is gone', async () => {
  const memory = registerMemory({ now: Date.now });
  return {
    register: registerCached(memory, goneCache, 60_000),
    enter: memory.enter,
    behave: memory.behave,
  };
});

describe('a register behind a cache', () => {
  it('asks once, then answers with the same evidence, marked as cached', async () => {
    const cached = registerCached(register, memoryCache(), 60_000);
    const first = await cached.patent(number, question());
    const second = await cached.patent(number, question());
    expect(register.asked).toEqual([number]);
    if (first.kind !== 'answered') throw new Error('no answer');
    expect(second).toEqual({ ...first, evidence: { ...first.evidence, fromCache: true } });
    expect(first.evidence.fromCache).toBe(false);
  });

  it('answers from the cache while the register is silent', async () => {
    const cached = registerCached(register, memoryCache(), 60_000);
    await cached.patent(number, question());
    register.behave('silent');
    expect(await cached.patent(number, question())).toMatchObject({ kind: 'answered' });
  });

  it('serves each lender by what that lender asked', async () => {
    const cached = registerCached(register, memoryCache(), 60_000);
    await cached.patent(number, question('exim-zj'));
    const other = await cached.patent(number, question('boc-zj'));
    expect(register.asked).toEqual([number, number]);
    expect(other).toMatchObject({ evidence: { fromCache: false } });
  });

  it.each([
    ['pledged', { pledged: true }],
    ['in annuity grace', { annuity: 'grace' }],
    ['preserved', { preserved: true }],
    ['terminated', { status: 'terminated' }],
    ['co-owned without consent', { owners: [grantedEntry.owners[0]!, { name: 'x', uscc: 'y' }] }],
  ] as const)('asks again about one that was %s: it may be mended', async (_, fault) => {
    const cached = registerCached(register, memoryCache(), 60_000);
    register.enter({ ...grantedEntry, ...fault });
    await cached.patent(number, question());
    register.enter(grantedEntry);
    expect(await cached.patent(number, question())).toMatchObject({
      value: { entry: grantedEntry },
      evidence: { fromCache: false },
    });
  });

  it('keeps no failure, and not that a patent is unknown', async () => {
    const cache = memoryCache();
    const cached = registerCached(register, cache, 60_000);
    register.behave('failing', number);
    await cached.patent(number, question());
    await cached.patent('201810456789.X', question());
    expect(cache.facts.size).toBe(0);
  });
});
