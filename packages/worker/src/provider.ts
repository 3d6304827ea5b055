// A provider of the outside world: deadline, a second try, queue, pace and breaker of each call.
import { EventEmitter } from 'node:events';
import {
  BrokenCircuitError,
  bulkhead,
  circuitBreaker,
  CircuitState,
  handleWhen,
  retry,
  type BulkheadPolicy,
  type CircuitBreakerPolicy,
  type IBreaker,
  type IBackoff,
} from 'cockatiel';
import { systemClock, type Clock } from './clock.ts';
import { Pace } from './provider-pace.ts';

export type FailureCause = 'timeout' | 'refused' | 'error' | 'breaker-open' | 'garbage';

/** What came of asking. An adverse answer is an answer; only the world's failures are `failed`. */
export type Answer<T> =
  | {
      readonly kind: 'answered';
      readonly value: T;
      readonly askedAtMs: number;
      readonly answeredAtMs: number;
      readonly attempts: number;
    }
  | {
      readonly kind: 'failed';
      readonly cause: FailureCause;
      readonly message: string;
      readonly askedAtMs: number;
      /** 0: the call was never made. */
      readonly attempts: number;
    }
  | { readonly kind: 'not-configured' };

/** Thrown by an adapter that knows better than the provider what went wrong. */
export class ProviderError extends Error {
  readonly failure: FailureCause;
  constructor(failure: FailureCause, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ProviderError';
    this.failure = failure;
  }
}

export interface ProviderOptions {
  readonly name: string;
  /** For one `ask` with all its tries, once the first may begin. */
  readonly deadlineMs: number;
  /** Calls at once for each lender; more wait their turn. Default 16. */
  readonly concurrencyMax?: number;
  /** Calls that begin in a second for each lender; more wait their turn. Default: any number. */
  readonly callsPerSecondMax?: number;
  /** All lenders; without them `isOpenForAll` knows only those that were asked for. */
  readonly lenders?: readonly string[];
  /** False for a lender that has no access to this provider. Default: every lender has. */
  readonly configured?: (lenderId: string) => boolean;
  /** A cheap call by which a paused worker finds out that the provider is back. */
  readonly probe?: (lenderId: string, signal: AbortSignal) => Promise<unknown>;
  readonly clock?: Clock;
}

export interface AskOptions {
  /** Ends the waiting of this caller; says nothing about the provider. */
  readonly signal?: AbortSignal;
  /**
   * True where asking twice is as asking once. What fails at once, refused or with an error, is
   * then tried a second time within the deadline.
   */
  readonly idempotent?: boolean;
}

export type BreakerState = 'closed' | 'open' | 'half-open';

export interface ProviderEvents {
  state: [{ readonly provider: string; readonly lenderId: string; readonly state: BreakerState }];
  answer: [
    {
      readonly provider: string;
      readonly lenderId: string;
      readonly subject: string;
      readonly outcome: 'answered' | 'not-configured' | FailureCause;
      /** Calls that were made. */
      readonly attempts: number;
      readonly durationMs: number;
    },
  ];
}

export interface Provider extends EventEmitter<ProviderEvents> {
  readonly name: string;
  readonly deadlineMs: number;
  /** Never rejects. `subject` is what is asked about (a patent's number), for events only. */
  ask<T>(
    lenderId: string,
    subject: string,
    call: (signal: AbortSignal) => Promise<T>,
    options?: AskOptions,
  ): Promise<Answer<T>>;
  /** When this provider last answered this lender, in milliseconds since 1970. */
  lastAnsweredAtMs(lenderId: string): number | undefined;
  stateOf(lenderId: string): BreakerState;
  /** Lenders whose breaker is not closed. */
  openLenders(): readonly string[];
  /** True while no lender may call: every breaker is open and none may be tried yet. */
  isOpenForAll(): boolean;
  /** Asks the probe for each lender that may be tried; true when any breaker is closed then. */
  probe(): Promise<boolean>;
  readonly hasProbe: boolean;
}

// Open at 80 % failures of at least 20 calls within 10 s; one call is let through after 5 s.
const FAILED_PPM_MAX = 800_000;
const CALLS_MIN = 20;
const WINDOW_MS = 10_000;
const HALF_OPEN_AFTER_MS = 5_000;

const TRIES_AGAIN_MAX = 1;
const PAUSE_MS_MIN = 50;
const PAUSE_MS_MAX = 100;

export function createProvider(options: ProviderOptions): Provider {
  return new GuardedProvider(options);
}

interface Guard {
  readonly breaker: CircuitBreakerPolicy;
  readonly queue: BulkheadPolicy;
  readonly pace: Pace | undefined;
  openedAtMs: number;
  lastAnsweredAtMs: number | undefined;
}

/** One `ask` under way. */
interface Asking {
  readonly guard: Guard;
  readonly caller: AbortSignal;
  attempts: number;
  /** By the steady clock, once the first call has begun. */
  endsAtMs: number;
}

class GuardedProvider extends EventEmitter<ProviderEvents> implements Provider {
  readonly name: string;
  readonly deadlineMs: number;
  readonly #options: ProviderOptions;
  readonly #clock: Clock;
  readonly #guards = new Map<string, Guard>();

  constructor(options: ProviderOptions) {
    super();
    this.name = options.name;
    this.deadlineMs = options.deadlineMs;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    for (const lenderId of options.lenders ?? []) {
      if (this.#isConfigured(lenderId)) this.#guardOf(lenderId);
    }
  }

  get hasProbe(): boolean {
    return this.#options.probe !== undefined;
  }

  async ask<T>(
    lenderId: string,
    subject: string,
    call: (signal: AbortSignal) => Promise<T>,
    options: AskOptions = {},
  ): Promise<Answer<T>> {
    const startedMs = this.#clock.steadyMs();
    const answer = this.#isConfigured(lenderId)
      ? await this.#askGuarded(lenderId, call, options)
      : ({ kind: 'not-configured' } as const);
    this.emit('answer', {
      provider: this.name,
      lenderId,
      subject,
      outcome: answer.kind === 'failed' ? answer.cause : answer.kind,
      attempts: answer.kind === 'not-configured' ? 0 : answer.attempts,
      durationMs: this.#clock.steadyMs() - startedMs,
    });
    return answer;
  }

  lastAnsweredAtMs(lenderId: string): number | undefined {
    return this.#guards.get(lenderId)?.lastAnsweredAtMs;
  }

  stateOf(lenderId: string): BreakerState {
    const guard = this.#guards.get(lenderId);
    return guard === undefined ? 'closed' : nameOf(guard.breaker.state);
  }

  openLenders(): readonly string[] {
    return [...this.#guards].flatMap(([lenderId, { breaker }]) =>
      breaker.state === CircuitState.Closed ? [] : [lenderId],
    );
  }

  isOpenForAll(): boolean {
    const guards = [...this.#guards.values()];
    return guards.length > 0 && guards.every((guard) => this.#isShut(guard));
  }

  async probe(): Promise<boolean> {
    const { probe } = this.#options;
    if (probe === undefined) return !this.isOpenForAll();
    await Promise.all(
      this.openLenders().map((lenderId) =>
        this.ask(lenderId, 'probe', (signal) => probe(lenderId, signal)),
      ),
    );
    return this.openLenders().length < this.#guards.size;
  }

  #isConfigured(lenderId: string): boolean {
    return this.#options.configured?.(lenderId) ?? true;
  }

  #isShut(guard: Guard): boolean {
    return (
      guard.breaker.state === CircuitState.Open &&
      this.#clock.steadyMs() - guard.openedAtMs < HALF_OPEN_AFTER_MS
    );
  }

  async #askGuarded<T>(
    lenderId: string,
    call: (signal: AbortSignal) => Promise<T>,
    options: AskOptions,
  ): Promise<Answer<T>> {
    const guard = this.#guardOf(lenderId);
    const caller = options.signal ?? new AbortController().signal;
    const asking: Asking = { guard, caller, attempts: 0, endsAtMs: Infinity };
    const work = () =>
      options.idempotent === true ? this.#tryTwice(asking, call) : this.#try(asking, call);
    const askedAtMs = this.#clock.nowMs();
    try {
      const value = await untilAborted(guard.queue.execute(work, caller), caller);
      const answeredAtMs = this.#clock.nowMs();
      guard.lastAnsweredAtMs = answeredAtMs;
      return { kind: 'answered', value, askedAtMs, answeredAtMs, attempts: asking.attempts };
    } catch (error) {
      const { failure, message } = this.#failureOf(error, caller);
      return { kind: 'failed', cause: failure, message, askedAtMs, attempts: asking.attempts };
    }
  }

  #tryTwice<T>(asking: Asking, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const again = retry(
      handleWhen((error) => this.#mayPass(error, asking)),
      { maxAttempts: TRIES_AGAIN_MAX, backoff: shortPause },
    );
    return again.execute(() => this.#try(asking, call), asking.caller);
  }

  /** Silence has used up the time, nonsense stays nonsense, and an open breaker refuses anyway. */
  #mayPass(error: unknown, { guard, endsAtMs }: Asking): boolean {
    if (error instanceof TimedOut || error instanceof GivenUp) return false;
    const cause = causeOf(error);
    if (cause !== 'refused' && cause !== 'error') return false;
    const leftMs = endsAtMs - this.#clock.steadyMs();
    return guard.breaker.state === CircuitState.Closed && leftMs > PAUSE_MS_MAX;
  }

  /** The deadline stands inside the breaker: a call that hangs must count as failed there. */
  #try<T>(asking: Asking, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { guard, caller } = asking;
    return guard.breaker.execute(async () => {
      // Waiting for a slot is neither a failure nor a part of the provider's time.
      await guard.pace?.slot(caller).catch(() => undefined);
      if (caller.aborted) throw new GivenUp();
      const nowMs = this.#clock.steadyMs();
      if (asking.attempts === 0) asking.endsAtMs = nowMs + this.deadlineMs;
      asking.attempts += 1;
      return withDeadline(asking.endsAtMs - nowMs, call, caller);
    }, caller);
  }

  #guardOf(lenderId: string): Guard {
    const known = this.#guards.get(lenderId);
    if (known !== undefined) return known;
    const { steadyMs } = this.#clock;
    const { callsPerSecondMax } = this.#options;
    // A caller that gives up says nothing about the provider, except while it is being tried:
    // a trial that was not finished must not close the breaker.
    const counted = handleWhen(
      (error) => !(error instanceof GivenUp) || guard.breaker.state !== CircuitState.Closed,
    );
    const guard: Guard = {
      breaker: circuitBreaker(counted, {
        breaker: new CallWindow(steadyMs),
        halfOpenAfter: { next: () => steadyWait(HALF_OPEN_AFTER_MS, steadyMs) },
      }),
      queue: bulkhead(this.#options.concurrencyMax ?? 16, Infinity),
      pace: callsPerSecondMax === undefined ? undefined : new Pace(callsPerSecondMax, steadyMs),
      openedAtMs: 0,
      lastAnsweredAtMs: undefined,
    };
    guard.breaker.onStateChange((state) => {
      if (state === CircuitState.Open) guard.openedAtMs = steadyMs();
      this.emit('state', { provider: this.name, lenderId, state: nameOf(state) });
    });
    this.#guards.set(lenderId, guard);
    return guard;
  }

  #failureOf(error: unknown, caller: AbortSignal): { failure: FailureCause; message: string } {
    if (error instanceof BrokenCircuitError) {
      return { failure: 'breaker-open', message: `${this.name} fails; it is not asked for now` };
    }
    if (caller.aborted) {
      return { failure: 'timeout', message: `${this.name} had not answered when time was over` };
    }
    if (error instanceof TimedOut) {
      const message = `${this.name} did not answer within ${this.deadlineMs} ms`;
      return { failure: 'timeout', message };
    }
    return { failure: causeOf(error), message: `${this.name}: ${messageOf(error)}` };
  }
}

/** The caller's time was over before the call's. */
class GivenUp extends Error {}
/** The call's deadline has passed. */
class TimedOut extends Error {}

/**
 * Ends at the deadline even if the call ignores its signal; which end it was is told by class. Not
 * cockatiel's timeout: that one aborts its signal after each success too, and an abort makes an
 * error with its stack.
 */
async function withDeadline<T>(
  deadlineMs: number,
  call: (signal: AbortSignal) => Promise<T>,
  caller: AbortSignal,
): Promise<T> {
  const ending = new AbortController();
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const end = (error: Error): void => {
    // First the end, then the signal: a call that rejects at its signal does not say why.
    reject(error);
    ending.abort(error);
  };
  const giveUp = (): void => end(new GivenUp());
  const timer = setTimeout(() => end(new TimedOut()), deadlineMs);
  caller.addEventListener('abort', giveUp, { once: true });
  if (caller.aborted) giveUp();
  try {
    return await Promise.race([call(ending.signal), ended]);
  } finally {
    clearTimeout(timer);
    caller.removeEventListener('abort', giveUp);
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const giveUp = () => reject(new GivenUp());
  signal.addEventListener('abort', giveUp, { once: true });
  if (signal.aborted) giveUp();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/**
 * Counts calls by second over the window. Not cockatiel's SamplingBreaker: that one drops an old
 * second only when a call comes, so after a silence failures of minutes ago still count.
 */
class CallWindow implements IBreaker {
  state: unknown = undefined;
  readonly #steadyMs: () => number;
  readonly #seconds: { second: number; calls: number; failures: number }[] = [];

  constructor(steadyMs: () => number) {
    this.#steadyMs = steadyMs;
  }

  success(state: CircuitState): void {
    if (state === CircuitState.HalfOpen) this.#seconds.length = 0;
    this.#count(0);
  }

  failure(state: CircuitState): boolean {
    this.#count(1);
    if (state !== CircuitState.Closed) return true;
    let calls = 0;
    let failures = 0;
    for (const second of this.#seconds) {
      calls += second.calls;
      failures += second.failures;
    }
    return calls >= CALLS_MIN && failures * 1_000_000 >= calls * FAILED_PPM_MAX;
  }

  #count(failed: 0 | 1): void {
    const second = Math.floor(this.#steadyMs() / 1_000);
    while ((this.#seconds[0]?.second ?? second) <= second - WINDOW_MS / 1_000) {
      this.#seconds.shift();
    }
    let last = this.#seconds.at(-1);
    if (last?.second !== second) this.#seconds.push((last = { second, calls: 0, failures: 0 }));
    last.calls += 1;
    last.failures += failed;
  }
}

/**
 * cockatiel compares a duration with the wall clock, which may jump by an hour; this duration is
 * endless until the steady clock has passed it.
 */
function steadyWait(durationMs: number, steadyMs: () => number): IBackoff<unknown> {
  const startedMs = steadyMs();
  return {
    get duration() {
      return steadyMs() - startedMs >= durationMs ? -Infinity : Infinity;
    },
    next: () => steadyWait(durationMs, steadyMs),
  };
}

/** Those who failed together come back one by one. */
const shortPause: IBackoff<unknown> = {
  get duration() {
    return PAUSE_MS_MIN + Math.floor(Math.random() * (PAUSE_MS_MAX - PAUSE_MS_MIN + 1));
  },
  next: () => shortPause,
};

const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'UND_ERR_SOCKET',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function causeOf(error: unknown): FailureCause {
  if (error instanceof ProviderError) return error.failure;
  if (error instanceof SyntaxError) return 'garbage';
  const cause = (error as { cause?: { code?: unknown } } | null)?.cause;
  const code = (error as { code?: unknown } | null)?.code ?? cause?.code;
  return UNREACHABLE.has(String(code)) ? 'refused' : 'error';
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause.message : '';
  return cause === '' ? error.message : `${error.message} (${cause})`;
}

function nameOf(state: CircuitState): BreakerState {
  if (state === CircuitState.Closed) return 'closed';
  return state === CircuitState.HalfOpen ? 'half-open' : 'open';
}
