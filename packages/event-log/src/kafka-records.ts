// Records as kafkajs hands them out, made into records of the port.
import type { KafkaMessage } from 'kafkajs';
import type { IncomingRecord } from './port.ts';

const NO_BYTES = Buffer.alloc(0);

/** The headers object is kafkajs's own (patched to have no prototype); only nulls are replaced. */
export function incomingOf(
  topic: string,
  partition: number,
  message: KafkaMessage,
): IncomingRecord {
  const headers = message.headers as Record<string, Buffer | null | (Buffer | null)[]>;
  for (const name in headers) {
    const value = headers[name];
    if (value === null) headers[name] = NO_BYTES;
    else if (Array.isArray(value)) headers[name] = value.map((one) => one ?? NO_BYTES);
  }
  return {
    topic,
    partition,
    offset: BigInt(message.offset),
    timestampMs: Number(message.timestamp),
    key: message.key,
    value: message.value,
    headers: headers as IncomingRecord['headers'],
  };
}
