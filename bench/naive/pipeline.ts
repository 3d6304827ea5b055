// One line done literally: read the state, ask, decide, write each row by itself, send each event by itself.
import { randomBytes } from 'node:crypto';
import { decode, encode, topicName, topicOf, workerTopics, type EventName } from '@saidao/schemas';
import { uuidV7 } from '@saidao/values';
import {
  isGatheredFor,
  stateFromText,
  stateToText,
  writeRecord,
  type Database,
  type Decision,
  type Incoming,
  type InputTopic,
  type Line,
  type LineState,
  type NewTimer,
  type Outgoing,
} from '@saidao/worker';
import type { EachMessagePayload, IHeaders } from 'kafkajs';
import type { NaiveProducer } from './producer.ts';

/** What `setTimeout` takes at most. */
const TIMEOUT_MS_MAX = 2 ** 31 - 1;
/** As the line gives `gather`: a third of the session. */
const GATHER_MS_MAX = 3_333;

export interface PipelineOptions {
  readonly line: Line;
  readonly database: Database;
  readonly producer: NaiveProducer;
  readonly inputs: ReadonlyMap<string, InputTopic>;
}

export interface Pipeline {
  take(payload: EachMessagePayload): Promise<void>;
  /** Timers that an earlier process has left. */
  armTimers(): Promise<void>;
}

interface Row {
  state: LineState;
  /** The last number given on each topic that the line writes. */
  heads: Record<string, number>;
}

interface TimerRow {
  readonly id: string;
  readonly applicationId: string;
  readonly name: string;
  readonly dueAtMs: number;
  readonly revision: number;
  readonly lenderId: string;
  readonly correlationId: string;
  readonly detail: string;
}

interface Envelope {
  readonly event: Incoming<EventName>;
  readonly traceparent: string | undefined;
}

export function createPipeline({ line, database, producer, inputs }: PipelineOptions): Pipeline {
  const when = new Set<string>([...line.when, 'TimerDue']);
  const timersTopic = workerTopics(line.name).timers;
  const schema = line.name;

  return { take, armTimers };

  async function take(payload: EachMessagePayload): Promise<void> {
    const envelope = read(payload);
    const { event } = envelope;
    if (event.type === 'TimerDue') {
      await database.query(`delete from ${schema}.timers where id = $1`, [event.data.timerId]);
    }
    if (!when.has(event.type)) return;
    const applicationId = await applicationOf(event);
    const row = await readRow(applicationId);
    const revision = revisionOf(event);
    if (revision !== undefined && revision < row.state.revision) return;
    if (revision !== undefined && revision > row.state.revision) {
      row.state = line.newRevision?.(row.state, revision) ?? { ...line.initialState, revision };
    }
    const nowMs = Date.now();
    const gathered = isGatheredFor(line, event.type)
      ? await line.gather?.(event as never, {
          applicationId,
          state: row.state,
          signal: AbortSignal.timeout(GATHER_MS_MAX),
          nowMs,
        })
      : undefined;
    const held = await readShared(line.locks?.(event as never, row.state) ?? []);
    const decision = line.decide({
      event: event as never,
      state: row.state,
      gathered: gathered as never,
      held,
      applicationId,
      lane: payload.partition,
      nowMs,
    }) as Decision<EventName, LineState, unknown>;
    row.state = decision.state ?? row.state;
    const records = (decision.events ?? []).map((one) =>
      recordOf(one, envelope, applicationId, row.heads, nowMs),
    );
    if (decision.state !== undefined || records.length > 0) {
      await writeRow(applicationId, row, event);
    }
    for (const [name, content] of Object.entries(decision.held ?? {})) {
      await writeShared(name, content);
    }
    for (const one of decision.rows ?? []) {
      await database.transaction(async (transaction) => line.record?.(transaction, [one]));
    }
    for (const timer of decision.timers ?? []) {
      await keepTimer(timer, applicationId, row.state.revision, event, nowMs);
    }
    for (const record of records) await producer.send(record);
    if (records.length > 0) await present(applicationId, nowMs);
  }

  function read({ topic, message }: EachMessagePayload): Envelope {
    const { type, data } = decode(message.value, topic);
    const header = (name: string) => headerOf(message.headers, name);
    const id = header('ce_id') ?? '';
    return {
      traceparent: header('traceparent'),
      event: {
        type,
        data,
        topic,
        number: undefined,
        id,
        key: message.key?.toString('utf8') ?? '',
        lenderId: header('ce_lenderid') ?? '',
        correlationId: header('ce_correlationid') ?? id,
        appendedAtMs: Number(message.timestamp),
      } as Incoming<EventName>,
    };
  }

  async function applicationOf(event: Incoming<EventName>): Promise<string> {
    if (inputs.get(event.topic)?.keyedByApplication !== false) return event.key;
    const [applicationId] = (await line.identify?.([event as never])) ?? [];
    if (applicationId === undefined) throw new Error(`${event.id} belongs to no application.`);
    return applicationId;
  }

  function revisionOf(event: Incoming<EventName>): number | undefined {
    if (event.type === 'TimerDue') return event.data.revision;
    if (inputs.get(event.topic)?.topic?.revisioned !== true) return undefined;
    return (event.data as { readonly revision?: number }).revision;
  }

  async function readRow(applicationId: string): Promise<Row> {
    const { rows } = await database.query<{
      state: string | null;
      heads: Record<string, number>;
    }>(`select state, heads from ${schema}.applications where application_id = $1`, [
      applicationId,
    ]);
    const state = rows[0]?.state ?? null;
    return {
      state: state === null ? line.initialState : (stateFromText(state) as LineState),
      heads: rows[0]?.heads ?? {},
    };
  }

  async function writeRow(
    applicationId: string,
    { state, heads }: Row,
    event: Incoming<EventName>,
  ): Promise<void> {
    await database.query(
      `insert into ${schema}.applications
         (application_id, heads, revision, state, correlation_id, lender_id)
       values ($1, $2, $3, $4, $5, $6)
       on conflict (application_id) do update set heads = excluded.heads,
         revision = excluded.revision, state = excluded.state, changed_at = now()`,
      [
        applicationId,
        JSON.stringify(heads),
        state.revision,
        stateToText(state),
        event.correlationId,
        event.lenderId,
      ],
    );
  }

  async function readShared(names: readonly string[]): Promise<Record<string, unknown>> {
    const held: Record<string, unknown> = {};
    for (const name of names) {
      const { rows } = await database.query<{ content: string | null }>(
        `select content from ${schema}.shared_rows where name = $1`,
        [name],
      );
      const content = rows[0]?.content ?? null;
      held[name] = content === null ? undefined : stateFromText(content);
    }
    return held;
  }

  async function writeShared(name: string, content: unknown): Promise<void> {
    const text = content === null || content === undefined ? null : stateToText(content);
    await database.query(
      `insert into ${schema}.shared_rows (name, content) values ($1, $2)
       on conflict (name) do update set content = excluded.content`,
      [name, text],
    );
  }

  function recordOf(
    { type, data }: Outgoing<EventName>,
    { event, traceparent }: Envelope,
    applicationId: string,
    heads: Record<string, number>,
    nowMs: number,
  ) {
    const { lenderId } = data as { readonly lenderId: string };
    const topic = topicName(topicOf(type), lenderId);
    const number = (heads[topic] ?? 0) + 1;
    heads[topic] = number;
    return writeRecord(
      {
        line: line.name,
        topic,
        // The producer finds it by the key.
        partition: -1,
        applicationId,
        number,
        type,
        lenderId,
        time: new Date(nowMs).toISOString(),
        correlationId: event.correlationId,
        causationId: event.id,
        traceparent,
      },
      encode(type, data as never, topic),
    );
  }

  async function present(applicationId: string, nowMs: number): Promise<void> {
    if (line.presents === undefined) return;
    const presented = await database.transaction(async (transaction) =>
      line.presents?.(transaction, [applicationId]),
    );
    for (const { event, sequence, correlationId, causationId } of presented ?? []) {
      const { lenderId } = event.data as unknown as { readonly lenderId: string };
      const topic = topicName(topicOf(event.type), lenderId);
      await producer.send(
        writeRecord(
          {
            line: line.name,
            topic,
            partition: -1,
            applicationId,
            number: undefined,
            id: `${applicationId}/${topic}/${sequence}`,
            type: event.type,
            lenderId,
            time: new Date(nowMs).toISOString(),
            correlationId,
            causationId,
            traceparent: undefined,
            sequence,
          },
          encode(event.type, event.data as never, topic),
        ),
      );
    }
  }

  async function keepTimer(
    { name, dueAtMs, detail }: NewTimer,
    applicationId: string,
    revision: number,
    { lenderId, correlationId }: Incoming<EventName>,
    nowMs: number,
  ): Promise<void> {
    const timer: TimerRow = {
      id: uuidV7(nowMs, randomBytes(10)),
      applicationId,
      name,
      dueAtMs: Math.round(dueAtMs),
      revision,
      lenderId,
      correlationId,
      detail: JSON.stringify(detail ?? null),
    };
    await database.query(
      `insert into ${schema}.timers (id, application_id, lane, name, due_at, revision, lender_id,
         correlation_id, detail)
       values ($1, $2, 0, $3, to_timestamp($4::bigint / 1000.0), $5, $6, $7, $8)`,
      [
        timer.id,
        applicationId,
        name,
        timer.dueAtMs,
        revision,
        lenderId,
        correlationId,
        timer.detail,
      ],
    );
    arm(timer);
  }

  function arm(timer: TimerRow): void {
    const waitMs = Math.max(0, timer.dueAtMs - Date.now());
    setTimeout(
      () => {
        if (Date.now() < timer.dueAtMs) return arm(timer);
        // Taken like any other message, so that it never meets one of its application.
        wake(timer).catch((error: unknown) => {
          process.nextTick(() => {
            throw error;
          });
        });
      },
      Math.min(waitMs, TIMEOUT_MS_MAX),
    ).unref();
  }

  async function wake(timer: TimerRow): Promise<void> {
    const { id, applicationId, name, dueAtMs, revision, lenderId, correlationId, detail } = timer;
    await producer.send(
      writeRecord(
        {
          line: line.name,
          topic: timersTopic,
          partition: -1,
          applicationId,
          number: undefined,
          id,
          type: 'TimerDue',
          lenderId,
          time: new Date(dueAtMs).toISOString(),
          correlationId,
          causationId: id,
          traceparent: undefined,
        },
        encode(
          'TimerDue',
          {
            applicationId,
            revision,
            lenderId,
            timerId: id,
            name,
            dueAt: BigInt(dueAtMs),
            detail,
          },
          timersTopic,
        ),
      ),
    );
  }

  async function armTimers(): Promise<void> {
    const { rows } = await database.query<{
      id: string;
      application_id: string;
      name: string;
      due_at_ms: bigint;
      revision: number;
      lender_id: string;
      correlation_id: string;
      detail: string;
    }>(
      `select id, application_id, name, revision, lender_id, correlation_id, detail,
         (extract(epoch from due_at) * 1000)::bigint as due_at_ms
       from ${schema}.timers`,
    );
    for (const row of rows) {
      arm({
        id: row.id,
        applicationId: row.application_id,
        name: row.name,
        dueAtMs: Number(row.due_at_ms),
        revision: row.revision,
        lenderId: row.lender_id,
        correlationId: row.correlation_id,
        detail: row.detail,
      });
    }
  }
}

function headerOf(headers: IHeaders | undefined, name: string): string | undefined {
  const value = headers?.[name];
  return Array.isArray(value) ? value[0]?.toString() : value?.toString();
}
