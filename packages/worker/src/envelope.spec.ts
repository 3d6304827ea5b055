// Whose partition a record may be on: by the hash of its key, or by what the key itself names.
import { partitionOf } from '@saidao/event-log';
import { topics } from '@saidao/schemas';
import { expect, test } from 'vitest';
import { defineLine, type Line } from './define.ts';
import { createEnvelopeReader, isUnreadable } from './envelope.ts';
import { inputsOf } from './line-runner.ts';
import { LENDER, PARTITIONS, recordOf, type RecordOptions } from './turn.fixture.ts';

const line = defineLine({
  name: 'toy',
  consumes: [topics.businessDays, topics.submissions],
  when: ['BusinessDayClosed'],
  initialState: { revision: 1 },
  decide: () => ({}),
  produces: [],
}) as Line;
const lenders = [LENDER];
const reader = createEnvelopeReader({
  inputs: inputsOf(line, lenders),
  partitions: PARTITIONS,
  lenders,
});

function faultOf(key: string, partition: number): string {
  const data = { lenderId: LENDER, businessDate: '2026-11-25', partition, closedBy: 'operator' };
  const record = recordOf('saidao.business-days.v1', key, 'm', 'BusinessDayClosed', data, {
    partition,
  });
  const read = reader.read(record);
  return isUnreadable(read) ? read.code : 'taken';
}

test('a day is on the partition that its key names, on each of them', () => {
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    expect(faultOf(`${LENDER}/2026-11-25/${partition}`, partition)).toBe('taken');
  }
});

test.each([
  `${LENDER}/2026-11-25/3`,
  `${LENDER}/2026-11-25/02`,
  `${LENDER}/2026-11-25`,
  `${LENDER}/2`,
  `${LENDER}/2026-11-25/2/2`,
])('the key %s is none of partition 2', (key) => {
  expect(faultOf(key, 2)).toBe('SAIDAO_WRONG_PARTITION');
});

test('another key goes by its hash', () => {
  const key = `${LENDER}/channel/reference`;
  const hashed = partitionOf(Buffer.from(key), PARTITIONS);
  const read = (partition: number) => reader.read(submitted(key, 'm', { partition }));
  expect(isUnreadable(read(hashed))).toBe(false);
  expect(read((hashed + 1) % PARTITIONS)).toMatchObject({ code: 'SAIDAO_WRONG_PARTITION' });
});

test.each(['place', 'other-bytes', 'given-up', 'replayed:', 'replayed:m1'])(
  'what is called %s, as the journal calls its own, is not taken under a key of free text',
  (id) => {
    const place = 'saidao.submissions.v1/2/17';
    expect(reader.read(submitted(place, id))).toMatchObject({ code: 'SAIDAO_CE_ID' });
    expect(isUnreadable(reader.read(submitted(place, `${id}.`)))).toBe(id.startsWith('replayed:'));
  },
);

function submitted(key: string, id: string, options: RecordOptions = {}) {
  const value = Buffer.from('any');
  const sent = { ...options, value };
  return recordOf('saidao.submissions.v1', key, id, 'WithdrawalSubmitted', {}, sent);
}
