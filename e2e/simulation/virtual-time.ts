// Virtual time: timers, clocks and chance of this process, so that a seed decides all of a run.
import { AsyncLocalStorage } from 'node:async_hooks';
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { randomBytesPooled } from '@saidao/worker/chance';
import type { Chance } from './chance.ts';

/** Who a task belongs to: a process that can die, be frozen, or never end. */
export interface Owner {
  readonly name: string;
  alive: boolean;
  /** Until then nothing of it runs; what was due meanwhile runs then, in its order. */
  frozenUntilMs: number;
}

/** The world around the processes: networks, servers, people. It never dies. */
export const outside: Owner = { name: 'outside', alive: true, frozenUntilMs: 0 };

interface Task {
  atMs: number;
  readonly order: number;
  readonly owner: Owner;
  readonly run: () => void;
  cancelled: boolean;
}

/** What a timer function gives back; as Node's, as far as anybody uses it. */
class Timer {
  task: Task;
  readonly #begin: () => Task;
  constructor(begin: () => Task) {
    this.#begin = begin;
    this.task = begin();
  }
  refresh(): this {
    this.task.cancelled = true;
    this.task = this.#begin();
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
  hasRef(): boolean {
    return true;
  }
}

const owners = new AsyncLocalStorage<Owner>();
const real = {
  setImmediate: globalThis.setImmediate,
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  clearImmediate: globalThis.clearImmediate,
  Date: globalThis.Date,
  random: Math.random,
  timeout: AbortSignal.timeout,
  randomFillSync: crypto.randomFillSync,
  randomBytes: crypto.randomBytes,
  randomUUID: crypto.randomUUID,
};

/** How long a task waits for its turn of the event loop, at most. */
const SOON_MS_MAX = 0.2;
// Bounds of Node's own.
const TIMER_MS_MIN = 1;

export class VirtualTime {
  readonly chance: Chance;
  /** Tasks that have run. */
  steps = 0;
  #nowMs: number;
  #order = 0;
  /** A binary heap by time, then by order. */
  readonly #tasks: Task[] = [];
  readonly #soonestMs = new Map<Owner, number>();

  constructor(startMs: number, chance: Chance) {
    this.#nowMs = startMs;
    this.chance = chance;
  }

  /** Milliseconds since 1970, with fractions. */
  get nowMs(): number {
    return this.#nowMs;
  }

  at(owner: Owner, atMs: number, run: () => void): Task {
    const task = { atMs, order: (this.#order += 1), owner, run, cancelled: false };
    this.#push(task);
    return task;
  }

  after(owner: Owner, afterMs: number, run: () => void): Task {
    return this.at(owner, this.#nowMs + afterMs, run);
  }

  /** Within a fraction of a millisecond, one after another for each owner. */
  soon(owner: Owner, run: () => void): Task {
    const before = this.#soonestMs.get(owner) ?? 0;
    const atMs = Math.max(before, this.#nowMs + this.chance.between(0, SOON_MS_MAX));
    this.#soonestMs.set(owner, atMs);
    return this.at(owner, atMs, run);
  }

  /** Runs tasks until it is done, nothing is left, or so many have run. */
  async run(isDone: () => boolean, stepsMax: number): Promise<void> {
    for (const limit = this.steps + stepsMax; this.steps < limit && !isDone();) {
      const task = this.#pop();
      if (task === undefined) return;
      if (task.cancelled || !task.owner.alive) continue;
      if (task.owner.frozenUntilMs > task.atMs) {
        task.atMs = task.owner.frozenUntilMs;
        this.#push(task);
        continue;
      }
      this.#nowMs = Math.max(this.#nowMs, task.atMs);
      this.steps += 1;
      owners.run(task.owner, task.run);
      // All that follows from it by promises belongs to the same moment.
      await new Promise<void>((resolve) => real.setImmediate(resolve));
    }
  }

  /** Puts this time in the place of the process's own; the returned function takes it back. */
  install(): () => void {
    const { chance } = this;
    const nowMs = (): number => this.#nowMs;
    const ownerNow = (): Owner => owners.getStore() ?? outside;
    const timer = (run: () => void, ms: number): Timer => {
      const waitMs = Math.max(TIMER_MS_MIN, Number.isFinite(ms) ? ms : TIMER_MS_MIN);
      const owner = ownerNow();
      return new Timer(() => this.after(owner, waitMs, run));
    };
    const clear = (given: unknown): void => {
      if (given instanceof Timer) given.task.cancelled = true;
    };
    const set = globalThis as unknown as Record<string, unknown>;
    set['setTimeout'] = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) =>
      timer(() => run(...args), ms);
    set['setImmediate'] = (run: (...args: unknown[]) => void, ...args: unknown[]) => {
      const owner = ownerNow();
      return new Timer(() => this.soon(owner, () => run(...args)));
    };
    set['setInterval'] = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
      const owner = ownerNow();
      const again = (): void => {
        handle.task = this.after(owner, Math.max(TIMER_MS_MIN, ms), again);
        run(...args);
      };
      const handle = timer(again, ms);
      return handle;
    };
    set['clearTimeout'] = set['clearInterval'] = set['clearImmediate'] = clear;
    set['Date'] = class extends real.Date {
      constructor(...given: []) {
        if (given.length === 0) super(Math.floor(nowMs()));
        else super(...given);
      }
      static override now(): number {
        return Math.floor(nowMs());
      }
    };
    performance.now = nowMs;
    Math.random = () => chance.next();
    AbortSignal.timeout = (ms) => {
      const abort = new AbortController();
      timer(() => abort.abort(new DOMException('The operation timed out.', 'TimeoutError')), ms);
      return abort.signal;
    };
    let fills = 0;
    const replace = crypto as unknown as Record<string, unknown>;
    replace['randomFillSync'] = (bytes: Uint8Array) => {
      fills += 1;
      chance.fill(bytes);
      return bytes;
    };
    replace['randomBytes'] = (count: number) => {
      const bytes = Buffer.alloc(count);
      chance.fill(bytes);
      return bytes;
    };
    replace['randomUUID'] = () => {
      const hex = (replace['randomBytes'] as (count: number) => Buffer)(16).toString('hex');
      return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5');
    };
    syncBuiltinESMExports();
    // What a pool still holds is of before this run.
    while (fills === 0) randomBytesPooled(1_000);

    return () => {
      const { random, timeout, randomFillSync, randomBytes, randomUUID, ...globals } = real;
      Object.assign(globalThis, globals);
      delete (performance as unknown as Record<string, unknown>)['now'];
      Math.random = random;
      AbortSignal.timeout = timeout;
      Object.assign(crypto, { randomFillSync, randomBytes, randomUUID });
      syncBuiltinESMExports();
    };
  }

  #push(task: Task): void {
    const tasks = this.#tasks;
    let at = tasks.length;
    tasks.push(task);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(task, tasks[parent]!)) break;
      tasks[at] = tasks[parent]!;
      at = parent;
    }
    tasks[at] = task;
  }

  #pop(): Task | undefined {
    const tasks = this.#tasks;
    const first = tasks[0];
    const last = tasks.pop();
    if (first === undefined || last === undefined || tasks.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= tasks.length) break;
      if (child + 1 < tasks.length && isBefore(tasks[child + 1]!, tasks[child]!)) child += 1;
      if (!isBefore(tasks[child]!, last)) break;
      tasks[at] = tasks[child]!;
      at = child;
    }
    tasks[at] = last;
    return first;
  }
}

function isBefore(one: Task, other: Task): boolean {
  return one.atMs < other.atMs || (one.atMs === other.atMs && one.order < other.order);
}

/** Runs as the owner's: its timers and answers are its own from here on. */
export function as<T>(owner: Owner, work: () => T): T {
  return owners.run(owner, work);
}
