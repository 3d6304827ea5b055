// What a log has been seen to hold: stories, doors’ messages, dead letters and latest decisions.
import { createHash } from 'node:crypto';
import {
  allTopics,
  decode,
  lines,
  workerTopics,
  type EventName,
  type EventOf,
  type NamedTopic,
} from '@saidao/schemas';
import kafkajs from 'kafkajs';
import type { Beginning, CheckOptions, LogRecord, Standing } from './readings.ts';
import { gistOf, type Fact, type Found, type Story } from './story.ts';

/** A message of a door, or a timer’s: many writers, no numbers. */
export interface DoorMessage {
  readonly topic: string;
  readonly key: string;
  readonly id: string;
  readonly type: string;
  readonly lenderId: string;
  readonly correlationId: string;
  readonly place: string;
  readonly atMs: number;
  readonly digest: string;
  /** Of what was said, whoever said it; empty where nobody asks whether two say the same. */
  readonly body: string;
  /** That a drawdown asks for, or a repayment brings. */
  readonly amountFen?: bigint;
}

export interface Letter {
  readonly line: string;
  /** Where the original was met. */
  readonly original: string;
  readonly place: string;
  readonly identity: string;
  readonly code: string;
  readonly reason: string;
  readonly applicationId: string | null;
  readonly atMs: number;
}

/** What an operator asked for a dead letter. */
export interface Asked {
  readonly action: 'REPLAY' | 'DISCARD';
  /** Of the request itself. */
  readonly place: string;
  readonly atMs: number;
}

export interface LatestSeen {
  readonly applicationId: string;
  readonly topic: string;
  readonly partition: number;
  readonly place: string;
  readonly sequence: number;
  readonly status: string;
  readonly revision: number;
  readonly amountFen?: bigint;
  /** Why it cannot be read; it says nothing then. */
  readonly fault?: string;
}

/** All that was seen of a log. */
export interface LogSeen {
  readonly lenders: readonly string[];
  readonly stories: ReadonlyMap<string, Story>;
  /** By id: a message that was sent twice is one. */
  readonly messages: ReadonlyMap<string, DoorMessage>;
  readonly letters: readonly Letter[];
  /** By original, as `<line> <place>`: all that was asked for it, the oldest first. */
  readonly asked: ReadonlyMap<string, readonly Asked[]>;
  /** By `latestName`: each partition keeps the last of a key. */
  readonly latest: ReadonlyMap<string, LatestSeen>;
  /**
   * `<topic>/<partition>` of those that have lost their beginning, and since when they have all, in
   * milliseconds since 1970. One that is empty has all since it was looked at.
   */
  readonly truncated: ReadonlyMap<string, number>;
  /** Heads of lines that were read, by `<line> <application>`; empty where nothing is truncated. */
  readonly given: ReadonlyMap<string, Standing['heads']>;
  /** Where the key of a record belongs. */
  readonly partitionOf: (key: string) => number;
  readonly newestMs: ReadonlyMap<string, number>;
  /** When it was looked at, in milliseconds since 1970; -Infinity: that is not known. */
  readonly nowMs: number;
  /** What led to younger records may not have been read: brokers’ clocks differ. */
  readonly completeUntilMs: number;
}

interface Telling {
  readonly applicationId: string;
  readonly lenderId: string;
  readonly correlationId: string;
  readonly told: Map<string, Fact[]>;
  readonly facts: Fact[];
  readonly partition: number;
}

/** How far the clocks of two brokers may be apart. */
export const CLOCKS_MS = 1_000;

/** Reads records one after the other, and finds what is wrong with one by itself. */
export class LogReader {
  readonly #named: ReadonlyMap<string, NamedTopic>;
  readonly #partitions: number;
  readonly #partitionOf: (key: Buffer) => number;
  readonly #lenders: readonly string[];
  readonly #stories = new Map<string, Telling>();
  readonly #messages = new Map<string, DoorMessage>();
  readonly #letters: Letter[] = [];
  readonly #asked = new Map<string, Asked[]>();
  readonly #latest = new Map<string, LatestSeen>();
  readonly #begun = new Set<string>();
  readonly #met = new Set<string>();
  readonly #truncated = new Map<string, number>();
  readonly #newestMs = new Map<string, number>();
  readonly found: Found[] = [];
  repeats = 0;
  doorRepeats = 0;
  events = 0;

  readonly #nowMs: number | undefined;
  readonly #completeUntilMs: number;

  constructor({ lenders, partitions, live, nowMs }: CheckOptions) {
    this.#nowMs = live?.nowMs ?? nowMs;
    this.#completeUntilMs = live === undefined ? Infinity : live.nowMs - CLOCKS_MS;
    this.#named = new Map(allTopics(lenders).map((named) => [named.name, named]));
    this.#lenders = lenders;
    this.#partitions = partitions;
    this.#partitionOf = partitioner(partitions);
  }

  get seen(): LogSeen {
    return {
      lenders: this.#lenders,
      stories: this.#stories,
      messages: this.#messages,
      letters: this.#letters,
      asked: this.#asked,
      latest: this.#latest,
      truncated: this.#truncated,
      given: new Map(),
      partitionOf: (key) => this.#partitionOf(Buffer.from(key)),
      newestMs: this.#newestMs,
      nowMs: this.#nowMs ?? -Infinity,
      completeUntilMs: this.#completeUntilMs,
    };
  }

  begin({ topic, partition, offset }: Beginning): void {
    const isCompact = this.#named.get(topic)?.topic.cleanup === 'compact';
    this.#begun.add(`${topic}/${partition}`);
    if (offset > 0n && !isCompact) {
      this.#truncated.set(`${topic}/${partition}`, this.#nowMs ?? Infinity);
    }
  }

  take(record: LogRecord): void {
    const named = this.#named.get(record.topic);
    // Of strangers’ topics nothing is known.
    if (named === undefined) return;
    const partition = `${record.topic}/${record.partition}`;
    if (!this.#met.has(partition)) {
      this.#met.add(partition);
      // Where its beginning was told, what a client has given up may stand before the first record.
      const isTold = this.#begun.has(partition);
      const hasLost = isTold ? this.#truncated.has(partition) : record.offset > 0n;
      if (hasLost && named.topic.cleanup !== 'compact') {
        this.#truncated.set(partition, record.timestampMs);
      }
    }
    if (named.topic.numbered) this.#takeEvent(record, named);
    else if (named.topic.name === 'saidao.latest-decisions.{lender}.v1') this.#takeLatest(record);
    else if (named.topic.name === '{line}.dead-letter.v1') this.#takeLetter(record);
    else if (named.topic.key !== 'models') this.#takeMessage(record, named);
  }

  #takeEvent(record: LogRecord, named: NamedTopic): void {
    const place = `${record.topic}/${record.partition}/${record.offset}`;
    const id = header(record, 'ce_id');
    const applicationId = record.key === null ? '' : String(record.key);
    const number = Number(id.slice(id.lastIndexOf('/') + 1));
    const wrong = (says: string): void => {
      this.#wrong(
        'envelope',
        place,
        says,
        `find who wrote it: ${written(named)} alone writes here`,
        applicationId,
      );
    };
    const isIdentity = id === `${applicationId}/${record.topic}/${number}`;
    if (!isIdentity || !Number.isSafeInteger(number) || number < 1) {
      return wrong(`has the identity «${id}», which is not that of its key and topic`);
    }
    const digest = digestOf(record, (name) => name.startsWith('ce_'));
    const known = this.#stories.get(applicationId);
    const told = known?.told.get(record.topic);
    const before = told?.find((fact) => fact.number === number);
    if (before !== undefined) {
      this.repeats += 1;
      if (before.digest !== digest) {
        this.#wrong(
          'bytes',
          id,
          `came again at ${place} with other bytes than at offset ${before.offset}`,
          'the first stands; see which process wrote the second, and stop it',
          applicationId,
        );
      }
      return;
    }
    const event = decoded(record);
    if (event instanceof Error) return wrong(`cannot be read: ${event.message}`);
    this.#checkEnvelope(record, named, event, known, wrong);
    const last = told?.at(-1)?.number ?? 0;
    const isFirstLeft =
      told === undefined && this.#truncated.has(`${record.topic}/${record.partition}`);
    if (number !== last + 1 && !isFirstLeft) {
      this.#wrong(
        'numbers',
        id,
        `came after number ${last}`,
        `compare ${written(named)}’s journal with the topic; what it has and the topic lacks is lost`,
        applicationId,
      );
    }
    const fact: Fact = {
      type: event.type,
      topic: named.name,
      number,
      partition: record.partition,
      offset: record.offset,
      atMs: record.timestampMs,
      cause: header(record, 'ce_causationid'),
      digest,
      says: gistOf(event),
    };
    this.events += 1;
    this.#newest(applicationId, record.timestampMs);
    known?.facts.push(fact);
    if (told !== undefined) told.push(fact);
    else if (known !== undefined) known.told.set(named.name, [fact]);
    else {
      this.#stories.set(applicationId, {
        applicationId,
        lenderId: fact.says.lenderId,
        correlationId: header(record, 'ce_correlationid'),
        told: new Map([[named.name, [fact]]]),
        facts: [fact],
        partition: record.partition,
      });
    }
  }

  #checkEnvelope(
    record: LogRecord,
    { name, topic, lenderId }: NamedTopic,
    event: EventOf,
    known: Telling | undefined,
    wrong: (says: string) => void,
  ): void {
    const type = header(record, 'ce_type');
    if (type !== event.type) wrong(`is called ${type} and holds ${event.type}`);
    if (!(topic.events as readonly EventName[]).includes(event.type)) {
      wrong(`is ${event.type}, which ${name} does not carry`);
    }
    const source = header(record, 'ce_source');
    if (source !== `saidao/${topic.writer}`) wrong(`was written by ${source}`);
    const number = header(record, 'ce_id').split('/').at(-1);
    if (header(record, 'ce_sequence') !== number) wrong('disagrees with its own number');
    const data = event.data as { readonly applicationId?: string; readonly lenderId: string };
    if (data.applicationId !== String(record.key)) wrong(`is about ${data.applicationId}`);
    const lenders = new Set([
      header(record, 'ce_lenderid'),
      data.lenderId,
      known?.lenderId ?? data.lenderId,
    ]);
    if (lenders.size > 1 || (lenderId !== undefined && !lenders.has(lenderId))) {
      wrong(`speaks for several lenders: ${[...lenders, lenderId].join(', ')}`);
    }
    const correlationId = header(record, 'ce_correlationid');
    if (known !== undefined && known.correlationId !== correlationId) {
      wrong(`has the correlation ${correlationId}; the application’s is ${known.correlationId}`);
    }
    const wanted = known?.partition ?? this.#partitionOf(record.key ?? Buffer.alloc(0));
    if (record.partition !== wanted) {
      wrong(`is on partition ${record.partition} of ${this.#partitions}, not on ${wanted}`);
    }
  }

  #takeMessage(record: LogRecord, named: NamedTopic): void {
    const place = `${record.topic}/${record.partition}/${record.offset}`;
    const key = record.key === null ? '' : String(record.key);
    const id = header(record, 'ce_id');
    const type = header(record, 'ce_type');
    const digest = digestOf(record, (name) => name === 'ce_type' || name === 'ce_lenderid');
    const known = this.#messages.get(messageName(record.topic, key, id));
    if (known !== undefined) {
      this.doorRepeats += 1;
      if (known.digest !== digest) {
        this.#wrong(
          'bytes',
          `${record.topic} ${id}`,
          `came again at ${place} with other bytes than at ${known.place}`,
          'the first stands; ask whoever sent it which of the two was meant',
          null,
        );
      }
      return;
    }
    const isReplay = named.topic.name === '{line}.replay.v1';
    if (isReplay) this.#takeAsked(record, named);
    this.#messages.set(messageName(record.topic, key, id), {
      topic: named.name,
      key,
      id,
      type,
      lenderId: header(record, 'ce_lenderid'),
      correlationId: header(record, 'ce_correlationid') || id,
      place,
      atMs: record.timestampMs,
      digest,
      ...contentOf(record, type),
    });
    // A door is keyed by its application, but for submissions and days.
    if (named.topic.key === 'applications') this.#newest(key, record.timestampMs);
  }

  #takeAsked(record: LogRecord, { line }: NamedTopic): void {
    const event = decoded(record);
    if (event instanceof Error || event.type !== 'ReplayRequested') return;
    const { action, topic, partition, offset } = event.data;
    // By a redelivery only what was never met is taken: a dead letter stays as it is.
    if (action !== 'REPLAY' && action !== 'DISCARD') return;
    const original = `${line} ${topic}/${partition}/${offset}`;
    const place = `${record.topic}/${record.partition}/${record.offset}`;
    const asked = { action, place, atMs: record.timestampMs };
    this.#asked.set(original, [...(this.#asked.get(original) ?? []), asked]);
  }

  #takeLetter(record: LogRecord): void {
    const line = lines.find((one) => workerTopics(one).deadLetter === record.topic) ?? '';
    const of = (name: string) => header(record, `x-dlq-${name}`);
    this.#letters.push({
      line,
      original: `${of('topic')}/${of('partition')}/${of('offset')}`,
      place: `${line}/${record.partition}/${record.offset}`,
      identity: of('identity'),
      code: of('code'),
      reason: of('reason'),
      applicationId: of('application') || null,
      atMs: record.timestampMs,
    });
  }

  /** Of each key the last stands, as compaction keeps it; one without a value takes it off. */
  #takeLatest(record: LogRecord): void {
    const place = `${record.topic}/${record.partition}/${record.offset}`;
    const key = record.key === null ? '' : String(record.key);
    this.#newest(key, record.timestampMs);
    const { topic, partition } = record;
    const name = latestName(topic, partition, key);
    if (record.value === null) return void this.#latest.delete(name);
    const event = decoded(record);
    const whose = { applicationId: key, topic, partition, place };
    const unread = (fault: string) =>
      void this.#latest.set(name, { ...whose, sequence: 0, status: '', revision: 0, fault });
    if (event instanceof Error) return unread(event.message);
    if (event.type !== 'LatestDecision') return unread(`it is ${event.type}`);
    const { applicationId, sequence, status, revision, amount } = event.data;
    if (applicationId !== key) return unread(`it is about ${applicationId}`);
    const says = { sequence: Number(sequence), status, revision };
    this.#latest.set(name, { ...whose, ...says, ...(amount && { amountFen: amount.minor }) });
  }

  #newest(applicationId: string, atMs: number): void {
    const before = this.#newestMs.get(applicationId) ?? 0;
    if (atMs > before) this.#newestMs.set(applicationId, atMs);
  }

  #wrong(
    rule: Found['rule'],
    place: string,
    says: string,
    advice: string,
    id: string | null,
  ): void {
    this.found.push({ rule, place, says, advice, applicationId: id, mayCome: 'never' });
  }
}

export function messageName(topic: string, key: string, id: string): string {
  return `${topic} ${key} ${id}`;
}

export function latestName(topic: string, partition: number, key: string): string {
  return `${topic}/${partition} ${key}`;
}

const written = ({ topic }: NamedTopic): string => topic.writer;

/** By the client library’s own hash: the workers’ is one of the things that are checked. */
function partitioner(partitions: number): (key: Buffer) => number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    ...{ partitionErrorCode: 0, partitionId, leader: 0, replicas: [], isr: [] },
  }));
  const choose = kafkajs.Partitioners.DefaultPartitioner();
  return (key) => choose({ topic: '', partitionMetadata, message: { key, value: null } });
}

function decoded({ value, topic }: LogRecord): EventOf | Error {
  try {
    return decode(value, topic);
  } catch (error) {
    return error as Error;
  }
}

/** Of which it matters whether they say the same, or how much. */
const weighed = [
  'ApplicationSubmitted',
  'AmendmentSubmitted',
  'RepaymentReceived',
  'DrawdownRequested',
];

/** What was said, without who did: the same from whichever door and hand. */
function contentOf(record: LogRecord, type: string): Pick<DoorMessage, 'body' | 'amountFen'> {
  const event = weighed.includes(type) ? decoded(record) : undefined;
  if (event === undefined || event instanceof Error) return { body: '' };
  const { submittedBy: _, ...said } = event.data as { readonly submittedBy?: string | null };
  const text = JSON.stringify(said, (__, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  const body = createHash('sha256').update(text).digest('base64url').slice(0, 22);
  const { amount } = said as { readonly amount?: { readonly minor: bigint } };
  return { body, ...(amount !== undefined && { amountFen: amount.minor }) };
}

function digestOf(record: LogRecord, counts: (header: string) => boolean): string {
  const hash = createHash('sha256').update(record.key ?? '');
  for (const name of Object.keys(record.headers).filter(counts).sort()) {
    hash.update(`\0${name}\0${header(record, name)}`);
  }
  return hash
    .update('\0')
    .update(record.value ?? '')
    .digest('base64url')
    .slice(0, 22);
}

export function header({ headers }: LogRecord, name: string): string {
  return String(headers[name] ?? '');
}
