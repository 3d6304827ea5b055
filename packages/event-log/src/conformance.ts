// What every adapter of the event log must do: one suite, run in memory and on Kafka.
import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type {
  EventLog,
  IncomingRecord,
  LaneConsumer,
  LaneOptions,
  LaneTurn,
  LogAlarm,
  OutgoingRecord,
} from './port.ts';

/** A record as a stranger writes it: no key, headers given twice. */
export interface ForeignRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [name: string, value: Buffer])[];
}

export interface ConformanceClient {
  readonly log: EventLog;
  /** Ends the client as SIGKILL would: it says goodbye to nobody. */
  kill(): void;
}

export interface ConformanceHarness {
  connect(): ConformanceClient;
  truncate(topic: string, partition: number, before: bigint): Promise<void>;
  appendForeign(record: ForeignRecord): Promise<void>;
  /** The shortest session that the broker admits. */
  readonly sessionTimeoutMs: number;
  close(): Promise<void>;
}

interface TestMember extends ConformanceClient {
  readonly consumer: LaneConsumer;
  readonly turns: LaneTurn[];
  readonly alarms: LogAlarm[];
  readonly crashes: Error[];
  readonly assignments: (readonly number[])[];
}

type OnTurn = (turn: LaneTurn) => Promise<{ readonly taken: number }>;

const WAIT = { timeout: 30_000, interval: 10 };
const until = (condition: () => boolean | Promise<boolean>): Promise<unknown> =>
  vi.waitUntil(condition, WAIT);
const takeAll: OnTurn = async (turn) => ({ taken: turn.records.length });
const textOf = (record: IncomingRecord): string => String(record.value);
const sum = (rows: readonly { readonly lag: bigint }[]): bigint =>
  rows.reduce((total, { lag }) => total + lag, 0n);

function record(topic: string, partition: number, text: string | null): OutgoingRecord {
  const value = text === null ? null : Buffer.from(text);
  return { topic, partition, key: Buffer.from('key'), value, headers: { ce_id: text ?? 'null' } };
}

/** A door that stays shut until it is opened. */
function gate(): { readonly passed: Promise<void>; open(): void } {
  let open: () => void = () => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open };
}

export function conformEventLog(openHarness: () => Promise<ConformanceHarness>): void {
  let harness: ConformanceHarness;
  let client: ConformanceClient;
  let log: EventLog;
  let name: string;
  let members: TestMember[];

  beforeEach(async () => {
    harness = await openHarness();
    client = harness.connect();
    log = client.log;
    name = `conformance-${randomBytes(6).toString('hex')}`;
    members = [];
  });

  afterEach(async () => {
    await Promise.all(members.map((member) => member.log.close()));
    await log.close();
    await harness.close();
  });

  async function topicsOf(count: number, partitions: number): Promise<string[]> {
    const topics = Array.from({ length: count }, (_, at) => `${name}-${at}`);
    await log.createTopics(topics.map((topic) => ({ name: topic, partitions })));
    return topics;
  }

  async function join(
    topics: readonly string[],
    onTurn: OnTurn,
    options: Partial<LaneOptions> = {},
  ): Promise<TestMember> {
    const own = harness.connect();
    const seen = {
      turns: [] as LaneTurn[],
      alarms: [] as LogAlarm[],
      crashes: [] as Error[],
      assignments: [] as (readonly number[])[],
    };
    const consumer = await own.log.consumeLanes({
      group: name,
      topics,
      sessionTimeoutMs: harness.sessionTimeoutMs,
      onTurn: (turn) => {
        seen.turns.push(turn);
        return onTurn(turn);
      },
      onLanes: (lanes) => void seen.assignments.push(lanes),
      onAlarm: (alarm) => void seen.alarms.push(alarm),
      onCrash: (error) => void seen.crashes.push(error),
      ...options,
    });
    const member = { ...own, ...seen, consumer };
    members.push(member);
    return member;
  }

  const lagOf = async (topics: readonly string[]): Promise<bigint> =>
    sum(await log.lag(name, topics));

  /** All lanes are owned, none twice, and the numbers differ by at most one. */
  function isSpread(consumers: readonly LaneConsumer[], lanes: number): boolean {
    const owned = consumers.flatMap((consumer) => consumer.lanes());
    const counts = consumers.map((consumer) => consumer.lanes().length);
    return (
      consumers.every((consumer) => consumer.joined()) &&
      owned.length === lanes &&
      new Set(owned).size === lanes &&
      Math.max(...counts) - Math.min(...counts) <= 1
    );
  }

  describe('appending and reading', () => {
    it('keeps the order of a partition, and key, value, headers and offsets', async () => {
      const [topic] = (await topicsOf(1, 2)) as [string];
      const records = Array.from({ length: 50 }, (_, at) => record(topic, at % 2, `value ${at}`));
      const beforeMs = Date.now();
      await log.send(records.slice(0, 20));
      await log.send(records.slice(20));
      const read: IncomingRecord[] = [];
      const member = await join([topic], async (turn) => {
        read.push(...turn.records);
        return { taken: turn.records.length };
      });
      await until(() => read.length === 50);
      for (const partition of [0, 1]) {
        const here = read.filter((one) => one.partition === partition);
        expect(here.map(textOf)).toEqual(
          records.filter((one) => one.partition === partition).map((one) => String(one.value)),
        );
        expect(here.map((one) => one.offset)).toEqual(here.map((_, at) => BigInt(at)));
      }
      expect(read[0]!.topic).toBe(topic);
      expect(String(read[0]!.key)).toBe('key');
      expect(String(read[0]!.headers['ce_id'])).toMatch(/^value /);
      expect(Math.abs(read[0]!.timestampMs - beforeMs)).toBeLessThan(60_000);
      expect(member.crashes).toEqual([]);
    });

    it('passes on what a stranger wrote: no key, null values, double and hostile headers', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      await harness.appendForeign({
        topic,
        partition: 0,
        key: null,
        value: null,
        headers: [
          ['ce_id', Buffer.from('one')],
          ['ce_id', Buffer.from('two')],
          ['constructor', Buffer.from('c')],
          ['__proto__', Buffer.from('p')],
          ['bytes', Buffer.from([0xff, 0x00, 0xfe])],
        ],
      });
      await log.send([record(topic, 0, null)]);
      const read: IncomingRecord[] = [];
      await log.scan([topic], (one) => read.push(one));
      const [foreign, own] = read as [IncomingRecord, IncomingRecord];
      expect(foreign.key).toBeNull();
      expect(foreign.value).toBeNull();
      expect((foreign.headers['ce_id'] as readonly Buffer[]).map(String)).toEqual(['one', 'two']);
      expect(String(foreign.headers['constructor'])).toBe('c');
      expect(String(foreign.headers['__proto__'])).toBe('p');
      expect(foreign.headers['bytes']).toEqual(Buffer.from([0xff, 0x00, 0xfe]));
      expect(own.value).toBeNull();
      expect(own.headers['toString']).toBeUndefined();
    });

    it('hands out the first 256 headers of a record that has more', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      const value = Buffer.from('v');
      const headers = Array.from({ length: 20_000 }, (_, at) => [`h${at}`, value] as const);
      await harness.appendForeign({ topic, partition: 0, key: null, value, headers });
      await log.send([record(topic, 0, 'after')]);
      const read: IncomingRecord[] = [];
      await log.scan([topic], (one) => read.push(one));
      expect(Object.keys(read[0]!.headers)).toEqual(headers.slice(0, 256).map(([name]) => name));
      expect(read[0]!.value).toEqual(value);
      expect(String(read[1]!.value)).toBe('after');
    });

    it('gives 200 concurrent sends 200 offsets, in the order of the calls (trap 9)', async () => {
      const [topic] = (await topicsOf(1, 3)) as [string];
      await Promise.all(
        Array.from({ length: 200 }, (_, at) => log.send([record(topic, at % 3, String(at))])),
      );
      const read: IncomingRecord[] = [];
      await log.scan([topic], (one) => read.push(one));
      expect(read).toHaveLength(200);
      for (const partition of [0, 1, 2]) {
        const numbers = read
          .filter((one) => one.partition === partition)
          .map(textOf)
          .map(Number);
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        expect(new Set(numbers).size).toBe(numbers.length);
      }
    });

    it('sends values of 1 MB, many at once, and splits what is too much for one request', async () => {
      const [topic] = (await topicsOf(1, 2)) as [string];
      const value = randomBytes(1_000_000);
      const large = { ...record(topic, 0, ''), value };
      const small = Array.from({ length: 30 }, (_, at) => ({
        ...record(topic, 1, ''),
        value: Buffer.alloc(100_000, at),
      }));
      await Promise.all([log.send([large, ...small.slice(0, 15)]), log.send([large])]);
      await log.send([...small.slice(15), large]);
      const read: IncomingRecord[] = [];
      await log.scan([topic], (one) => read.push(one), { partition: 1 });
      expect(read.map((one) => one.value![0])).toEqual(small.map((_, at) => at));
      const ones: IncomingRecord[] = [];
      await log.scan([topic], (one) => ones.push(one), { partition: 0 });
      expect(ones.map((one) => value.equals(one.value!))).toEqual([true, true, true]);
    });

    it('refuses a record too large for its topic, and only the call that has it', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      const letters = `${name}-dead-letter`;
      await log.createTopics([
        { name: letters, partitions: 1, config: { 'max.message.bytes': String(2 * 1024 * 1024) } },
      ]);
      const tooLarge = { ...record(topic, 0, ''), value: Buffer.alloc(1_500_000) };
      const results = await Promise.allSettled([
        log.send([record(topic, 0, 'before')]),
        log.send([record(topic, 0, 'with it'), tooLarge]),
        log.send([record(topic, 0, 'after')]),
        log.send([{ ...tooLarge, topic: letters }]),
        log.send([{ ...tooLarge, topic: letters, value: Buffer.alloc(2_500_000) }]),
      ]);
      expect(results.map(({ status }) => status)).toEqual([
        'fulfilled',
        'rejected',
        'fulfilled',
        'fulfilled',
        'rejected',
      ]);
      for (const at of [1, 4]) {
        expect((results[at] as PromiseRejectedResult).reason.code).toBe('SAIDAO_RECORD_TOO_LARGE');
      }
      const read: IncomingRecord[] = [];
      await log.scan([topic], (one) => read.push(one));
      expect(read.map(textOf)).toEqual(['before', 'after']);
    });

    it('scans several topics, or one partition, up to the present end', async () => {
      const topics = await topicsOf(2, 3);
      const records = topics.flatMap((topic) =>
        Array.from({ length: 900 }, (_, at) => record(topic, at % 3, `${topic} ${at}`)),
      );
      await log.send(records);
      const all: IncomingRecord[] = [];
      await log.scan(topics, (one) => all.push(one));
      expect(all).toHaveLength(1800);
      const one: IncomingRecord[] = [];
      await log.scan([topics[0]!], (each) => one.push(each), { partition: 2 });
      expect(one.map((each) => each.offset)).toEqual(one.map((_, at) => BigInt(at)));
      expect(one).toHaveLength(300);
      const none: IncomingRecord[] = [];
      await log.createTopics([{ name: `${name}-empty`, partitions: 1 }]);
      await log.scan([`${name}-empty`], (each) => none.push(each));
      expect(none).toEqual([]);
    });

    it('follows what is appended, from now on or from the earliest, until it is stopped', async () => {
      const topics = await topicsOf(2, 2);
      await log.send([record(topics[0]!, 1, 'before')]);
      const seen: Record<'earliest' | 'next', IncomingRecord[]> = { earliest: [], next: [] };
      const crashes: Error[] = [];
      const follow = (from: 'earliest' | 'next') =>
        log.follow({
          topics,
          from,
          onRecords: (records) => void seen[from].push(...records),
          onCrash: (error) => void crashes.push(error),
        });
      const follower = await follow('next');
      await follow('earliest');
      await log.send([record(topics[1]!, 0, 'one'), record(topics[1]!, 0, 'two')]);
      await until(() => seen.next.length === 2 && seen.earliest.length === 3);
      expect(seen.next.map(textOf)).toEqual(['one', 'two']);
      expect(seen.earliest.map(textOf).toSorted()).toEqual(['before', 'one', 'two']);
      await follower.stop();
      await log.send([record(topics[0]!, 0, 'after')]);
      await until(() => seen.earliest.length === 4);
      expect(seen.next).toHaveLength(2);
      expect(crashes).toEqual([]);
    });

    it('stops following when what it hands records to fails', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      const crashes: Error[] = [];
      await log.follow({
        topics: [topic],
        from: 'earliest',
        onRecords: () => {
          throw new Error('no more');
        },
        onCrash: (error) => void crashes.push(error),
      });
      await log.send([record(topic, 0, 'x')]);
      await until(() => crashes.length === 1);
      expect(crashes[0]!.message).toBe('no more');
    });

    it('creates what is missing and refuses another number of partitions', async () => {
      const spec = { name: `${name}-made`, partitions: 3 };
      expect(await log.createTopics([spec])).toEqual({ created: [spec.name] });
      expect(await log.createTopics([spec])).toEqual({ created: [] });
      await expect(log.createTopics([{ ...spec, partitions: 4 }])).rejects.toMatchObject({
        code: 'SAIDAO_TOPIC_PARTITIONS',
      });
      await log.send([record(spec.name, 1, 'a'), record(spec.name, 1, 'b')]);
      expect(await log.ranges(spec.name)).toEqual([
        { partition: 0, earliest: 0n, next: 0n },
        { partition: 1, earliest: 0n, next: 2n },
        { partition: 2, earliest: 0n, next: 0n },
      ]);
    });

    it('says which topic or partition is not there, and sends the other calls', async () => {
      const [topic] = (await topicsOf(1, 2)) as [string];
      const unknown = { code: 'SAIDAO_TOPIC_UNKNOWN' };
      const missing = `${name}-missing`;
      await Promise.all([
        expect(log.send([record(missing, 0, 'x')])).rejects.toMatchObject(unknown),
        expect(log.send([record(topic, 2, 'x')])).rejects.toMatchObject({
          code: 'SAIDAO_TOPIC_PARTITIONS',
        }),
        log.send([record(topic, 0, 'fine')]),
      ]);
      await expect(log.ranges(missing)).rejects.toMatchObject(unknown);
      await expect(log.scan([missing], () => {})).rejects.toMatchObject(unknown);
      const followed = { from: 'next', onRecords() {}, onCrash() {} } as const;
      await expect(log.follow({ topics: [missing], ...followed })).rejects.toMatchObject(unknown);
      await expect(log.lag(name, [missing])).rejects.toMatchObject(unknown);
      await expect(join([topic, missing], takeAll)).rejects.toMatchObject(unknown);
      await log.createTopics([{ name: `${name}-other`, partitions: 3 }]);
      await expect(join([topic, `${name}-other`], takeAll)).rejects.toMatchObject({
        code: 'SAIDAO_TOPIC_PARTITIONS',
      });
      const ranges = await log.ranges(topic);
      expect(ranges.map(({ next }) => next)).toEqual([1n, 0n]);
    });

    it('refuses everything after close', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      const { log: other } = harness.connect();
      await other.send([record(topic, 0, 'x')]);
      await other.close();
      await other.close();
      const closed = { code: 'SAIDAO_LOG_CLOSED' };
      await expect(other.send([record(topic, 0, 'x')])).rejects.toMatchObject(closed);
      await expect(other.ranges(topic)).rejects.toMatchObject(closed);
      await expect(
        other.consumeLanes({ group: name, topics: [topic], onTurn: takeAll, onCrash: () => {} }),
      ).rejects.toMatchObject(closed);
    });
  });

  describe('turns', () => {
    it('commits only after the turn, and then all that was taken', async () => {
      const topics = await topicsOf(2, 1);
      await log.send(topics.flatMap((topic) => [record(topic, 0, 'a'), record(topic, 0, 'b')]));
      const door = gate();
      const member = await join(topics, async (turn) => {
        await door.passed;
        return { taken: turn.records.length };
      });
      await until(() => member.turns.length > 0);
      expect(member.turns[0]!.isOwned()).toBe(true);
      expect(member.consumer.oldestTurnMs()).toBeGreaterThan(0);
      expect(await lagOf(topics)).toBe(4n);
      door.open();
      await until(async () => (await lagOf(topics)) === 0n);
      await until(() => member.consumer.oldestTurnMs() === 0);
    });

    it('tells since when the oldest record waits that is not committed', async () => {
      const [topic] = (await topicsOf(1, 2)) as [string];
      const sinceOf = async (lane: number): Promise<number | undefined> =>
        (await log.lag(name, [topic], { since: true }))[lane]!.sinceMs;
      await log.send([record(topic, 0, 'a')]);
      await log.send([record(topic, 0, 'b')]);
      const appendedMs: number[] = [];
      await log.scan([topic], ({ timestampMs }) => appendedMs.push(timestampMs));
      expect(await sinceOf(0)).toBe(appendedMs[0]);
      expect(await sinceOf(1)).toBeUndefined();
      const door = gate();
      let turns = 0;
      await join([topic], async () => {
        turns += 1;
        if (turns > 1) await door.passed;
        return { taken: 1 };
      });
      await until(async () => (await lagOf([topic])) === 1n);
      expect(await sinceOf(0)).toBe(appendedMs[1]);
      door.open();
      await until(async () => (await lagOf([topic])) === 0n);
      expect(await sinceOf(0)).toBeUndefined();
      expect(await log.lag(name, [topic])).toEqual([
        { topic, partition: 0, next: 2n, lag: 0n },
        { topic, partition: 1, next: 0n, lag: 0n },
      ]);
    });

    it('starts the next turn with what a turn left (trap 4)', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      const sent = Array.from({ length: 10 }, (_, at) => String(at));
      await log.send(sent.map((text) => record(topic, 0, text)));
      const done: string[] = [];
      const firsts: string[] = [];
      const door = gate();
      await join([topic], async (turn) => {
        firsts.push(textOf(turn.records[0]!));
        if (firsts.length === 2) await door.passed;
        const taken = Math.min(3, turn.records.length);
        done.push(...turn.records.slice(0, taken).map(textOf));
        return { taken };
      });
      await until(() => firsts.length === 2);
      expect(await lagOf([topic])).toBe(7n);
      door.open();
      await until(async () => (await lagOf([topic])) === 0n);
      expect(done).toEqual(sent);
      expect(firsts).toEqual(['0', '3', '6', '9']);
    });

    it('gives the same records again after a rejection, later and with an alarm (trap 6)', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      await log.send([record(topic, 0, 'a'), record(topic, 0, 'b')]);
      const given: string[][] = [];
      const member = await join([topic], async (turn) => {
        given.push(turn.records.map(textOf));
        if (given.length === 1) await log.send([record(topic, 0, 'c')]);
        if (given.length === 2) return { taken: 7 };
        if (given.length < 4) throw new Error('the world is down');
        return { taken: turn.records.length };
      });
      await until(async () => (await lagOf([topic])) === 0n);
      expect(given.slice(0, 4)).toEqual([given[0], given[0], given[0], given[0]]);
      expect(given.slice(3).flat()).toEqual(['a', 'b', 'c']);
      expect(member.alarms.map(({ kind }) => kind)).toEqual(Array(3).fill('turn-failed'));
      expect(member.alarms[0]!.message).toContain('the world is down');
      expect(member.assignments).toHaveLength(1);
      expect(member.crashes).toEqual([]);
    });

    it('keeps a turn within 100 records and 1 MiB, and no lane waits long for another (trap 5)', async () => {
      const [topic] = (await topicsOf(1, 2)) as [string];
      const small = Array.from({ length: 3000 }, (_, at) => record(topic, 0, String(at)));
      const large = Array.from({ length: 40 }, () => ({
        ...record(topic, 1, ''),
        value: Buffer.alloc(150_000),
      }));
      await log.send(large);
      const door = gate();
      const done: IncomingRecord[] = [];
      const sizes: number[] = [];
      const member = await join([topic], async (turn) => {
        if (turn.lanes.includes(1)) await door.passed;
        sizes.push(turn.records.length);
        const ofLane1 = turn.records.filter(({ partition }) => partition === 1);
        expect(ofLane1.length).toBeLessThanOrEqual(6);
        done.push(...turn.records);
        return { taken: turn.records.length };
      });
      await until(() => member.turns.length === 1);
      await log.send(small);
      await until(() => done.length === 3000);
      expect(done.map(textOf)).toEqual(small.map((one) => String(one.value)));
      expect(Math.max(...sizes)).toBe(100);
      door.open();
      await until(async () => (await lagOf([topic])) === 0n);
      expect(done).toHaveLength(3040);
    });

    it('starts nothing while paused, stays a member, and goes on where it was', async () => {
      const [topic] = (await topicsOf(1, 2)) as [string];
      const done: string[] = [];
      const member = await join([topic], async (turn) => {
        done.push(...turn.records.map(textOf));
        return { taken: turn.records.length };
      });
      member.consumer.pause();
      const sent = Array.from({ length: 5000 }, (_, at) => record(topic, at % 2, String(at)));
      await log.send(sent);
      await until(async () => (await lagOf([topic])) === 5000n);
      expect(done).toEqual([]);
      expect(member.consumer.joined()).toBe(true);
      member.consumer.resume();
      await until(async () => (await lagOf([topic])) === 0n);
      expect(done.map(Number).sort((a, b) => a - b)).toEqual(sent.map((_, at) => at));
      expect(member.alarms).toEqual([]);
    });

    it('goes on from the earliest when its offset is gone, with an alarm (trap 8)', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      await log.send(Array.from({ length: 5 }, (_, at) => record(topic, 0, String(at))));
      const first = await join([topic], async () => ({ taken: 1 }), { turnRecordsMax: 1 });
      await until(async () => (await lagOf([topic])) <= 4n);
      await first.consumer.stop();
      await log.send(Array.from({ length: 5 }, (_, at) => record(topic, 0, String(at + 5))));
      await harness.truncate(topic, 0, 8n);
      const done: string[] = [];
      const second = await join([topic], async (turn) => {
        done.push(...turn.records.map(textOf));
        return { taken: turn.records.length };
      });
      await until(async () => (await lagOf([topic])) === 0n);
      expect(done).toEqual(['8', '9']);
      expect(second.alarms.map(({ kind }) => kind)).toEqual(['offset-out-of-range']);
      expect(second.crashes).toEqual([]);
    });

    it('stays a member while a turn takes most of a session (trap 2)', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      await log.send([record(topic, 0, 'a')]);
      const door = gate();
      const member = await join([topic], async (turn) => {
        await door.passed;
        return { taken: turn.records.length };
      });
      await until(() => member.consumer.oldestTurnMs() > harness.sessionTimeoutMs * 0.75);
      expect(member.consumer.joined()).toBe(true);
      door.open();
      await until(async () => (await lagOf([topic])) === 0n);
      expect(member.turns).toHaveLength(1);
      expect(member.assignments).toHaveLength(1);
      expect([...member.alarms, ...member.crashes]).toEqual([]);
    });

    it('ends the consumer when a turn outlives the session', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      await log.send([record(topic, 0, 'a')]);
      const door = gate();
      const member = await join([topic], async (turn) => {
        await door.passed;
        return { taken: turn.records.length };
      });
      await until(() => member.turns.length === 1);
      await until(() => !member.turns[0]!.isOwned());
      expect(member.crashes).toEqual([]);
      await until(() => member.crashes.length > 0);
      expect(member.alarms.map(({ kind }) => kind)).toEqual(['turn-hangs']);
      expect(member.turns[0]!.signal.aborted).toBe(true);
      door.open();
      const next = await join([topic], takeAll);
      await until(() => next.turns.length === 1);
      expect(next.turns[0]!.records.map(textOf)).toEqual(['a']);
      expect(member.crashes).toHaveLength(1);
    });
  });

  describe('membership', () => {
    it('keeps lanes whole and evenly spread with 2 to 8 members (trap 14)', async () => {
      const topics = await topicsOf(3, 12);
      const owners = new Map<number, Set<string>>();
      const turnOf =
        (id: string): OnTurn =>
        async (turn) => {
          for (const one of turn.records) {
            expect(turn.lanes).toContain(one.partition);
            if (!owners.has(one.partition)) owners.set(one.partition, new Set());
            owners.get(one.partition)!.add(id);
          }
          return { taken: turn.records.length };
        };
      for (let count = 1; count <= 8; count += 1) {
        await join(topics, turnOf(`member ${count}`));
        const consumers = members.map((member) => member.consumer);
        await until(() => isSpread(consumers, 12));
        owners.clear();
        await log.send(
          topics.flatMap((topic) =>
            Array.from({ length: 12 }, (_, lane) => record(topic, lane, `round ${count}`)),
          ),
        );
        await until(async () => (await lagOf(topics)) === 0n);
        expect([...owners.values()].map((each) => each.size)).toEqual(Array(12).fill(1));
      }
    });

    it('loses nothing and keeps the order through joins, leaves and a kill', async () => {
      const topics = await topicsOf(3, 12);
      const sent = new Map<string, string[]>();
      const done = new Map<string, string[]>();
      const overlaps: string[] = [];
      const turnOf = (): OnTurn => {
        const running = new Set<number>();
        return async (turn) => {
          for (const lane of turn.lanes) {
            if (running.has(lane)) overlaps.push(`lane ${lane}`);
            running.add(lane);
          }
          await new Promise((resolve) => setImmediate(resolve));
          if (turn.isOwned()) {
            for (const one of turn.records) {
              const place = `${one.topic}/${one.partition}`;
              done.set(place, [...(done.get(place) ?? []), textOf(one)]);
            }
          }
          for (const lane of turn.lanes) running.delete(lane);
          return { taken: turn.isOwned() ? turn.records.length : 0 };
        };
      };
      let sending = true;
      const sender = (async () => {
        for (let round = 0; sending || round < 20; round += 1) {
          const records = topics.flatMap((topic) =>
            Array.from({ length: 12 }, (_, lane) => record(topic, lane, String(round))),
          );
          await log.send(records);
          for (const { topic, partition } of records) {
            const place = `${topic}/${partition}`;
            sent.set(place, [...(sent.get(place) ?? []), String(round)]);
          }
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      })();
      const settled = (...who: TestMember[]): Promise<unknown> =>
        until(() =>
          isSpread(
            who.map(({ consumer }) => consumer),
            12,
          ),
        );
      const a = await join(topics, turnOf());
      await settled(a);
      const b = await join(topics, turnOf());
      const c = await join(topics, turnOf());
      await settled(a, b, c);
      await b.consumer.stop();
      await settled(a, c);
      const d = await join(topics, turnOf());
      await settled(a, c, d);
      c.kill();
      await settled(a, d);
      sending = false;
      await sender;
      await until(async () => (await lagOf(topics)) === 0n);
      expect(overlaps).toEqual([]);
      for (const [place, numbers] of sent) {
        // Repeats are allowed; the first time that each record is seen must be in order.
        expect([...new Set(done.get(place))], place).toEqual(numbers);
      }
      for (const member of [a, b, d]) expect(member.crashes).toEqual([]);
    });

    it('takes nothing from a turn whose epoch is over, and never two turns at once (trap 3)', async () => {
      const [topic] = (await topicsOf(1, 2)) as [string];
      await log.send([record(topic, 0, 'a')]);
      const oldDoor = gate();
      const newDoor = gate();
      let shut = oldDoor;
      const waits: OnTurn = async (turn) => {
        await shut.passed;
        return { taken: turn.records.length };
      };
      const a = await join([topic], waits);
      await until(() => a.turns.length === 1);
      await log.send([record(topic, 1, 'b')]);
      await until(() => a.turns.length === 2);
      shut = newDoor;
      const b = await join([topic], waits);
      await until(() => isSpread([a.consumer, b.consumer], 2));
      const kept = a.consumer.lanes()[0]!;
      expect(a.turns.map((turn) => turn.isOwned())).toEqual([false, false]);
      await until(() => b.turns.length === 1);
      for (const turn of a.turns) expect(turn.signal.aborted).toBe(turn.lanes[0] !== kept);
      expect(b.turns[0]!.lanes).toEqual([1 - kept]);
      expect(b.turns[0]!.isOwned()).toBe(true);
      expect(a.turns).toHaveLength(2);
      oldDoor.open();
      await until(() => a.turns.length === 3);
      expect(a.turns[2]!.lanes).toEqual([kept]);
      expect(a.turns[2]!.isOwned()).toBe(true);
      expect(a.turns[2]!.records.map(textOf)).toEqual([kept === 0 ? 'a' : 'b']);
      expect(await lagOf([topic])).toBe(2n);
      newDoor.open();
      await until(async () => (await lagOf([topic])) === 0n);
      expect([...a.crashes, ...b.crashes]).toEqual([]);
    });

    it('stops after the running turn and its commit, and says that it owns nothing', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      await log.send([record(topic, 0, 'a')]);
      const door = gate();
      const member = await join([topic], async (turn) => {
        await door.passed;
        return { taken: turn.records.length };
      });
      await until(() => member.turns.length === 1);
      const stopped = member.consumer.stop();
      await log.send([record(topic, 0, 'b')]);
      expect(member.turns[0]!.isOwned()).toBe(true);
      door.open();
      await stopped;
      await member.consumer.stop();
      expect(await lagOf([topic])).toBe(1n);
      expect(member.turns).toHaveLength(1);
      expect(member.turns[0]!.signal.aborted).toBe(false);
      expect(member.consumer.joined()).toBe(false);
      expect(member.consumer.lanes()).toEqual([]);
      expect(member.assignments.at(-1)).toEqual([]);
      expect(member.crashes).toEqual([]);
    });

    it('stops within its deadline though a turn hangs (trap 15)', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      await log.send([record(topic, 0, 'a')]);
      const door = gate();
      const member = await join([topic], async (turn) => {
        await door.passed;
        return { taken: turn.records.length };
      });
      await until(() => member.turns.length === 1);
      await member.consumer.stop();
      expect(member.turns[0]!.signal.aborted).toBe(true);
      expect(member.turns[0]!.isOwned()).toBe(false);
      door.open();
      expect(await lagOf([topic])).toBe(1n);
      expect(member.crashes).toEqual([]);
    });

    it('comes to an end when it is closed while it starts (trap 15)', async () => {
      const [topic] = (await topicsOf(1, 1)) as [string];
      const { log: other } = harness.connect();
      const crashes: Error[] = [];
      const starting = other.consumeLanes({
        group: name,
        topics: [topic],
        sessionTimeoutMs: harness.sessionTimeoutMs,
        onTurn: takeAll,
        onCrash: (error) => crashes.push(error),
      });
      const outcome = starting.catch((error: { readonly code?: string }) => error.code);
      await other.close();
      const consumer = await outcome;
      if (typeof consumer === 'object') expect(consumer.joined()).toBe(false);
      else expect(consumer).toBe('SAIDAO_LOG_CLOSED');
      expect(crashes).toEqual([]);
      const next = await join([topic], takeAll);
      expect(next.consumer.lanes()).toEqual([0]);
    });
  });
}
