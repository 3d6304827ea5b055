// Where in its turn a worker stands at a moment, told from outside while its process is frozen.
import { setTimeout as pause } from 'node:timers/promises';
import type { EventLog, IncomingRecord } from '@saidao/event-log';
import { allTopics, loanLines as lines, topicsReadBy, type LineName } from '@saidao/schemas';
import { openDatabase, type Database } from '@saidao/worker';
import pg from 'pg';
import type { System } from './system.ts';

/**
 * `reading`: it has records and has written nothing of them. `written`: it has committed what it has
 * not published. `published`: it has published what came of records that it has not committed.
 */
export type Moment = 'reading' | 'written' | 'published';

export interface Frozen {
  /** Records of its input topics whose offsets are not committed. */
  readonly uncommitted: number;
  /** Of these, the ones that its journal holds. */
  readonly journaled: number;
  /** Events that its database has given a number, and its topics do not hold. */
  readonly unpublished: number;
}

export type Looked = Pick<System, 'engines' | 'log' | 'lenders'>;

export function isAt(moment: Moment, { uncommitted, journaled, unpublished }: Frozen): boolean {
  switch (moment) {
    case 'reading':
      return uncommitted > 0 && journaled === 0 && unpublished === 0;
    case 'written':
      return unpublished > 0;
    case 'published':
      return journaled > 0 && unpublished === 0;
  }
}

/** Tells when a line has committed a turn that wrote something. */
export interface Commits {
  next(lines: readonly LineName[]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Has the database itself tell: its word goes out as the worker is told that it has committed. */
export async function watchCommits(
  databaseUrl: string,
  watched: readonly LineName[] = lines,
): Promise<Commits> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`
    create function public.tell_commit() returns trigger language plpgsql as $$
    begin
      perform pg_notify('commits', tg_table_schema);
      return null;
    end
    $$`);
  for (const line of watched) {
    await client.query(`create trigger tells_commit after insert on ${line}.journal
      for each statement execute function public.tell_commit()`);
  }
  await client.query('listen commits');
  const waiting = new Set<(line: string) => void>();
  client.on('notification', ({ payload = '' }) => {
    for (const tell of waiting) tell(payload);
  });
  return {
    next: (wanted) =>
      new Promise((resolve) => {
        const tell = (line: string) => {
          if (!wanted.some((one) => one === line)) return;
          waiting.delete(tell);
          resolve();
        };
        waiting.add(tell);
      }),
    [Symbol.asyncDispose]: () => client.end(),
  };
}

export interface Target {
  /** Asked when it is to be stopped: it may have ended by itself, and have a successor. */
  pid(): number;
  readonly lines: readonly LineName[];
}

/**
 * Stops the process with SIGSTOP when it may stand as wanted, and looks. If it does, it stays
 * frozen, to be killed there; else it goes on, and undefined is returned.
 */
export async function freezeAt(
  moment: Moment,
  { pid: pidOf, lines: own }: Target,
  looked: Looked,
  commits: Commits,
): Promise<Frozen | undefined> {
  // What is to be read has been written by another line, and comes by its publishing.
  await commits.next(moment === 'reading' ? writersFor(own, looked) : own);
  // Publishing takes 2 to 64 ms, as the machine has time: neither always too early nor too late.
  if (moment !== 'written') await pause(2 ** (1 + Math.random() * 5));
  const pid = pidOf();
  const sinceMs = performance.now();
  process.kill(pid, 'SIGSTOP');
  let found: Frozen | undefined;
  try {
    const states = await Promise.all(own.map((line) => standOf(line, looked)));
    found = states.find((state) => isAt(moment, state));
    return found;
  } finally {
    if (found === undefined) {
      process.kill(pid, 'SIGCONT');
      // As long as it was frozen it may run, or it would lose its place in its group.
      await pause(performance.now() - sinceMs);
    }
  }
}

/** The lines that write what these read. */
function writersFor(own: readonly LineName[], { lenders }: Looked): readonly LineName[] {
  const read = new Set(own.flatMap((line) => topicsReadBy(line, lenders)));
  const written = allTopics(lenders).filter(({ name, topic }) => topic.numbered && read.has(name));
  return lines.filter((line) => written.some(({ topic }) => topic.writer === line));
}

async function standOf(line: LineName, looked: Looked): Promise<Frozen> {
  const { log, lenders, engines } = looked;
  const inputs = await uncommittedOf(line, looked);
  if (inputs.length === 0) return { uncommitted: 0, journaled: 0, unpublished: 0 };
  const outputs = allTopics(lenders).filter(({ topic }) => topic.numbered && topic.writer === line);
  const names = outputs.map(({ name }) => name);
  const database = openDatabase({ url: engines.databaseUrl, poolMax: 2 });
  try {
    const given = await givenBy(line, names, database);
    const journaled = await journaledOf(line, inputs, database);
    // Read last: what was on its way to the broker has arrived by now.
    const held = await heldBy(log, names);
    const unpublished = [...given].reduce(
      (sum, [place, number]) => sum + Math.max(0, number - (held.get(place) ?? 0)),
      0,
    );
    return { uncommitted: inputs.length, journaled, unpublished };
  } finally {
    await database.close();
  }
}

async function uncommittedOf(
  line: LineName,
  { log, lenders }: Looked,
): Promise<readonly IncomingRecord[]> {
  const behind = (await log.lag(`saidao.${line}`, topicsReadBy(line, lenders))).filter(
    ({ lag }) => lag > 0n,
  );
  const found: IncomingRecord[] = [];
  for (const topic of new Set(behind.map((one) => one.topic))) {
    const ranges = await log.ranges(topic);
    const committed = new Map(
      behind
        .filter((one) => one.topic === topic)
        .map(({ partition, lag }) => [partition, nextOf(ranges, partition) - lag]),
    );
    await log.scan([topic], (record) => {
      const from = committed.get(record.partition);
      if (from !== undefined && record.offset >= from) found.push(record);
    });
  }
  return found;
}

function nextOf(
  ranges: readonly { readonly partition: number; readonly next: bigint }[],
  partition: number,
): bigint {
  return ranges.find((range) => range.partition === partition)?.next ?? 0n;
}

/** `<application> <topic>` -> the last number that the database has given. */
async function givenBy(
  line: LineName,
  topics: readonly string[],
  database: Database,
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await database.query<{ id: string; heads: Record<string, number> }>(
    `select application_id as id, heads from ${line}.applications`,
  );
  return new Map(
    rows.flatMap(({ id, heads }) =>
      topics.flatMap((topic): [string, number][] => {
        const number = heads[topic];
        return number === undefined ? [] : [[`${id} ${topic}`, number]];
      }),
    ),
  );
}

async function heldBy(log: EventLog, topics: readonly string[]): Promise<Map<string, number>> {
  const held = new Map<string, number>();
  await log.scan(topics, ({ key, topic, headers }) => {
    const place = `${String(key)} ${topic}`;
    held.set(place, Math.max(held.get(place) ?? 0, Number(String(headers['ce_sequence']))));
  });
  return held;
}

async function journaledOf(
  line: LineName,
  inputs: readonly IncomingRecord[],
  database: Database,
): Promise<number> {
  const names = inputs.map(({ key, topic, headers }) => {
    const sequence = headers['ce_sequence'];
    const identity = sequence === undefined ? headers['ce_id'] : sequence;
    return { key: String(key), topic, identity: String(identity) };
  });
  const { rows } = await database.query<{ count: bigint }>(
    `select count(*) as count from ${line}.journal
     where (key, topic, identity) in
       (select * from unnest($1::text[], $2::text[], $3::text[]))`,
    [
      names.map(({ key }) => key),
      names.map(({ topic }) => topic),
      names.map(({ identity }) => identity),
    ],
  );
  return Number(rows[0]?.count ?? 0n);
}
