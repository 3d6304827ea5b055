// A process of the ledger that can be killed anywhere: what it does after its death reaches nobody.
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  boundLog,
  type EventLog,
  type LaneOptions,
  type LaneTurn,
  type MemoryBroker,
} from '@saidao/event-log';
import {
  openDatabase,
  startLine,
  type Database,
  type Line,
  type RunningLine,
} from '@saidao/worker';

/** Where in a turn of a line, or in a question to the rail that one asks. */
export const moments = [
  'before-ask',
  'after-ask',
  'before-commit',
  'after-commit',
  'half-published',
  'published',
  'before-offsets',
  'after-offsets',
] as const;
export type Moment = (typeof moments)[number];

export interface At {
  readonly line: string;
  readonly moment: Moment;
  /** What the turn has decided, or publishes: `TimerDue` of a line's own timers too. */
  readonly events: readonly string[];
}

export interface MortalOptions {
  readonly broker: MemoryBroker;
  readonly databaseUrl: string;
  readonly lenders: readonly string[];
  readonly partitions: number;
  /** The lines of the process; what they ask of others has to be asked by `survives`. */
  readonly lines: (mortal: Mortality) => readonly Line[];
  /** True: the process dies there. */
  readonly diesAt: (at: At) => boolean;
}

/** For what a line does outside: nothing is begun by the dead, and no answer comes back to them. */
export interface Mortality {
  readonly database: Database;
  survives<T>(line: string, events: readonly string[], ask: () => Promise<T>): Promise<T>;
}

export interface Mortal {
  /** Resolves once it has died. */
  readonly died: Promise<void>;
  isDead(): boolean;
  kill(): void;
  stop(): Promise<void>;
}

/** Thrown in a transaction that its process does not live to commit. */
class Dead extends Error {}

/** Of the offsets, after a turn: they are committed within a few rounds of the event loop. */
const LOOKS_MAX = 10_000;

const never = <T>(): Promise<T> => new Promise<T>(() => {});

// What the turn that is under way has decided: another lane's may begin beside one that is slow.
const deciding = new AsyncLocalStorage<string[]>();
const decided = (): string[] => deciding.getStore() ?? [];

export async function startMortal(options: MortalOptions): Promise<Mortal> {
  const { broker, databaseUrl, lenders, partitions, diesAt } = options;
  const log = broker.connect();
  // Its own, which nobody closes: it only looks on.
  const watcher = broker.connect();
  const database = openDatabase({ url: databaseUrl, poolMax: 6, onError: () => {} });
  const death = Promise.withResolvers<void>();
  const running: RunningLine[] = [];
  let dead = false;

  function die(): void {
    if (dead) return;
    dead = true;
    // At once, as for a broker that no longer hears it: its lanes go to whoever joins next.
    broker.kill(log);
    for (const line of running) void line.stop().catch(() => {});
    void database.close().catch(() => {});
    death.resolve();
  }

  /** The one question at every step: does it die here? */
  function passes(line: string, moment: Moment, events: readonly string[]): boolean {
    if (!dead && diesAt({ line, moment, events })) die();
    return !dead;
  }

  const mortality: Mortality = {
    database: mortalDatabase(database, () => dead),
    async survives(line, events, ask) {
      if (!passes(line, 'before-ask', events)) return never();
      const answer = await ask();
      return passes(line, 'after-ask', events) ? answer : never();
    },
  };
  for (const line of options.lines(mortality)) {
    running.push(
      await startLine({
        line: {
          ...line,
          decide(input) {
            decided().push(input.event.type);
            return line.decide(input);
          },
        },
        log: mortalLog(line.name),
        database: mortalTurns(line.name),
        ...{ lenders, partitions },
        onCrash: () => {},
      }),
    );
  }

  return {
    died: death.promise,
    isDead: () => dead,
    kill: die,
    async stop() {
      if (dead) return;
      for (const line of running) await line.stop();
      await log.close();
      await database.close();
    },
  };

  /** Commits of turns; what else a line asks of the database is told by `mortality`. */
  function mortalTurns(line: string): Database {
    const mortal = mortality.database;
    return {
      ...mortal,
      async transaction(work) {
        if (dead) return never();
        try {
          const result = await database.transaction(async (transaction) => {
            const made = await work(transaction);
            if (!passes(line, 'before-commit', decided())) throw new Dead();
            return made;
          });
          return passes(line, 'after-commit', decided()) ? result : never();
        } catch (error) {
          if (dead) return never();
          throw error;
        }
      },
    };
  }

  function mortalLog(line: string): EventLog {
    return {
      ...boundLog(log),
      async send(records, given) {
        if (dead) return never();
        const events = records.map(({ headers }) => String(headers['ce_type']));
        const about = [...decided(), ...events];
        if (!passes(line, 'half-published', about)) {
          await watcher.send(records.slice(0, records.length >> 1));
          return never();
        }
        await log.send(records, given);
        return passes(line, 'published', about) ? undefined : never();
      },
      consumeLanes: (consumed: LaneOptions) =>
        log.consumeLanes({
          ...consumed,
          async onTurn(turn) {
            if (dead) return never();
            const events: string[] = [];
            const taken = await deciding.run(events, () => consumed.onTurn(turn));
            if (dead || !passes(line, 'before-offsets', events)) return never();
            void afterOffsets(line, consumed.group, turn, events);
            return taken;
          },
        }),
    };
  }

  /** The crew commits once the turn has come back; then nothing of it is left to do. */
  async function afterOffsets(
    line: string,
    group: string,
    { records }: LaneTurn,
    events: readonly string[],
  ): Promise<void> {
    const last = records.at(-1);
    if (last === undefined || !diesAt({ line, moment: 'after-offsets', events })) return;
    const { topic, partition, offset } = last;
    for (let looks = 0; !dead && looks < LOOKS_MAX; looks += 1) {
      const [ranges, lags] = await Promise.all([
        watcher.ranges(topic),
        watcher.lag(group, [topic]),
      ]);
      const next = ranges.find((one) => one.partition === partition)?.next ?? 0n;
      const lag = lags.find((one) => one.partition === partition)?.lag ?? 0n;
      if (next - lag > offset) return void passes(line, 'after-offsets', events);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function mortalDatabase(database: Database, isDead: () => boolean): Database {
  const ifAlive = async <T>(work: () => Promise<T>): Promise<T> => {
    if (isDead()) return never();
    try {
      const result = await work();
      return isDead() ? await never<T>() : result;
    } catch (error) {
      if (isDead()) return never();
      throw error;
    }
  };
  return {
    query: (...given) => ifAlive(() => database.query(...given)),
    prepared: (...given) => ifAlive(() => database.prepared(...given)),
    together: (work) => ifAlive(() => database.together(work)),
    transaction: (work) => ifAlive(() => database.transaction(work)),
    waiting: () => database.waiting(),
    close: () => database.close(),
  } as Database;
}
