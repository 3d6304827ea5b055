// Binary arrays as PostgreSQL reads them; what they cannot hold is refused by the server as before.
import { testDatabase, type TestDatabase } from '@saidao/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it, test } from 'vitest';
import { arrayTypesOf, binaryArray } from './binary-array.ts';
import { sqlStateOf } from './database.ts';

let its: TestDatabase;

beforeAll(async () => {
  const adminUrl = inject('databaseUrl');
  its = await testDatabase({ adminUrl, template: 'empty', prepare: async () => undefined });
});
afterAll(() => its.close());

async function read(type: string, values: readonly unknown[]): Promise<unknown[]> {
  const { rows } = await its.database.prepared<{ value: unknown }>(
    `read-${type}`,
    `select value from unnest($1::${type}[]) with ordinality as w (value, place) order by place`,
    [values],
  );
  return rows.map(({ value }) => value);
}

test('a statement says by its casts which parameters are arrays', () => {
  expect(arrayTypesOf('select unnest($2::text[]), $1::int, x = any($3) or $4::bigint[]')).toEqual([
    undefined,
    'text',
    undefined,
    'bigint',
  ]);
});

describe('every array comes back as it was', () => {
  const text = fc.string({ unit: 'grapheme' }).map((one) => one.replaceAll('\0', ''));
  const kinds: readonly [string, fc.Arbitrary<unknown>][] = [
    ['text', fc.oneof(text, fc.constantFrom('', '\\', '"', '{},', 'NULL', '赛道'))],
    ['bytea', fc.uint8Array().map((bytes) => Buffer.from(bytes))],
    ['int', fc.oneof(fc.integer(), fc.constantFrom(-(2 ** 31), 2 ** 31 - 1))],
    ['bigint', fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })],
    ['boolean', fc.boolean()],
    ['jsonb', fc.dictionary(fc.constantFrom('a', '名'), fc.integer(), { noNullPrototype: true })],
  ];
  it.each(kinds)('%s', async (type, one) => {
    const spell = (value: unknown): unknown =>
      type === 'jsonb' && value !== null ? JSON.stringify(value) : value;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(one), { maxLength: 20 }), async (values) => {
        expect(binaryArray(type, values.map(spell))).toBeInstanceOf(Buffer);
        expect(await read(type, values.map(spell))).toEqual(values);
      }),
      { numRuns: 40 },
    );
  });
});

describe('what the form cannot hold is left to the server', () => {
  it.each<[string, { value: unknown }, string]>([
    ['int', { value: 2 ** 31 }, '22003'],
    ['int', { value: 1.5 }, '22P02'],
    ['bigint', { value: 2n ** 63n }, '22003'],
    ['bigint', { value: 'many' }, '22P02'],
    ['boolean', { value: 'perhaps' }, '22P02'],
    ['text', { value: 'a\0b' }, '22021'],
    ['jsonb', { value: '{' }, '22P02'],
  ])('%s %o', async (type, { value }, code) => {
    expect(await read(type, [value]).catch(sqlStateOf)).toBe(code);
  });

  test('a type that has no form here, and numbers for text', async () => {
    expect(binaryArray('date', ['2026-01-02'])).toBeUndefined();
    expect(binaryArray('text', [1])).toBeUndefined();
    expect(await read('text', [1])).toEqual(['1']);
  });
});
