// Which spellings of a schema are the same one, and what is no schema.
import { describe, expect, it } from 'vitest';
import { lockedSchemas } from './lock.ts';
import { normalForm } from './normal-form.ts';

const form = (schema: unknown) => normalForm(JSON.stringify(schema));
const part = { type: 'record', name: 'Part', namespace: 'saidao', fields: [] };
const event = {
  type: 'record',
  name: 'Screened',
  namespace: 'saidao',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'note', type: ['null', 'string'], default: null },
    { name: 'part', type: part },
    { name: 'other', type: 'Part' },
  ],
};

describe('normalForm', () => {
  const same: [string, unknown][] = [
    ['sentences', { ...event, doc: 'What was found.' }],
    ['properties in another order', Object.fromEntries(Object.entries(event).toReversed())],
    ['the namespace within the name', { ...event, name: 'saidao.Screened', namespace: undefined }],
    [
      'what Java adds to strings, and says though it need not',
      {
        ...event,
        fields: [
          {
            name: 'id',
            type: { type: 'string', 'avro.java.string': 'String' },
            order: 'ascending',
          },
          ...event.fields.slice(1),
        ],
      },
    ],
    [
      'a namespace that is taken from around, and a reference in full',
      {
        ...event,
        fields: [
          ...event.fields.slice(0, 2),
          { name: 'part', type: { type: 'record', name: 'Part', fields: [] } },
          { name: 'other', type: 'saidao.Part' },
        ],
      },
    ],
  ];
  it.each(same)('does not look at %s', (_what, schema) => {
    expect(JSON.stringify(form(schema))).toBe(JSON.stringify(form(event)));
  });

  const [first, note, ...more] = event.fields;
  const other: [string, unknown][] = [
    ['a default', { ...event, fields: [first, { ...note, default: undefined }, ...more] }],
    ['the order of fields', { ...event, fields: [note, first, ...more] }],
    ['an alias', { ...event, aliases: ['Seen'] }],
    ['a logical type', { type: 'long', logicalType: 'timestamp-millis' }],
    ['the namespace', JSON.parse(JSON.stringify(event).replaceAll('"saidao"', '"bank"'))],
  ];
  it.each(other)('looks at %s', (_what, schema) => {
    expect(JSON.stringify(form(schema))).not.toBe(JSON.stringify(form(event)));
  });

  const none: [string, string, RegExp][] = [
    ['no JSON', '{', /JSON/],
    ['a number', '7', /7 is no type/],
    ['null', 'null', /null is no type/],
    ['an unknown name', '"Money"', /Money is not defined/],
    ['a record without fields', '{"type":"record","name":"A"}', /A has no fields/],
    ['a record without a name', '{"type":"record","fields":[]}', /no name of a type/],
    ['a field without a name', '{"type":"record","name":"A","fields":[1]}', /without a name/],
    ['an enum without symbols', '{"type":"enum","name":"A"}', /A has no symbols/],
    ['one name twice', JSON.stringify([part, part]), /saidao\.Part is defined twice/],
    ['what is too deep', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, /deeper than 64/],
  ];
  it.each(none)('refuses %s', (_what, text, reason) => {
    expect(() => normalForm(text)).toThrow(reason);
  });

  it('is another one for every schema of the lock, and its own normal form', () => {
    const forms = lockedSchemas.map(({ schema }) => JSON.stringify(form(schema)));
    expect(new Set(forms).size).toBe(lockedSchemas.length);
    expect(forms.map((one) => JSON.stringify(normalForm(one)))).toEqual(forms);
  });
});
