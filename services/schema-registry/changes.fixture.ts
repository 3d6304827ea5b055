// Every change that somebody may make to a schema, at places from the top to the deepest.
import { normalForm, type AvroSchema } from '@saidao/schemas';

interface Field {
  name: string;
  type: unknown;
  default?: unknown;
}
/** A record or an enum. */
interface Named {
  type: string;
  name: string;
  namespace: string;
  fields: Field[];
  symbols: string[];
  default?: unknown;
}

export interface Change {
  readonly what: string;
  /** Whether both versions read each other: what we say, and what Java's Avro says. */
  readonly ours: boolean;
  readonly java: boolean;
  /** Where the two differ: why we refuse what Avro could read. */
  readonly because?: string;
  /** The changed schemas, one for each place. */
  of(schema: AvroSchema): AvroSchema[];
}

/** Of one change in one schema. */
const PLACES_MAX = 6;

const NO_FACT_LOST = 'a reader would see a fact vanish and nothing would say so';
const NOT_INVENTED = 'old events would say another thing than they did';
const HOUSE = 'packages/schemas allows no such type: it costs exactness somewhere';

const recordsOf = (schema: unknown) =>
  objectsIn(schema).filter((one): one is Named => (one as Named).type === 'record');
const enumsOf = (schema: unknown) =>
  objectsIn(schema).filter((one): one is Named => (one as Named).type === 'enum');
const fieldsOf = (schema: unknown) => recordsOf(schema).flatMap(({ fields }) => fields);

const added = (field: Field) => (record: Named) => void record.fields.push(field);
const isPlain = ({ type }: Field) => typeof type === 'string';
const hasDefault = (field: Field) => 'default' in field;
const isNullable = ({ type }: Field) => Array.isArray(type);

const both = (verdict: boolean) => ({ ours: verdict, java: verdict });
const stricter = (because: string) => ({ ours: false, java: true, because });

export const changes: readonly Change[] = [
  { what: 'nothing', ...both(true), of: (schema) => [structuredClone(schema)] },
  {
    what: 'a field added that can be null',
    ...both(true),
    of: at(recordsOf, added({ name: 'more', type: ['null', 'string'], default: null })),
  },
  {
    what: 'a list added',
    ...both(true),
    of: at(recordsOf, added({ name: 'more', type: arrayOf('long'), default: [] })),
  },
  {
    what: 'a field added without a default',
    ...both(false),
    of: at(recordsOf, added({ name: 'more', type: 'int' })),
  },
  {
    what: 'a text added with a default',
    ...stricter(NOT_INVENTED),
    of: at(recordsOf, added({ name: 'more', type: 'string', default: '' })),
  },
  {
    what: 'a double added with a default',
    ...stricter(HOUSE),
    of: at(recordsOf, added({ name: 'more', type: 'double', default: 0 })),
  },
  {
    what: 'a map added with a default',
    ...stricter(HOUSE),
    of: at(recordsOf, added({ name: 'more', type: { type: 'map', values: 'int' }, default: {} })),
  },
  {
    what: 'fields in another order',
    ...both(true),
    of: at(recordsOf, (record) => void record.fields.reverse()),
  },
  {
    what: 'a sentence',
    ...both(true),
    of: at(fieldsOf, (field) => Object.assign(field, { doc: 'Whole fen.' })),
  },
  {
    what: 'a field with a default removed',
    ...stricter(NO_FACT_LOST),
    of: at(recordsOf, (record) => removeOne(record, hasDefault)),
  },
  {
    what: 'a field without a default removed',
    ...both(false),
    of: at(recordsOf, (record) => removeOne(record, (field) => !hasDefault(field))),
  },
  {
    what: 'a field with a default renamed',
    ...stricter(NO_FACT_LOST),
    of: at((schema) => fieldsOf(schema).filter(hasDefault), rename),
  },
  {
    what: 'a field without a default renamed',
    ...both(false),
    of: at((schema) => fieldsOf(schema).filter((field) => !hasDefault(field)), rename),
  },
  {
    what: 'a field without a default renamed, with an alias',
    ...both(false),
    of: at(
      (schema) => fieldsOf(schema).filter((field) => !hasDefault(field)),
      (field) => Object.assign(field, { aliases: [field.name], name: `${field.name}Now` }),
    ),
  },
  {
    what: 'an int made a long',
    ...both(false),
    of: at(plain('int'), (field) => void (field.type = 'long')),
  },
  {
    what: 'a long made an int',
    ...both(false),
    of: at(plain('long'), (field) => void (field.type = 'int')),
  },
  {
    what: 'a text made bytes',
    ...stricter('Avro reads each as the other; what the bytes mean would change'),
    of: at(plain('string'), (field) => void (field.type = 'bytes')),
  },
  {
    what: 'a text made an int',
    ...both(false),
    of: at(plain('string'), (field) => void (field.type = 'int')),
  },
  {
    what: 'a long made a time',
    ...stricter(HOUSE),
    of: at(
      plain('long'),
      (field) => void (field.type = { type: 'long', logicalType: 'timestamp-millis' }),
    ),
  },
  {
    what: 'a value that may be null from now on',
    ...both(false),
    of: at(
      (schema) => fieldsOf(schema).filter((field) => isPlain(field) && !hasDefault(field)),
      (field) => Object.assign(field, { type: ['null', field.type], default: null }),
    ),
  },
  {
    what: 'a union widened',
    ...both(false),
    of: at(
      (schema) => fieldsOf(schema).filter(isNullable),
      (field) => void (field.type as unknown[]).push('double'),
    ),
  },
  {
    what: 'a union in another order, and so without its default',
    ...stricter('null stands first, so that null can be the default'),
    of: at(
      (schema) => fieldsOf(schema).filter(isNullable),
      (field) => {
        delete field.default;
        (field.type as unknown[]).reverse();
      },
    ),
  },
  {
    what: 'a default taken away',
    ...stricter('the next change would find old events without a value'),
    of: at(
      (schema) => fieldsOf(schema).filter(isNullable),
      (field) => void delete field.default,
    ),
  },
  {
    what: 'a default given',
    ...stricter(NOT_INVENTED),
    of: at(
      (schema) => fieldsOf(schema).filter((one) => one.type === 'boolean' && !hasDefault(one)),
      (field) => void (field.default = false),
    ),
  },
  {
    what: 'a symbol added',
    ...both(true),
    of: at(enumsOf, ({ symbols }) => void symbols.push('BRAND_NEW')),
  },
  {
    what: 'a symbol removed',
    ...stricter('old events would read UNKNOWN'),
    of: at(enumsOf, (one) => void (one.symbols = one.symbols.toSpliced(0, 1))),
  },
  {
    what: 'an enum without its default',
    ...stricter('the next symbol would stop the readers of today'),
    of: at(enumsOf, (one) => void delete one.default),
  },
  {
    what: 'the event renamed',
    ...both(false),
    of: at(
      (schema) => recordsOf(schema).slice(0, 1),
      (record) => void (record.name = 'Another'),
    ),
  },
];

/** The schema changed at each place by itself; without those that are no schemas any more. */
function at<Place>(placesOf: (schema: unknown) => Place[], change: (place: Place) => unknown) {
  return (schema: AvroSchema): AvroSchema[] =>
    spread(placesOf(schema).length).flatMap((index) => {
      const changed = structuredClone(schema);
      change(placesOf(changed)[index] as Place);
      const isSame = JSON.stringify(changed) === JSON.stringify(schema);
      return !isSame && isSound(changed) ? [changed] : [];
    });
}

/** At most some of so many, the first and the deepest among them. */
function spread(count: number): number[] {
  if (count <= PLACES_MAX) return Array.from({ length: count }, (_none, index) => index);
  const step = (count - 1) / (PLACES_MAX - 1);
  return Array.from({ length: PLACES_MAX }, (_none, index) => Math.round(index * step));
}

/** A field that was removed may have held the definition of what others refer to. */
function isSound(schema: AvroSchema): boolean {
  try {
    normalForm(JSON.stringify(schema));
    return true;
  } catch {
    return false;
  }
}

function plain(type: string) {
  return (schema: unknown) => fieldsOf(schema).filter((field) => field.type === type);
}

function rename(field: Field): void {
  field.name = `${field.name}Now`;
}

function removeOne(record: Named, which: (field: Field) => boolean): void {
  const index = record.fields.findLastIndex(which);
  if (index !== -1) record.fields.splice(index, 1);
}

function arrayOf(items: string) {
  return { type: 'array', items };
}

function objectsIn(schema: unknown): object[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const inside = Object.values(schema).flatMap(objectsIn);
  return Array.isArray(schema) ? inside : [schema, ...inside];
}
