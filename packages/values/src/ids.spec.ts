// Identifiers: the RFC's vector, version and variant bits, order by time.
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { isUuid, uuidV7 } from './ids.ts';

const bytes = fc.uint8Array({ minLength: 10, maxLength: 10 });
const instant = fc.integer({ min: 0, max: 2 ** 48 - 1 });

it('spells the vector of RFC 9562', () => {
  const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
  expect(uuidV7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f');
});

it('is a UUID of version 7 and its variant, whatever the bytes', () => {
  fc.assert(
    fc.property(instant, bytes, (nowMs, random) => {
      const id = uuidV7(nowMs, random);
      expect(isUuid(id)).toBe(true);
      expect(id[14]).toBe('7');
      expect('89ab').toContain(id[19]);
      expect(Number.parseInt(id.slice(0, 13).replace('-', ''), 16)).toBe(nowMs);
    }),
  );
});

it('sorts by time', () => {
  fc.assert(
    fc.property(instant, instant, bytes, bytes, (one, other, first, second) => {
      if (one < other) expect(uuidV7(one, first) < uuidV7(other, second)).toBe(true);
    }),
  );
});

it('keeps 74 of the 80 given bits apart', () => {
  const flipped = (bit: number) =>
    Uint8Array.from({ length: 10 }, (_, at) => (at === bit >> 3 ? 128 >> (bit & 7) : 0));
  const ids = Array.from({ length: 80 }, (_, bit) => uuidV7(0, flipped(bit)));
  const none = uuidV7(0, new Uint8Array(10));
  // The version takes the first four bits, the variant two more.
  const taken = ids.flatMap((id, bit) => (id === none ? [bit] : []));
  expect(taken).toEqual([0, 1, 2, 3, 16, 17]);
  expect(new Set(ids).size).toBe(75);
});

it('does not write into the given bytes', () => {
  const random = new Uint8Array(10).fill(255);
  uuidV7(0, random);
  expect([...random]).toEqual(Array.from({ length: 10 }, () => 255));
});

test.each([-1, 0.5, Number.NaN, 2 ** 48])('refuses the instant %d', (nowMs) => {
  expect(() => uuidV7(nowMs, new Uint8Array(10))).toThrow('does not fit 48 bits');
});

test.each([0, 9, 16])('refuses %d random bytes', (length) => {
  expect(() => uuidV7(0, new Uint8Array(length))).toThrow('needs 10 random bytes');
});

test.each<[unknown, string]>([
  ['017F22E2-79B0-7CC3-98C4-DC0C0C07398F', 'upper case'],
  ['017f22e279b07cc398c4dc0c0c07398f', 'no hyphens'],
  ['017f22e2-79b0-7cc3-18c4-dc0c0c07398f', 'another variant'],
  ['017f22e2-79b0-7cc3-98c4-dc0c0c07398f ', 'a blank'],
  ['{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}', 'braces'],
  ['00000000-0000-0000-0000-000000000000', 'the nil id'],
  [undefined, 'nothing'],
])('%s is no canonical UUID (%s)', (text) => expect(isUuid(text)).toBe(false));
