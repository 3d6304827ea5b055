// Writes Kafka's Produce request by hand, since no client would send what strangers can.
import { connect, type Socket } from 'node:net';
import { gzipSync } from 'node:zlib';

/** A record as bytes, with nothing checked: names and values of headers may be anything. */
export interface RawRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: Buffer, value: Buffer | null])[];
  /** Compresses its batch with gzip. */
  readonly gzip?: boolean;
}

export interface RawProducer {
  /** Appends one record in a batch of its own; resolves with its offset. */
  send(record: RawRecord): Promise<bigint>;
  close(): void;
}

const PRODUCE_KEY = 0;
const PRODUCE_VERSION = 7;
const TIMEOUT_MS = 10_000;

/** Speaks to the one broker there is, which leads every partition. */
export async function openRawProducer(broker: string): Promise<RawProducer> {
  const [host, port] = broker.split(':') as [string, string];
  const socket = connect(Number(port), host);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  const answers = answersOf(socket);
  let last: Promise<unknown> = Promise.resolve();
  return {
    send(record) {
      // One after another: answers come in the order of the requests.
      const sent = last.then(async () => {
        socket.write(requestOf(record));
        return offsetIn(await answers.next(), record);
      });
      last = sent.catch(() => undefined);
      return sent;
    },
    close: () => socket.destroy(),
  };
}

function requestOf(record: RawRecord): Buffer {
  const batch = batchOf(record);
  const body = Buffer.concat([
    int16(PRODUCE_KEY),
    int16(PRODUCE_VERSION),
    int32(1),
    text('hostile'),
    int16(-1), // No transaction.
    int16(-1), // Acknowledged by all.
    int32(TIMEOUT_MS),
    int32(1),
    text(record.topic),
    int32(1),
    int32(record.partition),
    int32(batch.length),
    batch,
  ]);
  return Buffer.concat([int32(body.length), body]);
}

/** The offset of the appended record; rejects with the broker's error. */
function offsetIn(answer: Buffer, { topic, partition }: RawRecord): bigint {
  // Correlation id, one topic with its name, one partition.
  const at = 4 + 4 + 2 + Buffer.byteLength(topic) + 4 + 4;
  const error = answer.readInt16BE(at);
  if (error !== 0) throw new Error(`The broker refuses ${topic}/${partition}: error ${error}.`);
  return answer.readBigInt64BE(at + 2);
}

/** A record batch of format 2, with the one record. */
function batchOf({ key, value, headers, gzip }: RawRecord): Buffer {
  const fields = Buffer.concat([
    Buffer.from([0]),
    varint(0),
    varint(0),
    sized(key),
    sized(value),
    varint(headers.length),
    ...headers.flatMap(([name, content]) => [sized(name), sized(content)]),
  ]);
  const plain = Buffer.concat([varint(fields.length), fields]);
  const nowMs = int64(BigInt(Date.now()));
  const checked = Buffer.concat([
    int16(gzip === true ? 1 : 0),
    int32(0), // Last offset delta.
    nowMs,
    nowMs,
    int64(-1n), // No producer id,
    int16(-1), // no epoch,
    int32(-1), // no sequence.
    int32(1),
    gzip === true ? gzipSync(plain) : plain,
  ]);
  const head = Buffer.concat([int32(-1), Buffer.from([2]), uint32(crc32c(checked))]);
  return Buffer.concat([int64(0n), int32(head.length + checked.length), head, checked]);
}

/** Splits what comes into answers. */
function answersOf(socket: Socket): { next(): Promise<Buffer> } {
  let bytes = Buffer.alloc(0);
  const waiting: ((answer: Buffer) => void)[] = [];
  let failed: ((error: Error) => void) | undefined;
  socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    while (bytes.length >= 4 && bytes.length >= 4 + bytes.readInt32BE(0)) {
      const end = 4 + bytes.readInt32BE(0);
      waiting.shift()?.(bytes.subarray(4, end));
      bytes = bytes.subarray(end);
    }
  });
  socket.on('close', () => failed?.(new Error('The broker has closed the connection.')));
  return {
    next: () =>
      new Promise((resolve, reject) => {
        waiting.push(resolve);
        failed = reject;
        if (socket.destroyed) reject(new Error('The connection to the broker is closed.'));
      }),
  };
}

function sized(bytes: Buffer | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

/** A zigzag varint of 32 bits. */
function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest >= 0x80) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
  return Buffer.from(out);
}

function text(value: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

const CRC32C = Uint32Array.from({ length: 256 }, (_zero, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc;
});

function crc32c(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (CRC32C[(crc ^ byte) & 0xff] as number) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
