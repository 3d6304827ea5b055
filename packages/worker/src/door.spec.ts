// Doors: who may act for whom, the name of a message, and what is published.
import { EventLogError, MemoryBroker, partitionOf, type IncomingRecord } from '@saidao/event-log';
import { decode } from '@saidao/schemas';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { mayActFor, messageIdOf, publishDoor, type DoorMessage } from './door.ts';
import { HttpError } from './http-error.ts';

const topic = 'saidao.submissions.v1';
const key = 'exim-zj/web/R-1';
const message: DoorMessage<'WithdrawalSubmitted'> = {
  topic,
  partition: partitionOf(Buffer.from(key), 6),
  key,
  type: 'WithdrawalSubmitted',
  data: { lenderId: 'exim-zj', channel: 'web', reference: 'R-1', reason: 'no longer needed' },
  lenderId: 'exim-zj',
  messageId: messageIdOf('web', 'k-1'),
  correlationId: 'c-1',
  source: 'intake',
  applicationId: 'a-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  answerByMs: Number.MAX_SAFE_INTEGER,
  nowMs: Date.UTC(2026, 10, 22),
};

afterEach(() => vi.useRealTimers());

describe('a principal', () => {
  const lenders = ['exim-zj'];
  it('acts for its lenders and, if it has any, its channels only', () => {
    const app = { principal: 'app', role: 'channel', lenders, channels: ['app'] } as const;
    expect(mayActFor(app, 'exim-zj', 'app')).toBe(true);
    expect(mayActFor(app, 'exim-zj')).toBe(true);
    expect(mayActFor(app, 'exim-zj', 'web')).toBe(false);
    expect(mayActFor(app, 'boc-zj', 'app')).toBe(false);
    const officer = { principal: 'chen', role: 'officer', lenders } as const;
    expect(mayActFor(officer, 'exim-zj', 'web')).toBe(true);
  });
});

describe('a message id', () => {
  it('is the same for the same principal and key, and no other', () => {
    expect(messageIdOf('web', 'k-1')).toMatch(/^[0-9a-f]{64}$/);
    expect(messageIdOf('web', 'k-1')).toBe(messageIdOf('web', 'k-1'));
    const ids = [
      ['web', 'k-1'],
      ['web', 'k-2'],
      ['app', 'k-1'],
      ['web.k', '-1'],
      ['we', 'b.k-1'],
    ].map(([principal, idempotencyKey]) => messageIdOf(principal!, idempotencyKey!));
    expect(new Set(ids).size).toBe(5);
  });
});

describe('publishing', () => {
  it('appends a CloudEvent in Kafka’s binary mode to the partition of its key', async () => {
    const log = new MemoryBroker().connect();
    await log.createTopics([{ name: topic, partitions: 6 }]);
    await publishDoor(log, message);
    const found: IncomingRecord[] = [];
    await log.scan([topic], (record) => found.push(record));
    expect(found).toHaveLength(1);
    const [record] = found;
    expect(record?.partition).toBe(message.partition);
    expect(record?.key?.toString()).toBe(key);
    const headers = Object.fromEntries(
      Object.entries(record?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    expect(headers).toMatchObject({
      'content-type': 'application/avro',
      ce_specversion: '1.0',
      ce_id: message.messageId,
      ce_source: 'saidao/intake',
      ce_type: 'WithdrawalSubmitted',
      ce_time: '2026-11-22T00:00:00.000Z',
      ce_subject: 'a-1',
      ce_correlationid: 'c-1',
      ce_lenderid: 'exim-zj',
      traceparent: message.traceparent,
    });
    expect(decode(record!.value!, topic)).toEqual({ type: message.type, data: message.data });
    await log.close();
  });

  const failing = (error: unknown) => ({
    send: () => Promise.reject(error as Error),
  });

  it.each([
    [2_000, 1_700],
    [900, 600],
  ])('given an answer due in %i ms, the log has %i ms to acknowledge', async (dueInMs, leftMs) => {
    vi.useFakeTimers();
    const asked: (number | undefined)[] = [];
    const log = {
      send: async (_records: unknown, options?: { timeoutMs?: number }) => {
        asked.push(options?.timeoutMs);
      },
    };
    await publishDoor(log as never, { ...message, answerByMs: performance.now() + dueInMs });
    expect(asked).toEqual([leftMs]);
  });

  it('sends nothing where no time is left, and answers 503', async () => {
    const late = { ...message, answerByMs: performance.now() };
    const published = publishDoor({} as never, late);
    await expect(published).rejects.toMatchObject({ statusCode: 503, retryAfterS: 2 });
  });

  it.each([
    ['SAIDAO_LOG_UNAVAILABLE', 503],
    ['SAIDAO_LOG_CLOSED', 503],
    ['SAIDAO_TOPIC_UNKNOWN', 503],
    ['SAIDAO_RECORD_TOO_LARGE', 413],
  ] as const)('answers %s with %i', async (code, status) => {
    const log = failing(new EventLogError(code, 'x'));
    const published = publishDoor(log as never, message);
    await expect(published).rejects.toBeInstanceOf(HttpError);
    await expect(published).rejects.toMatchObject({
      statusCode: status,
      retryAfterS: status === 503 ? 2 : undefined,
    });
  });

  it('throws on what is a mistake of the program', async () => {
    const wrong = { ...message, data: { ...message.data, phone: '138' } };
    await expect(publishDoor({} as never, wrong)).rejects.toMatchObject({
      code: 'SAIDAO_FIELD_UNKNOWN',
    });
  });
});
