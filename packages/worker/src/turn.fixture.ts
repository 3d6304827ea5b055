// A small line and the records to try its turns with: what it does is said by the events' reasons.
import { partitionOf, type IncomingRecord, type LaneTurn } from '@saidao/event-log';
import {
  encode,
  topicName,
  topics,
  type EventMap,
  type EventName,
  type Topic,
} from '@saidao/schemas';
import { BrokenInvariant } from './broken-invariant.ts';
import { defineLine, type Line, type LineState, type NewTimer } from './define.ts';

export const PARTITIONS = 6;
export const LENDER = 'boc-zj';
export const APPLICATIONS = 'saidao.applications.v1';
export const PLEDGES = 'saidao.pledges.v1';

export interface ToyState extends LineState {
  readonly seen: readonly string[];
}

/** Ids whose lane is the wanted one. */
export function applicationIds(count: number, lane: number): string[] {
  const ids: string[] = [];
  for (let serial = 0; ids.length < count; serial += 1) {
    const id = `019a0000-0000-7000-8000-${serial.toString(16).padStart(12, '0')}`;
    if (partitionOf(Buffer.from(id), PARTITIONS) === lane) ids.push(id);
  }
  return ids;
}

/**
 * Every ApplicationWithdrawn yields a PledgeReleased that counts what was seen. Its reason steers:
 * `explode` throws, `impossible` breaks an invariant, `quiet` yields nothing, `row:<x>` writes the
 * row x, `timer:<ms>` sets a timer, `lock:<name>` counts in a shared row, `empty:<name>` empties it, `late` and `broken` are for gathering.
 */
export function toyLine(
  options: {
    readonly name?: string;
    readonly gather?: (reason: string, signal: AbortSignal) => Promise<string>;
    readonly gathers?: readonly ('ApplicationWithdrawn' | 'ReviewSubmitted')[];
    readonly decided?: (reason: string) => void;
  } = {},
) {
  const { gather } = options;
  return defineLine({
    name: options.name ?? 'toy',
    consumes: [topics.applications, topics.disbursements, topics.reviewActions],
    when: ['ApplicationWithdrawn', 'CancellationRefused', 'ReviewSubmitted'],
    initialState: { revision: 0, seen: [] } as ToyState,
    ...(gather === undefined
      ? {}
      : {
          gather: (
            event: { type: string; data: unknown },
            { signal }: { signal: AbortSignal },
          ): Promise<string | undefined> => gather(reasonOf(event), signal),
          ...(options.gathers !== undefined && { gathers: options.gathers }),
        }),
    locks: (event) => {
      const reason = reasonOf(event);
      const name = lockOf(reason);
      return name === undefined ? [] : [name];
    },
    decide({ event, state, held, nowMs, gathered }) {
      const reason = reasonOf(event);
      options.decided?.(reason);
      if (reason === 'impossible') throw new BrokenInvariant('Two and two are five.');
      if (reason.startsWith('explode')) throw new Error(`Cannot decide ${reason}.`);
      const seen = [...state.seen, gathered === undefined ? reason : `${reason}=${gathered}`];
      const timers: NewTimer[] = reason.startsWith('timer:')
        ? [{ name: 'toy', dueAtMs: nowMs + Number(reason.slice(6)), detail: { reason } }]
        : [];
      const name = lockOf(reason);
      const count = name === undefined ? 0 : ((held[name] as number | undefined) ?? 0) + 1;
      const applicationId = (event.data as { applicationId: string }).applicationId;
      return {
        state: { ...state, seen },
        timers,
        rows: reason.startsWith('row:') ? [{ applicationId, text: reason.slice(4) }] : [],
        held: name === undefined ? {} : { [name]: reason.startsWith('empty:') ? null : count },
        events:
          reason === 'quiet'
            ? []
            : [
                {
                  type: 'PledgeReleased',
                  data: {
                    applicationId,
                    revision: state.revision,
                    lenderId: LENDER,
                    patents: [],
                    cause: name === undefined ? seen.join(',') : `${name}=${count}`,
                  },
                },
              ],
      };
    },
    async record(transaction, rows: readonly { applicationId: string; text: string }[]) {
      await transaction.query(
        `insert into ${options.name ?? 'toy'}.texts (text, application_id)
         select * from unnest($1::text[], $2::text[])`,
        [rows.map(({ text }) => text), rows.map(({ applicationId }) => applicationId)],
      );
    },
    produces: [topics.pledges],
  });
}

/** The line of a release that stumbles over the reason `bad` until it is mended. */
export function mendable(): { readonly line: Line; mend(): void } {
  let isMended = false;
  const line = toyLine({
    decided(reason) {
      if (reason === 'bad' && !isMended) throw new Error('Cannot decide it.');
    },
  });
  return { line: line as unknown as Line, mend: () => void (isMended = true) };
}

function lockOf(reason: string): string | undefined {
  return /^(?:lock|empty):(.+)$/.exec(reason)?.[1];
}

function reasonOf(event: { type: string; data: unknown }): string {
  const data = event.data as { reason?: string; cause?: string; name?: string };
  return data.reason ?? data.cause ?? data.name ?? '';
}

let offsets = 0n;

export interface RecordOptions {
  readonly headers?: Readonly<Record<string, string | Buffer | readonly Buffer[] | undefined>>;
  readonly value?: Buffer | null;
  readonly partition?: number;
  readonly timestampMs?: number;
}

/** A record as the catalogue's writer would have appended it. */
export function numbered<N extends EventName>(
  topic: Topic<N>,
  number: number,
  type: N,
  data: EventMap[N],
  options: RecordOptions = {},
): IncomingRecord {
  const key = (data as { applicationId: string }).applicationId;
  const name = topicName(topic as Topic, LENDER);
  return recordOf(name, key, `${key}/${name}/${number}`, type, data, options, number);
}

export function door<N extends EventName>(
  topic: Topic<N>,
  id: string,
  type: N,
  data: EventMap[N],
  options: RecordOptions = {},
): IncomingRecord {
  const key = (data as { applicationId: string }).applicationId;
  return recordOf(topicName(topic as Topic, LENDER), key, id, type, data, options);
}

export function withdrawn(
  applicationId: string,
  number: number,
  reason: string,
  options: RecordOptions & { readonly revision?: number } = {},
): IncomingRecord {
  const revision = options.revision ?? 1;
  const data = { applicationId, revision, lenderId: LENDER, reason };
  return numbered(topics.applications, number, 'ApplicationWithdrawn', data, options);
}

export function recordOf(
  topic: string,
  key: string,
  id: string,
  type: EventName,
  data: unknown,
  options: RecordOptions,
  number?: number,
): IncomingRecord {
  offsets += 1n;
  const text: Record<string, string | Buffer | readonly Buffer[] | undefined> = {
    'content-type': 'application/avro',
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: 'saidao/test',
    ce_type: type,
    ce_time: '2026-11-20T01:00:00.000Z',
    ce_subject: key,
    ce_correlationid: `journey of ${key}`,
    ce_causationid: 'cause',
    ce_lenderid: LENDER,
    ...(number === undefined ? {} : { ce_sequence: String(number) }),
    ...options.headers,
  };
  const headers: Record<string, Buffer | readonly Buffer[]> = {};
  for (const [name, value] of Object.entries(text)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? Buffer.from(value) : value;
  }
  return {
    topic,
    partition: options.partition ?? partitionOf(Buffer.from(key), PARTITIONS),
    offset: offsets,
    timestampMs: options.timestampMs ?? 1_000,
    key: Buffer.from(key),
    value: options.value === undefined ? encode(type, data as never, topic) : options.value,
    headers,
  };
}

export function turnOf(
  lane: number,
  records: readonly IncomingRecord[],
  isOwned: () => boolean = () => true,
): LaneTurn {
  return { lanes: [lane], records, signal: new AbortController().signal, isOwned };
}
