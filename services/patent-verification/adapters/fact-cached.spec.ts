// Facts behind a cache: the same with the cache full, empty or gone, only slower without.
import {
  callLogMemory,
  factConformance,
  factMemory,
  questionFor,
  type MemoryCallLog,
  type MemoryFacts,
} from '@saidao/testkit/facts';
import { beforeEach, describe, expect, it } from 'vitest';
import type {
  AppraisalSays,
  BureauSays,
  ListingsSays,
  RegisterSays,
  RegistrySays,
} from '../facts.ts';
import type { FactCache } from '../ports.ts';
import { factCached } from './fact-cached.ts';
import {
  appraisalFacts,
  bureauFacts,
  listingFacts,
  registerFacts,
  registryFacts,
} from './fact-kinds.ts';
import {
  bureauCase,
  grantedEntry,
  registerCase,
  registryCase,
  valuationCase,
  watchlistsCase,
} from './facts.fixture.ts';

const KEEP_MS = 60_000;
const NEGATIVE_KEEP_MS = 5_000;
const { number } = grantedEntry;
const keyOf = (subject: string) => subject;
const keeping = { keepMs: KEEP_MS, negativeKeepMs: NEGATIVE_KEEP_MS, keyOf };

interface MemoryCache extends FactCache {
  readonly keptMs: Map<string, number>;
}
function cacheInMemory(): MemoryCache {
  const facts = new Map<string, unknown>();
  const keptMs = new Map<string, number>();
  return {
    keptMs,
    get: async (key) => facts.get(key),
    async set(key, fact, keepMs) {
      facts.set(key, fact);
      keptMs.set(key, keepMs);
    },
  };
}
const goneCache: FactCache = { get: async () => undefined, set: async () => false };

let log: MemoryCallLog;
let register: MemoryFacts<string, RegisterSays>;
beforeEach(() => {
  log = callLogMemory();
  register = registerIn(log);
  register.enter(number, registerCase.says);
});

function registerIn(noted: MemoryCallLog): MemoryFacts<string, RegisterSays> {
  const { provider, saysOfStrangers: unknown } = registerCase;
  return factMemory({ provider, nameOf: keyOf, unknown, log: noted });
}

// Without a cache behind it, it is a source like any other.
factConformance('behind a cache that is gone', registerCase, async () => {
  const noted = callLogMemory();
  const memory = registerIn(noted);
  return {
    source: factCached(memory, goneCache, { ...registerFacts, ...keeping }),
    log: noted,
    enter: (says) => memory.enter(number, says),
    behave: memory.behave,
  };
});

describe('facts behind a cache', () => {
  const cachedIn = (cache: FactCache) =>
    factCached(register, cache, { ...registerFacts, ...keeping });

  it('are asked for once, then come with the same evidence, marked as cached', async () => {
    const cached = cachedIn(cacheInMemory());
    const first = await cached.ask(number, questionFor());
    const second = await cached.ask(number, questionFor());
    expect(register.asked).toEqual([number]);
    expect(log.calls.size).toBe(1);
    if (first.kind !== 'answered') throw new Error('no answer');
    expect(second).toEqual({ ...first, evidence: { ...first.evidence, fromCache: true } });
    expect(first.evidence.fromCache).toBe(false);
  });

  it('come from the cache while the provider is silent', async () => {
    const cached = cachedIn(cacheInMemory());
    await cached.ask(number, questionFor());
    register.behave('silent');
    expect(await cached.ask(number, questionFor())).toMatchObject({ kind: 'answered' });
  });

  it('serve each lender by what that lender asked', async () => {
    const cached = cachedIn(cacheInMemory());
    await cached.ask(number, questionFor('exim-zj'));
    const other = await cached.ask(number, questionFor('boc-zj'));
    expect(register.asked).toEqual([number, number]);
    expect(other).toMatchObject({ evidence: { fromCache: false } });
  });

  it('are not kept where there are none', async () => {
    const cache = cacheInMemory();
    register.behave('failing', number);
    await cachedIn(cache).ask(number, questionFor());
    expect(cache.keptMs.size).toBe(0);
  });

  it('are kept for a consent as for a subject of their own', async () => {
    const { provider, subject, name, says, saysOfStrangers: unknown } = bureauCase;
    const bureau = factMemory({
      provider,
      nameOf: ({ uscc }: typeof subject) => uscc,
      unknown,
    });
    bureau.enter(name, says);
    const cached = factCached(bureau, cacheInMemory(), {
      ...bureauFacts,
      ...keeping,
      keyOf: ({ uscc, consentId }) => `${uscc}/${consentId}`,
    });
    await cached.ask(subject, questionFor());
    await cached.ask({ ...subject, consentId: 'consent-2' }, questionFor());
    await cached.ask(subject, questionFor());
    expect(bureau.asked).toEqual([name, name]);
  });
});

describe('an answer that speaks against', () => {
  it.each([
    ['pledged', { pledged: true }],
    ['in annuity grace', { status: 'in-grace' }],
    ['preserved', { preserved: true }],
    ['suspended', { suspended: true }],
    ['terminated', { status: 'terminated-fee' }],
    ['co-owned without consent', { owners: [...grantedEntry.owners, { name: 'x', uscc: 'y' }] }],
    ['filed twice on a day', { sameDay: '201620345679.6' }],
    ['barred', { bars: ['a licence is disputed'] }],
    ['one of whose bars nothing is known', { bars: null }],
  ] as const)('is kept briefly: a patent that is %s', async (_, fault) => {
    const cache = cacheInMemory();
    register.enter(number, { known: true, entry: { ...grantedEntry, ...fault } });
    await factCached(register, cache, { ...registerFacts, ...keeping }).ask(number, questionFor());
    expect([...cache.keptMs.values()]).toEqual([NEGATIVE_KEEP_MS]);
  });

  it('is also that a patent is unknown', async () => {
    const cache = cacheInMemory();
    const cached = factCached(register, cache, { ...registerFacts, ...keeping });
    await cached.ask('201810456789.X', questionFor());
    expect([...cache.keptMs.values()]).toEqual([NEGATIVE_KEEP_MS]);
    expect(registerFacts.speaksFor(registerCase.says)).toBe(true);
  });

  const registry = registryCase.says as RegistrySays & { known: true };
  const bureau = bureauCase.says as BureauSays & { known: true };
  const unlisted: ListingsSays = { dishonestDebtor: null, seriousViolation: null };
  it.each([
    ['of an enterprise in business', registryFacts.speaksFor(registry), true],
    ['of one revoked', registryFacts.speaksFor({ ...registry, status: 'revoked' }), false],
    ['of an unknown one', registryFacts.speaksFor({ known: false }), false],
    ['of one on no list', listingFacts.speaksFor(unlisted), true],
    ['of one on a list', listingFacts.speaksFor(watchlistsCase.says), false],
    ['of one that pays', bureauFacts.speaksFor(bureau), true],
    ['of one overdue', bureauFacts.speaksFor({ ...bureau, overdueFen: 1n }), false],
    ['of one once bad', bureauFacts.speaksFor({ ...bureau, worstTier: 'doubtful' }), false],
    ['of one without a file', bureauFacts.speaksFor({ known: false }), false],
    ['of a patent appraised', appraisalFacts.speaksFor(valuationCase.says), true],
    ['of one that is not', appraisalFacts.speaksFor({ known: false } as AppraisalSays), false],
  ])('is told from others: %s', (_, speaksFor, expected) => {
    expect(speaksFor).toBe(expected);
  });
});
