// An event of an application as it was read from a topic: decoded, with what its envelope says.
import type { IncomingRecord } from '@saidao/event-log';
import { decode, topicByName } from '@saidao/schemas';
import type { EventOf } from '@saidao/schemas';

export interface Place {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  /** The broker's append time, in milliseconds since 1970. */
  readonly appendedAtMs: number;
  /** The Kafka key as text. */
  readonly key: string;
  /** `ce_id`. */
  readonly id: string;
  /** On a numbered topic. */
  readonly number: number | undefined;
  /** The id of the event that this one came of. */
  readonly causationId: string | undefined;
  readonly lenderId: string | undefined;
}

export type CaseEvent = EventOf & Place;

/** Undefined for what cannot be read as an event of its topic. Personal data stays behind. */
export function caseEventOf(record: IncomingRecord): CaseEvent | undefined {
  try {
    return { ...placeIn(record), ...withoutPersons(decode(record.value, record.topic)) };
  } catch {
    return undefined;
  }
}

function withoutPersons(event: EventOf): EventOf {
  if (!('contact' in event.data)) return event;
  return { ...event, data: { ...event.data, contact: null, persons: null } } as EventOf;
}

export function placeIn(record: IncomingRecord): Place {
  const { topic, partition, offset, timestampMs } = record;
  const id = headerOf(record, 'ce_id') ?? `${topic}/${partition}/${offset}`;
  const numbered = topicByName(topic)?.numbered === true;
  return {
    topic,
    partition,
    offset,
    appendedAtMs: timestampMs,
    key: record.key?.toString('utf8') ?? '',
    id,
    number: numbered ? numberIn(id) : undefined,
    causationId: headerOf(record, 'ce_causationid'),
    lenderId: headerOf(record, 'ce_lenderid'),
  };
}

/** A header's text; of one given twice the first. */
export function headerOf(record: IncomingRecord, name: string): string | undefined {
  const value = record.headers[name];
  if (value === undefined) return undefined;
  const bytes = Buffer.isBuffer(value) ? value : value[0];
  return bytes?.toString('utf8');
}

function numberIn(id: string): number | undefined {
  const digits = /\/([1-9][0-9]{0,14})$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
