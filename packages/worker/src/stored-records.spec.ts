// Records in a row come out as they went in; an input's own value is kept once, by the log.
import type { OutgoingRecord } from '@saidao/event-log';
import { expect, test } from 'vitest';
import { outputsFromBytes, outputsToBytes, withInput } from './stored-records.ts';

const value = Buffer.alloc(1_000_000, 7);
const headers = { ce_id: 'id', ['__proto__']: Buffer.from([0xff, 0]) };
const letter: OutgoingRecord = {
  topic: 'l.dead-letter.v1',
  partition: 3,
  key: Buffer.from('k'),
  value,
  headers,
};

test('a dead letter comes back with the input’s value, which its row does not hold', () => {
  const event = { ...letter, topic: 'saidao.scores.v1', value: Buffer.from('small') };
  const kept = outputsToBytes([letter, event], value);
  expect(kept.length).toBeLessThan(300);
  const again = withInput(outputsFromBytes(kept), Buffer.from(value));
  expect(again.map((one) => one.value)).toEqual([value, Buffer.from('small')]);
  expect(again[0]?.headers).toEqual({ ce_id: Buffer.from('id'), ['__proto__']: headers.__proto__ });
});

test('what is not the input’s own value is kept, even if it is equal', () => {
  const outputs = [letter, { ...letter, value: null }, { ...letter, value: Buffer.alloc(0) }];
  const again = withInput(outputsFromBytes(outputsToBytes(outputs, null)), Buffer.from('other'));
  expect(again.map((one) => one.value)).toEqual([value, null, Buffer.alloc(0)]);
});
