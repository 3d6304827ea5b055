// A turn's rows: read and locked in one order, written with one statement for each table.
import { createHash } from 'node:crypto';
import type { OutgoingRecord } from '@saidao/event-log';
import {
  outputsFromBytes,
  outputsToBytes,
  recordFromBytes,
  recordToBytes,
} from './stored-records.ts';
import type { Database, Transaction } from './database.ts';
import type { Line, LineState } from './define.ts';
import { stateFromText, stateToText } from './state-json.ts';
import {
  journalKey,
  type ApplicationRow,
  type Changes,
  type JournalRow,
  type Loaded,
  type ParkedRow,
  type Place,
} from './walk.ts';

const NAME_BYTES_MAX = 1_000;

export interface Wanted {
  /** Sorted. */
  readonly applications: readonly string[];
  /** Those that the turn may create; sorted. */
  readonly created: readonly string[];
  /** Key, topic and identity. */
  readonly journal: readonly (readonly [string, string, string])[];
}

type Rows = Omit<Loaded, 'truncated' | 'shared'>;

export interface LockedRows extends Rows {
  /** The same rows for a walk that is thrown away. */
  copy(truncated: ReadonlySet<string>): Loaded;
  /** Locks the named rows, creating those that are missing; call once, after the applications. */
  lockShared(names: readonly string[]): Promise<ReadonlyMap<string, unknown>>;
}

/** The rows without a lock, for a plan. An application that is to be created is there, empty. */
export async function loadSnapshot(
  database: Database,
  line: string,
  wanted: Wanted,
): Promise<Omit<Loaded, 'truncated'>> {
  const rows = await database.together((statements) => read(statements, line, wanted, ''));
  const applications = new Map(rows.applications);
  for (const applicationId of wanted.created) {
    if (!applications.has(applicationId)) applications.set(applicationId, emptyRow(applicationId));
  }
  return { ...rows, applications, shared: new Map() };
}

/** The numbered outputs that the journal has of these inputs, in the order of the inputs. */
export async function readGiven(
  database: Database,
  line: string,
  places: readonly Place[],
): Promise<OutgoingRecord[]> {
  const journal = await readJournal(database, line, places);
  const outputs = places.flatMap((place) => journal.get(journalKey(...place))?.outputs ?? []);
  // A dead letter holds its input, which the journal does not keep: it comes with the redelivery.
  return outputs.filter(({ headers }) => headers['ce_sequence'] !== undefined);
}

/** Creates what is missing, locks the applications in order of their ids, and reads the rest. */
export async function readForTurn(
  transaction: Transaction,
  line: string,
  wanted: Wanted,
): Promise<LockedRows> {
  const created =
    wanted.created.length > 0 &&
    transaction.prepared(
      `${line}.create-applications`,
      `insert into ${line}.applications (application_id)
       select id from unnest($1::text[]) as wanted (id) order by id
       on conflict do nothing`,
      [wanted.created],
    );
  const [rows] = await Promise.all([read(transaction, line, wanted, 'for update'), created]);
  return {
    ...rows,
    copy: (truncated) => ({
      ...rows,
      shared: new Map(),
      truncated,
      applications: new Map(
        [...rows.applications].map(([id, row]) => [id, { ...row, heads: { ...row.heads } }]),
      ),
    }),
    async lockShared(names) {
      const shared = new Map<string, unknown>();
      if (names.length === 0) return shared;
      const nameOf = new Map(names.map((name) => [rowName(name), name]));
      const sorted = [...nameOf.keys()].sort();
      const created = transaction.prepared(
        `${line}.create-shared`,
        `insert into ${line}.shared_rows (name)
         select name from unnest($1::text[]) as wanted (name) order by name
         on conflict do nothing`,
        [sorted],
      );
      const reading = transaction.prepared<{ name: string; content: string | null }>(
        `${line}.lock-shared`,
        `select name, content from ${line}.shared_rows
         where name = any($1::text[]) order by name for update`,
        [sorted],
      );
      const [locked] = await Promise.all([reading, created]);
      for (const { name, content } of locked.rows) {
        const known = content === null ? undefined : stateFromText(content);
        shared.set(nameOf.get(name) ?? name, known);
      }
      return shared;
    },
  };
}

/** Writes all that the walk changed, then the line's own rows, sent together and in this order. */
export async function writeTurn(
  transaction: Transaction,
  line: Line,
  applications: ReadonlyMap<string, ApplicationRow>,
  changes: Changes,
): Promise<void> {
  const schema = line.name;
  const { record } = line;
  if (changes.rows.length > 0 && record === undefined) {
    throw new Error(`The line ${line.name} decides rows but has no record to write them.`);
  }
  // All values are made before the first is sent: what cannot be written throws beside nothing.
  const writes: (() => Promise<unknown>)[] = [];
  const write = (name: string, text: string, values: readonly unknown[]): void => {
    writes.push(() => transaction.prepared(`${schema}.${name}`, text, values));
  };

  if (changes.journal.length > 0) {
    write(
      'write-journal',
      `insert into ${schema}.journal (key, topic, identity, digest, outputs)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bytea[])
       on conflict do nothing`,
      [
        changes.journal.map(({ key }) => key),
        changes.journal.map(({ topic }) => topic),
        changes.journal.map(({ identity }) => identity),
        changes.journal.map(({ digest }) => digest),
        changes.journal.map(({ outputs, inputValue }) =>
          outputs.length === 0 ? null : outputsToBytes(outputs, inputValue),
        ),
      ],
    );
  }
  const changed = [...applications.values()].filter((row) => row.changed);
  if (changed.length > 0) {
    write(
      'write-applications',
      `update ${schema}.applications as a
       set heads = w.heads, state = w.state, revision = w.revision,
         correlation_id = w.correlation_id, lender_id = w.lender_id,
         blocked_topic = w.blocked_topic, blocked_number = w.blocked_number,
         given = w.given,
         blocked_at = case when w.blocked_topic is null then null
           else coalesce(a.blocked_at, now()) end,
         changed_at = now()
       from unnest($1::text[], $2::jsonb[], $3::text[], $4::int[], $5::text[], $6::text[],
         $7::text[], $8::bigint[], $9::text[])
         as w (application_id, heads, state, revision, correlation_id, lender_id, blocked_topic,
           blocked_number, given)
       where a.application_id = w.application_id`,
      [
        changed.map(({ applicationId }) => applicationId),
        changed.map(({ heads }) => JSON.stringify(heads)),
        changed.map(({ state }) => (state === undefined ? null : stateToText(state))),
        changed.map(({ state }) => state?.revision ?? 0),
        changed.map(({ correlationId }) => correlationId ?? null),
        changed.map(({ lenderId }) => lenderId ?? null),
        changed.map(({ blockedTopic }) => blockedTopic ?? null),
        changed.map(({ blockedNumber }) => blockedNumber ?? null),
        changed.map(({ given }) => (given.length === 0 ? null : JSON.stringify(given))),
      ],
    );
  }
  if (changes.shared.size > 0) {
    const shared = [...changes.shared];
    write(
      'write-shared',
      `update ${schema}.shared_rows as s set content = w.content
       from unnest($1::text[], $2::text[]) as w (name, content) where s.name = w.name`,
      [
        shared.map(([name]) => rowName(name)),
        shared.map(([, content]) =>
          content === null || content === undefined ? null : stateToText(content),
        ),
      ],
    );
  }
  if (changes.parked.length > 0) {
    write(
      'write-parked',
      `insert into ${schema}.parked (key, topic, identity, application_id, number, digest, record)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[],
         $6::bytea[], $7::bytea[])
       on conflict do nothing`,
      [
        changes.parked.map(({ key }) => key),
        changes.parked.map(({ topic }) => topic),
        changes.parked.map(({ identity }) => identity),
        changes.parked.map(({ applicationId }) => applicationId),
        changes.parked.map(({ number }) => number ?? null),
        changes.parked.map(({ digest }) => digest),
        changes.parked.map(({ record }) => recordToBytes(record)),
      ],
    );
  }
  if (changes.unparked.length > 0) {
    write(
      'delete-parked',
      `delete from ${schema}.parked as p
       using unnest($1::text[], $2::text[], $3::text[]) as w (key, topic, identity)
       where p.key = w.key and p.topic = w.topic and p.identity = w.identity`,
      [
        changes.unparked.map(({ key }) => key),
        changes.unparked.map(({ topic }) => topic),
        changes.unparked.map(({ identity }) => identity),
      ],
    );
  }
  if (changes.timers.length > 0) {
    write(
      'write-timers',
      `insert into ${schema}.timers (id, application_id, lane, name, due_at, revision, lender_id,
         correlation_id, detail, traceparent)
       select w.id, w.application_id, w.lane, w.name, to_timestamp(w.due_at_ms / 1000.0),
         w.revision, w.lender_id, w.correlation_id, w.detail, w.traceparent
       from unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::int[], $6::text[],
         $7::text[], $8::text[], $9::int[], $10::text[])
         as w (id, application_id, name, due_at_ms, revision, lender_id, correlation_id, detail,
           lane, traceparent)`,
      [
        changes.timers.map(({ id }) => id),
        changes.timers.map(({ applicationId }) => applicationId),
        changes.timers.map(({ name }) => name),
        changes.timers.map(({ dueAtMs }) => Math.round(dueAtMs)),
        changes.timers.map(({ revision }) => revision),
        changes.timers.map(({ lenderId }) => lenderId),
        changes.timers.map(({ correlationId }) => correlationId),
        changes.timers.map(({ detail }) => detail),
        changes.timers.map(({ lane }) => lane),
        changes.timers.map(({ traceparent }) => traceparent),
      ],
    );
  }
  if (changes.timersDone.length > 0) {
    write('delete-timers', `delete from ${schema}.timers where id = any($1::text[])`, [
      changes.timersDone,
    ]);
  }
  if (changes.replays.length > 0) {
    write(
      'write-replays',
      `insert into ${schema}.replays (key, id, action, actor, reason, topic, partition,
         record_offset, application_id, outcome)
       select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
         $7::int[], $8::bigint[], $9::text[], $10::text[])
       on conflict do nothing`,
      [
        changes.replays.map(({ key }) => key),
        changes.replays.map(({ id }) => id),
        changes.replays.map(({ action }) => action),
        changes.replays.map(({ actor }) => actor),
        changes.replays.map(({ reason }) => reason),
        changes.replays.map(({ topic }) => topic),
        changes.replays.map(({ partition }) => partition),
        changes.replays.map(({ offset }) => offset),
        changes.replays.map(({ applicationId }) => applicationId ?? null),
        changes.replays.map(({ outcome }) => outcome),
      ],
    );
  }
  if (changes.rows.length > 0) writes.push(() => record!(transaction, changes.rows));
  await Promise.all(writes.map((send) => send()));
}

async function read(
  on: Transaction,
  line: string,
  wanted: Wanted,
  lock: '' | 'for update',
): Promise<Rows> {
  // Sent together, in this order: what is read of an application is read once it is locked.
  const [applications, parked, journal] = await Promise.all([
    readApplications(on, line, wanted.applications, lock),
    readParked(on, line, wanted.applications),
    readJournal(on, line, wanted.journal),
  ]);
  return { applications, parked, journal };
}

async function readApplications(
  on: Transaction,
  line: string,
  wanted: readonly string[],
  lock: '' | 'for update',
): Promise<Map<string, ApplicationRow>> {
  const applications = new Map<string, ApplicationRow>();
  if (wanted.length === 0) return applications;
  const suffix = lock === '' ? 'snapshot' : 'lock';
  const { rows } = await on.prepared<{
    application_id: string;
    heads: Record<string, number>;
    state: string | null;
    correlation_id: string | null;
    lender_id: string | null;
    blocked_topic: string | null;
    blocked_number: bigint | null;
    given: string | null;
  }>(
    `${line}.read-applications-${suffix}`,
    `select application_id, heads, state, correlation_id, lender_id, blocked_topic, blocked_number,
       given
     from ${line}.applications where application_id = any($1::text[])
     order by application_id ${lock}`,
    [wanted],
  );
  for (const row of rows) {
    applications.set(row.application_id, {
      applicationId: row.application_id,
      heads: row.heads,
      state: row.state === null ? undefined : (stateFromText(row.state) as LineState),
      correlationId: row.correlation_id ?? undefined,
      lenderId: row.lender_id ?? undefined,
      blockedTopic: row.blocked_topic ?? undefined,
      blockedNumber: row.blocked_number === null ? undefined : Number(row.blocked_number),
      given: row.given === null ? [] : (JSON.parse(row.given) as Place[]),
      changed: false,
    });
  }
  return applications;
}

async function readParked(
  on: Transaction,
  line: string,
  applications: readonly string[],
): Promise<Map<string, ParkedRow[]>> {
  const parked = new Map<string, ParkedRow[]>();
  if (applications.length === 0) return parked;
  const { rows } = await on.prepared<{
    key: string;
    topic: string;
    identity: string;
    application_id: string;
    number: bigint | null;
    digest: Buffer;
    record: Buffer;
  }>(
    `${line}.read-parked`,
    `select key, topic, identity, application_id, number, digest, record
     from ${line}.parked where application_id = any($1::text[]) order by application_id, sequence`,
    [applications],
  );
  for (const row of rows) {
    const rowsOf = parked.get(row.application_id) ?? [];
    rowsOf.push({
      key: row.key,
      topic: row.topic,
      identity: row.identity,
      applicationId: row.application_id,
      number: row.number === null ? undefined : Number(row.number),
      digest: row.digest,
      record: recordFromBytes(row.record),
    });
    parked.set(row.application_id, rowsOf);
  }
  return parked;
}

async function readJournal(
  on: Transaction,
  line: string,
  wanted: Wanted['journal'],
): Promise<Map<string, JournalRow>> {
  const journal = new Map<string, JournalRow>();
  const { rows } = await on.prepared<{
    key: string;
    topic: string;
    identity: string;
    digest: Buffer;
    outputs: Buffer | null;
  }>(
    `${line}.read-journal`,
    `select j.key, j.topic, j.identity, j.digest, j.outputs from ${line}.journal as j
     join unnest($1::text[], $2::text[], $3::text[]) as w (key, topic, identity)
       on j.key = w.key and j.topic = w.topic and j.identity = w.identity`,
    [
      wanted.map(([key]) => key),
      wanted.map(([, topic]) => topic),
      wanted.map(([, , identity]) => identity),
    ],
  );
  for (const row of rows) {
    journal.set(journalKey(row.key, row.topic, row.identity), {
      key: row.key,
      topic: row.topic,
      identity: row.identity,
      digest: row.digest,
      outputs: row.outputs === null ? [] : outputsFromBytes(row.outputs),
      inputValue: null,
    });
  }
  return journal;
}

/** What is locked may be named by a stranger, and an index takes no long text. */
function rowName(name: string): string {
  if (Buffer.byteLength(name) <= NAME_BYTES_MAX) return name;
  return `sha256/${createHash('sha256').update(name).digest('hex')}`;
}

function emptyRow(applicationId: string): ApplicationRow {
  return {
    applicationId,
    heads: {},
    state: undefined,
    correlationId: undefined,
    lenderId: undefined,
    blockedTopic: undefined,
    blockedNumber: undefined,
    given: [],
    changed: false,
  };
}
