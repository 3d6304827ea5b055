// The traps of kafkajs on a real broker, as far as the conformance suite does not meet them.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import kafkajs from 'kafkajs';
import { afterEach, beforeEach, describe, expect, inject, it, onTestFinished, vi } from 'vitest';
import { Line, brokersForTests, connectForTests, plainKafka } from './kafka-harness.ts';
import { partitionOf } from './partitioner.ts';
import type { Consumer } from 'kafkajs';
import type { KafkaEventLog } from './kafka.ts';
import type { KafkaMember } from './kafka-member.ts';
import type { LoggedLine } from './kafka-harness.ts';
import type { IncomingRecord, LaneConsumer, LogAlarm, OutgoingRecord } from './port.ts';

const SESSION_TIMEOUT_MS = 6000;
const SMALL_WORKER = join(import.meta.dirname, '../../worker/fixtures/small-worker.ts');
const until = (condition: () => boolean | Promise<boolean>): Promise<unknown> =>
  vi.waitUntil(condition, { timeout: 40_000, interval: 20 });

function record(topic: string, partition: number, value: string): OutgoingRecord {
  return { topic, partition, key: Buffer.from('key'), value: Buffer.from(value), headers: {} };
}

describe('the Kafka adapter', () => {
  let line: Line;
  let logged: LoggedLine[];
  let log: KafkaEventLog;
  let topic: string;
  let done: string[];
  let alarms: LogAlarm[];
  let crashes: Error[];

  beforeEach(async () => {
    line = new Line();
    logged = [];
    log = connectForTests(line, logged);
    topic = `traps-${randomBytes(6).toString('hex')}`;
    done = [];
    alarms = [];
    crashes = [];
    await log.createTopics([{ name: topic, partitions: 2 }]);
  });

  afterEach(async () => {
    line.mend();
    await log.close();
  });

  const consume = (client: KafkaEventLog, topics = [topic]): Promise<LaneConsumer> =>
    client.consumeLanes({
      group: topic,
      topics,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      stallLookMs: 1_000,
      onTurn: async (turn) => {
        done.push(...turn.records.map((one) => String(one.value)));
        return { taken: turn.records.length };
      },
      onAlarm: (alarm) => alarms.push(alarm),
      onCrash: (error) => crashes.push(error),
    });

  it('neither warns nor spins while it is idle (trap 1)', async () => {
    const topics = Array.from({ length: 6 }, (_, at) => `${topic}-idle-${at}`);
    await log.createTopics(topics.map((name) => ({ name, partitions: 6 })));
    const idle = spawn(process.execPath, [
      '--trace-warnings',
      join(import.meta.dirname, 'idle-worker.ts'),
      brokersForTests().join(','),
      `${topic}-idle`,
      '3000',
      ...topics,
    ]);
    const [out, errors] = await Promise.all([text(idle.stdout), text(idle.stderr)]);
    expect(errors).toBe('');
    const seen = JSON.parse(out) as { lanes: number; timersPerSecond: number; coreShare: number };
    expect(seen.lanes).toBe(6);
    // Unpatched, each connection arms about a thousand timers a second.
    expect(seen.timersPerSecond).toBeLessThan(100);
    expect(seen.coreShare).toBeLessThan(0.5);
  });

  it('reports a consumer that kafkajs gives up (trap 7)', async () => {
    const consumer = await consume(log);
    line.cut();
    const stranger = await joinWithAnotherProtocol(topic);
    line.mend();
    await until(() => crashes.length > 0);
    expect(String(crashes[0])).toMatch(/protocol/i);
    expect(consumer.joined()).toBe(false);
    expect(consumer.lanes()).toEqual([]);
    await consumer.stop();
    await stranger.disconnect();
    expect(crashes).toHaveLength(1);
  });

  it('ends the worker whose consumer kafkajs gives up (trap 7)', async () => {
    const line = `given${randomBytes(4).toString('hex')}`;
    const topics = ['timers', 'replay', 'dead-letter'].map((name) => `${line}.${name}.v1`);
    await log.createTopics(topics.map((name) => ({ name, partitions: 2 })));
    const worker = spawn(process.execPath, [SMALL_WORKER], {
      env: {
        ...{ KAFKA_BROKERS: brokersForTests().join(','), DATABASE_URL: inject('databaseUrl') },
        ...{ LENDERS: 'boc-zj', PARTITIONS: '2', HTTP_PORT: '0', LINE: line },
        SESSION_TIMEOUT_MS: `${SESSION_TIMEOUT_MS}ms`,
      },
    });
    onTestFinished(() => void worker.kill('SIGKILL'));
    const said = text(worker.stdout);
    const exited = new Promise<number | null>((resolve) => worker.once('close', resolve));
    const group = `saidao.${line}`;
    const admin = plainKafka().admin();
    await admin.connect();
    await until(async () => {
      const { groups } = await admin.describeGroups([group]);
      return groups[0]?.state === 'Stable';
    });
    await admin.disconnect();
    // While it stands still somebody takes its place in the group, who speaks otherwise.
    worker.kill('SIGSTOP');
    const stranger = await joinWithAnotherProtocol(group, topics[0]);
    worker.kill('SIGCONT');
    expect(await exited).toBe(1);
    expect(await said).toMatch(/The consumer of \S+ has ended: [^"]*protocol/);
    await stranger.disconnect();
  });

  it('starts one consumer, however often a member is told to start', async () => {
    const made = consumersMade();
    try {
      const consumer = (await consume(log)) as KafkaMember;
      await consumer.start();
      // A second one would be given lanes of the group, and nobody would work on them.
      expect(made.consumers).toHaveLength(1);
      await log.send([record(topic, 0, 'a'), record(topic, 1, 'b')]);
      await until(() => done.length === 2);
      expect(crashes).toEqual([]);
    } finally {
      made.stopListening();
    }
  });

  it('begins a consumer anew that fetches no more though it is behind', async () => {
    const made = consumersMade();
    try {
      const consumer = await consume(log);
      await log.send([record(topic, 0, 'a'), record(topic, 1, 'b')]);
      await until(() => done.length === 2);
      await until(async () => (await log.lag(topic, [topic])).every(({ lag }) => lag === 0n));
      // As a fetch loop that has lost its way: it heartbeats, is a member, and reads nothing.
      made.consumers[0]!.pause([{ topic }]);
      await log.send([record(topic, 0, 'c'), record(topic, 1, 'd')]);
      await until(() => done.length === 4);
      expect(done.slice(2).sort()).toEqual(['c', 'd']);
      expect(alarms.map(({ kind }) => kind)).toEqual(['stalled']);
      expect(alarms[0]!.message).toContain(`2 records behind on ${topic}`);
      expect(made.consumers).toHaveLength(2);
      expect(consumer.joined()).toBe(true);
      expect(crashes).toEqual([]);
      await until(async () => (await log.lag(topic, [topic])).every(({ lag }) => lag === 0n));
    } finally {
      made.stopListening();
    }
  });

  it('begins a consumer anew that reads one lane no more, while its other lane goes on', async () => {
    const made = consumersMade();
    const flowing: Promise<void>[] = [];
    const flows = setInterval(() => {
      flowing.push(log.send([record(topic, 0, `flow ${flowing.length}`)]));
    }, 50);
    try {
      await consume(log);
      await log.send([record(topic, 1, 'a')]);
      await until(() => done.includes('a'));
      // As a fetch that got stuck at one of several brokers.
      made.consumers[0]!.pause([{ topic, partitions: [1] }]);
      await log.send([record(topic, 1, 'b')]);
      const before = done.length;
      await until(() => done.includes('b'));
      expect(done.slice(before).some((one) => one.startsWith('flow'))).toBe(true);
      expect(alarms.map(({ kind }) => kind)).toEqual(['stalled']);
      expect(alarms[0]!.message).toContain(`1 records behind on ${topic} in lanes 1`);
      expect(crashes).toEqual([]);
      clearInterval(flows);
      await Promise.all(flowing);
    } finally {
      clearInterval(flows);
      made.stopListening();
    }
  });

  it('takes the ends of transactions, which nobody is handed, for no stall', async () => {
    const made = consumersMade();
    try {
      await consume(log);
      const producer = plainKafka().producer({
        ...{ transactionalId: topic, maxInFlightRequests: 1, idempotent: true },
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      });
      await producer.connect();
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: 'a', partition: 0 }] });
      await transaction.commit();
      await producer.disconnect();
      await until(() => done.includes('a'));
      await log.send([record(topic, 1, 'b')]);
      // So many looks would find it behind, by what ends the transaction.
      const sinceMs = performance.now();
      await until(() => performance.now() - sinceMs > 5_000);
      const lags = await log.lag(topic, [topic]);
      expect(lags.map(({ lag }) => lag)).toEqual([1n, 0n]);
      expect(alarms).toEqual([]);
      expect(made.consumers).toHaveLength(1);
    } finally {
      made.stopListening();
    }
  });

  it('ends a member whose fetches a second consumer does not get answered either', async () => {
    const made = consumersMade();
    try {
      await consume(log);
      await log.send([record(topic, 0, 'a')]);
      await until(() => done.length === 1);
      made.onMade = neverFetches;
      made.consumers[0]!.pause([{ topic }]);
      await log.send([record(topic, 0, 'b')]);
      await until(() => crashes.length === 1);
      expect(alarms.map(({ kind }) => kind)).toEqual(['stalled', 'stalled']);
      expect(crashes[0]!.message).toContain('a new consumer did not help');
      expect(made.consumers).toHaveLength(2);
    } finally {
      made.stopListening();
    }
  });

  it('commits nothing for a lane that has gone to another member meanwhile (trap 3)', async () => {
    const lagOf = async (lane: number) => (await log.lag(topic, [topic]))[lane]!.lag;
    const first = await consume(log);
    line.loseCommits();
    await log.send([record(topic, 0, 'a'), record(topic, 1, 'a')]);
    await until(() => done.length === 2 && line.lostCommits > 0);
    const others = connectForTests();
    const second = await consume(others);
    await until(() => first.lanes().length === 1 && second.lanes().length === 1);
    const lane = second.lanes()[0]!;
    await others.send([record(topic, lane, 'b')]);
    await until(async () => done.includes('b') && (await lagOf(lane)) === 0n);
    // Who sent them again now would say less than what the lane's member has committed by now.
    line.cut();
    line.mend();
    await until(async () => (await lagOf(first.lanes()[0]!)) === 0n);
    const sinceMs = performance.now();
    await until(async () => {
      expect(await lagOf(lane)).toBe(0n);
      return performance.now() - sinceMs > 1_500;
    });
    expect(crashes).toEqual([]);
    await others.close();
  });

  it('refuses lanes of topics whose partitions no longer match (traps 7 and 14)', async () => {
    const second = `${topic}-second`;
    await log.createTopics([{ name: second, partitions: 2 }]);
    const consumer = await consume(log, [topic, second]);
    const admin = plainKafka().admin();
    await admin.connect();
    await admin.createPartitions({ topicPartitions: [{ topic: second, count: 3 }] });
    await admin.disconnect();
    const newcomer = connectForTests();
    await until(() =>
      consume(newcomer, [topic, second]).then(
        () => false,
        (error: { readonly code: string }) => error.code === 'SAIDAO_TOPIC_PARTITIONS',
      ),
    );
    // Whoever joined before still believes in two partitions, until the leader looks again.
    const believer = await consume(newcomer, [topic]).catch(() => null);
    await until(() => crashes.length > 0);
    expect(alarms.map(({ kind }) => kind)).toContain('partitions-changed');
    expect(crashes[0]).toMatchObject({ code: 'SAIDAO_TOPIC_PARTITIONS' });
    expect(crashes[0]!.message).toContain(`${second} has 3`);
    await consumer.stop();
    await believer?.stop();
    await newcomer.close();
  });

  it('comes back by itself when the line was cut, and loses nothing (trap 7)', async () => {
    const sender = connectForTests();
    const consumer = await consume(log);
    await sender.send([record(topic, 0, 'a'), record(topic, 1, 'b')]);
    await until(() => done.length >= 2);
    line.cut();
    await until(() => !consumer.joined());
    await sender.send([record(topic, 0, 'c'), record(topic, 1, 'd')]);
    line.mend();
    await until(() => new Set(done).size === 4);
    expect(consumer.joined()).toBe(true);
    expect(crashes).toEqual([]);
    await until(async () => (await sender.lag(topic, [topic])).every(({ lag }) => lag === 0n));
    await sender.close();
  });

  it('begins a consumer anew to which no broker says who coordinates its group (trap 7)', async () => {
    const gaveUp = () =>
      logged.filter(({ message }) => message.includes('GroupCoordinatorNotFound')).length;
    line.hideCoordinators();
    const starting = consume(log);
    await until(() => gaveUp() > 0);
    line.mend();
    const consumer = await starting;
    logged.length = 0;
    line.hideCoordinators();
    // It asks again as soon as it has to join anew.
    const others = connectForTests();
    onTestFinished(() => others.close());
    const other = await consume(others);
    await until(() => gaveUp() > 0);
    line.mend();
    await until(() => consumer.lanes().length === 1 && other.lanes().length === 1);
    await log.send([record(topic, 0, 'after'), record(topic, 1, 'after too')]);
    await until(() => done.length === 2);
    expect(crashes).toEqual([]);
    await Promise.all([consumer.stop(), other.stop()]);
  });

  it('says within the deadline that the log is away, and sends again when it is back', async () => {
    await log.send([record(topic, 0, 'before')]);
    line.cut();
    const lateMs = performance.now();
    await expect(log.send([record(topic, 0, 'lost')], { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'SAIDAO_LOG_UNAVAILABLE',
    });
    expect(performance.now() - lateMs).toBeLessThan(5000);
    const patient = log.send([record(topic, 0, 'after')], { timeoutMs: 30_000 });
    line.mend();
    await patient;
    const read: string[] = [];
    await log.scan([topic], (one) => read.push(String(one.value)));
    expect(read.filter((one) => one !== 'lost')).toEqual(['before', 'after']);
  });

  it('keeps all of what is sent while the line comes and goes (trap 9)', async () => {
    let calls = 0;
    const sends: Promise<void>[] = [];
    const sender = setInterval(() => {
      calls += 1;
      sends.push(log.send([record(topic, 0, String(calls))], { timeoutMs: 30_000 }));
    }, 5);
    for (let cuts = 0; cuts < 3; cuts += 1) {
      const before = calls;
      await until(() => calls > before + 20);
      line.cut();
      await until(() => calls > before + 40);
      line.mend();
      await Promise.all(sends);
    }
    clearInterval(sender);
    await Promise.all(sends);
    const read: number[] = [];
    await log.scan([topic], (one) => read.push(Number(one.value)));
    // A request whose answer was cut off may have been appended: repeats, but in order.
    const firsts = [...new Set(read)];
    expect(firsts).toEqual(Array.from({ length: calls }, (_, at) => at + 1));
  });

  it('stops in time though the broker is out of reach (trap 15)', async () => {
    const consumer = await consume(log);
    line.cut();
    await consumer.stop();
    expect(consumer.joined()).toBe(false);
    expect(crashes).toEqual([]);
  });

  it('comes to an end when it is closed at any moment of its start (trap 15)', async () => {
    for (let turn = 0; turn < 12; turn += 1) {
      const client = connectForTests();
      const starting = consume(client).then(
        (consumer) => consumer.joined(),
        (error: { readonly code: string }) => error.code,
      );
      for (let waits = 0; waits < turn * turn; waits += 1) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      await client.close();
      await starting;
    }
    expect(crashes).toEqual([]);
    const consumer = await consume(log);
    expect(consumer.lanes()).toEqual([0, 1]);
  });

  it('puts keys where other clients with the Java partitioner put them (trap 17)', async () => {
    const keys = Array.from({ length: 40 }, (_, at) => `exim-zj/branch/2026-${at}`);
    const producer = plainKafka().producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    await producer.send({ topic, messages: keys.map((key) => ({ key, value: 'x' })) });
    await producer.disconnect();
    const read: IncomingRecord[] = [];
    await log.scan([topic], (one) => read.push(one));
    expect(read).toHaveLength(40);
    for (const { key, partition } of read) expect(partitionOf(key!, 2)).toBe(partition);
  });

  it('reads the time at which the broker appended', async () => {
    const stamped = `${topic}-stamped`;
    await log.createTopics([
      { name: stamped, partitions: 1, config: { 'message.timestamp.type': 'LogAppendTime' } },
    ]);
    const producer = plainKafka().producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    await producer.send({ topic: stamped, messages: [{ value: 'x', timestamp: '1000' }] });
    await producer.disconnect();
    const read: IncomingRecord[] = [];
    await log.scan([stamped], (one) => read.push(one));
    expect(Math.abs(read[0]!.timestampMs - Date.now())).toBeLessThan(60_000);
  });

  it('warns of nothing while members come and go', async () => {
    const first = await consume(log);
    const others = connectForTests(new Line(), logged);
    const second = await consume(others);
    await until(() => first.lanes().length === 1 && second.lanes().length === 1);
    await second.stop();
    await until(() => first.lanes().length === 2);
    await others.close();
    await first.stop();
    expect(logged.filter(({ level }) => level === 'warn')).toEqual([]);
  });
});

interface ConsumersMade {
  readonly consumers: Consumer[];
  onMade(consumer: Consumer): void;
  stopListening(): void;
}

/** The consumers that kafkajs makes from now on. */
function consumersMade(): ConsumersMade {
  const { prototype } = kafkajs.Kafka;
  const { consumer: make } = prototype;
  const made: ConsumersMade = {
    consumers: [],
    onMade: () => undefined,
    stopListening: () => void (prototype.consumer = make),
  };
  prototype.consumer = function (this: kafkajs.Kafka, config) {
    const consumer = make.call(this, config);
    made.consumers.push(consumer);
    made.onMade(consumer);
    return consumer;
  };
  return made;
}

/** It joins, and stands still before its first fetch; nothing heartbeats for it either. */
function neverFetches(consumer: Consumer): void {
  const { run } = consumer;
  consumer.run = (config) =>
    run({ ...config, beforeFetch: () => new Promise<void>(() => undefined) });
}

/** A consumer with kafkajs's own assigner; it gets in once the group's session has run out. */
async function joinWithAnotherProtocol(group: string, topic = group): Promise<Consumer> {
  for (;;) {
    const stranger = plainKafka().consumer({ groupId: group, sessionTimeout: SESSION_TIMEOUT_MS });
    const outcome = new Promise<boolean>((resolve) => {
      stranger.on(stranger.events.GROUP_JOIN, () => resolve(true));
      stranger.on(stranger.events.CRASH, () => resolve(false));
    });
    await stranger.connect();
    await stranger.subscribe({ topics: [topic] });
    await stranger.run({ eachMessage: async () => {} });
    if (await outcome) return stranger;
    await stranger.disconnect();
  }
}
