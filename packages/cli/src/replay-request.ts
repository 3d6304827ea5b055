// Requests on a line's replay topic: how one is written, sent at a rate, and waited for.
import type { EventLog, IncomingRecord, OutgoingRecord } from '@saidao/event-log';
import { encode, topicByName, workerTopics } from '@saidao/schemas';
import type { LineName, ReplayRequested } from '@saidao/schemas';
import { InvalidArgumentError, Option } from 'commander';
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { headerOf } from './case-event.ts';

export interface Asking {
  readonly actor: string;
  readonly reason: string;
  readonly lenders: readonly string[];
  readonly nowMs: number;
}

export interface Request extends Asking {
  readonly line: LineName;
  /** The one that met the record. */
  readonly lane: number;
  /** The message's id: the same id is taken once. */
  readonly id: string;
  /** The application's id, or what stands for it. */
  readonly key: string;
  readonly lenderId: string | null;
  readonly data: ReplayRequested;
}

export const RATE_DEFAULT = 200;
const RATE_MAX = 10_000;
const SLICES_PER_SECOND = 10;
const LOOK_EVERY_MS = 200;
/** A line that takes none of what waits for so long is taken to be away. */
const STANDSTILL_MS_MAX = 10_000;

/** The option `--rate` of what may ask for many. */
export function rateOption(): Option {
  return new Option('--rate <number>', 'ask for so many a second at most')
    .default(RATE_DEFAULT)
    .argParser((text) => {
      const rate = Number(text);
      if (Number.isFinite(rate) && rate > 0 && rate <= RATE_MAX) return rate;
      throw new InvalidArgumentError(`It has to be above 0 and at most ${RATE_MAX}.`);
    });
}

/** `--actor` and `--reason`: kept for good with what came of it, so neither may be blank. */
export function whoAndWhy(): readonly [Option, Option] {
  return [
    new Option('--actor <name>', 'who asks').argParser(notBlank).makeOptionMandatory(),
    new Option('--reason <text>', 'why, for the file').argParser(notBlank).makeOptionMandatory(),
  ];
}

function notBlank(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It may not be blank.');
}

/** The record that asks the line. */
export function requestRecord(request: Request): OutgoingRecord {
  const { line, lane, id, key, lenderId, lenders, nowMs, data } = request;
  const { replay } = workerTopics(line);
  return {
    topic: replay,
    partition: lane,
    key: Buffer.from(key),
    value: encode('ReplayRequested', data, replay),
    headers: {
      'content-type': 'application/avro',
      ce_specversion: '1.0',
      ce_id: id,
      ce_source: 'saidao/cli',
      ce_type: 'ReplayRequested',
      ce_time: new Date(nowMs).toISOString(),
      ce_correlationid: id,
      // A stranger's lender must not make the request itself unreadable.
      ce_lenderid: lenderId !== null && lenders.includes(lenderId) ? lenderId : (lenders[0] ?? ''),
    },
  };
}

/**
 * Asks a line to take a record of its input topics again, if it never did. `run` is of this asking
 * alone: a message that comes again has what came of it published again, and others would see it.
 */
export function redeliveryOf(
  line: LineName,
  record: IncomingRecord,
  asking: Asking & { readonly run: string },
): OutgoingRecord {
  const { topic, partition, offset, key, value, timestampMs } = record;
  const { actor, reason } = asking;
  const place = `${topic}/${partition}/${offset}`;
  const id = headerOf(record, 'ce_id') ?? null;
  const numbered = topicByName(topic)?.numbered === true;
  const digits = numbered ? /\/([1-9][0-9]{0,14})$/.exec(id ?? '')?.[1] : undefined;
  return requestRecord({
    ...asking,
    line,
    lane: partition,
    id: idOf([line, place, asking.run]),
    key: keyText(key) ?? place,
    lenderId: headerOf(record, 'ce_lenderid') ?? null,
    data: {
      ...{ action: 'REDELIVER', actor, reason, topic, partition, offset, key, value },
      number: digits === undefined ? null : BigInt(digits),
      messageId: numbered ? null : id,
      timestamp: BigInt(timestampMs),
      headers: Object.entries(record.headers).flatMap(([name, given]) =>
        [given ?? []].flat().map((bytes) => ({ name, value: bytes as Buffer })),
      ),
    },
  });
}

/** Asked twice in the same words, it is one message. */
export function idOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

export function keyText(key: Buffer | null): string | undefined {
  const text = key?.toString('utf8');
  return text === undefined || text === '' || text.includes('\uFFFD') ? undefined : text;
}

/** Sends in order, evenly and at most so many a second. */
export async function sendAtRate(
  log: Pick<EventLog, 'send'>,
  records: readonly OutgoingRecord[],
  perSecond: number,
): Promise<void> {
  const startedMs = performance.now();
  const sliceMax = Math.max(1, Math.floor(perSecond / SLICES_PER_SECOND));
  for (let sent = 0; sent < records.length; sent += sliceMax) {
    const waitMs = startedMs + (sent / perSecond) * 1000 - performance.now();
    if (waitMs > 0) await pause(waitMs);
    await log.send(records.slice(sent, sent + sliceMax));
  }
}

/** True once the lines have taken all that waits on their replay topics. */
export async function untilTaken(log: EventLog, asked: ReadonlySet<LineName>): Promise<boolean> {
  let least: bigint | undefined;
  for (let untilMs = 0; ;) {
    const lags = await Promise.all(
      Array.from(asked, (line) => log.lag(`saidao.${line}`, [workerTopics(line).replay])),
    );
    const left = lags.flat().reduce((sum, { lag }) => sum + lag, 0n);
    if (left === 0n) return true;
    if (least === undefined || left < least) {
      least = left;
      untilMs = performance.now() + STANDSTILL_MS_MAX;
    }
    if (performance.now() > untilMs) return false;
    await pause(LOOK_EVERY_MS);
  }
}
