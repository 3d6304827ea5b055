// A schema as every client may spell it, in one spelling: names whole, keys in order, no sentences.
import type { AvroSchema } from './schema.ts';

type Json = Readonly<Record<string, unknown>>;

const PRIMITIVES = new Set('null boolean int long float double bytes string'.split(' '));
const NAMED = new Set(['record', 'error', 'enum', 'fixed']);
const NAME = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;
/** Deeper than any schema is meant to be, and far from the end of the stack. */
const DEPTH_MAX = 64;

/**
 * The schema of a text. What it says to people (`doc`) and to Java's classes is left out; defaults
 * stay, since readers fill them in. Throws on what is no Avro.
 */
export function normalForm(text: string): AvroSchema {
  return normal(JSON.parse(text), { namespace: '', depth: 0, known: new Set() });
}

interface Place {
  readonly namespace: string;
  readonly depth: number;
  /** Full names that were defined so far. */
  readonly known: Set<string>;
}

function normal(schema: unknown, above: Place): AvroSchema {
  const place = { ...above, depth: above.depth + 1 };
  if (place.depth > DEPTH_MAX) throw new Error(`it is deeper than ${DEPTH_MAX} levels`);
  if (typeof schema === 'string') return referred(schema, place);
  if (Array.isArray(schema)) return schema.map((branch) => normal(branch, place));
  if (!isObject(schema)) throw new Error(`${JSON.stringify(schema)} is no type`);
  const { type } = schema;
  if (typeof type !== 'string') return normal(type, place);
  if (NAMED.has(type)) return named(type, schema, place);
  const rest = others(schema, ['type', 'items', 'values']);
  if (type === 'array') return { type, items: normal(schema['items'], place), ...rest };
  if (type === 'map') return { type, values: normal(schema['values'], place), ...rest };
  const plain = referred(type, place);
  return Object.keys(rest).length === 0 ? plain : { type: plain, ...rest };
}

function referred(name: string, { namespace, known }: Place): string {
  if (PRIMITIVES.has(name)) return name;
  const fullName = name.includes('.') || namespace === '' ? name : `${namespace}.${name}`;
  if (!known.has(fullName)) throw new Error(`${fullName} is not defined`);
  return fullName;
}

function named(type: string, schema: Json, above: Place): AvroSchema {
  const { name: given, namespace: own } = schema;
  if (typeof given !== 'string' || !NAME.test(given)) {
    throw new Error(`${JSON.stringify(given)} is no name of a type`);
  }
  const dot = given.lastIndexOf('.');
  const around = typeof own === 'string' ? own : above.namespace;
  const namespace = dot === -1 ? around : given.slice(0, dot);
  const name = given.slice(dot + 1);
  const fullName = namespace === '' ? name : `${namespace}.${name}`;
  if (above.known.has(fullName)) throw new Error(`${fullName} is defined twice`);
  above.known.add(fullName);
  const head = {
    type,
    name,
    namespace,
    ...others(schema, ['type', 'name', 'namespace', 'fields']),
  };
  if (type === 'enum' && !Array.isArray(schema['symbols'])) {
    throw new Error(`${fullName} has no symbols`);
  }
  if (type === 'enum' || type === 'fixed') return head;
  if (!Array.isArray(schema['fields'])) throw new Error(`${fullName} has no fields`);
  const place = { ...above, namespace };
  return { ...head, fields: schema['fields'].map((field) => fieldOf(field, fullName, place)) };
}

function fieldOf(field: unknown, owner: string, place: Place): AvroSchema {
  if (!isObject(field) || typeof field['name'] !== 'string' || !NAME.test(field['name'])) {
    throw new Error(`${owner} has a field without a name`);
  }
  const { name, type } = field;
  return { name, type: normal(type, place), ...others(field, ['name', 'type']) };
}

/** All other properties that mean something, in the order of their names. */
function others(schema: Json, taken: readonly string[]): Json {
  const kept = Object.entries(schema).filter(
    ([property, value]) =>
      !taken.includes(property) &&
      property !== 'doc' &&
      !property.startsWith('avro.java.') &&
      !(property === 'order' && value === 'ascending'),
  );
  return Object.fromEntries(kept.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
