// The envelope: who a record is, read from its key and headers, and written on what a line yields.
import { hash } from 'node:crypto';
import { isUtf8 } from 'node:buffer';
import { partitionOf, type IncomingRecord, type OutgoingRecord } from '@saidao/event-log';
import type { EventName, Topic } from '@saidao/schemas';
import { isUuid } from '@saidao/values';
import { isMark } from './journal-marks.ts';
import { readTraceparent, sampled, traceNamedBy, type Samples } from './trace-context.ts';

/** How a line treats a topic that it reads. */
export type InputKind = 'numbered' | 'door' | 'timers' | 'replay';

export interface InputTopic {
  readonly name: string;
  readonly kind: InputKind;
  /** The catalogue's entry; undefined for a line's own timers and replay topics. */
  readonly topic: Topic<EventName> | undefined;
  /** On a topic of one lender: that lender. */
  readonly lenderId: string | undefined;
  /** False where the key is no application id (submissions). */
  readonly keyedByApplication: boolean;
}

/** A record whose identity could be read. */
export interface Envelope {
  readonly record: IncomingRecord;
  readonly input: InputTopic;
  readonly key: string;
  /** Undefined where the key is no application id, until the line has identified it. */
  applicationId: string | undefined;
  /** On a numbered topic. */
  readonly number: number | undefined;
  /** `ce_id`. */
  readonly id: string;
  /** What the journal knows it by within its key and topic: the number or the message id. */
  readonly identity: string;
  readonly type: string;
  readonly lenderId: string;
  readonly correlationId: string;
  /** Of the trace that it came with, or else of one that is named by its identity. */
  readonly traceparent: string;
  /** True where it came with no trace that can be read. */
  readonly beginsTrace: boolean;
  readonly digest: Buffer;
  /**
   * What is wrong beside the identity; only on numbered topics and timers. Such a record keeps its
   * place in the order, so that a replay or discard can end what its dead letter blocks.
   */
  readonly fault: EnvelopeFault | undefined;
}

export interface EnvelopeFault {
  readonly code: string;
  readonly reason: string;
}

/** A record without a readable identity, or out of its lane: its dead letter blocks nobody. */
export interface Unreadable extends EnvelopeFault {
  readonly record: IncomingRecord;
}

export interface EnvelopeReader {
  read(record: IncomingRecord): Envelope | Unreadable;
}

const ID_LENGTH_MAX = 256;
const DAYS_KEY = /^[^/]+\/\d{4}-\d{2}-\d{2}\/(\d+)$/;
const HEADER_LENGTH_MAX = 512;

export function isUnreadable(read: Envelope | Unreadable): read is Unreadable {
  return 'code' in read;
}

/** Reads envelopes of the given topics; `partitions` is the number that all of them have. */
export function createEnvelopeReader(options: {
  readonly inputs: ReadonlyMap<string, InputTopic>;
  readonly partitions: number;
  readonly lenders: readonly string[];
  /** Which traces are recorded; left out: none is, and each is passed on as it came. */
  readonly samples?: Samples | undefined;
}): EnvelopeReader {
  const { samples } = options;
  const lenders = new Set(options.lenders);

  function read(record: IncomingRecord): Envelope | Unreadable {
    const input = options.inputs.get(record.topic);
    const unreadable = (code: string, reason: string): Unreadable => ({ record, code, reason });
    if (input === undefined) {
      return unreadable('SAIDAO_TOPIC_UNEXPECTED', `The line does not read ${record.topic}.`);
    }
    const key = textOf(record.key);
    if (key === undefined || key === '' || key.length > ID_LENGTH_MAX) {
      return unreadable('SAIDAO_KEY', 'The key is missing, too long or no UTF-8 text.');
    }
    if (input.kind === 'numbered' || input.kind === 'door') {
      if (input.keyedByApplication && !isUuid(key)) {
        return unreadable('SAIDAO_KEY', 'The key is no application id (a UUID).');
      }
      const wrong = misplacement(record, key, input.topic?.key);
      if (wrong !== undefined) return unreadable('SAIDAO_WRONG_PARTITION', wrong);
    }
    const { header, faults } = readHeaders(record);
    if (faults.ce_id !== undefined) return { record, ...faults.ce_id };
    const id = header.ce_id;
    if (id === undefined || id === '' || id.length > ID_LENGTH_MAX) {
      return unreadable('SAIDAO_CE_ID', 'The header ce_id is missing or too long.');
    }
    if (isMark(id)) {
      return unreadable('SAIDAO_CE_ID', 'The header ce_id is a word of the journal’s own.');
    }
    let digits: string | undefined;
    if (input.kind === 'numbered') {
      const prefix = `${key}/${record.topic}/`;
      digits = id.startsWith(prefix) ? id.slice(prefix.length) : '';
      if (!/^[1-9][0-9]{0,14}$/.test(digits)) {
        return unreadable('SAIDAO_CE_ID', `The header ce_id is not ${prefix}<number>.`);
      }
    }
    const fault = Object.values(faults)[0] ?? disagreement(header, input, digits);
    if (fault !== undefined && input.kind !== 'numbered' && input.kind !== 'timers') {
      return { record, ...fault };
    }
    // A bad trace never fails processing: it is as if there were none.
    const came = readTraceparent(header.traceparent);
    const trace =
      came === undefined
        ? traceNamedBy(`${record.topic} ${key} ${id}`, samples)
        : sampled(came, samples);
    return {
      record,
      input,
      key,
      applicationId: input.keyedByApplication ? key : undefined,
      number: digits === undefined ? undefined : Number(digits),
      id,
      identity: digits ?? id,
      type: header.ce_type ?? '',
      lenderId: header.ce_lenderid ?? '',
      correlationId: header.ce_correlationid ?? id,
      traceparent: trace,
      beginsTrace: came === undefined,
      digest: digestOf(record, input.kind),
      fault,
    };
  }

  /** Why a record cannot have this key on its partition; undefined if it can. */
  function misplacement(
    record: IncomingRecord,
    key: string,
    keyedBy: Topic['key'] | undefined,
  ): string | undefined {
    const came = `it came on ${record.partition}.`;
    if (keyedBy === 'days') {
      // Every lane is told of a day by a record of its own: the key names it, none is hashed.
      const named = DAYS_KEY.exec(key)?.[1];
      if (named === String(record.partition)) return undefined;
      return `The key has to be <lender>/<date>/<partition>, and ${came}`;
    }
    const expected = partitionOf(record.key as Buffer, options.partitions);
    if (expected === record.partition) return undefined;
    return `The key belongs on partition ${expected} (murmur2), ${came}`;
  }

  /** What the headers say that cannot be: of type, lender or number; undefined if all is well. */
  function disagreement(
    header: Headers,
    input: InputTopic,
    digits: string | undefined,
  ): EnvelopeFault | undefined {
    const { ce_sequence: sequence, ce_type: type, ce_lenderid: lenderId } = header;
    if (digits !== undefined && sequence !== undefined && sequence !== digits) {
      const reason = 'The headers ce_sequence and ce_id disagree.';
      return { code: 'SAIDAO_CE_SEQUENCE', reason };
    }
    if (type === undefined) {
      return { code: 'SAIDAO_CE_TYPE', reason: 'The header ce_type is missing.' };
    }
    if (lenderId === undefined || !lenders.has(lenderId)) {
      const reason = 'The header ce_lenderid names no known lender.';
      return { code: 'SAIDAO_LENDER_UNKNOWN', reason };
    }
    if (input.lenderId !== undefined && input.lenderId !== lenderId) {
      const reason = 'The header ce_lenderid is not the topic’s lender.';
      return { code: 'SAIDAO_LENDER_UNKNOWN', reason };
    }
    return undefined;
  }

  return { read };
}

/** The headers that can be read; of the others what is wrong with each. */
function readHeaders({ headers }: IncomingRecord): {
  readonly header: Headers;
  readonly faults: Partial<Record<HeaderName, EnvelopeFault>>;
} {
  const header: Headers = {};
  const faults: Partial<Record<HeaderName, EnvelopeFault>> = {};
  for (const name of HEADER_NAMES) {
    const value = headers[name];
    if (value === undefined) continue;
    const isOne = Buffer.isBuffer(value);
    const text = isOne && value.length <= HEADER_LENGTH_MAX ? textOf(value) : undefined;
    if (text !== undefined) header[name] = text;
    else if (name !== 'traceparent') {
      faults[name] = isOne
        ? { code: 'SAIDAO_HEADER', reason: `The header ${name} is too long or no UTF-8 text.` }
        : { code: 'SAIDAO_HEADER_TWICE', reason: `The header ${name} is given more than once.` };
    }
  }
  return { header, faults };
}

const HEADER_NAMES = [
  'ce_id',
  'ce_type',
  'ce_lenderid',
  'ce_sequence',
  'ce_correlationid',
  'traceparent',
] as const;
type HeaderName = (typeof HEADER_NAMES)[number];
type Headers = Partial<Record<HeaderName, string>>;

/** What stands behind an identity: on doors the value, type and lender, else all `ce_` headers. */
function digestOf(record: IncomingRecord, kind: InputKind): Buffer {
  const names =
    kind === 'numbered'
      ? Object.keys(record.headers)
          .filter((name) => name.startsWith('ce_'))
          .sort()
      : DOOR_NAMES;
  const parts: Buffer[] = [];
  for (const name of names) {
    const value = record.headers[name];
    parts.push(nameBytes(name), Buffer.isBuffer(value) ? value : NO_BYTES, ZERO);
  }
  if (record.value !== null) parts.push(record.value);
  // Joined first: one call, where a hash fed piece by piece takes one for each of thirty pieces.
  return hash('sha256', Buffer.concat(parts), 'buffer');
}

const DOOR_NAMES = ['ce_lenderid', 'ce_type'];
const NO_BYTES = Buffer.alloc(0);
const ZERO = Buffer.from('\0');
// Header names are few, but strangers may make up others.
const NAMES_KEPT_MAX = 100;
const namesKept = new Map<string, Buffer>();

function nameBytes(name: string): Buffer {
  const kept = namesKept.get(name);
  if (kept !== undefined) return kept;
  const bytes = Buffer.from(`${name}\0`);
  if (namesKept.size < NAMES_KEPT_MAX) namesKept.set(name, bytes);
  return bytes;
}

function textOf(bytes: Buffer | null): string | undefined {
  return bytes !== null && isUtf8(bytes) && !bytes.includes(0) ? bytes.toString('utf8') : undefined;
}

/** What an output's envelope needs to know. */
export interface OutputEnvelope {
  readonly line: string;
  readonly topic: string;
  readonly partition: number;
  readonly applicationId: string;
  readonly number: number | undefined;
  /** Given where the topic is not numbered. */
  readonly id?: string;
  readonly type: string;
  readonly lenderId: string;
  /** ISO 8601. */
  readonly time: string;
  readonly correlationId: string;
  readonly causationId: string;
  /** Undefined: it begins a trace of its own. */
  readonly traceparent: string | undefined;
  readonly sequence?: number;
}

/** The record of an event: CloudEvents 1.0 in Kafka's binary mode, keyed by the application. */
export function writeRecord(envelope: OutputEnvelope, value: Buffer): OutgoingRecord {
  const sequence = envelope.sequence ?? envelope.number;
  const headers: Record<string, string> = {
    'content-type': 'application/avro',
    ce_specversion: '1.0',
    ce_id: envelope.id ?? `${envelope.applicationId}/${envelope.topic}/${envelope.number}`,
    ce_source: `saidao/${envelope.line}`,
    ce_type: envelope.type,
    ce_time: envelope.time,
    ce_subject: envelope.applicationId,
    ce_correlationid: envelope.correlationId,
    ce_causationid: envelope.causationId,
    ce_lenderid: envelope.lenderId,
  };
  if (sequence !== undefined) headers['ce_sequence'] = String(sequence);
  if (envelope.traceparent !== undefined) headers['traceparent'] = envelope.traceparent;
  return {
    topic: envelope.topic,
    partition: envelope.partition,
    key: Buffer.from(envelope.applicationId),
    value,
    headers,
  };
}
