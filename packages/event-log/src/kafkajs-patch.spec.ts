// What the patch of kafkajs changes, part by part; see patches/kafkajs+2.2.4.patch.
import { createRequire } from 'node:module';
import net from 'node:net';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { afterEach, describe, expect, it } from 'vitest';
import { refuseUnpatchedKafkajs } from './kafka-client.ts';
import { HEADERS_MAX } from './port.ts';

const require = createRequire(import.meta.url);
const RequestQueue = require('kafkajs/src/network/requestQueue');
const Connection = require('kafkajs/src/network/connection');
const Runner = require('kafkajs/src/consumer/runner');
const ConsumerGroup = require('kafkajs/src/consumer/consumerGroup');
const fetchResponse = require('kafkajs/src/protocol/requests/fetch/v11/response');
const { RecordBatch: encodeBatch } = require('kafkajs/src/protocol/recordBatch/v0');
const Decoder = require('kafkajs/src/protocol/decoder');
const decodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0/decoder');
const encodeRecord = require('kafkajs/src/protocol/recordBatch/record/v0');
const Encoder = require('kafkajs/src/protocol/encoder');
const groupMessagesPerPartition = require('kafkajs/src/producer/groupMessagesPerPartition');

const silent = { debug() {}, info() {}, warn() {}, error() {}, namespace: () => silent };

describe('the timer of the request queue (trap 1)', () => {
  const newQueue = () =>
    new RequestQueue({
      maxInFlightRequests: 1,
      requestTimeout: 1000,
      enforceRequestTimeout: false,
      clientId: 'test',
      broker: 'test:1',
      logger: silent,
    });

  it('is not armed while nothing waits', () => {
    const queue = newQueue();
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
    queue.checkPendingRequests();
    expect(queue.throttleCheckTimeoutId).toBeNull();
  });

  it('is armed while the broker throttles', () => {
    const queue = newQueue();
    queue.maybeThrottle(60_000);
    queue.scheduleCheckPendingRequests();
    expect(queue.throttleCheckTimeoutId).not.toBeNull();
    queue.destroy();
  });
});

describe('a batch that was fetched before a rebalance (trap 3)', () => {
  it('is neither given to the handler nor resolved', async () => {
    const handled: unknown[] = [];
    const present = {};
    const runner = new Runner({
      logger: silent,
      instrumentationEmitter: { emit() {} },
      consumerGroup: { offsetManager: present, heartbeat: async () => {} },
      eachBatch: async ({ batch }: { batch: unknown }) => void handled.push(batch),
      eachBatchAutoResolve: false,
      autoCommit: false,
    });
    runner.running = true;
    const batchOf = (offsetManager: unknown) => ({
      offsetManager,
      topic: 'things',
      partition: 0,
      messages: [{ offset: '1' }],
      isEmpty: () => false,
      isEmptyDueToFiltering: () => false,
      offsetLag: () => '0',
      offsetLagLow: () => '0',
      firstOffset: () => '1',
      lastOffset: () => '1',
    });
    await runner.handleBatch(batchOf({}));
    expect(handled).toEqual([]);
    await runner.handleBatch(batchOf(present));
    expect(handled).toHaveLength(1);
  });
});

describe('a fetch', () => {
  it('goes only once what it waits for has come', async () => {
    const order: string[] = [];
    const runner = new Runner({
      logger: silent,
      instrumentationEmitter: { emit() {} },
      consumerGroup: { fetch: async () => [order.push('fetch')] },
      beforeFetch: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        order.push('before');
      },
    });
    runner.running = true;
    await runner.fetch(1);
    expect(order).toEqual(['before', 'fetch']);
  });

  it('reads partitions with and without records beside each other', async () => {
    const batch = await encodeBatch({
      firstTimestamp: 1,
      maxTimestamp: 1,
      records: [encodeRecord({ key: null, value: Buffer.from('v'), headers: {} })],
    });
    const partition = (id: number) =>
      new Encoder()
        .writeInt32(id)
        .writeInt16(0)
        .writeInt64(5)
        .writeInt64(5)
        .writeInt64(0)
        .writeInt32(-1)
        .writeInt32(-1);
    const answer = new Encoder().writeInt32(0).writeInt16(0).writeInt32(0).writeInt32(1);
    answer.writeString('things').writeInt32(4);
    answer.writeEncoder(partition(0)).writeInt32(0);
    answer.writeEncoder(partition(1)).writeInt32(batch.buffer.length).writeEncoder(batch);
    answer.writeEncoder(partition(2)).writeInt32(-1);
    answer.writeEncoder(partition(3)).writeInt32(batch.buffer.length).writeEncoder(batch);
    const { responses } = await fetchResponse.decode(answer.buffer);
    const read = responses[0].partitions.map(
      (one: { partition: number; messages: readonly { value: Buffer }[] }) =>
        [one.partition, ...one.messages.map(({ value }) => String(value))] as const,
    );
    expect(read).toEqual([[0], [1, 'v'], [2], [3, 'v']]);
  });

  it('makes a batch only of a partition that has something new', async () => {
    const partitions = [0, 1].map((partition) => ({
      partition,
      highWatermark: '4',
      abortedTransactions: [],
      messages: partition === 0 ? [] : [{ offset: '3' }],
    }));
    const broker = { fetch: async () => ({ responses: [{ topicName: 'things', partitions }] }) };
    const group = {
      cluster: { refreshMetadataIfNecessary: async () => {}, findBroker: async () => broker },
      checkForStaleAssignment() {},
      subscriptionState: {
        assigned: () => [{ topic: 'things', partitions: [0, 1] }],
        isPaused: () => false,
      },
      filterPartitionsByNode: (_node: number, all: unknown) => all,
      seekOffsets: async () => {},
      seekOffset: { has: () => false },
      offsetManager: {
        committedOffsets: () => ({ things: { 0: '0', 1: '0' } }),
        nextOffset: () => '3',
      },
      getActiveTopicPartitions: () => ({ things: new Set([0, 1]) }),
      preferredReadReplicasPerTopicPartition: {},
      recoverFromFetch(error: Error) {
        throw error;
      },
    };
    const batches = await ConsumerGroup.prototype.fetch.call(group, 1);
    expect(batches.map((batch: { partition: number }) => batch.partition)).toEqual([1]);
  });
});

describe('headers of a record', () => {
  const headersOf = (headers: Record<string, unknown>): Record<string, unknown> => {
    const decoder = new Decoder(encodeRecord({ key: null, value: null, headers }).buffer);
    const record = new Decoder(decoder.readVarIntBytes());
    return decodeRecord(record, { firstOffset: '0', firstTimestamp: '0' }).headers;
  };

  it('have no prototype, so that hostile names are names like others', () => {
    const hostile = { constructor: Buffer.from('c'), toString: Buffer.from('t') };
    const headers = headersOf({ ...hostile, ['__proto__']: Buffer.from('p') });
    expect(Object.getPrototypeOf(headers)).toBeNull();
    expect(String(headers['constructor'])).toBe('c');
    expect(String(headers['__proto__'])).toBe('p');
  });

  it('are no more than 256, however many a stranger sends', () => {
    const many = Object.fromEntries(
      Array.from({ length: 50_000 }, (_, at) => [`h${at}`, Buffer.from('v')]),
    );
    expect(Object.keys(headersOf(many))).toHaveLength(HEADERS_MAX);
    expect(Object.keys(headersOf({ one: Buffer.from('v') }))).toEqual(['one']);
    expect(Object.keys(headersOf({}))).toEqual([]);
  });
});

describe('a connection that is lost', () => {
  it('leaves nothing behind on its socket, however often it is given up', async () => {
    const connection = new Connection({ host: 'localhost', port: 1, logger: silent });
    const socket = new net.Socket().destroy();
    connection.socket = socket;
    for (let times = 0; times < 3; times += 1) await connection.disconnect();
    expect(socket.listenerCount('connect')).toBe(0);
  });
});

describe('kafkajs without the patch', () => {
  const patched = kafkajs as { saidaoPatch?: number | undefined };

  afterEach(() => {
    patched.saidaoPatch = 4;
  });

  it('is refused in one sentence that says what to do', () => {
    expect(refuseUnpatchedKafkajs).not.toThrow();
    patched.saidaoPatch = undefined;
    expect(refuseUnpatchedKafkajs).toThrow('npx patch-package');
  });
});

describe('the encoder, which writes into one buffer', () => {
  const zigZag = (value: number): number[] => {
    let rest = (BigInt(value) << 1n) ^ (BigInt(value) >> 63n);
    const bytes: number[] = [];
    for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
    return [...bytes, Number(rest)];
  };

  it('spells every int as the protocol has it, and knows its size', () => {
    fc.assert(
      fc.property(fc.integer(), (value) => {
        expect([...new Encoder().writeVarInt(value).buffer]).toEqual(zigZag(value));
        expect(Encoder.sizeOfVarInt(value)).toBe(zigZag(value).length);
      }),
    );
  });

  it('spells every long alike, small or large', () => {
    const edges = fc.constantFrom(2 ** 30 - 1, 2 ** 30, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 52);
    fc.assert(
      fc.property(fc.oneof(edges, fc.nat(), fc.maxSafeNat()), (value) => {
        expect([...new Encoder().writeVarLong(value).buffer]).toEqual(zigZag(value));
        expect(Encoder.sizeOfVarLong(value)).toBe(zigZag(value).length);
      }),
    );
  });

  it('gives records back as they were, whatever their sizes', () => {
    const bytes = fc.uint8Array({ maxLength: 3000 }).map((one) => Buffer.from(one));
    const headers = fc.dictionary(fc.stringMatching(/^[a-z_]{1,20}$/), bytes, { maxKeys: 20 });
    fc.assert(
      fc.property(bytes, bytes, headers, (key, value, given) => {
        const record = encodeRecord({ key, value, headers: given, offsetDelta: 3 });
        const inner = new Decoder(new Decoder(record.buffer).readVarIntBytes());
        const read = decodeRecord(inner, { firstOffset: '0', firstTimestamp: '0' });
        expect(read.key).toEqual(key);
        expect(read.value).toEqual(value);
        expect({ ...read.headers }).toEqual({ ...given });
      }),
    );
  });
});

it('sorts messages by partition in their order, in linear time', () => {
  const messages = Array.from({ length: 5000 }, (_, at) => ({ at, partition: at % 3 }));
  const grouped = groupMessagesPerPartition({
    topic: 'things',
    partitionMetadata: [{}, {}, {}],
    messages,
    partitioner: ({ message }: { message: { partition: number } }) => message.partition,
  });
  const wanted = [0, 1, 2].map((one) => messages.filter(({ partition }) => partition === one));
  expect(Object.values(grouped)).toEqual(wanted);
});
