// Dead letters as their topics show them: one entry for each original, and what was asked about it.
import type { IncomingRecord, OutgoingRecord } from '@saidao/event-log';
import { lines, topicByName, workerTopics } from '@saidao/schemas';
import type { LineName, ReplayRequested } from '@saidao/schemas';
import { caseEventOf, headerOf } from './case-event.ts';
import { idOf, keyText, requestRecord } from './replay-request.ts';
import type { Asking } from './replay-request.ts';

export type ReplayAction = 'REPLAY' | 'DISCARD';

export interface AskedFor {
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
  readonly atMs: number;
}

export interface DeadLetter {
  /** `<line>/<partition>/<offset>` of its place on the dead-letter topic. */
  readonly id: string;
  readonly line: LineName;
  readonly partition: number;
  readonly offset: bigint;
  /** When it was written. */
  readonly atMs: number;
  readonly code: string;
  readonly reason: string;
  readonly identity: string;
  readonly type: string | null;
  readonly applicationId: string | null;
  readonly lenderId: string | null;
  /** `asked`: a replay or discard was asked for since. */
  readonly state: 'open' | 'asked';
  /** True while its application waits for it. */
  readonly blocks: boolean;
  /** How often this original has been dead-lettered. */
  readonly times: number;
  /** What was asked for last. */
  readonly asked: AskedFor | null;
  /** All that was asked for, the oldest first. */
  readonly requests: readonly AskedFor[];
  readonly original: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: bigint;
    readonly atMs: number;
  };
  readonly record: IncomingRecord;
}

export function lineOfTopic(topic: string): LineName | undefined {
  return lines.find((line) => {
    const own = workerTopics(line);
    return own.deadLetter === topic || own.replay === topic;
  });
}

/** From all records of dead-letter and replay topics, in any order; the oldest comes first. */
export function deadLettersOf(records: readonly IncomingRecord[]): DeadLetter[] {
  const letters = new Map<string, IncomingRecord[]>();
  const asked = new Map<string, AskedFor[]>();
  for (const record of inTime(records)) {
    const line = lineOfTopic(record.topic);
    if (line === undefined) continue;
    if (record.topic === workerTopics(line).deadLetter) {
      const place = `${line} ${placeText(originalOf(record))}`;
      letters.set(place, [...(letters.get(place) ?? []), record]);
      continue;
    }
    const event = caseEventOf(record);
    // What was met is not taken again by a redelivery: the dead letter stays as it is.
    if (event?.type !== 'ReplayRequested' || event.data.action === 'REDELIVER') continue;
    const { action, actor, reason } = event.data;
    const atMs = record.timestampMs;
    const place = `${line} ${placeText(event.data)}`;
    asked.set(place, [...(asked.get(place) ?? []), { action, actor, reason, atMs }]);
  }
  return Array.from(letters, ([place, met]) => letterOf(met, asked.get(place) ?? []));
}

function letterOf(met: readonly IncomingRecord[], requests: readonly AskedFor[]): DeadLetter {
  const asked = requests.at(-1) ?? null;
  const record = met.at(-1)!;
  const line = lineOfTopic(record.topic)!;
  const state = asked !== null && asked.atMs >= record.timestampMs ? 'asked' : 'open';
  return {
    id: `${line}/${record.partition}/${record.offset}`,
    line,
    partition: record.partition,
    offset: record.offset,
    atMs: record.timestampMs,
    code: headerOf(record, 'x-dlq-code') ?? '?',
    reason: headerOf(record, 'x-dlq-reason') ?? '',
    identity: headerOf(record, 'x-dlq-identity') ?? '',
    type: headerOf(record, 'ce_type') ?? null,
    applicationId: headerOf(record, 'x-dlq-application') ?? null,
    lenderId: headerOf(record, 'ce_lenderid') ?? null,
    state,
    blocks: state === 'open' && headerOf(record, 'x-dlq-blocks') === 'true',
    times: met.length,
    asked,
    requests,
    original: originalOf(record),
    record,
  };
}

/**
 * The record that asks the line; pressing twice sends the same message id, which is taken once.
 * Asked again after it was asked for, it is another message.
 */
export function replayRecordOf(
  letter: DeadLetter,
  request: Asking & { readonly action: ReplayAction },
): OutgoingRecord {
  const { line, partition, record, original, lenderId } = letter;
  const { action, actor, reason } = request;
  const originalKey = headerOf(record, 'x-dlq-key-missing') === 'true' ? null : record.key;
  const numbered = topicByName(original.topic)?.numbered === true;
  const number = numbered ? /\/([1-9][0-9]*)$/.exec(letter.identity)?.[1] : undefined;
  return requestRecord({
    ...request,
    line,
    lane: partition,
    id: idOf([letter.id, action, actor, reason, letter.asked?.atMs ?? null]),
    key: letter.applicationId ?? keyText(originalKey) ?? placeText(original),
    lenderId,
    data: {
      action,
      actor,
      reason,
      topic: original.topic,
      partition: original.partition,
      offset: original.offset,
      number: number === undefined ? null : BigInt(number),
      messageId: numbered ? null : (headerOf(record, 'ce_id') ?? null),
      key: originalKey,
      // What is given up need not be copied once more.
      value: action === 'DISCARD' ? null : record.value,
      timestamp: BigInt(original.atMs),
      headers: originalHeaders(record),
    },
  });
}

/** Sorted by when the originals came: replays of one application go in their order. */
export function inOrder(letters: readonly DeadLetter[]): DeadLetter[] {
  return letters.toSorted((a, b) => {
    const [first, second] = [a.original, b.original];
    return first.atMs - second.atMs || Number(first.offset - second.offset);
  });
}

function inTime(records: readonly IncomingRecord[]): IncomingRecord[] {
  return records.toSorted((a, b) => a.timestampMs - b.timestampMs || Number(a.offset - b.offset));
}

function originalOf(record: IncomingRecord): DeadLetter['original'] {
  return {
    topic: headerOf(record, 'x-dlq-topic') ?? '?',
    partition: Number(headerOf(record, 'x-dlq-partition') ?? 0),
    offset: BigInt(headerOf(record, 'x-dlq-offset') ?? 0),
    atMs: Number(headerOf(record, 'x-dlq-timestamp') ?? 0),
  };
}

function originalHeaders(record: IncomingRecord): ReplayRequested['headers'] {
  return Object.entries(record.headers).flatMap(([name, value]) => {
    const first = Buffer.isBuffer(value) ? value : value?.[0];
    return first === undefined || name.startsWith('x-dlq-') ? [] : [{ name, value: first }];
  });
}

function placeText(place: {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}): string {
  return `${place.topic}/${place.partition}/${place.offset}`;
}
