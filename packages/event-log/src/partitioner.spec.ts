// The partitioner against the vectors of the Java client and against kafkajs's own.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { murmur2, partitionOf } from './partitioner.ts';

const kafkajsMurmur2 = createRequire(import.meta.url)(
  'kafkajs/src/producer/partitioners/default/murmur2',
) as (key: Buffer) => number;

describe('murmur2', () => {
  // From UtilsTest.testMurmur2 of the Java client.
  it.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Java does', (text, expected) => {
    expect(murmur2(Buffer.from(text))).toBe(expected);
  });

  it('agrees with kafkajs on keys of every length and every byte (trap 17)', () => {
    let state = 1;
    for (let length = 0; length < 200; length += 1) {
      const key = Buffer.alloc(length);
      for (let at = 0; at < length; at += 1) {
        state = (Math.imul(state, 1103515245) + 12345) >>> 0;
        key[at] = state >>> 24;
      }
      expect(murmur2(key)).toBe(kafkajsMurmur2(key));
    }
  });
});

describe('partitionOf (trap 17)', () => {
  // Computed with Utils.murmur2 and Utils.toPositive of kafka-clients 4.3.1. Other clients are held
  // to the same file: e2e/foreign-clients.e2e.spec.ts.
  const [header, ...rows] = readFileSync(
    new URL('../fixtures/partitions-of-keys.csv', import.meta.url),
    'utf8',
  )
    .trimEnd()
    .split('\n')
    .map((row) => row.split(','));

  it('puts 200 keys where Java does', () => {
    expect(header).toEqual(['key', 'of 6', 'of 12']);
    expect(rows.length).toBe(200);
    for (const [key = '', ofSix, ofTwelve] of rows) {
      expect(partitionOf(Buffer.from(key), 6), key).toBe(Number(ofSix));
      expect(partitionOf(Buffer.from(key), 12), key).toBe(Number(ofTwelve));
      expect((kafkajsMurmur2(Buffer.from(key)) & 0x7fffffff) % 12, key).toBe(Number(ofTwelve));
    }
  });

  it('refuses a number of partitions that is none', () => {
    expect(() => partitionOf(Buffer.from('x'), 0)).toThrow(RangeError);
    expect(() => partitionOf(Buffer.from('x'), 1.5)).toThrow(RangeError);
  });
});
