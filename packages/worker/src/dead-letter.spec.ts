// A dead letter holds the record as it was met, but never so many headers that ours go unread.
import { HEADERS_MAX, type IncomingRecord } from '@saidao/event-log';
import { expect, test } from 'vitest';
import { deadLetterOf, placeOf } from './dead-letter.ts';

const bytes = Buffer.from('b');
const record: IncomingRecord = {
  topic: 'saidao.submissions.v1',
  partition: 2,
  offset: 17n,
  timestampMs: 1_000,
  key: null,
  value: bytes,
  headers: {},
};
const reason = {
  code: 'SAIDAO_KEY',
  reason: 'The key is missing.',
  identity: placeOf(record),
  applicationId: undefined,
  blocks: false,
};

function lettersHeaders(headers: IncomingRecord['headers']): Readonly<Record<string, unknown>> {
  return deadLetterOf('intake', 2, { ...record, headers }, reason).headers;
}

test('names where it came from, and that its key was missing', () => {
  expect(lettersHeaders({})).toEqual({
    'x-dlq-line': 'intake',
    'x-dlq-code': 'SAIDAO_KEY',
    'x-dlq-reason': 'The key is missing.',
    'x-dlq-identity': 'saidao.submissions.v1/2/17',
    'x-dlq-topic': 'saidao.submissions.v1',
    'x-dlq-partition': '2',
    'x-dlq-offset': '17',
    'x-dlq-timestamp': '1000',
    'x-dlq-key-missing': 'true',
    'x-dlq-blocks': 'false',
  });
});

test('keeps the envelope and ours among very many headers, even numbers, which come first', () => {
  const many = Object.fromEntries(Array.from({ length: HEADERS_MAX }, (_none, at) => [at, bytes]));
  const headers = lettersHeaders({ ...many, ce_id: bytes, ce_type: [bytes, Buffer.from('c')] });
  expect(Object.keys(headers).length).toBeLessThanOrEqual(HEADERS_MAX);
  expect(headers).toMatchObject({ ce_id: bytes, ce_type: bytes, 'x-dlq-code': 'SAIDAO_KEY' });
});

test('takes no word of a stranger for its own', () => {
  const forged = { 'x-dlq-code': Buffer.from('FORGED'), 'x-dlq-application': Buffer.from('a') };
  const headers = lettersHeaders(forged);
  expect(headers['x-dlq-code']).toBe('SAIDAO_KEY');
  expect(headers['x-dlq-application']).toBeUndefined();
});
