// The document of events: valid AsyncAPI, whole, and with examples that our codec writes and reads.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AvroSchemaParser } from '@asyncapi/avro-schema-parser';
import { Parser } from '@asyncapi/parser';
import { MemoryBroker, type IncomingRecord } from '@saidao/event-log';
import { allTopics, decode, services, type EventName } from '@saidao/schemas';
import { publishDoor, systemClock, writeRecord } from '@saidao/worker';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { beforeAll, describe, expect, it, test } from 'vitest';
import { commandSettings } from '../../packages/cli/src/settings.ts';
import type { SchemaNode } from '../../packages/schemas/src/schema.ts';
import { channelPapers } from './asyncapi.ts';
import { APPLICATION, exampleBytes, exampleOf, exampleTopicName, LENDER } from './examples.ts';

const FOLDER = join(import.meta.dirname, '../../docs/reference');
const text = readFileSync(join(FOLDER, 'asyncapi.json'), 'utf8');

interface Document {
  readonly servers: Readonly<
    Record<
      string,
      { readonly bindings: { readonly kafka: { readonly schemaRegistryUrl: string } } }
    >
  >;
  readonly channels: Readonly<
    Record<string, { readonly address: string; readonly bindings: object }>
  >;
  readonly operations: Readonly<Record<string, { readonly action: string }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly messages: Readonly<
      Record<string, { examples?: { payload: Record<string, unknown> }[] }>
    >;
  };
}
const document = JSON.parse(text) as Document;

let parsed: Awaited<ReturnType<Parser['parse']>>;

beforeAll(async () => {
  const parser = new Parser();
  parser.registerSchemaParser(AvroSchemaParser());
  parsed = await parser.parse(text);
}, 120_000);

describe('the document', () => {
  it('is valid AsyncAPI', () => {
    const { diagnostics } = parsed;
    // AsyncAPI 3.1 is out, which few tools read yet.
    const faults = diagnostics.filter(({ code }) => code !== 'asyncapi-latest-version');
    expect(faults).toEqual([]);
  });

  it('names the registry where `npm start` runs it', () => {
    const { local } = document.servers;
    const { port } = new URL(local!.bindings.kafka.schemaRegistryUrl);
    expect(port).toBe(commandSettings.schemaRegistryPort.default);
  });

  it('has examples that agree with their schemas, as AsyncAPI’s own parser reads these', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const messages = parsed.document!.components().messages().all();
    for (const message of messages) {
      if (message.name() === 'DeadLetter') continue;
      const { schema } = message.payload()!.json() as unknown as { schema: object };
      // A name that it has met before it reads as anything at all, so that a null fits twice.
      const lenient = JSON.stringify(schema).replaceAll('"oneOf"', '"anyOf"');
      const validate = ajv.compile(JSON.parse(lenient) as object);
      const payload = message.examples().all()[0]!.payload() as Record<string, unknown>;
      expect(validate(payload), `${message.name()}: ${JSON.stringify(validate.errors)}`).toBe(true);
      const [first = ''] = Object.keys(payload);
      expect(validate({ ...payload, [first]: [[]] }), message.name()).toBe(false);
    }
    expect(messages).toHaveLength(channelPapers.flatMap(({ events }) => events).length + 1);
  });

  it('has each topic of the catalogue, and who sends and receives on it', () => {
    const addresses = Object.values(document.channels).map(({ address }) => address);
    const catalogue = new Set(allTopics([LENDER]).map(({ topic }) => topic.name));
    expect(addresses.toSorted()).toEqual([...catalogue].toSorted());
    const names = Object.keys(document.operations);
    for (const service of services) {
      expect(names.some((name) => name.startsWith(`${service}.receive.`))).toBe(true);
      expect(names.some((name) => name.startsWith(`${service}.send.`))).toBe(true);
    }
    expect(names.filter((name) => /^(?:subscriber|channel)\./.test(name)).toSorted()).toEqual([
      'channel.send.submissions',
      'subscriber.receive.decisions',
      'subscriber.receive.latestDecisions',
    ]);
  });
});

describe('an example', () => {
  const all = channelPapers.flatMap(({ topic, events }) =>
    events.map((one) => ({ topic, ...one })),
  );

  it.each(all)('of $event is written by our codec, and is what it reads', (one) => {
    const { topic, event, node, example } = one;
    const data = exampleOf(event, node);
    const bytes = exampleBytes(event, data, topic);
    expect(bytes.readInt32BE(1)).toBe(one.id);
    expect(decode(bytes, exampleTopicName(topic))).toEqual({ type: event, data });
    expect(ofJson(node, example.payload)).toEqual(data);
  });

  it('is in the file of its topic as in the document', () => {
    for (const { topic, events } of channelPapers) {
      if (events.length === 0) continue;
      const file = readFileSync(join(FOLDER, 'examples', `${topic.name}.json`), 'utf8');
      const shown = events.map(({ event }) => {
        const [first] = document.components.messages[event]?.examples ?? [];
        return [event, { ...first, name: event }];
      });
      const kept = Object.entries(JSON.parse(file) as Record<EventName, object>);
      expect(kept.map(([event, one]) => [event, { ...one, name: event }])).toEqual(shown);
    }
  });
});

describe('the headers', () => {
  const ajv = formats.default(new Ajv2020({ strict: false }));
  const faultsIn = (schema: string, headers: object) => {
    const validate = ajv.compile({
      ...document.components.schemas[schema],
      additionalProperties: false,
    });
    return validate(headers) ? [] : validate.errors;
  };
  let records: IncomingRecord[];

  beforeAll(async () => {
    const log = new MemoryBroker().connect();
    await log.createTopics([
      { name: 'saidao.applications.v1', partitions: 1 },
      { name: 'saidao.submissions.v1', partitions: 1 },
    ]);
    const written = {
      ...{ line: 'intake', topic: 'saidao.applications.v1', partition: 0, number: 1 },
      ...{ applicationId: APPLICATION, type: 'OfferAccepted', lenderId: LENDER },
      ...{ time: new Date(0).toISOString(), correlationId: APPLICATION, causationId: 'm-1' },
      traceparent: undefined,
    };
    await log.send([writeRecord(written, Buffer.from('value'))], { timeoutMs: 1_000 });
    await publishDoor(log, {
      ...{ topic: 'saidao.submissions.v1', partition: 0, key: `${LENDER}/portal/R-1` },
      type: 'OfferAcceptanceSubmitted',
      data: { lenderId: LENDER, channel: 'portal', reference: 'R-1' },
      ...{ lenderId: LENDER, messageId: 'm-1', correlationId: APPLICATION, source: 'intake' },
      answerByMs: systemClock.steadyMs() + 5_000,
    });
    records = [];
    await log.scan(['saidao.applications.v1', 'saidao.submissions.v1'], (one) => records.push(one));
    await log.close();
  });

  it.each(['saidao.applications.v1', 'saidao.submissions.v1'])('of a record on %s', (topic) => {
    const { headers } = records.find((one) => one.topic === topic) as IncomingRecord;
    const texts = Object.entries(headers).map(([name, value]) => [name, String(value)]);
    const schema = topic.includes('applications') ? 'NumberedHeaders' : 'MessageHeaders';
    expect(faultsIn(schema, Object.fromEntries(texts))).toEqual([]);
  });

  test('of the examples', () => {
    for (const { topic, events } of channelPapers) {
      const schema = topic.numbered ? 'NumberedHeaders' : 'MessageHeaders';
      for (const { example } of events) expect(faultsIn(schema, example.headers)).toEqual([]);
    }
  });
});

/** What the JSON of an example means: the way back of `jsonOf`. */
function ofJson(node: SchemaNode, value: unknown): unknown {
  if (value === null) return null;
  switch (node.kind) {
    case 'nullable':
      return ofJson(node.of, value);
    case 'array':
      return (value as unknown[]).map((one) => ofJson(node.items, one));
    case 'record': {
      const held = value as Record<string, unknown>;
      const fields = node.fields.map((one) => [one.name, ofJson(one.node, held[one.name])]);
      return Object.fromEntries(fields);
    }
    case 'long':
      return BigInt(value as number);
    case 'bytes':
      return Buffer.from(String(value), 'base64');
    default:
      return value;
  }
}
