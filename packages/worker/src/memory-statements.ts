// What the machinery's statements do to the tables of a line, by name, in the memory database.
import type { Result, Session, Statement, Table } from './memory-database.ts';

interface Application {
  readonly application_id: string;
  readonly heads: string;
  readonly state: string | null;
  readonly revision: number;
  readonly correlation_id: string | null;
  readonly lender_id: string | null;
  readonly blocked_topic: string | null;
  readonly blocked_number: number | null;
  readonly given: string | null;
}

interface Journaled {
  readonly key: string;
  readonly topic: string;
  readonly identity: string;
  readonly digest: Buffer;
  readonly outputs: Buffer | null;
}

interface Parked extends Omit<Journaled, 'outputs'> {
  readonly application_id: string;
  readonly number: number | null;
  readonly record: Buffer;
  readonly sequence: number;
}

interface Timer {
  readonly id: string;
  readonly application_id: string;
  readonly lane: number;
  readonly name: string;
  readonly due_at_ms: number;
  readonly revision: number;
  readonly lender_id: string;
  readonly correlation_id: string;
  readonly detail: string;
  readonly traceparent: string;
}

const DUE_MAX = 500;

export const nothing: Result = { rows: [], rowCount: 0 };
export const given = <R>(rows: R[]): Result => ({ rows, rowCount: rows.length });

/** Columns of one length, as `unnest` makes rows of them. */
export function rowsOf(columns: readonly (readonly unknown[])[]): unknown[][] {
  return (columns[0] ?? []).map((_first, at) => columns.map((column) => column[at]));
}

const placeOf = (key: unknown, topic: unknown, identity: unknown): string =>
  `${String(key)}\u0001${String(topic)}\u0001${String(identity)}`;

const inOrder = (ids: readonly unknown[]): string[] => [...new Set(ids as string[])].sort();

const applicationsOf = (session: Session, schema: string): Table<Application> =>
  session.table(`${schema}.applications`);
const timersOf = (session: Session, schema: string): Table<Timer> =>
  session.table(`${schema}.timers`);

function asRead({ heads, blocked_number: number, ...row }: Application) {
  const blocked_number = number === null ? null : BigInt(number);
  return { ...row, heads: JSON.parse(heads) as Record<string, number>, blocked_number };
}

const byKey = (one: { readonly application_id: string }, other: typeof one): number =>
  one.application_id < other.application_id ? -1 : 1;

/** By the part of the name after the schema; see turn-store.ts and timers.ts for their SQL. */
export const machineryStatements: Readonly<Record<string, Statement>> = {
  async 'create-applications'(session, [ids = []], schema) {
    const table = applicationsOf(session, schema);
    for (const application_id of inOrder(ids)) {
      const named = { correlation_id: null, lender_id: null };
      const blocked = { blocked_topic: null, blocked_number: null, given: null };
      const row = { application_id, heads: '{}', state: null, revision: 0, ...named, ...blocked };
      await session.insert(table, application_id, row);
    }
    return nothing;
  },
  async 'read-applications-snapshot'(session, [ids = []], schema) {
    const table = applicationsOf(session, schema);
    const found = inOrder(ids).flatMap((id) => session.read(table, id) ?? []);
    return given(found.map(asRead));
  },
  async 'read-applications-lock'(session, [ids = []], schema) {
    const table = applicationsOf(session, schema);
    const rows: Application[] = [];
    for (const id of inOrder(ids)) {
      const row = await session.lock(table, id);
      if (row !== undefined) rows.push(row);
    }
    return given(rows.sort(byKey).map(asRead));
  },
  async 'read-parked'(session, [ids = []], schema) {
    const wanted = new Set(ids);
    const rows = session
      .all(session.table<Parked>(`${schema}.parked`))
      .filter(({ application_id }) => wanted.has(application_id));
    const sorted = rows.sort((one, other) =>
      one.application_id === other.application_id
        ? one.sequence - other.sequence
        : byKey(one, other),
    );
    return given(
      sorted.map(({ number, ...row }) => ({
        ...row,
        number: number === null ? null : BigInt(number),
      })),
    );
  },
  async 'read-journal'(session, values, schema) {
    const table = session.table<Journaled>(`${schema}.journal`);
    const places = new Set(
      rowsOf(values).map(([key, topic, identity]) => placeOf(key, topic, identity)),
    );
    return given([...places].flatMap((place) => session.read(table, place) ?? []));
  },
  async 'write-journal'(session, values, schema) {
    const table = session.table<Journaled>(`${schema}.journal`);
    for (const [key, topic, identity, digest, outputs] of rowsOf(values)) {
      const row = { key, topic, identity, digest, outputs } as Journaled;
      await session.insert(table, placeOf(key, topic, identity), row);
    }
    return nothing;
  },
  async 'write-applications'(session, values, schema) {
    const table = applicationsOf(session, schema);
    for (const [id, heads, state, revision, correlation, lender, topic, number, given] of rowsOf(
      values,
    )) {
      if (session.read(table, id as string) === undefined) continue;
      await session.write(
        table,
        id as string,
        {
          application_id: id,
          ...{ heads, state, revision, correlation_id: correlation, lender_id: lender },
          ...{ blocked_topic: topic, blocked_number: number, given },
        } as Application,
      );
    }
    return nothing;
  },
  async 'create-shared'(session, [names = []], schema) {
    const table = session.table<{ content: string | null }>(`${schema}.shared_rows`);
    for (const name of inOrder(names)) await session.insert(table, name, { content: null });
    return nothing;
  },
  async 'lock-shared'(session, [names = []], schema) {
    const table = session.table<{ content: string | null }>(`${schema}.shared_rows`);
    const rows: { name: string; content: string | null }[] = [];
    for (const name of inOrder(names)) {
      const row = await session.lock(table, name);
      if (row !== undefined) rows.push({ name, content: row.content });
    }
    return given(rows);
  },
  async 'write-shared'(session, values, schema) {
    const table = session.table<{ content: string | null }>(`${schema}.shared_rows`);
    for (const [name, content] of rowsOf(values)) {
      if (session.read(table, name as string) === undefined) continue;
      await session.write(table, name as string, { content: content as string | null });
    }
    return nothing;
  },
  async 'write-parked'(session, values, schema) {
    const table = session.table<Parked>(`${schema}.parked`);
    for (const [key, topic, identity, application_id, number, digest, record] of rowsOf(values)) {
      const sequence = table.rows.size;
      const row = { key, topic, identity, application_id, number, digest, record, sequence };
      await session.insert(table, placeOf(key, topic, identity), row as Parked);
    }
    return nothing;
  },
  async 'delete-parked'(session, values, schema) {
    const table = session.table<Parked>(`${schema}.parked`);
    for (const [key, topic, identity] of rowsOf(values)) {
      await session.write(table, placeOf(key, topic, identity), undefined);
    }
    return nothing;
  },
  async 'write-timers'(session, values, schema) {
    const table = timersOf(session, schema);
    for (const row of rowsOf(values)) {
      const [id, application_id, name, due_at_ms, revision, lender_id, correlation_id] = row;
      const [detail, lane, traceparent] = row.slice(7);
      await session.write(
        table,
        id as string,
        {
          ...{ id, application_id, lane, name, due_at_ms, revision },
          ...{ lender_id, correlation_id, detail, traceparent },
        } as Timer,
      );
    }
    return nothing;
  },
  async 'delete-timers'(session, [ids = []], schema) {
    const table = timersOf(session, schema);
    for (const id of ids) {
      if (table.rows.has(id as string)) await session.write(table, id as string, undefined);
    }
    return nothing;
  },
  async 'write-replays'(session, values, schema) {
    const table = session.table<{ id: string; outcome: string }>(`${schema}.replays`);
    for (const row of rowsOf(values)) {
      const [key, id, outcome] = [row[0], row[1], row[9]] as [string, string, string];
      await session.insert(table, placeOf(key, '', id), { id, outcome });
    }
    return nothing;
  },
  async 'due-timers'(session, values, schema) {
    const [lanes, nowMs, known] = values as unknown as [number[], number, string[]];
    const but = new Set(known);
    const due = session
      .all(timersOf(session, schema))
      .filter(
        ({ id, lane, due_at_ms }) => lanes.includes(lane) && due_at_ms <= nowMs && !but.has(id),
      )
      .sort((one, other) => one.due_at_ms - other.due_at_ms)
      .slice(0, DUE_MAX);
    return given(due.map((row) => ({ ...row, due_at_ms: BigInt(row.due_at_ms) })));
  },
  async 'next-timer'(session, values, schema) {
    const [lanes, nowMs] = values as unknown as [number[], number];
    const later = session
      .all(timersOf(session, schema))
      .filter(({ lane, due_at_ms }) => lanes.includes(lane) && due_at_ms > nowMs)
      .map(({ due_at_ms }) => due_at_ms);
    return given([{ next: later.length === 0 ? null : BigInt(Math.min(...later)) }]);
  },
};
