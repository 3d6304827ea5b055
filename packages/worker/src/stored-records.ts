// Records as bytes in a row: what the journal published, what was parked.
import avro from 'avsc';
import type { IncomingRecord, OutgoingRecord } from '@saidao/event-log';

const HEADERS = {
  type: 'array',
  items: {
    type: 'record',
    name: 'Header',
    fields: [
      { name: 'name', type: 'string' },
      { name: 'value', type: 'bytes' },
    ],
  },
} as const;

const OUTPUTS = avro.Type.forSchema(
  {
    type: 'array',
    items: {
      type: 'record',
      name: 'Output',
      fields: [
        { name: 'topic', type: 'string' },
        { name: 'partition', type: 'int' },
        { name: 'key', type: 'bytes' },
        { name: 'value', type: ['null', 'bytes'] },
        // True of a dead letter: its value is the input's, which comes again with a redelivery.
        { name: 'ofInput', type: 'boolean' },
        { name: 'headers', type: HEADERS },
      ],
    },
  } as avro.Schema,
  { wrapUnions: 'never' as never },
);

const RECORD = avro.Type.forSchema(
  {
    type: 'record',
    name: 'Input',
    fields: [
      { name: 'topic', type: 'string' },
      { name: 'partition', type: 'int' },
      { name: 'offset', type: 'string' },
      { name: 'timestampMs', type: 'double' },
      { name: 'key', type: ['null', 'bytes'] },
      { name: 'value', type: ['null', 'bytes'] },
      { name: 'headers', type: HEADERS },
    ],
  } as avro.Schema,
  { wrapUnions: 'never' as never },
);

interface StoredHeader {
  readonly name: string;
  readonly value: Buffer;
}
interface StoredRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly StoredHeader[];
}
interface StoredOutput {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer;
  readonly value: Buffer | null;
  readonly ofInput: boolean;
  readonly headers: readonly StoredHeader[];
}

/** avsc's own room is 1 KiB: what is larger it would write twice. */
const scratch = Buffer.allocUnsafe(256 * 1024);

function bytesOf(type: avro.Type, value: unknown): Buffer {
  const end = type.encode(value, scratch, 0);
  if (end < 0) return type.toBuffer(value);
  return Buffer.from(scratch.subarray(0, end));
}

/** Stands for the input's value in what `outputsFromBytes` gives; see `withInput`. */
const OF_INPUT = Buffer.from('the value of the input');

/** The journal's form of what an input yielded. Its own value, a megabyte perhaps, is left out. */
export function outputsToBytes(
  outputs: readonly OutgoingRecord[],
  inputValue: Buffer | null,
): Buffer {
  return bytesOf(
    OUTPUTS,
    outputs.map((output) => {
      const ofInput = inputValue !== null && output.value === inputValue;
      const value = ofInput ? null : output.value;
      return { ...output, value, ofInput, headers: outgoingHeaders(output.headers) };
    }),
  );
}

/** The records that `outputsToBytes` kept, byte for byte once `withInput` has seen them. */
export function outputsFromBytes(bytes: Buffer): OutgoingRecord[] {
  const outputs = OUTPUTS.fromBuffer(bytes) as readonly StoredOutput[];
  return outputs.map((output) => ({
    topic: output.topic,
    partition: output.partition,
    key: output.key,
    value: output.ofInput ? OF_INPUT : output.value,
    headers: Object.fromEntries(output.headers.map(({ name, value }) => [name, value])),
  }));
}

/** Outputs of a journal row with the input's value put back: the input has come again. */
export function withInput(
  outputs: readonly OutgoingRecord[],
  inputValue: Buffer | null,
): OutgoingRecord[] {
  return outputs.map((output) =>
    output.value === OF_INPUT ? { ...output, value: inputValue } : output,
  );
}

/** The parked form of a record; a header given more than once keeps all its values. */
export function recordToBytes(record: IncomingRecord): Buffer {
  return bytesOf(RECORD, {
    topic: record.topic,
    partition: record.partition,
    offset: record.offset.toString(),
    timestampMs: record.timestampMs,
    key: record.key,
    value: record.value,
    headers: incomingHeaders(record.headers),
  });
}

/** The record that `recordToBytes` kept. */
export function recordFromBytes(bytes: Buffer): IncomingRecord {
  const stored = RECORD.fromBuffer(bytes) as StoredRecord;
  const headers: Record<string, Buffer | Buffer[]> = Object.create(null);
  for (const { name, value } of stored.headers) {
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [before, value];
  }
  return {
    topic: stored.topic,
    partition: stored.partition,
    offset: BigInt(stored.offset),
    timestampMs: stored.timestampMs,
    key: stored.key,
    value: stored.value,
    headers,
  };
}

/** All headers as name and value pairs. */
export function incomingHeaders(headers: IncomingRecord['headers']): StoredHeader[] {
  return Object.entries(headers).flatMap(([name, value]) =>
    value === undefined
      ? []
      : Array.isArray(value)
        ? value.map((one: Buffer) => ({ name, value: one }))
        : [{ name, value: value as Buffer }],
  );
}

function outgoingHeaders(headers: OutgoingRecord['headers']): StoredHeader[] {
  return Object.entries(headers).map(([name, value]) => ({
    name,
    value: typeof value === 'string' ? Buffer.from(value) : value,
  }));
}
