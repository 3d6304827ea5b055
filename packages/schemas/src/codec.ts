// Events to bytes and back in the Confluent wire format: 0x00, schema id, Avro body.
import type { Type } from 'avsc';
import { avroTypeOf } from './avro-type.ts';
import { compileCheck } from './check.ts';
import type { Check } from './check.ts';
import { SchemaError } from './errors.ts';
import type { EventMap, EventName, EventOf } from './generated/events.ts';
import { compileWalk } from './guard.ts';
import type { Cursor, Walk } from './guard.ts';
import { lockedSchemas, subjectOf } from './lock.ts';
import type { LockedSchema } from './lock.ts';
import { qualify, readSchema } from './schema.ts';
import { topicByName } from './topics.ts';

export const BODY_BYTES_MAX = 256 * 1024;
const HEAD_BYTES = 5;
const MAGIC = 0;
// Names come from configuration; the bound only keeps a mistake from growing the cache for ever.
const TOPIC_NAMES_CACHED_MAX = 10_000;

export interface CodecOptions {
  schemas: readonly LockedSchema[];
  /** The catalogue's name, `{lender}` and all, for a name on the broker. */
  catalogueName: (topicName: string) => string | undefined;
}

export interface Codec {
  encode(eventName: string, data: object, topicName: string): Buffer;
  decode(bytes: Buffer | null, topicName: string): { type: string; data: unknown };
}

interface Encoder {
  id: number;
  type: Type;
  check: Check;
  /** Set while an older version is written than the newest that is read. */
  checkWritten: Check | undefined;
}

interface Decoder {
  event: string;
  readerType: Type;
  resolver: ReturnType<Type['createResolver']> | undefined;
  walk: Walk;
}

/** A codec over a lock's schemas. Types are compiled at first use: a line handles few of them. */
export function createCodec({ schemas, catalogueName }: CodecOptions): Codec {
  const byId = new Map<number, LockedSchema>();
  const newestRead = new Map<string, LockedSchema>();
  const written = new Map<string, LockedSchema>();
  for (const locked of schemas) {
    byId.set(locked.id, locked);
    if (locked.reads && locked.version > (newestRead.get(locked.subject)?.version ?? 0)) {
      newestRead.set(locked.subject, locked);
    }
    if (locked.writes) written.set(locked.subject, locked);
  }
  const topicNames = new Map<string, string>();
  const types = new Map<number, Type>();
  const encoders = new Map<string, Encoder>();
  const decoders = new Map<number, Decoder>();
  const scratch = Buffer.allocUnsafeSlow(HEAD_BYTES + BODY_BYTES_MAX);
  const cursor: Cursor = {
    buf: scratch,
    pos: 0,
    end: 0,
    code: 'SAIDAO_MALFORMED',
    what: '',
    path: '',
  };

  function nameInCatalogue(topicName: string): string {
    const cached = topicNames.get(topicName);
    if (cached !== undefined) return cached;
    const name = catalogueName(topicName);
    if (name === undefined) {
      throw new SchemaError('SAIDAO_TOPIC_UNKNOWN', `${topicName} is not in the catalogue.`);
    }
    if (topicNames.size < TOPIC_NAMES_CACHED_MAX) topicNames.set(topicName, name);
    return name;
  }

  function typeOf(locked: LockedSchema): Type {
    let type = types.get(locked.id);
    if (type === undefined) {
      type = avroTypeOf(locked.schema);
      types.set(locked.id, type);
    }
    return type;
  }

  function encoderOf(eventName: string, topicName: string): Encoder {
    const subject = subjectOf(nameInCatalogue(topicName), qualify(eventName));
    const known = encoders.get(subject);
    if (known !== undefined) return known;
    const newest = newestRead.get(subject);
    if (newest === undefined) {
      throw new SchemaError(
        'SAIDAO_EVENT_NOT_OF_TOPIC',
        `${topicName} does not carry ${eventName}; see topics.ts.`,
      );
    }
    const writable = written.get(subject);
    if (writable === undefined) {
      throw new SchemaError(
        'SAIDAO_NOT_WRITABLE',
        `${eventName} is new on ${topicName}: this release reads it, the next one writes it.`,
      );
    }
    const newestCheck = compileCheck(readSchema(newest.schema), BODY_BYTES_MAX, 'refuse');
    const encoder: Encoder = {
      id: writable.id,
      type: typeOf(writable),
      check: newestCheck,
      checkWritten:
        writable === newest
          ? undefined
          : compileCheck(readSchema(writable.schema), BODY_BYTES_MAX, 'pass'),
    };
    encoders.set(subject, encoder);
    return encoder;
  }

  function encode(eventName: string, data: object, topicName: string): Buffer {
    const encoder = encoderOf(eventName, topicName);
    const fault = encoder.check(data) ?? encoder.checkWritten?.(data) ?? null;
    if (fault !== null) {
      throw new SchemaError(fault.code, `${fault.what} (${eventName})`, fault.path);
    }
    const end = encoder.type.encode(data, scratch, HEAD_BYTES);
    if (end < 0) {
      const bytes = BODY_BYTES_MAX - end;
      throw new SchemaError(
        'SAIDAO_TOO_LARGE',
        `${eventName} takes ${bytes} bytes; at most ${BODY_BYTES_MAX} are allowed.`,
      );
    }
    scratch[0] = MAGIC;
    scratch.writeInt32BE(encoder.id, 1);
    const bytes = Buffer.allocUnsafe(end);
    scratch.copy(bytes, 0, 0, end);
    return bytes;
  }

  function decoderOf(locked: LockedSchema): Decoder {
    const known = decoders.get(locked.id);
    if (known !== undefined) return known;
    const node = readSchema(locked.schema);
    const newest = newestRead.get(locked.subject) ?? locked;
    const readerType = typeOf(newest);
    const decoder: Decoder = {
      event: node.name,
      readerType,
      resolver: newest === locked ? undefined : readerType.createResolver(typeOf(locked)),
      walk: compileWalk(node),
    };
    decoders.set(locked.id, decoder);
    return decoder;
  }

  function decode(bytes: Buffer | null, topicName: string): { type: string; data: unknown } {
    const catalogueTopic = nameInCatalogue(topicName);
    if (bytes === null || bytes.length === 0) {
      throw new SchemaError('SAIDAO_EMPTY', `A record of ${topicName} has no value.`);
    }
    if (bytes[0] !== MAGIC) {
      throw new SchemaError('SAIDAO_MAGIC', `The value starts with ${bytes[0]} instead of 0.`);
    }
    if (bytes.length < HEAD_BYTES) {
      throw new SchemaError('SAIDAO_TRUNCATED', 'The value ends inside its five head bytes.');
    }
    if (bytes.length > HEAD_BYTES + BODY_BYTES_MAX) {
      const size = bytes.length - HEAD_BYTES;
      const what = `The body takes ${size} bytes; at most ${BODY_BYTES_MAX} are allowed.`;
      throw new SchemaError('SAIDAO_TOO_LARGE', what);
    }
    const id = bytes.readInt32BE(1);
    const locked = byId.get(id);
    if (locked === undefined || !locked.reads) {
      const what = `Schema id ${id} is not one this release reads; see schema-ids.json.`;
      throw new SchemaError('SAIDAO_SCHEMA_ID_UNKNOWN', what);
    }
    if (
      !locked.subject.startsWith(catalogueTopic) ||
      locked.subject[catalogueTopic.length] !== '-'
    ) {
      const what = `Schema id ${id} is ${locked.subject}, not one of ${topicName}.`;
      throw new SchemaError('SAIDAO_SCHEMA_NOT_OF_TOPIC', what);
    }
    const decoder = decoderOf(locked);
    cursor.buf = bytes;
    cursor.pos = HEAD_BYTES;
    cursor.end = bytes.length;
    const sound = decoder.walk(cursor);
    // The cursor outlives the call and must not keep a whole batch of the broker alive.
    cursor.buf = scratch;
    if (!sound)
      throw new SchemaError(cursor.code, `${cursor.what} (${decoder.event})`, cursor.path);
    if (cursor.pos !== bytes.length) {
      const left = bytes.length - cursor.pos;
      throw new SchemaError('SAIDAO_TRAILING', `${left} bytes are left after ${decoder.event}.`);
    }
    const { readerType, resolver } = decoder;
    const data: unknown = readerType.decode(bytes, HEAD_BYTES, resolver).value;
    return { type: decoder.event, data };
  }

  return { encode, decode };
}

const codec = createCodec({
  schemas: lockedSchemas,
  catalogueName: (topicName) => topicByName(topicName)?.name,
});

/** The bytes of an event for a topic. Throws SchemaError, with the path, if the data do not fit. */
export function encode<N extends EventName>(
  eventName: N,
  data: EventMap[N],
  topicName: string,
): Buffer {
  return codec.encode(eventName, data, topicName);
}

/** The event in the bytes met on a topic, in its newest form. Throws nothing but SchemaError. */
export function decode(bytes: Buffer | null, topicName: string): EventOf {
  return codec.decode(bytes, topicName) as EventOf;
}
