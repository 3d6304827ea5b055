// Canonical JSON: round trips, one spelling, refusals by path.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { fromJson, toJson, toJsonOnce } from './json.ts';

const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.bigInt(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value')),
    fc.dictionary(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('__proto__', 'constructor', '$bigint', '$$bigint', '10', '9'),
      ),
      tie('value'),
      { noNullPrototype: true },
    ),
  ),
})).value;

test('what is spelled once stands as it is in all that holds it', () => {
  const held = { b: 2n, a: [1, { $bigint: 'x' }] };
  const fresh = structuredClone(held);
  const text = toJsonOnce(held);
  expect(text).toBe(toJson(fresh));
  expect(toJsonOnce(held)).toBe(text);
  expect(toJson({ z: [held], held })).toBe(toJson({ z: [fresh], held: fresh }));
});

describe('round trip', () => {
  it('gives every value back', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(fromJson(toJson(value))).toEqual(value);
      }),
    );
  });

  it('gives the same text whatever the order of the keys', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(toJson(turned(value))).toBe(toJson(value));
        expect(toJson(fromJson(toJson(value)))).toBe(toJson(value));
      }),
    );
  });

  it('writes what every JSON reader reads', () => {
    fc.assert(fc.property(json, (value) => void JSON.parse(toJson(value))));
  });

  test.each<[string, unknown]>([
    ['{"$bigint":"5"}', 5n],
    ['{"$$bigint":"5"}', { $bigint: '5' }],
    ['{"$$bigint":5}', { $bigint: 5 }],
    ['{"$$$bigint":"x"}', { $$bigint: 'x' }],
    ['{"$bigint":"5","b":1}', { $bigint: '5', b: 1 }],
    ['{"10":1,"9":2,"a":[-0.5,"é\\n"],"b":1}', { b: 1, a: [-0.5, 'é\n'], '10': 1, '9': 2 }],
  ])('%s is the one spelling', (text, value) => {
    expect(toJson(value)).toBe(text);
    expect(fromJson(text)).toEqual(value);
  });

  it('leaves undefined properties out', () => {
    expect(toJson({ a: undefined, b: 1 })).toBe('{"b":1}');
    expect(toJson({ a: undefined, $bigint: '5' })).toBe('{"$$bigint":"5"}');
  });

  it('keeps a key named __proto__ a plain key', () => {
    const read = fromJson('{"__proto__":{"admin":true}}') as Record<string, unknown>;
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(read['admin']).toBeUndefined();
    expect(toJson(read)).toBe('{"__proto__":{"admin":true}}');
  });

  it('leaves alone what only looks like a bigint', () => {
    expect(fromJson('{"$bigint":"1.5"}')).toEqual({ $bigint: '1.5' });
    expect(fromJson('{"$bigint":"0x10"}')).toEqual({ $bigint: '0x10' });
    expect(fromJson('{"$bigint":""}')).toEqual({ $bigint: '' });
  });
});

describe('refusals', () => {
  const loop: { self?: unknown } = {};
  loop.self = loop;
  class Loan {}
  test.each<[string, unknown]>([
    ['$.a[1] is NaN', { a: [1, Number.NaN] }],
    ['$.a is Infinity', { a: Number.POSITIVE_INFINITY }],
    ['$ is a value of type undefined', undefined],
    ['$[0] is a value of type undefined', [undefined]],
    ['$.a.b is a value of type function', { a: { b: () => 1 } }],
    ['$ is a value of type symbol', Symbol('a')],
    ['$.a is an instance of Date', { a: new Date(0) }],
    ['$ is an instance of Loan', new Loan()],
    ['$ is an instance of Map', new Map()],
    ['deeper than 200 levels or a cycle', loop],
  ])('%s', (message, value) => {
    expect(() => toJson(value)).toThrow(TypeError);
    expect(() => toJson(value)).toThrow(message);
  });

  it('of text that is not JSON', () => {
    expect(() => fromJson('{')).toThrow(SyntaxError);
    expect(() => fromJson('{"a":1n}')).toThrow(SyntaxError);
  });
});

/** The same value with the keys of its objects in the opposite order. */
function turned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(turned);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, held]) => [key, turned(held)]));
}
