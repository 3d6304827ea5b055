// A cache in Redis that decides nothing: what is gone, slow or not ours is a miss.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { fromJson, toJson } from '@saidao/values';
import { Redis } from 'ioredis';
import { systemClock, type Clock } from './clock.ts';
import type { Logger } from './logging.ts';

export type LookupOutcome = 'hit' | 'miss' | 'tampered' | 'expired' | 'unavailable';

export interface CacheEvents {
  lookup: [LookupOutcome];
}

export interface Cache extends EventEmitter<CacheEvents> {
  /** The value that was set, or undefined; never rejects and never takes longer than 50 ms. */
  get<T>(key: string): Promise<T | undefined>;
  /** Keeps a JSON value (bigints too); false when it could not be kept. Never rejects. */
  set(key: string, value: unknown, keepMs: number): Promise<boolean>;
  /** True while a connection stands. */
  connected(): boolean;
  close(): Promise<void>;
}

export interface CacheOptions {
  readonly url: string;
  /** Whoever can write to Redis cannot make an answer without it. */
  readonly macKey: string;
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Put before each key. Default `saidao:`. */
  readonly prefix?: string;
}

const DEADLINE_MS = 50;
const KEYS_MAX = 500;
/** After this many late answers in a row Redis is left alone for a while. */
const LATE_MAX = 3;
const REST_MS = 500;
const VALUE_LENGTH_MAX = 256 * 1024;
const MAC_KEY_LENGTH_MIN = 16;

export function createCache(options: CacheOptions): Cache {
  return new RedisCache(options);
}

interface Reading {
  readonly key: string;
  /** Undefined when Redis is gone or late, null when it has nothing of that name. */
  readonly stored: PromiseWithResolvers<string | null | undefined>;
}

interface Writing {
  readonly key: string;
  readonly stored: string;
  readonly keepMs: number;
  readonly kept: PromiseWithResolvers<boolean>;
}

class RedisCache extends EventEmitter<CacheEvents> implements Cache {
  readonly #redis: Redis;
  readonly #macKey: string;
  readonly #clock: Clock;
  readonly #prefix: string;
  readonly #logger: Logger | undefined;
  #reading: Reading[] = [];
  #writing: Writing[] = [];
  #lateInARow = 0;
  #restsUntilMs = 0;

  constructor(options: CacheOptions) {
    super();
    if (options.macKey.length < MAC_KEY_LENGTH_MIN) {
      throw new RangeError(`The cache's MAC key has less than ${MAC_KEY_LENGTH_MIN} characters.`);
    }
    this.#macKey = options.macKey;
    this.#clock = options.clock ?? systemClock;
    this.#prefix = options.prefix ?? 'saidao:';
    this.#logger = options.logger;
    this.#redis = new Redis(options.url, {
      // With Redis gone a command fails at once instead of waiting for its return.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      connectTimeout: 1_000,
      // A connection that stays silent is given up, and with it the commands that wait on it.
      socketTimeout: 1_000,
      retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000),
      lazyConnect: true,
    });
    tellConnection(this.#redis, options.logger);
    this.#redis.connect().catch(() => {
      // Told by the listener; the connection is tried again by itself.
    });
  }

  async get<T>(key: string): Promise<T | undefined> {
    const stored = await this.#stored(key);
    if (stored === undefined) return this.#missed('unavailable');
    if (stored === null) return this.#missed('miss');
    const read = this.#read(key, stored);
    if (read === 'tampered' || read === 'expired') return this.#missed(read);
    this.emit('lookup', 'hit');
    return read.value as T;
  }

  async set(key: string, value: unknown, keepMs: number): Promise<boolean> {
    if (!(keepMs >= 1)) return false;
    const body = this.#spelled(value);
    if (body === undefined || body.length > VALUE_LENGTH_MAX) return false;
    const expiresAtMs = Math.floor(this.#clock.nowMs() + keepMs);
    const stored = `1.${expiresAtMs}.${this.#macOf(key, expiresAtMs, body)}.${body}`;
    return this.#write({ key, stored, keepMs: Math.ceil(keepMs) });
  }

  connected(): boolean {
    return this.#redis.status === 'ready';
  }

  async close(): Promise<void> {
    this.#redis.disconnect();
  }

  /** What is read in one go is one question to Redis. */
  #stored(key: string): Reading['stored']['promise'] {
    const stored: Reading['stored'] = Promise.withResolvers();
    if (this.#reading.push({ key, stored }) === 1) {
      setImmediate(() => {
        const all = this.#reading.splice(0);
        for (let at = 0; at < all.length; at += KEYS_MAX) {
          void this.#readTogether(all.slice(at, at + KEYS_MAX));
        }
      });
    }
    return stored.promise;
  }

  /** What is written in one go is sent together. */
  #write(value: Omit<Writing, 'kept'>): Promise<boolean> {
    const kept: Writing['kept'] = Promise.withResolvers();
    if (this.#writing.push({ ...value, kept }) === 1) {
      setImmediate(() => {
        const all = this.#writing.splice(0);
        for (let at = 0; at < all.length; at += KEYS_MAX) {
          void this.#writeTogether(all.slice(at, at + KEYS_MAX));
        }
      });
    }
    return kept.promise;
  }

  async #writeTogether(writing: readonly Writing[]): Promise<void> {
    const replies = await this.#within((redis) => {
      const sets = redis.pipeline();
      for (const { key, stored, keepMs } of writing) {
        sets.set(this.#prefix + key, stored, 'PX', keepMs);
      }
      return sets.exec();
    });
    writing.forEach(({ kept }, index) => kept.resolve(replies?.[index]?.[1] === 'OK'));
  }

  async #readTogether(reading: readonly Reading[]): Promise<void> {
    const keys = reading.map(({ key }) => this.#prefix + key);
    const found = await this.#within((redis) => redis.mget(keys));
    reading.forEach(({ stored }, index) => stored.resolve(found?.[index]));
  }

  #spelled(value: unknown): string | undefined {
    try {
      return toJson(value);
    } catch (error) {
      this.#logger?.error({ err: error }, 'a value that is no JSON cannot be cached');
      return undefined;
    }
  }

  #missed(outcome: LookupOutcome): undefined {
    this.emit('lookup', outcome);
  }

  #read(key: string, stored: string): { value: unknown } | 'tampered' | 'expired' {
    const match = /^1\.(\d{1,16})\.([0-9a-f]{64})\.([^]*)$/.exec(stored);
    if (match === null) return 'tampered';
    const [, expiry = '', mac = '', body = ''] = match;
    const expiresAtMs = Number(expiry);
    const expected = Buffer.from(this.#macOf(key, expiresAtMs, body), 'hex');
    if (!timingSafeEqual(Buffer.from(mac, 'hex'), expected)) return 'tampered';
    if (expiresAtMs <= this.#clock.nowMs()) return 'expired';
    try {
      return { value: fromJson(body) };
    } catch {
      return 'tampered';
    }
  }

  /** Over the key as well: a true answer about one patent must not be read as another's. */
  #macOf(key: string, expiresAtMs: number, body: string): string {
    const hmac = createHmac('sha256', this.#macKey);
    hmac.update(`${Buffer.byteLength(key)}.${key}.${expiresAtMs}.`).update(body);
    return hmac.digest('hex');
  }

  /** Undefined when Redis is gone or late. */
  async #within<T>(ask: (redis: Redis) => Promise<T>): Promise<T | undefined> {
    if (this.#redis.status !== 'ready') return undefined;
    if (this.#clock.steadyMs() < this.#restsUntilMs) return undefined;
    const { promise: late, resolve } = Promise.withResolvers<'late'>();
    // An answer that came while this process was busy is not Redis's being late: it is read first.
    const afterReading = (): void => {
      setImmediate(() => setImmediate(resolve, 'late'));
    };
    const timer = setTimeout(afterReading, DEADLINE_MS);
    try {
      const answer = await Promise.race([ask(this.#redis).then((value) => ({ value })), late]);
      if (answer !== 'late') {
        this.#lateInARow = 0;
        return answer.value;
      }
      this.#lateInARow += 1;
      if (this.#lateInARow >= LATE_MAX) this.#restsUntilMs = this.#clock.steadyMs() + REST_MS;
      return undefined;
    } catch {
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** One line when Redis goes, one when it comes back: its retries would fill the log. */
function tellConnection(redis: Redis, logger: Logger | undefined): void {
  let gone = false;
  redis.on('error', (error: Error) => {
    if (gone) return;
    gone = true;
    logger?.warn({ err: error }, 'Redis does not answer; nothing is cached until it does');
  });
  redis.on('ready', () => {
    if (gone) logger?.info('Redis answers again');
    gone = false;
  });
}
