// The database as a process reaches it: over a network, with connections that break.
import type { Database, Transaction } from '@saidao/worker';
import {
  given,
  type MemoryDatabase,
  type Result,
  type Session,
} from '@saidao/worker/memory-database';
import type { Machine, Network, Span } from './machine.ts';
import { outside } from './virtual-time.ts';

const TRAVEL: Span = { fromMs: 0.05, toMs: 0.6 };
const RETRIED = new Set(['40001', '40P01']);
const RETRIES_MAX = 8;
/** Between a client's death and the server's noticing. */
const NOTICED_MS_MAX = 40;
const NO_CONNECTION_MS = 2_500;

interface Asked {
  readonly name: string;
  readonly text: string;
  readonly values: readonly unknown[];
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

export function databaseOver(network: Network, machine: Machine, server: MemoryDatabase): Database {
  const { time } = network;
  const open = new Set<Session>();
  machine.onDeath(() => {
    for (const session of open) {
      time.after(outside, time.chance.between(0, NOTICED_MS_MAX), () => session.abort());
    }
  });

  async function transaction<T>(work: (on: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(work);
      } catch (error) {
        const { code } = error as { code?: string };
        if (attempt >= RETRIES_MAX || !RETRIED.has(code ?? '')) throw error;
        await pause(5 * 2 ** attempt * time.chance.between(0.5, 1));
      }
    }
  }

  async function once<T>(work: (on: Transaction) => Promise<T>): Promise<T> {
    if (network.meets('poolFull')) {
      await pause(NO_CONNECTION_MS);
      throw new Error('timeout exceeded when trying to connect');
    }
    const session = server.begin();
    open.add(session);
    const fails = network.meets('serialization');
    try {
      const result = await work(statementsOn(() => session));
      if (fails) throw failure('40001', 'could not serialize access');
      await commit(session);
      return result;
    } catch (error) {
      await network.call(machine, TRAVEL, () => session.abort());
      throw error;
    } finally {
      open.delete(session);
    }
  }

  async function commit(session: Session): Promise<void> {
    const isLostBefore = network.meets('lostBeforeCommit');
    const isLostAfter = !isLostBefore && network.meets('lostAfterCommit');
    await network.call(machine, TRAVEL, () => {
      if (isLostBefore) session.abort();
      else session.commit();
      if (isLostBefore || isLostAfter) throw failure('08006', 'Connection terminated unexpectedly');
    });
  }

  /** What is asked in one tick is one packet, served in its order. */
  function statementsOn(sessionOf: () => Session, isAlone = false): Transaction {
    let packet: Asked[] = [];
    let before: Promise<unknown> = Promise.resolve();
    function ask(name: string, text: string, values: readonly unknown[]): Promise<Result> {
      return new Promise((resolve, reject) => {
        packet.push({ name, text, values, resolve, reject });
        if (packet.length > 1) return;
        queueMicrotask(() => {
          const asked = packet;
          packet = [];
          before = before.then(() => send(sessionOf(), asked, isAlone));
        });
      });
    }
    return {
      query: (text, values = []) => ask('', text, values) as never,
      prepared: (name, text, values) => ask(name, text, values) as never,
    };
  }

  async function send(session: Session, asked: readonly Asked[], isAlone: boolean): Promise<void> {
    const results = await network.call(machine, TRAVEL, async () => {
      const served = await Promise.all(
        asked.map(({ name, text, values }) =>
          server.run(session, name, text, values).catch((error: Error) => error),
        ),
      );
      if (isAlone) session.commit();
      return served;
    });
    results.forEach((result, at) => {
      if (result instanceof Error) asked[at]!.reject(result);
      else asked[at]!.resolve(given(result.rows.map(copied)));
    });
  }

  const alone = statementsOn(() => server.begin(), true);
  return {
    ...alone,
    together: (work) => work(alone),
    transaction,
    waiting: () => 0,
    close: async () => {},
  };
}

const copied = (row: object): object => ({ ...row });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const failure = (code: string, message: string): Error =>
  Object.assign(new Error(message), { code });
