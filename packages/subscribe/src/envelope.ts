// Which event a record is, read from its key and headers before anything is decoded.
import { isUtf8 } from 'node:buffer';
import type { IncomingRecord } from '@saidao/event-log';
import { topicByName, type EventName, type EventOf } from '@saidao/schemas';
import { isUuid } from '@saidao/values';

/** Where an event stands, and how it hangs together with others. */
export interface Envelope {
  /** As on the broker, such as `saidao.decisions.czb-hz.v1`. */
  readonly topic: string;
  readonly applicationId: string;
  /** 1, 2, 3 … for each application and topic; on latest-decisions that of the last decision. */
  readonly number: number;
  readonly lenderId: string;
  /** `ce_id`: the identity in words. */
  readonly id: string;
  /** `ce_time`: ISO 8601. */
  readonly time: string;
  /** What the channel sent along with the submission; the same on all that comes of it. */
  readonly correlationId: string;
  /** `ce_id` of the event that led to this one. */
  readonly causationId: string;
  /** `<topic>/<partition>/<offset>`: where this copy of the event was read. */
  readonly readAt: string;
}

/** An event of one of those names with its envelope; narrows by `type`. */
export type EventOn<N extends EventName = EventName> = Envelope & EventOf<N>;

/** A record that is nobody's event, and why. */
export interface Unreadable {
  readonly readAt: string;
  readonly reason: string;
}

export function isUnreadable(read: Envelope | Unreadable): read is Unreadable {
  return 'reason' in read;
}

export function readEnvelope(record: IncomingRecord): Envelope | Unreadable {
  const { topic, partition, offset } = record;
  const readAt = `${topic}/${partition}/${offset}`;
  const applicationId = textOf(record.key) ?? '';
  if (!isUuid(applicationId)) return { readAt, reason: 'its key is no application id' };
  const digits = headerOf(record, 'ce_sequence');
  if (!/^[1-9][0-9]{0,14}$/.test(digits)) {
    return { readAt, reason: 'its header ce_sequence is no number' };
  }
  const id = headerOf(record, 'ce_id');
  if (isNumbered(topic) && id !== `${applicationId}/${topic}/${digits}`) {
    return { readAt, reason: 'its header ce_id does not say what its key and ce_sequence say' };
  }
  return {
    ...{ topic, applicationId, number: Number(digits), id, readAt },
    lenderId: headerOf(record, 'ce_lenderid'),
    time: headerOf(record, 'ce_time'),
    correlationId: headerOf(record, 'ce_correlationid'),
    causationId: headerOf(record, 'ce_causationid'),
  };
}

/** Whether each number follows on the one before it; on others numbers jump. */
export const isNumbered = (topic: string): boolean => topicByName(topic)?.numbered === true;

/** Empty where it is missing, given twice or no text. */
function headerOf({ headers }: IncomingRecord, name: string): string {
  const value = headers[name];
  return (Buffer.isBuffer(value) ? textOf(value) : undefined) ?? '';
}

/** PostgreSQL keeps no zero byte in a text. */
function textOf(bytes: Buffer | null): string | undefined {
  return bytes !== null && isUtf8(bytes) && !bytes.includes(0) ? bytes.toString() : undefined;
}
