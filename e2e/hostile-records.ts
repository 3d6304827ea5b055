// Every way in which a record can be wrong, for any topic that a line reads, and the code it earns.
import { randomBytes } from 'node:crypto';
import { partitionOf } from '@saidao/event-log';
import { lockedSchemas, type LockedSchema } from '@saidao/schemas';
import { uuidV7 } from '@saidao/values';
import { sampleBody, varint, wire, type Spoilt } from './avro-sample.ts';
import type { RawRecord } from './raw-producer.ts';

export interface TargetTopic {
  readonly name: string;
  /** As the catalogue spells it, with `{lender}` or `{line}`. */
  readonly catalogueName: string;
  readonly kind: 'numbered' | 'door' | 'submissions' | 'days' | 'own';
  readonly perLender: boolean;
  /** The lines that read it. */
  readonly readers: readonly string[];
  /** Applications that its reader knows already, where an unknown one would be waited for. */
  readonly known?: readonly string[];
}

export interface HostileRecord {
  readonly what: string;
  readonly record: RawRecord;
  /** The dead letter's code. */
  readonly code: string;
}

export interface World {
  readonly partitions: number;
  readonly lender: string;
  readonly otherLender: string;
}

type Header = readonly [name: Buffer, value: Buffer | null];
/** A record that is sound in every respect, before something is done to it. */
export interface Draft {
  topic: string;
  partition: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: Header[];
}

// What a broker takes at most, with its defaults: batch and record around this value still fit.
const VALUE_BYTES_MAX = 1_048_588 - 1_000;

/** All that is wrong in the bytes or the envelope; each earns one dead letter of each reader. */
export function hostileRecordsFor(topic: TargetTopic, world: World): HostileRecord[] {
  const hostile: HostileRecord[] = [];
  const add = (what: string, code: string, spoil: (draft: Draft) => void): void => {
    const draft = soundDraft(topic, world, hostile.length);
    spoil(draft);
    hostile.push({ what: `${what} on ${topic.name}`, code, record: draft });
  };
  const value = (what: string, code: string, make: (sound: Buffer) => Buffer | null): void =>
    add(what, code, (draft) => {
      draft.value = make(draft.value as Buffer);
    });
  const key = (what: string, bytes: Buffer | null): void =>
    add(what, 'SAIDAO_KEY', (draft) => {
      draft.key = bytes;
      if (bytes === null || topic.kind === 'days') return;
      draft.partition = partitionOf(bytes, world.partitions);
    });
  const header = (what: string, code: string, name: string, bytes: Buffer | null): void =>
    add(what, code, (draft) => {
      draft.headers = [...without(draft.headers, name), [Buffer.from(name), bytes]];
    });

  value('no value', 'SAIDAO_EMPTY', () => null);
  value('an empty value', 'SAIDAO_EMPTY', () => Buffer.alloc(0));
  value('one byte', 'SAIDAO_TRUNCATED', () => Buffer.from([0]));
  value('no body', 'SAIDAO_TRUNCATED', (sound) => sound.subarray(0, 5));
  value('a truncated value', 'SAIDAO_TRUNCATED', (sound) => sound.subarray(0, -1));
  value('trailing bytes', 'SAIDAO_TRAILING', (sound) => Buffer.concat([sound, Buffer.from([0])]));
  value('fields of a wider schema', 'SAIDAO_TRAILING', (sound) =>
    Buffer.concat([sound, varint(3n), Buffer.from('new'), varint(2n ** 60n)]),
  );
  value('another magic', 'SAIDAO_MAGIC', (sound) =>
    Buffer.concat([Buffer.from([1]), sound.subarray(1)]),
  );
  value('JSON', 'SAIDAO_MAGIC', () => Buffer.from('{"__proto__":{"admin":true}}'));
  for (const id of [0, -1, 2 ** 31 - 1, -(2 ** 31)]) {
    value(`schema id ${id}`, 'SAIDAO_SCHEMA_ID_UNKNOWN', (sound) => wire(id, sound.subarray(5)));
  }
  value('an event of another topic', 'SAIDAO_SCHEMA_NOT_OF_TOPIC', () => eventOfAnother(topic));
  value('300 KB of zeros', 'SAIDAO_TOO_LARGE', () => Buffer.alloc(300_000));
  value('1 MB of chance', 'SAIDAO_TOO_LARGE', () =>
    Buffer.concat([Buffer.from([0]), randomBytes(1_000_000)]),
  );
  value('as much as the broker takes', 'SAIDAO_TOO_LARGE', () => Buffer.alloc(VALUE_BYTES_MAX));
  for (const [what, code, spoilt] of SPOILT_NODES) {
    const body = soundBody(topic, world, newId(), spoilt);
    if (body !== undefined) value(what, code, () => body);
  }

  key('no key', null);
  key('an empty key', Buffer.alloc(0));
  key('a key of 300 characters', Buffer.from('k'.repeat(300)));
  key('a key with U+0000', Buffer.from(`${newId()}\u0000`));
  key('a key of invalid UTF-8', Buffer.from([0x61, 0xff, 0xfe]));
  if (topic.kind === 'numbered' || topic.kind === 'door') {
    key('a key that is no application id', Buffer.from("'; drop table applications; --"));
    key('__proto__ as key', Buffer.from('__proto__'));
  }
  if (topic.kind !== 'own') {
    add('another partition than the key’s', 'SAIDAO_WRONG_PARTITION', (draft) => {
      draft.partition = (draft.partition + 1) % world.partitions;
    });
  }

  add('no headers', 'SAIDAO_CE_ID', (draft) => {
    draft.headers = [];
  });
  add('no ce_id', 'SAIDAO_CE_ID', (draft) => {
    draft.headers = without(draft.headers, 'ce_id');
  });
  add('no ce_type', 'SAIDAO_CE_TYPE', (draft) => {
    draft.headers = without(draft.headers, 'ce_type');
  });
  add('no ce_lenderid', 'SAIDAO_LENDER_UNKNOWN', (draft) => {
    draft.headers = without(draft.headers, 'ce_lenderid');
  });
  header('a ce_id that is null', 'SAIDAO_CE_ID', 'ce_id', null);
  header('a long ce_id', 'SAIDAO_CE_ID', 'ce_id', Buffer.from('i'.repeat(300)));
  header('a huge ce_id', 'SAIDAO_HEADER', 'ce_id', Buffer.alloc(600_000, 0x69));
  header('U+0000 in ce_type', 'SAIDAO_HEADER', 'ce_type', Buffer.from('a\u0000b'));
  header('invalid UTF-8 in ce_type', 'SAIDAO_HEADER', 'ce_type', Buffer.from([0xc3, 0x28]));
  header('another ce_type', 'SAIDAO_ENVELOPE', 'ce_type', Buffer.from('__proto__'));
  header('an unknown lender', 'SAIDAO_LENDER_UNKNOWN', 'ce_lenderid', Buffer.from('nobody'));
  header('__proto__ as lender', 'SAIDAO_LENDER_UNKNOWN', 'ce_lenderid', Buffer.from('__proto__'));
  // A replay's value names no lender.
  if (!topic.name.includes('.replay.')) {
    header(
      'another lender than the value’s',
      topic.perLender ? 'SAIDAO_LENDER_UNKNOWN' : 'SAIDAO_ENVELOPE',
      'ce_lenderid',
      Buffer.from(world.otherLender),
    );
  }
  for (const name of ['ce_id', 'ce_type', 'ce_lenderid']) {
    add(`${name} twice`, 'SAIDAO_HEADER_TWICE', (draft) => {
      draft.headers.push(...draft.headers.filter(([one]) => one.toString() === name));
    });
  }
  if (topic.kind === 'numbered') {
    for (const id of ['1', '/1', `${newId()}/${topic.name}/1`]) {
      header(`the ce_id ${id.slice(-2)}`, 'SAIDAO_CE_ID', 'ce_id', Buffer.from(id));
    }
    for (const number of ['0', '-1', '1e3', '1.0', '９', `1${'0'.repeat(15)}`]) {
      add(`the number ${number}`, 'SAIDAO_CE_ID', (draft) => {
        const id = `${String(draft.key)}/${topic.name}/${number}`;
        draft.headers = [
          ...without(draft.headers, 'ce_id'),
          [Buffer.from('ce_id'), Buffer.from(id)],
        ];
      });
    }
    header('another ce_sequence', 'SAIDAO_CE_SEQUENCE', 'ce_sequence', Buffer.from('2'));
  }
  add('ten thousand headers, and no body', 'SAIDAO_TRUNCATED', (draft) => {
    for (let at = 0; at < 10_000; at += 1) {
      draft.headers.push([Buffer.from(`x-${at}`), Buffer.from('y')]);
    }
    draft.value = wire(schemaOf(topic).id, Buffer.alloc(0));
  });
  add('headers of strange names, and no body', 'SAIDAO_TRUNCATED', (draft) => {
    draft.headers.push(...strangeHeaders());
    draft.value = wire(schemaOf(topic).id, Buffer.alloc(0));
  });
  return hostile;
}

/** Headers that a sound record may carry besides: nothing of ours is called so. */
export function strangeHeaders(): Header[] {
  return [
    [Buffer.from('__proto__'), Buffer.from('{"ce_id":"x"}')],
    [Buffer.from('constructor'), Buffer.from('x')],
    [Buffer.from('toString'), null],
    [Buffer.from('hasOwnProperty'), Buffer.from('x')],
    [Buffer.from(''), Buffer.from('nameless')],
    [Buffer.from([0xff, 0xfe, 0x00]), Buffer.from([0xff, 0x00])],
    [Buffer.from('x-dlq-code'), Buffer.from('FORGED')],
    [Buffer.from('x-dlq-identity'), Buffer.from('FORGED')],
    [Buffer.from('x'), Buffer.from('1')],
    [Buffer.from('x'), Buffer.from('2')],
    [Buffer.from('traceparent'), Buffer.from([0xff])],
  ];
}

export function newId(): string {
  return uuidV7(Date.now(), randomBytes(10));
}

export function header(name: string, value: string): Header {
  return [Buffer.from(name), Buffer.from(value)];
}

/** A record with nothing wrong in its bytes or envelope; of what it says nothing is promised. */
export function soundDraft(
  topic: TargetTopic,
  world: World,
  serial: number,
  schema: LockedSchema = schemaOf(topic),
): Draft {
  const { known = [] } = topic;
  const applicationId = known.length > 0 ? (known[serial % known.length] as string) : newId();
  const reference = `hostile-${newId()}`;
  const lane = serial % world.partitions;
  const key = Buffer.from(
    topic.kind === 'submissions'
      ? `${world.lender}/web/${reference}`
      : topic.kind === 'days'
        ? `${world.lender}/2026-11-20/${lane}`
        : applicationId,
  );
  const id = topic.kind === 'numbered' ? `${applicationId}/${topic.name}/1` : `hostile ${newId()}`;
  const texts = {
    applicationId,
    lenderId: world.lender,
    channel: 'web',
    reference,
    detail: 'null',
  };
  return {
    topic: topic.name,
    partition: topic.kind === 'days' ? lane : partitionOf(key, world.partitions),
    key,
    value: wire(schema.id, sampleBody(schema.schema, texts) as Buffer),
    headers: [
      header('ce_id', id),
      header('ce_type', eventOf(schema)),
      header('ce_lenderid', world.lender),
    ],
  };
}

/** The schemas of the events that the topic carries. */
export function schemasOf(topic: TargetTopic): LockedSchema[] {
  return lockedSchemas.filter(({ subject }) => subject.startsWith(`${topic.catalogueName}-`));
}

export function eventOf({ subject }: LockedSchema): string {
  return subject.slice(subject.lastIndexOf('.') + 1);
}

function schemaOf(topic: TargetTopic): LockedSchema {
  const found = schemasOf(topic)[0];
  if (found === undefined) throw new Error(`${topic.name} carries nothing.`);
  return found;
}

function soundBody(
  topic: TargetTopic,
  world: World,
  applicationId: string,
  spoilt: Spoilt,
): Buffer | undefined {
  const { id, schema } = schemaOf(topic);
  const body = sampleBody(schema, { applicationId, lenderId: world.lender }, spoilt);
  return body && wire(id, body);
}

function eventOfAnother(topic: TargetTopic): Buffer {
  const other = lockedSchemas.find(({ subject }) => !subject.startsWith(`${topic.catalogueName}-`));
  if (other === undefined) throw new Error('There is only one topic.');
  return wire(other.id, sampleBody(other.schema, {}) as Buffer);
}

function without(headers: readonly Header[], name: string): Header[] {
  return headers.filter(([one]) => one.toString() !== name);
}

const stringOf = (...bytes: number[]) =>
  Buffer.concat([varint(BigInt(bytes.length)), Buffer.from(bytes)]);

const SPOILT_NODES: readonly (readonly [what: string, code: string, spoilt: Spoilt])[] = [
  [
    'a list of 10 million',
    'SAIDAO_BLOCK_COUNT',
    { kind: 'array', bytes: varint(10_000_000n), last: true },
  ],
  ['a list of 2^62', 'SAIDAO_BLOCK_COUNT', { kind: 'array', bytes: varint(2n ** 62n) }],
  [
    'a list of 10 million in a block of 1 GB',
    'SAIDAO_TRUNCATED',
    { kind: 'array', bytes: Buffer.concat([varint(-10_000_000n), varint(2n ** 30n)]) },
  ],
  ['a text of 2 GB', 'SAIDAO_TRUNCATED', { kind: 'string', bytes: varint(2n ** 31n), last: true }],
  ['a text of length -1', 'SAIDAO_MALFORMED', { kind: 'string', bytes: varint(-1n) }],
  ['invalid UTF-8', 'SAIDAO_UTF8', { kind: 'string', bytes: stringOf(0x61, 0xff) }],
  ['a lone surrogate', 'SAIDAO_UTF8', { kind: 'string', bytes: stringOf(0xed, 0xa0, 0x80) }],
  ['an overlong slash', 'SAIDAO_UTF8', { kind: 'string', bytes: stringOf(0xc0, 0xaf) }],
  ['U+0000 in a text', 'SAIDAO_NUL', { kind: 'string', bytes: stringOf(0x61, 0x00, 0x62) }],
  ['a number of 40 bits for an int', 'SAIDAO_MALFORMED', { kind: 'int', bytes: varint(2n ** 40n) }],
  ['2^63 for a long', 'SAIDAO_MALFORMED', { kind: 'long', bytes: varint(2n ** 63n) }],
  ['-2^63-1 for a long', 'SAIDAO_MALFORMED', { kind: 'long', bytes: varint(-(2n ** 63n) - 1n) }],
  ['a long without end', 'SAIDAO_MALFORMED', { kind: 'long', bytes: Buffer.alloc(100, 0xff) }],
  ['2 for a boolean', 'SAIDAO_MALFORMED', { kind: 'boolean', bytes: Buffer.from([2]) }],
  ['the 99th symbol', 'SAIDAO_MALFORMED', { kind: 'enum', bytes: varint(99n) }],
  ['the 7th branch', 'SAIDAO_MALFORMED', { kind: 'nullable', bytes: varint(7n) }],
];
