// Providers: breaker, pace and queue for each lender, deadline, a second try inside it.
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createProvider, ProviderError, type Answer, type ProviderOptions } from './provider.ts';

const clock = { nowMs: () => Date.now(), steadyMs: () => performance.now() };
const fails = () => Promise.reject(new ProviderError('error', 'status 500'));
const answers = () => Promise.resolve('fine');
const hangs = () => new Promise<never>(() => {});

function register(options: Partial<ProviderOptions> = {}) {
  return createProvider({ name: 'register', deadlineMs: 1_000, clock, ...options });
}

async function times<T>(count: number, work: () => Promise<Answer<T>>): Promise<Answer<T>[]> {
  const all: Answer<T>[] = [];
  for (let index = 0; index < count; index += 1) all.push(await work());
  return all;
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('an answer', () => {
  it('tells when it was asked and answered, and in how many attempts', async () => {
    vi.setSystemTime(5_000);
    const asking = register().ask('exim-zj', 'p1', async () => {
      await vi.advanceTimersByTimeAsync(40);
      return 'fine';
    });
    expect(await asking).toEqual({
      kind: 'answered',
      value: 'fine',
      askedAtMs: 5_000,
      answeredAtMs: 5_040,
      attempts: 1,
    });
  });

  it('is not-configured where the lender has no access, and nothing is called', async () => {
    const provider = register({ configured: (lenderId) => lenderId !== 'boc-zj' });
    expect(await provider.ask('boc-zj', 'p1', hangs)).toEqual({ kind: 'not-configured' });
  });

  it('is remembered by lender', async () => {
    vi.setSystemTime(7_000);
    const provider = register();
    await provider.ask('exim-zj', 'p1', answers);
    await provider.ask('boc-zj', 'p1', fails);
    expect(provider.lastAnsweredAtMs('exim-zj')).toBe(7_000);
    expect(provider.lastAnsweredAtMs('boc-zj')).toBeUndefined();
  });

  it.each([
    ['garbage', new SyntaxError('Unexpected token <')],
    ['refused', Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })],
    ['garbage', new ProviderError('garbage', 'no field status')],
    ['error', new Error('status 503')],
  ])('that fails says its cause: %s', async (cause, error) => {
    const answer = await register().ask('exim-zj', 'p1', () => Promise.reject(error));
    expect(answer).toMatchObject({ kind: 'failed', cause, attempts: 1 });
  });
});

describe('the breaker', () => {
  it('opens at 80 % failures of 20 calls within 10 s, and not at 79 %', async () => {
    const provider = register();
    await times(4, () => provider.ask('exim-zj', 'p1', answers));
    await times(15, () => provider.ask('exim-zj', 'p1', fails));
    expect(provider.stateOf('exim-zj')).toBe('closed');
    await provider.ask('exim-zj', 'p1', fails);
    expect(provider.stateOf('exim-zj')).toBe('open');

    const tolerant = register();
    await times(5, () => tolerant.ask('exim-zj', 'p1', answers));
    await times(16, () => tolerant.ask('exim-zj', 'p1', fails));
    expect(tolerant.stateOf('exim-zj')).toBe('closed');
  });

  it('forgets what is older than 10 s, also after a silence', async () => {
    const provider = register();
    await times(19, () => provider.ask('exim-zj', 'p1', fails));
    await vi.advanceTimersByTimeAsync(11_000);
    await times(19, () => provider.ask('exim-zj', 'p1', fails));
    expect(provider.stateOf('exim-zj')).toBe('closed');
    await provider.ask('exim-zj', 'p1', fails);
    expect(provider.stateOf('exim-zj')).toBe('open');
  });

  it('calls nobody while it is open', async () => {
    const provider = register();
    await times(20, () => provider.ask('exim-zj', 'p1', fails));
    let called = false;
    const answer = await provider.ask('exim-zj', 'p1', async () => (called = true));
    expect(answer).toMatchObject({ kind: 'failed', cause: 'breaker-open', attempts: 0 });
    expect(called).toBe(false);
  });

  it('stands for one lender only', async () => {
    const provider = register();
    await times(20, () => provider.ask('exim-zj', 'p1', fails));
    expect(await provider.ask('boc-zj', 'p1', answers)).toMatchObject({ kind: 'answered' });
    expect(provider.openLenders()).toEqual(['exim-zj']);
  });

  it('lets one call through after 5 s: success closes it, failure opens it again', async () => {
    const provider = register();
    const states: string[] = [];
    provider.on('state', ({ state }) => states.push(state));
    await times(20, () => provider.ask('exim-zj', 'p1', fails));
    await vi.advanceTimersByTimeAsync(4_999);
    expect(await provider.ask('exim-zj', 'p1', answers)).toMatchObject({ cause: 'breaker-open' });
    await vi.advanceTimersByTimeAsync(1);
    expect(await provider.ask('exim-zj', 'p1', fails)).toMatchObject({ cause: 'error' });
    expect(await provider.ask('exim-zj', 'p1', answers)).toMatchObject({ cause: 'breaker-open' });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await provider.ask('exim-zj', 'p1', answers)).toMatchObject({ kind: 'answered' });
    expect(states).toEqual(['open', 'half-open', 'open', 'half-open', 'closed']);
  });

  it('lets calls wait for the one that tries', async () => {
    const provider = register();
    await times(20, () => provider.ask('exim-zj', 'p1', fails));
    await vi.advanceTimersByTimeAsync(5_000);
    let calls = 0;
    const trial = Promise.withResolvers<string>();
    const asked = ['p1', 'p2', 'p3'].map((subject) =>
      provider.ask('exim-zj', subject, () => {
        calls += 1;
        return trial.promise;
      }),
    );
    await vi.advanceTimersByTimeAsync(10);
    expect(calls).toBe(1);
    trial.resolve('fine');
    expect((await Promise.all(asked)).map(({ kind }) => kind)).toEqual(Array(3).fill('answered'));
  });

  it('is closed by no trial that its caller gave up', async () => {
    const provider = register();
    await times(20, () => provider.ask('exim-zj', 'p1', fails));
    await vi.advanceTimersByTimeAsync(5_000);
    const caller = new AbortController();
    const trial = provider.ask('exim-zj', 'p1', hangs, { signal: caller.signal });
    await vi.advanceTimersByTimeAsync(10);
    caller.abort();
    await trial;
    await vi.advanceTimersByTimeAsync(0);
    expect(provider.stateOf('exim-zj')).toBe('open');
  });

  it('opens at a hanging provider too, though the calls ignore their signal', async () => {
    const provider = register({ concurrencyMax: 20 });
    const asked = Array.from({ length: 20 }, () => provider.ask('exim-zj', 'p1', hangs));
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await Promise.all(asked)).every((answer) => answer.kind === 'failed')).toBe(true);
    expect(provider.stateOf('exim-zj')).toBe('open');
  });

  it('is not moved by a wall clock that jumps', async () => {
    const provider = register();
    await times(20, () => provider.ask('exim-zj', 'p1', fails));
    vi.setSystemTime(Date.now() - 3_600_000);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await provider.ask('exim-zj', 'p1', answers)).toMatchObject({ kind: 'answered' });
  });
});

describe('open for all', () => {
  it('is said when no lender may call, until one may be tried', async () => {
    const provider = register({ lenders: ['exim-zj', 'boc-zj'] });
    await times(20, () => provider.ask('exim-zj', 'p1', fails));
    expect(provider.isOpenForAll()).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
    await times(20, () => provider.ask('boc-zj', 'p1', fails));
    expect(provider.isOpenForAll()).toBe(true);
    await vi.advanceTimersByTimeAsync(4_000);
    expect(provider.isOpenForAll()).toBe(false);
  });

  it('does not count a lender without access', async () => {
    const provider = register({
      lenders: ['exim-zj', 'boc-zj'],
      configured: (lenderId) => lenderId === 'exim-zj',
    });
    await times(20, () => provider.ask('exim-zj', 'p1', fails));
    expect(provider.isOpenForAll()).toBe(true);
  });

  it('ends by the probe when the provider is back', async () => {
    let back = false;
    const probe = () => (back ? answers() : fails());
    const provider = register({ lenders: ['exim-zj'], probe });
    await times(20, () => provider.ask('exim-zj', 'p1', fails));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await provider.probe()).toBe(false);
    expect(provider.isOpenForAll()).toBe(true);
    back = true;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await provider.probe()).toBe(true);
    expect(provider.openLenders()).toEqual([]);
  });
});

describe('the deadline', () => {
  it('cuts a call that hangs and aborts its signal', async () => {
    let given: AbortSignal | undefined;
    const asking = register({ deadlineMs: 300 }).ask('exim-zj', 'p1', (signal) => {
      given = signal;
      return hangs();
    });
    await vi.advanceTimersByTimeAsync(299);
    expect(given?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(await asking).toMatchObject({ kind: 'failed', cause: 'timeout' });
    expect(given?.aborted).toBe(true);
  });

  it('is a timeout also when the call rejects at its signal', async () => {
    const asking = register({ deadlineMs: 300 }).ask(
      'exim-zj',
      'p1',
      (signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(new Error('aborted'))),
        ),
    );
    await vi.advanceTimersByTimeAsync(300);
    expect(await asking).toMatchObject({ cause: 'timeout' });
  });

  it('does not run while a call waits for its turn', async () => {
    const provider = register({ deadlineMs: 300, concurrencyMax: 1 });
    const slow = () => new Promise<string>((resolve) => setTimeout(resolve, 200, 'fine'));
    const asked = ['p1', 'p2', 'p3'].map((subject) => provider.ask('exim-zj', subject, slow));
    await vi.advanceTimersByTimeAsync(600);
    expect((await Promise.all(asked)).map(({ kind }) => kind)).toEqual(Array(3).fill('answered'));
  });
});

describe('a caller that gives up', () => {
  it('is answered at once and counts for no breaker', async () => {
    const provider = register({ concurrencyMax: 30 });
    const caller = new AbortController();
    const options = { signal: caller.signal };
    const asked = Array.from({ length: 30 }, () => provider.ask('exim-zj', 'p1', hangs, options));
    await vi.advanceTimersByTimeAsync(10);
    caller.abort();
    const all = await Promise.all(asked);
    expect(all.every((answer) => answer.kind === 'failed' && answer.cause === 'timeout')).toBe(
      true,
    );
    await vi.advanceTimersByTimeAsync(5_000);
    expect(provider.stateOf('exim-zj')).toBe('closed');
  });

  it('does not wait in the queue either', async () => {
    const provider = register({ concurrencyMax: 1 });
    const caller = new AbortController();
    void provider.ask('exim-zj', 'p1', hangs);
    let called = false;
    const call = async () => (called = true);
    const waiting = provider.ask('exim-zj', 'p2', call, { signal: caller.signal });
    caller.abort();
    expect(await waiting).toMatchObject({ kind: 'failed', cause: 'timeout', attempts: 0 });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(called).toBe(false);
  });
});

describe('the bulkhead', () => {
  it('bounds the calls at once of one lender, and holds up no other', async () => {
    const provider = register({ concurrencyMax: 3 });
    let running = 0;
    let runningMax = 0;
    const call = async () => {
      running += 1;
      runningMax = Math.max(runningMax, running);
      await new Promise((resolve) => setTimeout(resolve, 50));
      running -= 1;
    };
    const asked = Array.from({ length: 10 }, () => provider.ask('exim-zj', 'p1', call));
    expect(await provider.ask('boc-zj', 'p1', answers)).toMatchObject({ kind: 'answered' });
    await vi.advanceTimersByTimeAsync(250);
    await Promise.all(asked);
    expect(runningMax).toBe(3);
  });
});

describe('a second try', () => {
  const again = { idempotent: true };

  it('answers what failed at once, after a short pause', async () => {
    const calls: number[] = [];
    const call = () => {
      calls.push(Date.now());
      return calls.length === 1 ? fails() : answers();
    };
    vi.setSystemTime(1_000);
    const asking = register().ask('exim-zj', 'p1', call, again);
    await vi.advanceTimersByTimeAsync(49);
    expect(calls).toEqual([1_000]);
    await vi.advanceTimersByTimeAsync(51);
    expect(await asking).toMatchObject({ kind: 'answered', askedAtMs: 1_000, attempts: 2 });
  });

  it('is the last, and counts by itself for the breaker', async () => {
    const provider = register();
    for (let asked = 1; asked <= 10; asked += 1) {
      expect(provider.stateOf('exim-zj')).toBe('closed');
      const asking = provider.ask('exim-zj', 'p1', fails, again);
      await vi.advanceTimersByTimeAsync(100);
      expect(await asking).toMatchObject({ kind: 'failed', cause: 'error', attempts: 2 });
    }
    expect(provider.stateOf('exim-zj')).toBe('open');
    const refused = await provider.ask('exim-zj', 'p1', answers, again);
    expect(refused).toMatchObject({ cause: 'breaker-open', attempts: 0 });
  });

  it.each([
    ['nonsense', () => Promise.reject(new ProviderError('garbage', 'no field status'))],
    ['silence', hangs],
  ])('is not made after %s', async (_, call) => {
    const asking = register().ask('exim-zj', 'p1', call, again);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(await asking).toMatchObject({ kind: 'failed', attempts: 1 });
  });

  it('is not made where asking twice is not as asking once', async () => {
    const asking = register().ask('exim-zj', 'p1', fails);
    expect(await asking).toMatchObject({ kind: 'failed', attempts: 1 });
  });

  it('has only what is left of the deadline', async () => {
    const calls: number[] = [];
    const slowThenHangs = async () => {
      calls.push(Date.now());
      if (calls.length > 1) return hangs();
      await new Promise((resolve) => setTimeout(resolve, 800));
      return fails();
    };
    const startedMs = Date.now();
    const asking = register().ask('exim-zj', 'p1', slowThenHangs, again);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await asking).toMatchObject({ cause: 'timeout', attempts: 2 });
    expect(Date.now() - startedMs).toBe(1_000);
  });

  it('is not made where too little is left', async () => {
    const asking = register().ask(
      'exim-zj',
      'p1',
      async () => {
        await new Promise((resolve) => setTimeout(resolve, 950));
        return fails();
      },
      again,
    );
    await vi.advanceTimersByTimeAsync(950);
    expect(await asking).toMatchObject({ cause: 'error', attempts: 1 });
  });
});

describe('the pace', () => {
  const noting = (began: number[]) => async () => void began.push(performance.now());

  it('is never above what is allowed in any second', async () => {
    for (const callsPerSecondMax of [1, 7, 50]) {
      const provider = register({ callsPerSecondMax, concurrencyMax: 1_000 });
      const began: number[] = [];
      const asked = Array.from({ length: 3 * callsPerSecondMax }, () =>
        provider.ask('exim-zj', 'p1', noting(began)),
      );
      await vi.advanceTimersByTimeAsync(10_000);
      expect((await Promise.all(asked)).every(({ kind }) => kind === 'answered')).toBe(true);
      const inSecondOf = (ms: number) => began.filter((at) => at >= ms && at < ms + 1_000).length;
      expect(Math.max(...began.map(inSecondOf))).toBe(callsPerSecondMax);
      expect(began.at(-1)! - began[0]!).toBeLessThan(3_400);
    }
  });

  it('is kept for each lender by itself', async () => {
    const provider = register({ callsPerSecondMax: 1, concurrencyMax: 100 });
    const asked = [1, 2, 3].map(() => provider.ask('exim-zj', 'p1', answers));
    expect(await provider.ask('boc-zj', 'p1', answers)).toMatchObject({ kind: 'answered' });
    await vi.advanceTimersByTimeAsync(3_000);
    await Promise.all(asked);
  });

  it('uses up nothing of the deadline and counts for no breaker', async () => {
    const provider = register({ callsPerSecondMax: 10, deadlineMs: 50, concurrencyMax: 100 });
    const asked = Array.from({ length: 30 }, () => provider.ask('exim-zj', 'p1', answers));
    await vi.advanceTimersByTimeAsync(4_000);
    expect(new Set((await Promise.all(asked)).map(({ kind }) => kind))).toEqual(
      new Set(['answered']),
    );
    expect(provider.stateOf('exim-zj')).toBe('closed');
  });

  it('gives the place of those who leave to those behind them', async () => {
    const provider = register({ callsPerSecondMax: 1, concurrencyMax: 100 });
    await provider.ask('exim-zj', 'p1', answers);
    const caller = new AbortController();
    const left = Array.from({ length: 30 }, () =>
      provider.ask('exim-zj', 'p1', answers, { signal: caller.signal }),
    );
    const behind = provider.ask('exim-zj', 'p2', answers);
    await vi.advanceTimersByTimeAsync(500);
    caller.abort();
    for (const answer of await Promise.all(left)) {
      expect(answer).toMatchObject({ kind: 'failed', cause: 'timeout', attempts: 0 });
    }
    await vi.advanceTimersByTimeAsync(600);
    expect(await behind).toMatchObject({ kind: 'answered' });
    expect(provider.stateOf('exim-zj')).toBe('closed');
  });
});

describe('events', () => {
  it('tell each outcome by lender and subject', async () => {
    const provider = register();
    const told: string[] = [];
    provider.on('answer', ({ lenderId, subject, outcome }) =>
      told.push(`${lenderId} ${subject} ${outcome}`),
    );
    await provider.ask('exim-zj', 'p1', answers);
    await provider.ask('exim-zj', 'p2', fails);
    expect(told).toEqual(['exim-zj p1 answered', 'exim-zj p2 error']);
  });
});
