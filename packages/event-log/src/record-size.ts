// How many bytes a record takes, so that nothing is sent or buffered past its limit.
import type { IncomingRecord, OutgoingRecord } from './port.ts';

/** Room for what a record batch and a record carry beside key, value and headers. */
const BATCH_OVERHEAD_BYTES = 61;
const RECORD_OVERHEAD_BYTES = 36;
const HEADER_OVERHEAD_BYTES = 10;

/** The broker's own default for max.message.bytes. */
export const RECORD_BYTES_MAX_DEFAULT = 1_048_588;

/** An upper bound of what the record takes in a batch of its own. */
export function outgoingBytes(record: OutgoingRecord): number {
  let bytes = BATCH_OVERHEAD_BYTES + RECORD_OVERHEAD_BYTES + record.key.length;
  if (record.value !== null) bytes += record.value.length;
  for (const name in record.headers) {
    const value = record.headers[name]!;
    bytes += HEADER_OVERHEAD_BYTES + Buffer.byteLength(name);
    bytes += typeof value === 'string' ? Buffer.byteLength(value) : value.length;
  }
  return bytes;
}

/** What the record holds in memory, roughly. */
export function incomingBytes(record: IncomingRecord): number {
  let bytes = RECORD_OVERHEAD_BYTES;
  if (record.key !== null) bytes += record.key.length;
  if (record.value !== null) bytes += record.value.length;
  for (const name in record.headers) {
    const value = record.headers[name]!;
    bytes += HEADER_OVERHEAD_BYTES + name.length;
    if (Array.isArray(value)) for (const one of value) bytes += one.length;
    else bytes += (value as Buffer).length;
  }
  return bytes;
}
