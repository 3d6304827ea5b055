// Ordinary clients with the registry's address alone: they decode our topics, and write what we decode.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPATIBILITY, SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { connectKafka, type EventLog } from '@saidao/event-log';
import { SHARED_CACHE, startEngines } from '@saidao/local';
import {
  catalogue,
  decode,
  encode,
  lockedSchemas,
  topicName,
  topics,
  topicSpecs,
  type EventMap,
  type EventName,
} from '@saidao/schemas';
import { pythonProgram, startWorkerProcess } from '@saidao/testkit';
import { Kafka, logLevel } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { sampleBody, wire, type Leaves } from './avro-sample.ts';
import { root } from './system.ts';

const LENDER = 'czb-hz';
const LINE = 'intake';
const SUBMISSIONS = topicName(topics.submissions);
const environment = { ...process.env };
vi.setConfig({ testTimeout: 120_000 });

/** An id of a record on the broker. */
const placeOf = (topic: string, partition: unknown, offset: unknown) =>
  `${topic}/${String(partition)}/${String(offset)}`;

const plain: readonly Leaves[] = [
  { text: '', int: 0n, long: 0n, items: 0, present: false },
  { text: '赛道', int: 2n ** 31n - 1n, long: 2n ** 52n - 1n, items: 1, present: true },
  { text: '𠮷"\\\n\t\u2028', int: -(2n ** 31n), long: 1n - 2n ** 52n, items: 3, present: true },
];
/** From 2^52 on avsc, on which kafkajs's client stands, loses signs; from 2^53 on it refuses. */
const beyond: readonly Leaves[] = [
  { text: 'x'.repeat(300), int: -1n, long: 2n ** 63n - 1n, items: 2, present: true },
  { text: 'x', int: -1n, long: -(2n ** 63n), items: 2, present: true },
];

const started = new AsyncDisposableStack();
let brokers: string;
let log: EventLog;
let url: string;
let python: string;

beforeAll(async () => {
  const requirements = join(root, 'examples/risk-team-python/requirements.txt');
  python = await pythonProgram({ environment, requirements, cache: SHARED_CACHE });
  const home = mkdtempSync(join(tmpdir(), 'saidao-registry-'));
  started.defer(() => rmSync(home, { recursive: true, force: true }));
  const own = { ...environment, KAFKA_BROKERS: '', DATABASE_URL: '', REDIS_URL: '' };
  const ports = { kafka: 0, postgres: 0, redis: 0 };
  const engines = started.use(
    await startEngines({ home, ports, environment: own, only: ['kafka'] }),
  );
  brokers = engines.brokers.join(',');
  const quiet = { debug: () => undefined, warn: () => undefined };
  log = connectKafka({ brokers: engines.brokers, clientId: 'test', logger: quiet });
  started.defer(() => log.close());
  const examples = catalogue.filter(({ writer }) => writer === 'screening');
  const more = examples.map(({ name }) => ({ name, partitions: 2 }));
  await log.createTopics([...topicSpecs([LENDER], 2), ...more]);
  const registry = startWorkerProcess(join(root, 'services/schema-registry/main.ts'), {
    HTTP_PORT: '0',
  });
  started.use(registry);
  url = await registry.ready();
  await writeAllEvents();
}, 600_000);

afterAll(() => started.disposeAsync(), 60_000);

const written = lockedSchemas
  .filter(({ writes }) => writes)
  .map(({ id, schema, subject }) => {
    const [topic = '', type = ''] = subject.split('-saidao.');
    const name = topic.replace('{lender}', LENDER).replace('{line}', LINE);
    return { id, schema, topic: name, type: type as EventName };
  });
const names = [...new Set(written.map(({ topic }) => topic))];

/** Every kind of event on its topic, by our own codec. */
async function writeAllEvents(): Promise<void> {
  for (const { id, schema, topic, type } of written) {
    const records = [...plain, ...beyond].map((leaves, at) => {
      const body = sampleBody(schema, {}, undefined, leaves)!;
      const { data } = decode(wire(id, body), topic);
      return {
        topic,
        partition: at % 2,
        key: Buffer.from('key'),
        value: encode(type, data as EventMap[EventName], topic),
        headers: { plain: String(plain.includes(leaves)) },
      };
    });
    await log.send(records);
  }
}

interface Seen {
  readonly type: string;
  readonly data: unknown;
  readonly plain: boolean;
}

async function seenByUs(): Promise<Map<string, Seen>> {
  const seen = new Map<string, Seen>();
  await log.scan(names, ({ topic, partition, offset, value, headers }) => {
    const { type, data } = decode(value, topic);
    const isPlain = String(headers['plain']) === 'true';
    seen.set(placeOf(topic, partition, offset), { type, data: exact(data), plain: isPlain });
  });
  return seen;
}

/** Whole numbers of any kind as bigints, bytes as texts, records of any class as plain ones. */
function exact(value: unknown): unknown {
  if (typeof value === 'number') return BigInt(value);
  if (Buffer.isBuffer(value)) return value.toString('latin1');
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, exact(one)]));
}

function runPython(args: readonly string[], input = ''): Promise<string> {
  const script = join(import.meta.dirname, 'registry_clients.py');
  const [command = '', ...rest] = args;
  return new Promise((resolve, reject) => {
    const env = { ...environment, PYTHONDONTWRITEBYTECODE: '1' };
    const options = { env, maxBuffer: 2 ** 26, timeout: 90_000 };
    const words = [script, command, brokers, url, ...rest];
    const child = execFile(python, words, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${error.message}\n${stderr}`, { cause: error }));
    });
    child.stdin?.end(input);
  });
}

function parsedExactly(line: string): unknown {
  const reviver = (_key: string, value: unknown, context: { source: string }) =>
    typeof value === 'number' ? BigInt(context.source) : value;
  return JSON.parse(line, reviver as (key: string, value: unknown) => unknown);
}

const registryOfKafkajs = () => new SchemaRegistry({ host: url });

test('every event that this release writes is there to be read', async () => {
  const types = [...(await seenByUs()).values()].map(({ type }) => type);
  expect(new Set(types)).toEqual(new Set(written.map(({ type }) => type)));
});

describe('Python’s AvroDeserializer', () => {
  test('reads every event to the field', async () => {
    const ours = await seenByUs();
    const output = await runPython(['read', ...names]);
    const lines = output.trim().split('\n').map(parsedExactly) as {
      topic: string;
      partition: bigint;
      offset: bigint;
      data: unknown;
    }[];
    const theirs = lines.map(({ topic, partition, offset, data }) => [
      placeOf(topic, partition, offset),
      data,
    ]);
    const expected = [...ours].map(([place, { data }]) => [place, data]);
    expect(Object.fromEntries(theirs)).toEqual(Object.fromEntries(expected));
  });
});

describe('kafkajs with its registry’s client', () => {
  test('reads every event to the field', async () => {
    const ours = [...(await seenByUs())].filter(([, seen]) => seen.plain);
    const client = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    const consumer = client.consumer({ groupId: 'kafkajs' });
    const registry = registryOfKafkajs();
    const theirs = new Map<string, unknown>();
    const all = Promise.withResolvers<void>();
    await consumer.connect();
    await consumer.subscribe({ topics: names, fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ topic, partition, message }) => {
        if (String(message.headers?.['plain']) !== 'true') return;
        const data: unknown = await registry.decode(message.value!).catch(all.reject);
        theirs.set(placeOf(topic, partition, message.offset), exact(data));
        if (theirs.size === ours.length) all.resolve();
      },
    });
    try {
      await all.promise;
    } finally {
      await consumer.disconnect();
    }
    const expected = ours.map(([place, { data }]) => [place, data]);
    expect(Object.fromEntries(theirs)).toEqual(Object.fromEntries(expected));
  });

  test('refuses a long that is no number, rather than to round it', async () => {
    const { id, schema } = written.find(({ type }) => type === 'LoanApproved')!;
    const value = wire(id, sampleBody(schema, {}, undefined, beyond[0])!);
    await expect(registryOfKafkajs().decode(value)).rejects.toThrow(/precision/);
  });
});

/** As somebody would write it who has read docs/events.md. */
const withdrawal = { lenderId: LENDER, channel: 'web', reference: 'r-1', reason: '不再需要' };
const TYPE = 'WithdrawalSubmitted';

describe('who writes', () => {
  test('in Python finds the id of the schema, and we read it', async () => {
    const before = (await submissions()).length;
    await runPython(['write', SUBMISSIONS, `saidao.${TYPE}`], JSON.stringify(withdrawal));
    const after = await submissions();
    expect(after).toHaveLength(before + 1);
    const ours = encode(TYPE, withdrawal, SUBMISSIONS);
    expect(after.filter((value) => value.equals(ours))).toHaveLength(1);
  });

  test('in JavaScript registers what is there, and writes the bytes that we write', async () => {
    const registry = registryOfKafkajs();
    const ours = encode(TYPE, withdrawal, SUBMISSIONS);
    const latest = await registry.getLatestSchemaId(`saidao.${TYPE}`);
    expect(await registry.encode(latest, withdrawal)).toEqual(ours);
    const { schema, id } = written.find(({ type }) => type === TYPE)!;
    const subject = `${SUBMISSIONS}-value`;
    const compatibility = COMPATIBILITY.FULL_TRANSITIVE;
    const registered = registry.register(schema as never, { subject, compatibility });
    expect(await registered).toEqual({ id });
    expect(await registry.getRegistryIdBySchema(subject, schema as never)).toBe(id);
  });

  test('something new is refused in so many words', async () => {
    const schema = structuredClone(written[0]!.schema) as { fields: object[] };
    schema.fields.push({ name: 'more', type: ['null', 'string'], default: null });
    const compatibility = COMPATIBILITY.FULL_TRANSITIVE;
    const options = { subject: `${SUBMISSIONS}-value`, compatibility };
    await expect(registryOfKafkajs().register(schema as never, options)).rejects.toThrow(
      /is in read-only mode/,
    );
    const judged = await runPython(['judge', `${SUBMISSIONS}-value`], JSON.stringify(schema));
    expect(JSON.parse(judged)).toBe(true);
  });
});

async function submissions(): Promise<Buffer[]> {
  const values: Buffer[] = [];
  await log.scan([SUBMISSIONS], ({ value }) => void (value && values.push(value)));
  return values;
}
