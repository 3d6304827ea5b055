// A provider that fails for every lender pauses the lines that need it, until it is back.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProvider, type Provider, type ProviderOptions } from './provider.ts';
import { watchProvider } from './provider-watch.ts';

const clock = { nowMs: () => Date.now(), steadyMs: () => performance.now() };
const lenders = ['exim-zj', 'boc-zj'];
let back = false;
const call = () => (back ? Promise.resolve(1) : Promise.reject(new Error('status 500')));

function watched(options: Partial<ProviderOptions> = {}) {
  const provider = createProvider({
    name: 'register',
    deadlineMs: 500,
    lenders,
    clock,
    ...options,
  });
  const told: string[] = [];
  const line = {
    pause: (reason: string) => void told.push(`pause: ${reason}`),
    resume: (reason: string) => void told.push(`resume: ${reason}`),
  };
  return { provider, told, watch: watchProvider(provider, [line]) };
}

async function failFor(provider: Provider, lenderId: string) {
  for (let count = 0; count < 20; count += 1) await provider.ask(lenderId, 'p', call);
}

beforeEach(() => {
  vi.useFakeTimers();
  back = false;
});
afterEach(() => vi.useRealTimers());

describe('a provider that fails', () => {
  it('for one lender pauses nothing', async () => {
    const { provider, told } = watched();
    await failFor(provider, 'exim-zj');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(told).toEqual([]);
  });

  it('for every lender pauses its lines until a turn may try it', async () => {
    const { provider, told } = watched();
    await failFor(provider, 'exim-zj');
    await failFor(provider, 'boc-zj');
    expect(told).toEqual(['pause: register fails for every lender']);
    await vi.advanceTimersByTimeAsync(4_500);
    expect(told).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(told.at(-1)).toBe('resume: register fails for every lender');
    for (const lenderId of lenders) await provider.ask(lenderId, 'p', call);
    expect(told.at(-1)).toMatch(/^pause/);
  });

  it('keeps them paused until its probe is answered', async () => {
    const { provider, told } = watched({ probe: call });
    await failFor(provider, 'exim-zj');
    await failFor(provider, 'boc-zj');
    await vi.advanceTimersByTimeAsync(20_000);
    expect(told).toHaveLength(1);
    back = true;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(told).toEqual([expect.stringMatching(/^pause/), expect.stringMatching(/^resume/)]);
    expect(provider.openLenders()).toEqual([]);
  });

  it('pauses nothing any more once the watch has ended', async () => {
    const { provider, told, watch } = watched();
    watch.stop();
    await failFor(provider, 'exim-zj');
    await failFor(provider, 'boc-zj');
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
