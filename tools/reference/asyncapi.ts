// The AsyncAPI document: topics, events and who sends and receives them, of the catalogue alone.
import { join } from 'node:path';
import {
  doorTopicsOf,
  lineTopics,
  linesOf,
  lines,
  lockedSchemas,
  services,
  topicByName,
  topicSpecs,
  topics,
  type EventName,
  type Topic,
} from '@saidao/schemas';
import { aclsOf, principalOf } from '@saidao/topology';
import { commandSettings } from '../../packages/cli/src/settings.ts';
import { qualify, readSchema, type RecordNode } from '../../packages/schemas/src/schema.ts';
import { readSources, selfContained } from '../../packages/schemas/tools/source.ts';
import { APPLICATION, AT_MS, exampleOf, exampleTopicName, jsonOf, LENDER } from './examples.ts';

const PARTITIONS = 12;
const REPLICAS = 3;
const BINDING = '0.5.0';
const ROOT = join(import.meta.dirname, '../..');
const sources = readSources(join(ROOT, 'packages/schemas/avro'));

export interface EventPaper {
  readonly event: EventName;
  readonly node: RecordNode;
  readonly schema: object;
  readonly id: number;
  readonly subject: string;
  readonly example: { readonly headers: Record<string, string>; readonly payload: unknown };
}

export interface ChannelPaper {
  /** In the catalogue, as `decisions`. */
  readonly name: string;
  readonly topic: Topic;
  readonly events: readonly EventPaper[];
}

/** All topics in flow order, none of an example, each with its events. */
export const channelPapers: readonly ChannelPaper[] = Object.entries({
  ...topics,
  ...lineTopics,
} as Record<string, Topic>).map(([name, topic]) => ({
  name,
  topic,
  events: topic.events.map((event) => eventPaper(event, topic)),
}));

function eventPaper(event: EventName, topic: Topic): EventPaper {
  const schema = selfContained(sources, event);
  const node = readSchema(schema);
  const subject = `${topic.name}-${qualify(event)}`;
  const locked = lockedSchemas.filter((one) => one.subject === subject).at(-1);
  if (locked === undefined) throw new Error(`${subject} has no id; run npm run generate again.`);
  const payload = jsonOf(node, exampleOf(event, node));
  const example = { headers: exampleHeaders(event, topic), payload };
  return { event, node, schema: schema as object, id: locked.id, subject, example };
}

function exampleHeaders(event: EventName, topic: Topic): Record<string, string> {
  const onTopic = exampleTopicName(topic);
  const id = topic.numbered
    ? `${APPLICATION}/${onTopic}/1`
    : 'b0f7c1d2-6a52-4a6e-9d3e-1c5f0f6f2a11';
  const writer = topic.writer === 'line' ? 'scoring' : topic.writer;
  return {
    'content-type': 'application/avro',
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: `saidao/${writer === 'doors' ? sourceOfDoors(topic) : writer}`,
    ce_type: event,
    ce_time: new Date(AT_MS).toISOString(),
    ...(topic.key === 'applications' && { ce_subject: APPLICATION }),
    ce_correlationid: APPLICATION,
    ...(topic.key !== 'models' && { ce_causationid: id }),
    ce_lenderid: LENDER,
    ...(topic.numbered && { ce_sequence: '1' }),
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  };
}

function sourceOfDoors(topic: Topic): string {
  return services.find((service) => doorTopicsOf[service].includes(topic)) ?? 'cli';
}

const text = (description: string, more: object = {}) => ({ type: 'string', description, ...more });

const COMMON = {
  'content-type': text('Always.', { const: 'application/avro' }),
  ce_specversion: text('Always.', { const: '1.0' }),
  ce_source: text('Who wrote it, as `saidao/decisioning`.'),
  ce_type: text('The event’s name.'),
  ce_time: text('When it came to be.', { format: 'date-time' }),
  ce_subject: text('The application, where it is about one.'),
  ce_correlationid: text(
    'What a submission brought along over Kafka, on all that comes of it, else its message’s id; ' +
      'through a door the application, where there is none the message’s id.',
  ),
  ce_causationid: text('`ce_id` of the message that it came from.'),
  ce_lenderid: text('Whose it is.'),
  traceparent: text('W3C trace context.', {
    pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$',
  }),
};
const REQUIRED = ['ce_id', 'ce_type', 'ce_lenderid'];

const HEADERS = {
  NumberedHeaders: {
    type: 'object',
    description: 'CloudEvents 1.0 in Kafka’s binary mode, on a topic whose events are numbered.',
    required: [...REQUIRED, 'ce_sequence'],
    properties: {
      ...COMMON,
      ce_id: text('`<application id>/<topic>/<number>`: the event’s identity.', {
        pattern: '^[0-9a-f-]{36}/[^/]+/[1-9][0-9]*$',
      }),
      ce_sequence: text('The number: 1, 2, 3 … for each application.', {
        pattern: '^[1-9][0-9]*$',
      }),
    },
  },
  MessageHeaders: {
    type: 'object',
    description: 'CloudEvents 1.0 in Kafka’s binary mode, on a topic without numbers.',
    required: REQUIRED,
    properties: {
      ...COMMON,
      ce_id: text('The message’s id: the same for every try of one message.'),
      ce_sequence: text('On latest decisions: the number of the last event on decisions.'),
    },
  },
  DeadLetterHeaders: {
    type: 'object',
    description: 'The headers of the message as it was met, and why it could not be taken.',
    required: ['x-dlq-line', 'x-dlq-code', 'x-dlq-reason', 'x-dlq-identity', 'x-dlq-topic'],
    properties: {
      'x-dlq-line': text('Which line could not take it.'),
      'x-dlq-code': text('Why, as docs/errors.md lists it.'),
      'x-dlq-reason': text('The same in a sentence that quotes nothing of it.'),
      'x-dlq-identity': text('What it is known by.'),
      'x-dlq-topic': text('Where it was met.'),
      'x-dlq-partition': text('Where it was met.', { pattern: '^[0-9]+$' }),
      'x-dlq-offset': text('Where it was met.', { pattern: '^[0-9]+$' }),
      'x-dlq-timestamp': text('The broker’s append time, epoch milliseconds.', {
        pattern: '^[0-9]+$',
      }),
      'x-dlq-key-missing': text('Whether it had no key.', { enum: ['true', 'false'] }),
      'x-dlq-blocks': text('Whether it blocks its application.', { enum: ['true', 'false'] }),
      'x-dlq-application': text('The application, where it is known.'),
    },
  },
};

export const KEYS: Readonly<Record<Topic['key'], { means: string; example: string }>> = {
  applications: { means: 'the application id', example: APPLICATION },
  references: {
    means: '`<lender>/<channel>/<reference>`',
    example: `${LENDER}/guarantor-desk/GD-2026-000117`,
  },
  models: { means: '`<model>@<version>`', example: 'soft-power@2' },
  days: {
    means: '`<lender>/<date>/<partition>`, sent to that partition',
    example: `${LENDER}/2026-11-20/0`,
  },
};

export function asyncApiDocument(): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Saidao: topics and events',
      version: '1',
      description:
        'From the application of a technology enterprise to its booked and paid loan. Values are ' +
        'Avro in the Confluent wire format (0x00, four bytes of schema id, body); ids lead to ' +
        'schemas at the schema registry. Amounts are whole fen, rates and shares parts per million. In the ' +
        'examples whole numbers are JSON numbers, and bytes base64.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
      tags: TAGS,
    },
    defaultContentType: 'application/avro',
    servers: SERVERS,
    channels: Object.fromEntries(channelPapers.map((paper) => [paper.name, channelOf(paper)])),
    operations: operations(),
    components: {
      schemas: HEADERS,
      messages: {
        ...Object.fromEntries(
          channelPapers.flatMap(({ topic, events }) =>
            events.map((paper) => [paper.event, messageOf(topic, paper)]),
          ),
        ),
        DeadLetter: DEAD_LETTER,
      },
      securitySchemes: {
        scram: { type: 'scramSha512', description: 'One login for each principal.' },
      },
    },
  };
}

const TAGS = [
  { name: 'numbered', description: 'Events are numbered 1, 2, 3 … for each application.' },
  { name: 'door', description: 'Many write to it; messages are known by their ids.' },
  { name: 'outside', description: 'Read or written by systems outside.' },
  { name: 'line', description: 'Exists once for each line.' },
  { name: 'personal-data', description: 'Holds data of natural persons.' },
];

const SERVERS = {
  local: {
    host: `localhost:${commandSettings.kafkaPort.default}`,
    protocol: 'kafka',
    description: 'The broker that `npm start` runs.',
    bindings: registryAt(`http://localhost:${commandSettings.schemaRegistryPort.default}`),
  },
  guarded: {
    host: '{broker}',
    protocol: 'kafka-secure',
    description: 'A broker that asks who is there; `saidao topology` brings topics and rights.',
    variables: { broker: { description: 'Host and port.', default: 'broker.example:9093' } },
    security: [{ $ref: '#/components/securitySchemes/scram' }],
    bindings: registryAt('https://schemas.example'),
  },
};

function registryAt(schemaRegistryUrl: string): object {
  return {
    kafka: { schemaRegistryUrl, schemaRegistryVendor: 'confluent', bindingVersion: BINDING },
  };
}

function channelOf({ name, topic, events }: ChannelPaper): object {
  const spec = topicSpecs([LENDER], PARTITIONS).find(({ name: one }) => topicByName(one) === topic);
  const { 'cleanup.policy': cleanup, 'retention.ms': retention, ...config } = { ...spec?.config };
  const settings = Object.entries(config).map(([key, value]) => [
    key,
    /^\d+$/.test(value) ? Number(value) : value,
  ]);
  const messages = events.length === 0 ? ['DeadLetter'] : events.map(({ event }) => event);
  return {
    address: topic.name,
    title: name,
    summary: summaryOf(topic),
    ...((topic.perLender || topic.perLine) && { parameters: parametersOf(topic) }),
    tags: tagsOf(topic).map((one) => ({ name: one })),
    messages: Object.fromEntries(
      messages.map((one) => [one, { $ref: `#/components/messages/${one}` }]),
    ),
    bindings: {
      kafka: {
        topic: topic.name,
        partitions: PARTITIONS,
        replicas: REPLICAS,
        topicConfiguration: {
          'cleanup.policy': [cleanup],
          'retention.ms': Number(retention),
          ...Object.fromEntries(settings),
        },
        bindingVersion: BINDING,
      },
    },
    'x-key': KEYS[topic.key].means,
    'x-owner': ownerOf(topic),
    'x-personal-data': topic.personalData,
  };
}

/** The service that answers for what is on it. */
export function ownerOf(topic: Topic): string {
  const { writer } = topic;
  if (writer === 'line') return 'the line’s service';
  const line = writer === 'doors' ? topic.readers[0] : writer;
  const owner = services.find((service) => linesOf[service].some((one) => one === line));
  return owner ?? 'the line’s service';
}

export function summaryOf(topic: Topic): string {
  const writer = { doors: 'doors', line: 'its line' }[topic.writer as string] ?? topic.writer;
  const readers = topic.readers.length === 0 ? '' : `, read by ${topic.readers.join(', ')}`;
  return `Written by ${writer}${readers}; keyed by ${KEYS[topic.key].means}.`;
}

function parametersOf(topic: Topic): object {
  return topic.perLender
    ? { lender: { description: 'A lender’s id.', examples: [LENDER] } }
    : { line: { description: 'A line.', enum: [...lines] } };
}

export function tagsOf(topic: Topic): string[] {
  return [
    ...(topic.numbered ? ['numbered'] : []),
    ...(topic.writer === 'doors' ? ['door'] : []),
    ...(topic.perLender || topic === topics.submissions ? ['outside'] : []),
    ...(topic.perLine ? ['line'] : []),
    ...(topic.personalData ? ['personal-data'] : []),
  ];
}

function messageOf(
  topic: Topic,
  { event, node, schema, id, subject, example }: EventPaper,
): object {
  const headers = topic.numbered ? 'NumberedHeaders' : 'MessageHeaders';
  return {
    name: event,
    title: event,
    ...(node.doc !== undefined && { summary: node.doc }),
    contentType: 'application/avro',
    headers: {
      allOf: [
        { $ref: `#/components/schemas/${headers}` },
        { type: 'object', properties: { ce_type: { const: event } } },
      ],
    },
    payload: { schemaFormat: 'application/vnd.apache.avro;version=1.9.0', schema },
    bindings: {
      kafka: {
        key: text(`UTF-8: ${KEYS[topic.key].means}.`, { examples: [KEYS[topic.key].example] }),
        schemaIdLocation: 'payload',
        schemaIdPayloadEncoding: 'confluent',
        bindingVersion: BINDING,
      },
    },
    examples: [{ name: event, ...example }],
    'x-schema-id': id,
    'x-subject': subject,
  };
}

const DEAD_LETTER = {
  name: 'DeadLetter',
  title: 'DeadLetter',
  summary: 'A message that could not be taken, key and value as they were met.',
  contentType: 'application/octet-stream',
  headers: { $ref: '#/components/schemas/DeadLetterHeaders' },
  payload: { type: 'string', format: 'binary' },
};

/** From the rights on the broker: who may write a topic sends on it, who may read it receives. */
function operations(): Record<string, object> {
  const made = new Map<string, object>();
  const rights = aclsOf({ lenders: [LENDER], channels: ['channel'] });
  for (const { principal, resource, operation, name } of rights) {
    if (resource !== 'topic') continue;
    const channel = channelPapers.find(({ topic }) => topicByName(name) === topic);
    if (channel === undefined || (operation !== 'read' && operation !== 'write')) continue;
    const who = namesOf.get(principal) ?? principal.replace('User:', '');
    const action = operation === 'read' ? 'receive' : 'send';
    const key = `${who}.${action}.${channel.name}`;
    if (made.has(key)) continue;
    const described = descriptions.get(who) ?? `The service ${who}`;
    made.set(key, {
      action,
      channel: { $ref: `#/channels/${channel.name}` },
      title: `${who} ${action}s ${channel.name}`,
      summary: `${described} ${action}s on ${channel.topic.name}.`,
      tags: [{ name: who }],
    });
  }
  return Object.fromEntries(made);
}

const namesOf = new Map([
  [principalOf.lender(LENDER), 'subscriber'],
  [principalOf.channel('channel'), 'channel'],
]);
const descriptions = new Map([
  ['subscriber', 'A lender’s own system'],
  ['channel', 'A channel'],
  ['servicing', 'The bank’s servicing system'],
  ['operator', 'Whoever uses the `saidao` command'],
]);
