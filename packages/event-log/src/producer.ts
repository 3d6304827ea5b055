// The sender: natural batching over one idempotent producer, renewed when it can no longer be trusted.
import { backoffMs, pauseFor, waitAtMost } from './deadline.ts';
import { partitionName } from './partitioner.ts';
import { EventLogError } from './port.ts';
import { outgoingBytes, RECORD_BYTES_MAX_DEFAULT } from './record-size.ts';
import { partitionMissing, recordTooLarge, topicUnknown } from './refusals.ts';
import type { Message, TopicMessages } from 'kafkajs';
import type { OutgoingRecord } from './port.ts';

/** One producer object; it is never used again after a failure. */
export interface ProducerSession {
  /** Resolves with the partitions that were acknowledged. */
  send(
    topicMessages: readonly TopicMessages[],
  ): Promise<readonly { readonly topicName: string; readonly partition: number }[]>;
  /** Lets go of it; must not reject. */
  close(): Promise<void>;
}

export interface SenderPort {
  open(): Promise<ProducerSession>;
  /** Null for a topic that is not there. */
  partitionsOf(topic: string): Promise<number | null>;
  recordBytesMaxOf(topic: string): Promise<number>;
}

export const SEND_TIMEOUT_MS = 10_000;
const REQUEST_PARTITION_BYTES_MAX = 900 * 1024;
// kafkajs copies a request about ten times on its way to the socket.
const REQUEST_BYTES_MAX = 1024 * 1024;
const REQUEST_PARTITION_RECORDS_MAX = 2000;
const CLOSE_TIMEOUT_MS = 5000;
/** Longer than any call waits: a pump that has done nothing for so long does nothing any more. */
const STILL_MS_MAX = 30_000;
const RETRY_FIRST_MS = 50;
const RETRY_LONGEST_MS = 1000;

/** Refusals of the records themselves; everything else is a matter of the line or the producer. */
const REFUSALS = new Map([
  ['MESSAGE_TOO_LARGE', 'SAIDAO_RECORD_TOO_LARGE'],
  ['RECORD_LIST_TOO_LARGE', 'SAIDAO_RECORD_TOO_LARGE'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'SAIDAO_TOPIC_UNKNOWN'],
  ['INVALID_TOPIC_EXCEPTION', 'SAIDAO_TOPIC_UNKNOWN'],
  ['TOPIC_AUTHORIZATION_FAILED', 'SAIDAO_LOG_UNAVAILABLE'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'SAIDAO_LOG_UNAVAILABLE'],
  ['POLICY_VIOLATION', 'SAIDAO_LOG_UNAVAILABLE'],
  ['INVALID_TIMESTAMP', 'SAIDAO_LOG_UNAVAILABLE'],
  ['INVALID_RECORD', 'SAIDAO_LOG_UNAVAILABLE'],
] as const);

/** One call of `send`, from its arrival to its end. */
interface Call {
  readonly records: readonly OutgoingRecord[];
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  timer: NodeJS.Timeout | null;
  /** Checked against topics and limits. */
  admitted: boolean;
  /** How many of the records are in requests already; the rest goes into later ones. */
  sent: number;
  done: boolean;
}

/** A run of one call's records within one request. */
interface Part {
  readonly call: Call;
  readonly from: number;
  readonly to: number;
}

interface PartitionLoad {
  bytes: number;
  records: number;
}

/**
 * One request is in flight at a time: kafkajs reuses sequence numbers after a failure, so that a
 * second one in flight could be taken for a repeat and lost without a word (trap 9). For the same
 * reason a producer that failed is dropped, and what it has not acknowledged is sent by a new one.
 * A request that never ends at all is left to itself, with its producer and the pump that waits.
 */
export class Sender {
  readonly #port: SenderPort;
  readonly #nowMs: () => number;
  readonly #queue: Call[] = [];
  readonly #partitions = new Map<string, number>();
  readonly #bytesMax = new Map<string, number>();
  readonly #closing = new AbortController();
  #producer: ProducerSession | null = null;
  /** What the last request that did not go through ended with: why nothing is acknowledged. */
  #failure: unknown;
  #pump: Promise<void> | null = null;
  /** So many have been begun; only the last one has a say. */
  #pumps = 0;
  #movedMs = 0;

  constructor(port: SenderPort, nowMs: () => number = () => performance.now()) {
    this.#port = port;
    this.#nowMs = nowMs;
  }

  send(records: readonly OutgoingRecord[], timeoutMs: number): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const call: Call = {
        records,
        resolve,
        reject,
        timer: null,
        admitted: false,
        sent: 0,
        done: false,
      };
      call.timer = setTimeout(() => this.#expire(call, timeoutMs), timeoutMs);
      this.#queue.push(call);
      if (this.#pump !== null && this.#nowMs() - this.#movedMs > STILL_MS_MAX) this.#leavePump();
      this.#pump ??= this.#run();
    });
  }

  /** Opens the producer ahead of the first send. */
  async warmUp(): Promise<void> {
    this.#producer ??= await this.#port.open();
  }

  /** Gives the calls that wait a last chance, and then ends them. */
  async close(): Promise<void> {
    await waitAtMost(this.#pump ?? Promise.resolve(), CLOSE_TIMEOUT_MS);
    this.#closing.abort();
    for (const call of this.#queue) this.#expire(call, CLOSE_TIMEOUT_MS);
    await this.#dropProducer();
  }

  #leavePump(): void {
    this.#pumps += 1;
    this.#pump = null;
    void this.#dropProducer();
    for (const call of this.#queue) call.sent = 0;
  }

  async #run(): Promise<void> {
    this.#pumps += 1;
    const pump = this.#pumps;
    this.#movedMs = this.#nowMs();
    // Calls of the same round of the event loop go together.
    await Promise.resolve();
    for (let failures = 0; pump === this.#pumps;) {
      this.#movedMs = this.#nowMs();
      while (this.#queue[0]?.done === true) this.#queue.shift();
      if (this.#queue.length === 0) break;
      let parts: readonly Part[] = [];
      try {
        await this.#admit();
        if (pump !== this.#pumps) return;
        parts = this.#nextRequest();
        if (parts.length > 0) await this.#deliver(parts, pump);
        failures = 0;
      } catch {
        // Whatever it was, nothing says that they are on their way.
        for (const { call, from } of parts) call.sent = from;
        // The calls have their own deadlines; until then the log may come back.
        await pauseFor(backoffMs(failures, RETRY_FIRST_MS, RETRY_LONGEST_MS), this.#closing.signal);
        failures += 1;
      }
    }
    if (pump === this.#pumps) this.#pump = null;
  }

  /** Checks the calls that are new, in their order; rejects only when the log cannot be asked. */
  async #admit(): Promise<void> {
    for (let at = 0; at < this.#queue.length; at += 1) {
      const call = this.#queue[at]!;
      if (call.admitted || call.done) continue;
      const refusal = this.#refusalNow(call) ?? (await this.#refusal(call));
      if (refusal instanceof Error) this.#end(call, refusal);
      else call.admitted = true;
    }
  }

  /** The check without a question: 'fine', or null when something must be asked first. */
  #refusalNow(call: Call): 'fine' | null {
    for (const record of call.records) {
      const partitions = this.#partitions.get(record.topic) ?? 0;
      if (!hasPartition(partitions, record.partition) || mayBeTooLarge(record)) return null;
    }
    return 'fine';
  }

  async #refusal(call: Call): Promise<EventLogError | 'fine'> {
    for (const record of call.records) {
      const { topic, partition } = record;
      let partitions = this.#partitions.get(topic) ?? null;
      if (partitions === null) {
        partitions = await this.#port.partitionsOf(topic);
        if (partitions === null) return topicUnknown(topic);
        this.#partitions.set(topic, partitions);
      }
      if (!hasPartition(partitions, partition)) {
        return partitionMissing(topic, partitions, partition);
      }
      if (!mayBeTooLarge(record)) continue;
      let bytesMax = this.#bytesMax.get(topic);
      if (bytesMax === undefined) {
        bytesMax = await this.#port.recordBytesMaxOf(topic);
        this.#bytesMax.set(topic, bytesMax);
      }
      const bytes = outgoingBytes(record);
      if (bytes > bytesMax) return recordTooLarge(record, bytes, bytesMax);
    }
    return 'fine';
  }

  /** As many records as one request takes, strictly in the order of the calls. */
  #nextRequest(): Part[] {
    const parts: Part[] = [];
    const loads = new Map<string, PartitionLoad[]>();
    let requestBytes = 0;
    for (const call of this.#queue) {
      if (call.done) continue;
      if (!call.admitted) break;
      const from = call.sent;
      let to = from;
      for (; to < call.records.length; to += 1) {
        const record = call.records[to]!;
        const bytes = outgoingBytes(record);
        const load = loadOf(loads, record);
        const isFull =
          load.bytes + bytes > REQUEST_PARTITION_BYTES_MAX ||
          load.records >= REQUEST_PARTITION_RECORDS_MAX;
        if (load.records > 0 && isFull) break;
        if (requestBytes > 0 && requestBytes + bytes > REQUEST_BYTES_MAX) break;
        load.bytes += bytes;
        load.records += 1;
        requestBytes += bytes;
      }
      if (to > from) parts.push({ call, from, to });
      call.sent = to;
      if (to < call.records.length) break;
    }
    return parts;
  }

  /** Sends the parts until they are acknowledged, refused, or nobody waits for them any more. */
  async #deliver(parts: readonly Part[], pump: number): Promise<void> {
    const acknowledged = new Set<string>();
    for (let failures = 0; pump === this.#pumps; failures += 1) {
      this.#movedMs = this.#nowMs();
      const live = parts.filter(({ call }) => !call.done);
      const topicMessages = messagesOf(live, acknowledged);
      if (topicMessages.length === 0) break;
      try {
        const producer = this.#producer ?? (await this.#port.open());
        if (pump !== this.#pumps) {
          void producer.close();
          return;
        }
        this.#producer = producer;
        const sent = await producer.send(topicMessages);
        if (pump !== this.#pumps) return;
        for (const { topicName, partition } of sent) {
          acknowledged.add(partitionName(topicName, partition));
        }
        this.#failure = undefined;
        // kafkajs can miss a partition whose leader moved between two of its tries; the next round
        // of this loop sees it.
        if (messagesOf(live, acknowledged).length === 0) break;
        void this.#dropProducer();
      } catch (error) {
        if (pump !== this.#pumps) return;
        this.#failure = error;
        void this.#dropProducer();
        const refusal = refusalOf(error);
        if (refusal !== null) {
          if (live.length > 1) {
            // One of them is to blame, and only that call may fail.
            for (const part of live) await this.#deliver([part], pump);
          } else {
            this.#end(live[0]!.call, refusal);
          }
          return;
        }
        await pauseFor(backoffMs(failures, RETRY_FIRST_MS, RETRY_LONGEST_MS), this.#closing.signal);
      }
    }
    if (pump !== this.#pumps) return;
    for (const { call, to } of parts) {
      if (to === call.records.length) this.#end(call, null);
    }
  }

  async #dropProducer(): Promise<void> {
    const producer = this.#producer;
    this.#producer = null;
    await producer?.close();
  }

  #expire(call: Call, timeoutMs: number): void {
    this.#end(
      call,
      new EventLogError(
        'SAIDAO_LOG_UNAVAILABLE',
        `the log has not acknowledged ${call.records.length} records within ${timeoutMs} ms; they ` +
          'may or may not have been appended',
        { cause: this.#failure },
      ),
    );
  }

  #end(call: Call, error: Error | null): void {
    if (call.done) return;
    call.done = true;
    if (call.timer !== null) clearTimeout(call.timer);
    if (error === null) call.resolve();
    else call.reject(error);
  }
}

function hasPartition(partitions: number, partition: number): boolean {
  return Number.isInteger(partition) && partition >= 0 && partition < partitions;
}

function mayBeTooLarge(record: OutgoingRecord): boolean {
  return outgoingBytes(record) > Math.min(REQUEST_PARTITION_BYTES_MAX, RECORD_BYTES_MAX_DEFAULT);
}

function loadOf(loads: Map<string, PartitionLoad[]>, record: OutgoingRecord): PartitionLoad {
  let ofTopic = loads.get(record.topic);
  if (ofTopic === undefined) loads.set(record.topic, (ofTopic = []));
  return (ofTopic[record.partition] ??= { bytes: 0, records: 0 });
}

function messagesOf(
  parts: readonly Part[],
  acknowledged: ReadonlySet<string>,
): readonly TopicMessages[] {
  const byTopic = new Map<string, Message[]>();
  for (const { call, from, to } of parts) {
    for (let at = from; at < to; at += 1) {
      const { topic, partition, key, value, headers } = call.records[at]!;
      if (acknowledged.size > 0 && acknowledged.has(partitionName(topic, partition))) continue;
      let messages = byTopic.get(topic);
      if (messages === undefined) byTopic.set(topic, (messages = []));
      messages.push({ key, value, partition, headers: headers as Record<string, string | Buffer> });
    }
  }
  return Array.from(byTopic, ([topic, messages]) => ({ topic, messages }));
}

function refusalOf(error: unknown): EventLogError | null {
  if (!(error instanceof Error)) return null;
  const { type, cause } = error as Error & { readonly type?: string };
  const code = REFUSALS.get(type as never);
  if (code !== undefined) {
    return new EventLogError(code, `the broker refuses the records: ${String(error)}`, {
      cause: error,
    });
  }
  return refusalOf(cause);
}
