// The sender against a scripted producer: merging, splitting, renewal and deadlines.
import { describe, expect, it } from 'vitest';
import { EventLogError } from './port.ts';
import { Sender } from './producer.ts';
import type { TopicMessages } from 'kafkajs';
import type { OutgoingRecord } from './port.ts';
import type { ProducerSession, SenderPort } from './producer.ts';

const TOPICS = new Map([
  ['things', 3],
  ['letters', 1],
]);

type Answer = 'acknowledge' | 'lose partition 1' | 'fail without a word' | Error | Promise<void>;

/** A broker that keeps what it acknowledged and answers each request as the script says. */
class ScriptedBroker implements SenderPort {
  readonly stored: string[] = [];
  readonly requests: { producer: number; records: string[]; bytes: number }[] = [];
  readonly script: Answer[] = [];
  opened = 0;
  closed = 0;
  isReachable = true;

  async open(): Promise<ProducerSession> {
    if (!this.isReachable) throw new Error('connect ECONNREFUSED');
    this.opened += 1;
    const producer = this.opened;
    return {
      send: (topicMessages) => this.#answer(producer, topicMessages),
      close: async () => void (this.closed += 1),
    };
  }

  async partitionsOf(topic: string): Promise<number | null> {
    if (!this.isReachable) throw new EventLogError('SAIDAO_LOG_UNAVAILABLE', 'no');
    return TOPICS.get(topic) ?? null;
  }

  async recordBytesMaxOf(topic: string): Promise<number> {
    return topic === 'letters' ? 2 * 1024 * 1024 : 1_048_588;
  }

  async #answer(
    producer: number,
    topicMessages: readonly TopicMessages[],
  ): Promise<readonly { topicName: string; partition: number }[]> {
    const all = topicMessages.flatMap(({ topic, messages }) =>
      messages.map(({ value, partition }) => ({
        topicName: topic,
        partition: partition!,
        text: String(value).slice(0, 20),
        bytes: value!.length,
      })),
    );
    const bytes = all.reduce((total, one) => total + one.bytes, 0);
    this.requests.push({ producer, records: all.map(({ text }) => text), bytes });
    const answer = this.script.shift() ?? 'acknowledge';
    if (answer instanceof Error) throw answer;
    if (answer === 'fail without a word') return Promise.reject(undefined as unknown as Error);
    if (answer instanceof Promise) await answer;
    const kept = answer === 'lose partition 1' ? all.filter((one) => one.partition !== 1) : all;
    this.stored.push(...kept.map(({ text }) => text));
    return kept;
  }
}

function record(text: string, partition = 0, topic = 'things', bytes = 0): OutgoingRecord {
  const value = Buffer.alloc(Math.max(bytes, text.length), ' ');
  value.write(text);
  return { topic, partition, key: Buffer.from('key'), value, headers: {} };
}

function protocolError(type: string): Error {
  return Object.assign(new Error(type), { type });
}

const texts = (broker: ScriptedBroker): string[] => broker.stored.map((text) => text.trim());

describe('natural batching', () => {
  it('sends at once when idle and merges what comes while a request is in flight', async () => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    let answerFirst: () => void = () => {};
    broker.script.push(new Promise<void>((resolve) => (answerFirst = resolve)));
    const first = sender.send([record('1')], 5000);
    while (broker.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const others = ['2', '3', '4'].map((text) => sender.send([record(text)], 5000));
    answerFirst();
    await Promise.all([first, ...others]);
    expect(broker.requests.map(({ records }) => records.map((text) => text.trim()))).toEqual([
      ['1'],
      ['2', '3', '4'],
    ]);
    await sender.close();
    expect(broker.closed).toBe(1);
  });

  it('keeps each request within 900 KiB a partition and the order of the partition', async () => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    const records = Array.from({ length: 20 }, (_, at) => record(`r${at}`, 0, 'things', 200_000));
    await Promise.all([
      sender.send(records.slice(0, 15), 5000),
      sender.send(records.slice(15), 5000),
    ]);
    expect(texts(broker)).toEqual(records.map((_, at) => `r${at}`));
    expect(Math.max(...broker.requests.map(({ bytes }) => bytes))).toBeLessThanOrEqual(900 * 1024);
    expect(broker.requests.length).toBe(5);
  });

  it('fails only the call with a record too large, before anything of it is sent', async () => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    const results = await Promise.allSettled([
      sender.send([record('a')], 5000),
      sender.send([record('b'), record('large', 0, 'things', 1_200_000)], 5000),
      sender.send([record('c')], 5000),
      sender.send([record('letter', 0, 'letters', 1_200_000)], 5000),
    ]);
    expect(results.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
      'fulfilled',
    ]);
    expect((results[1] as PromiseRejectedResult).reason.code).toBe('SAIDAO_RECORD_TOO_LARGE');
    expect(texts(broker).sort()).toEqual(['a', 'c', 'letter']);
  });

  it('finds the one call that the broker refuses among those merged with it', async () => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    const refused = protocolError('MESSAGE_TOO_LARGE');
    broker.script.push(refused, 'acknowledge', refused, 'acknowledge');
    const results = await Promise.allSettled(
      ['a', 'b', 'c'].map((text) => sender.send([record(text)], 5000)),
    );
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(texts(broker)).toEqual(['a', 'c']);
  });
});

describe('an idempotent producer that failed (trap 9)', () => {
  it.each([
    'OUT_OF_ORDER_SEQUENCE_NUMBER',
    'DUPLICATE_SEQUENCE_NUMBER',
    'INVALID_PRODUCER_EPOCH',
    'UNKNOWN_PRODUCER_ID',
    'PRODUCER_FENCED',
    'KAFKAJS_UNKNOWN_ERROR_CODE',
  ])('is replaced after %s, and everything is sent again in order', async (type) => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    broker.script.push(protocolError(type), protocolError(type));
    const sent = Array.from({ length: 20 }, (_, at) => sender.send([record(String(at))], 5000));
    await Promise.all(sent);
    expect(texts(broker)).toEqual(sent.map((_, at) => String(at)));
    expect(broker.opened).toBe(3);
    expect(broker.closed).toBe(2);
    expect(broker.requests.map(({ producer }) => producer)).toEqual([1, 2, 3]);
  });

  it('is never used again after a failure of the line either', async () => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    broker.script.push(new Error('the request timed out'));
    await sender.send([record('a')], 5000);
    expect(broker.requests.map(({ producer }) => producer)).toEqual([1, 2]);
  });

  it('sends again what was in a request whose failure nobody can read', async () => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    broker.script.push('fail without a word');
    await sender.send([record('1'), record('2')], 5000);
    expect(texts(broker)).toEqual(['1', '2']);
    expect(broker.requests.map(({ producer }) => producer)).toEqual([1, 2]);
  });

  it('sends again what was not acknowledged though the call did not fail', async () => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    broker.script.push('lose partition 1');
    await sender.send([record('a', 0), record('b', 1), record('c', 2), record('d', 1)], 5000);
    expect(texts(broker)).toEqual(['a', 'c', 'b', 'd']);
  });
});

describe('deadlines', () => {
  const unavailable = { code: 'SAIDAO_LOG_UNAVAILABLE' };

  it('rejects in time while the log is away, and goes on when it is back', async () => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    broker.isReachable = false;
    await expect(sender.send([record('lost')], 30)).rejects.toMatchObject(unavailable);
    const patient = sender.send([record('kept')], 5000);
    broker.isReachable = true;
    await patient;
    expect(texts(broker)).toEqual(['kept']);
  });

  it('says what the last try ended with when nothing is acknowledged in time', async () => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    const cut = new Error('cut');
    broker.script.push(cut, cut, cut, cut);
    await expect(sender.send([record('lost')], 30)).rejects.toMatchObject({
      ...unavailable,
      cause: cut,
    });
  });

  it('does not send again what nobody waits for any more', async () => {
    const broker = new ScriptedBroker();
    const sender = new Sender(broker);
    broker.script.push(new Promise((_, reject) => setTimeout(reject, 60, new Error('cut'))));
    const hasty = sender.send([record('hasty')], 20);
    const patient = sender.send([record('patient')], 5000);
    await expect(hasty).rejects.toMatchObject(unavailable);
    await patient;
    expect(broker.requests.at(-1)!.records).toEqual(['patient']);
  });

  it('leaves a request that never ends, and what it waits for, to itself', async () => {
    const broker = new ScriptedBroker();
    let nowMs = 0;
    const sender = new Sender(broker, () => nowMs);
    const { promise: never, resolve } = Promise.withResolvers<void>();
    broker.script.push(never);
    await expect(sender.send([record('one')], 20)).rejects.toMatchObject(unavailable);
    nowMs = 30_000;
    // It may be slow, and all else goes on after it.
    await expect(sender.send([record('one')], 20)).rejects.toMatchObject(unavailable);
    expect(broker.requests).toHaveLength(1);
    nowMs = 30_001;
    await sender.send([record('one'), record('two')], 5000);
    expect(broker.requests.map(({ producer }) => producer)).toEqual([1, 2]);
    expect(texts(broker)).toEqual(['one', 'two']);
    // Ended after all, it touches nothing that is the other's.
    resolve();
    await sender.send([record('three')], 5000);
    expect(broker.requests.map(({ producer }) => producer)).toEqual([1, 2, 2]);
    expect([broker.opened, broker.closed]).toEqual([2, 1]);
  });

  it('says which topic or partition is not there', async () => {
    const sender = new Sender(new ScriptedBroker());
    await expect(sender.send([record('x', 0, 'nowhere')], 5000)).rejects.toMatchObject({
      code: 'SAIDAO_TOPIC_UNKNOWN',
    });
    for (const partition of [3, -1, 0.5]) {
      await expect(sender.send([record('x', partition)], 5000)).rejects.toMatchObject({
        code: 'SAIDAO_TOPIC_PARTITIONS',
      });
    }
    await sender.send([], 5000);
  });
});
