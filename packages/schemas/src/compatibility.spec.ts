// Which changes of a schema are taken and which are refused.
import { describe, expect, it } from 'vitest';
import { incompatibilities } from './compatibility.ts';

const named = { namespace: 'saidao' };
const event = (...fields: object[]) => ({ type: 'record', name: 'Screened', ...named, fields });
const id = { name: 'applicationId', type: 'string' };
const enumOf = (...symbols: string[]) => ({
  name: 'outcome',
  type: { type: 'enum', name: 'Outcome', ...named, symbols, default: 'UNKNOWN' },
});
const listOf = (items: unknown) => ({ name: 'list', type: { type: 'array', items }, default: [] });
const part = (...fields: object[]) => ({ type: 'record', name: 'Part', ...named, fields });
/** Each record holds the next, and names it once more beside it. */
const nested = (depth: number, innermost: object): object => {
  const fields =
    depth === 1
      ? [innermost]
      : [
          { name: 'a', type: nested(depth - 1, innermost) },
          { name: 'b', type: `saidao.Level${depth - 1}` },
        ];
  return { type: 'record', name: `Level${depth}`, ...named, fields };
};
const optional = (name: string, type: unknown) => ({ name, type: ['null', type], default: null });

describe('incompatibilities', () => {
  const taken: [string, object, object][] = [
    ['nothing', event(id), event(id)],
    ['a better sentence', event(id), event({ ...id, doc: 'UUIDv7.' })],
    ['an added field that can be null', event(id), event(id, optional('note', 'string'))],
    ['an added list', event(id), event(id, listOf('string'))],
    ['an added symbol', event(enumOf('HIT', 'UNKNOWN')), event(enumOf('HIT', 'MISS', 'UNKNOWN'))],
    ['another order of fields', event(id, listOf('int')), event(listOf('int'), id)],
    [
      'an added field deep within',
      event(listOf(part(id))),
      event(listOf(part(id, optional('note', 'string')))),
    ],
  ];
  it.each(taken)('takes %s', (_what, older, newer) => {
    expect(incompatibilities(older as never, newer as never)).toEqual([]);
  });

  const refused: [string, object, object, RegExp][] = [
    [
      'a field removed',
      event(id, optional('note', 'string')),
      event(id),
      /note is gone or renamed/,
    ],
    [
      'a field renamed',
      event(id, optional('note', 'string')),
      event(id, optional('remark', 'string')),
      /note is gone or renamed/,
    ],
    [
      'an added field without default',
      event(id),
      event(id, { name: 'n', type: 'int' }),
      /n is new and has no default/,
    ],
    // Avro would read an int as a long; the other way it would not.
    [
      'a wider number',
      event({ name: 'n', type: 'int' }),
      event({ name: 'n', type: 'long' }),
      /n was int and is long/,
    ],
    [
      'bytes for a string',
      event({ name: 'n', type: 'string' }),
      event({ name: 'n', type: 'bytes' }),
      /n was string and is bytes/,
    ],
    // Avro's own rules differ by language here: avsc refuses at once, Java only when it meets null.
    [
      'a field that can be null now',
      event({ name: 'n', type: 'int' }),
      event(optional('n', 'int')),
      /n was int and is int or null/,
    ],
    ['null no more', event(optional('n', 'int')), event({ name: 'n', type: 'int' }), /int or null/],
    [
      'a symbol removed',
      event(enumOf('HIT', 'MISS', 'UNKNOWN')),
      event(enumOf('HIT', 'UNKNOWN')),
      /lost the symbol MISS/,
    ],
    [
      'a record renamed',
      event(id, { name: 'p', type: part(id) }),
      event(id, { name: 'p', type: { ...part(id), name: 'Piece' } }),
      /saidao\.Part and is named saidao\.Piece/,
    ],
    [
      'another default',
      event({ name: 'b', type: 'boolean', default: false }),
      event({ name: 'b', type: 'boolean', default: true }),
      /b has another default/,
    ],
    [
      'a default taken away',
      event({ name: 'b', type: 'boolean', default: false }),
      event({ name: 'b', type: 'boolean' }),
      /b has another default/,
    ],
    [
      'a change deep within',
      event(listOf(part(id, { name: 'n', type: 'int' }))),
      event(listOf(part(id, { name: 'n', type: 'string' }))),
      /list\[\]\.n was int and is string/,
    ],
  ];
  it.each(refused)('refuses %s', (_what, older, newer, message) => {
    expect(incompatibilities(older as never, newer as never).join('\n')).toMatch(message);
  });

  it('compares a record that stands at many places once', () => {
    const faults = incompatibilities(
      nested(12, { name: 'n', type: 'int' }) as never,
      nested(12, { name: 'n', type: 'string' }) as never,
    );
    expect(faults).toEqual([expect.stringMatching(/^a(\.a)*\.n was int and is string/)]);
    // Place by place there would be no end to it.
    const deep = nested(40, id) as never;
    expect(incompatibilities(deep, deep)).toEqual([]);
  });
});
