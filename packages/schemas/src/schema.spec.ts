// The house rules for schemas: what is allowed, and what each refusal says.
import { describe, expect, it } from 'vitest';
import { readSchema } from './schema.ts';

const named = { namespace: 'saidao' };
const record = (...fields: object[]) => ({ type: 'record', name: 'Sample', ...named, fields });
const text = { name: 'text', type: 'string' };
const outcome = { type: 'enum', name: 'Outcome', ...named, symbols: ['HIT', 'UNKNOWN'] };

describe('readSchema', () => {
  it('reads a record with a named type defined once and used twice', () => {
    const money = { type: 'record', name: 'Money', ...named, fields: [text] };
    const node = readSchema(
      record(
        { name: 'first', type: money, doc: 'The first.' },
        { name: 'others', type: ['null', { type: 'array', items: 'Money' }], default: null },
      ),
    );
    expect(node.fields[0]).toMatchObject({ name: 'first', doc: 'The first.', hasDefault: false });
    expect(node.fields[1]!.node).toMatchObject({
      kind: 'nullable',
      of: { kind: 'array', items: { kind: 'record', fullName: 'saidao.Money' } },
    });
  });

  const refused: [string, object | string, RegExp][] = [
    ['a bare type', 'string', /must be a record/],
    ['a map', record({ name: 'a', type: { type: 'map', values: 'string' } }), /a map; .*records/],
    [
      'a double',
      record({ name: 'a', type: 'double' }),
      /At a stands a double; .*parts per million/,
    ],
    ['a float', record({ name: 'a', type: 'float' }), /a float/],
    ['a fixed', record({ name: 'a', type: { type: 'fixed', name: 'F', size: 2 } }), /use bytes/],
    ['a bare null', record({ name: 'a', type: 'null' }), /null outside a union/],
    ['a wide union', record({ name: 'a', type: ['null', 'int', 'string'], default: null }), /only/],
    ['null last', record({ name: 'a', type: ['int', 'null'], default: 0 }), /null first/],
    [
      'a union in a union',
      record({ name: 'a', type: ['null', ['null', 'int']] }),
      /inside a union/,
    ],
    ['null without its default', record({ name: 'a', type: ['null', 'int'] }), /"default": null/],
    ['an invented default', record({ name: 'a', type: 'int', default: 0 }), /allowed are null/],
    ['a full list by default', listDefault(['x']), /allowed are null/],
    [
      'a logical type',
      record({ name: 'a', type: { type: 'bytes', logicalType: 'decimal' } }),
      /log/,
    ],
    ['an alias', record({ name: 'a', type: 'int', aliases: ['b'] }), /aliases is not allowed/],
    ['no fields', record(), /at least one field/],
    ['a field twice', record(text, text), /twice/],
    ['snake case', record({ name: 'a_b', type: 'int' }), /camelCase/],
    ['__proto__', record({ name: '__proto__', type: 'int' }), /camelCase/],
    ['a name every object has', record({ name: 'toString', type: 'int' }), /every object has/],
    ['a type not defined', record({ name: 'a', type: 'Money' }), /Money, which is not defined/],
    ['a record in itself', record({ name: 'a', type: 'Sample' }), /holds itself/],
    ['an enum without a default', record({ name: 'a', type: outcome }), /UNKNOWN as its default/],
    [
      'an enum of small letters',
      record({ name: 'a', type: { ...outcome, symbols: ['hit', 'UNKNOWN'], default: 'UNKNOWN' } }),
      /capitals/,
    ],
    ['another namespace', { ...record(text), namespace: 'other' }, /needs "namespace": "saidao"/],
    ['a small name', { ...record(text), name: 'sample' }, /PascalCase/],
  ];
  it.each(refused)('refuses %s', (_what, schema, message) => {
    expect(() => readSchema(schema as never)).toThrow(message);
  });

  function listDefault(value: unknown): object {
    return record({ name: 'a', type: { type: 'array', items: 'string' }, default: value });
  }
});
