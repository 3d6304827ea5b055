// Random values for any schema, with the edges that hurt; for property tests only.
import fc from 'fast-check';
import type { SchemaNode } from './schema.ts';

const LONG_EDGES = [53n, 62n, 63n].flatMap((bits) => {
  const power = 2n ** bits;
  return [-power - 1n, -power, -power + 1n, power - 1n, power, power + 1n];
});
const LONG_MIN = -(2n ** 63n);
const LONG_MAX = 2n ** 63n - 1n;

const longs = fc.oneof(
  fc.bigInt({ min: LONG_MIN, max: LONG_MAX }),
  fc.constantFrom(...LONG_EDGES.filter((edge) => edge >= LONG_MIN && edge <= LONG_MAX)),
);
const ints = fc.oneof(fc.integer(), fc.constantFrom(-2147483648, -1, 0, 1, 2147483647));
const strings = fc.oneof(
  fc.string({ unit: 'binary' }).filter((text) => !text.includes('\u0000')),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    '\uFFFD',
    '\uFEFF',
    '赛道',
    '𠮷野家',
    'x'.repeat(300),
  ),
);

export function arbitraryOf(node: SchemaNode): fc.Arbitrary<unknown> {
  switch (node.kind) {
    case 'string':
      return strings;
    case 'int':
      return ints;
    case 'long':
      return longs;
    case 'boolean':
      return fc.boolean();
    case 'bytes':
      return fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    case 'enum':
      return fc.constantFrom(...node.symbols);
    case 'nullable':
      return fc.option(arbitraryOf(node.of), { nil: null });
    case 'array':
      return fc.array(arbitraryOf(node.items), { maxLength: 4 });
    case 'record':
      return fc.record(
        Object.fromEntries(node.fields.map((field) => [field.name, arbitraryOf(field.node)])),
        { noNullPrototype: true },
      );
  }
}
