// Dead letters: a record that a line could not take, verbatim, with what was wrong in its headers.
import { HEADERS_MAX, type IncomingRecord, type OutgoingRecord } from '@saidao/event-log';

/** Room for our own, of which there are eleven. */
const FOREIGN_HEADERS_MAX = HEADERS_MAX - 16;

export interface DeadLetterReason {
  readonly code: string;
  /** For a person; it names places and types, never contents. */
  readonly reason: string;
  /** The identity it was known by, or `<topic>/<partition>/<offset>`. */
  readonly identity: string;
  readonly applicationId: string | undefined;
  /** True where the application waits here for a replay or discard. */
  readonly blocks: boolean;
}

/** `<topic>/<partition>/<offset>`: the identity of what has no readable one. */
export function placeOf(record: IncomingRecord): string {
  return `${record.topic}/${record.partition}/${record.offset}`;
}

/** Whether the output is the dead letter of this record, and of no other. */
export function isLetterOf({ headers }: OutgoingRecord, record: IncomingRecord): boolean {
  const place = ['topic', 'partition', 'offset'].map((name) => String(headers[`x-dlq-${name}`]));
  return place.join('/') === placeOf(record);
}

/** The envelope's first, and no more than leave room for ours in what a reader is given. */
function keptNames({ headers }: IncomingRecord): string[] {
  const names = Object.keys(headers).filter((name) => !name.startsWith('x-dlq-'));
  const isEnvelope = (name: string) => name.startsWith('ce_');
  return [...names.filter(isEnvelope), ...names.filter((name) => !isEnvelope(name))].slice(
    0,
    FOREIGN_HEADERS_MAX,
  );
}

/** The dead letter's own record; deterministic, so that a redelivery writes the same bytes. */
export function deadLetterOf(
  line: string,
  lane: number,
  record: IncomingRecord,
  reason: DeadLetterReason,
): OutgoingRecord {
  const headers: Record<string, string | Buffer> = Object.create(null);
  for (const name of keptNames(record)) {
    const value = record.headers[name];
    // Of a header given twice the first is kept: a Kafka client that reads maps sees one anyway.
    const first = Array.isArray(value) ? value[0] : value;
    if (first !== undefined) headers[name] = first as Buffer;
  }
  headers['x-dlq-line'] = line;
  headers['x-dlq-code'] = reason.code;
  headers['x-dlq-reason'] = reason.reason;
  headers['x-dlq-identity'] = reason.identity;
  headers['x-dlq-topic'] = record.topic;
  headers['x-dlq-partition'] = String(record.partition);
  headers['x-dlq-offset'] = String(record.offset);
  headers['x-dlq-timestamp'] = String(record.timestampMs);
  headers['x-dlq-key-missing'] = String(record.key === null);
  headers['x-dlq-blocks'] = String(reason.blocks);
  if (reason.applicationId !== undefined) headers['x-dlq-application'] = reason.applicationId;
  return {
    topic: `${line}.dead-letter.v1`,
    partition: lane,
    key: record.key ?? Buffer.alloc(0),
    value: record.value,
    headers,
  };
}
