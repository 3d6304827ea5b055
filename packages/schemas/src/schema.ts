// The part of Avro that Saidao allows, read into a tree that every other module walks.

export type PrimitiveKind = 'string' | 'int' | 'long' | 'boolean' | 'bytes';

export interface SchemaField {
  name: string;
  doc: string | undefined;
  node: SchemaNode;
  hasDefault: boolean;
  defaultValue: unknown;
}

export interface RecordNode {
  kind: 'record';
  fullName: string;
  name: string;
  doc: string | undefined;
  fields: SchemaField[];
}

export interface EnumNode {
  kind: 'enum';
  fullName: string;
  name: string;
  doc: string | undefined;
  symbols: string[];
}

export type SchemaNode =
  | { kind: PrimitiveKind }
  | { kind: 'nullable'; of: SchemaNode }
  | { kind: 'array'; items: SchemaNode }
  | EnumNode
  | RecordNode;

// What JSON.parse gives for a schema; the reader below is what makes it safe to use.
export type AvroSchema = string | AvroSchema[] | { [property: string]: unknown };

const PRIMITIVES = new Set<string>(['string', 'int', 'long', 'boolean', 'bytes']);
const ALLOWED: Record<string, ReadonlySet<string>> = {
  record: new Set(['type', 'name', 'namespace', 'doc', 'fields']),
  enum: new Set(['type', 'name', 'namespace', 'doc', 'symbols', 'default']),
  array: new Set(['type', 'items']),
  field: new Set(['name', 'type', 'doc', 'default']),
};
export const NAMESPACE = 'saidao';

const REFUSED: Record<string, string> = {
  map: 'a map; its keys are not checked, so use an array of records',
  fixed: 'a fixed; use bytes',
  float: 'a float; use a long of the smallest unit, or parts per million in an int',
  double: 'a double; use a long of the smallest unit, or parts per million in an int',
  null: 'null outside a union; use ["null", X]',
};

/** Reads a self-contained schema; throws on what the house rules do not allow, naming the place. */
export function readSchema(schema: AvroSchema): RecordNode {
  const node = readNode(schema, '', new Map(), []);
  if (node.kind !== 'record') throw new Error('A schema must be a record at the top.');
  return node;
}

function readNode(
  schema: unknown,
  path: string,
  known: Map<string, RecordNode | EnumNode>,
  open: string[],
): SchemaNode {
  const at = path === '' ? 'the top' : path;
  if (typeof schema === 'string') {
    if (PRIMITIVES.has(schema)) return { kind: schema as PrimitiveKind };
    if (REFUSED[schema] !== undefined) throw new Error(`At ${at} stands ${REFUSED[schema]}.`);
    const fullName = qualify(schema);
    if (open.includes(fullName)) throw new Error(`At ${at} ${fullName} holds itself; unroll it.`);
    const named = known.get(fullName);
    if (named === undefined) throw new Error(`At ${at} stands ${schema}, which is not defined.`);
    return named;
  }
  if (Array.isArray(schema)) {
    if (schema.length !== 2 || schema[0] !== 'null') {
      throw new Error(`At ${at} stands a union; only ["null", X] is allowed, null first.`);
    }
    const of = readNode(schema[1], path, known, open);
    if (of.kind === 'nullable') throw new Error(`At ${at} a union stands inside a union.`);
    return { kind: 'nullable', of };
  }
  if (typeof schema !== 'object' || schema === null) throw new Error(`At ${at} stands no schema.`);
  const properties = schema as Record<string, unknown>;
  const type = properties['type'];
  if (type === 'array') {
    refuseOthers(properties, 'array', at);
    return { kind: 'array', items: readNode(properties['items'], `${path}[]`, known, open) };
  }
  if (type === 'enum') {
    refuseOthers(properties, 'enum', at);
    return readEnum(properties, at, known);
  }
  if (type === 'record') {
    refuseOthers(properties, 'record', at);
    return readRecord(properties, path, known, open);
  }
  if (typeof type === 'string' && REFUSED[type] !== undefined) {
    throw new Error(`At ${at} stands ${REFUSED[type]}.`);
  }
  throw new Error(`At ${at} stands ${JSON.stringify(schema)}; logical types are not allowed.`);
}

function readEnum(
  properties: Record<string, unknown>,
  at: string,
  known: Map<string, RecordNode | EnumNode>,
): EnumNode {
  const { name, fullName } = nameOf(properties, at, known);
  const symbols = properties['symbols'];
  if (
    !Array.isArray(symbols) ||
    !symbols.every((symbol) => typeof symbol === 'string' && /^[A-Z][A-Z0-9_]*$/.test(symbol))
  ) {
    throw new Error(`Enum ${fullName} needs symbols in capitals.`);
  }
  // Without a default a reader refuses a symbol added later.
  if (properties['default'] !== 'UNKNOWN' || !symbols.includes('UNKNOWN')) {
    throw new Error(`Enum ${fullName} needs the symbol UNKNOWN as its default.`);
  }
  const node: EnumNode = {
    kind: 'enum',
    fullName,
    name,
    doc: docOf(properties),
    symbols: symbols as string[],
  };
  known.set(fullName, node);
  return node;
}

function readRecord(
  properties: Record<string, unknown>,
  path: string,
  known: Map<string, RecordNode | EnumNode>,
  open: string[],
): RecordNode {
  const { name, fullName } = nameOf(properties, path === '' ? 'the top' : path, known);
  const fields = properties['fields'];
  // A record of no fields takes no bytes, so a block of them could claim any count.
  if (!Array.isArray(fields) || fields.length === 0) {
    throw new Error(`Record ${fullName} needs at least one field.`);
  }
  const node: RecordNode = { kind: 'record', fullName, name, doc: docOf(properties), fields: [] };
  known.set(fullName, node);
  for (const field of fields as Record<string, unknown>[]) {
    const fieldName = field['name'];
    if (typeof fieldName !== 'string' || !/^[a-z][A-Za-z0-9]*$/.test(fieldName)) {
      throw new Error(
        `Record ${fullName} has a field ${String(fieldName)}; write it in camelCase.`,
      );
    }
    if (fieldName in Object.prototype) {
      throw new Error(`Record ${fullName} has a field ${fieldName}, a name every object has.`);
    }
    if (node.fields.some((earlier) => earlier.name === fieldName)) {
      throw new Error(`Record ${fullName} has the field ${fieldName} twice.`);
    }
    const fieldPath = path === '' ? fieldName : `${path}.${fieldName}`;
    refuseOthers(field, 'field', fieldPath);
    const hasDefault = 'default' in field;
    const fieldNode = readNode(field['type'], fieldPath, known, [...open, fullName]);
    if (hasDefault) checkDefault(fieldNode, field['default'], `${fullName}.${fieldName}`);
    if (fieldNode.kind === 'nullable' && !hasDefault) {
      throw new Error(`${fullName}.${fieldName} can be null, so it needs "default": null.`);
    }
    node.fields.push({
      name: fieldName,
      doc: docOf(field),
      node: fieldNode,
      hasDefault,
      defaultValue: field['default'],
    });
  }
  return node;
}

// Only defaults that mean "nothing" are allowed: any other would be an invented fact in old events.
function checkDefault(node: SchemaNode, value: unknown, at: string): void {
  const fits =
    node.kind === 'nullable'
      ? value === null
      : node.kind === 'array'
        ? Array.isArray(value) && value.length === 0
        : node.kind === 'enum'
          ? value === 'UNKNOWN'
          : node.kind === 'boolean' && typeof value === 'boolean';
  if (!fits) {
    throw new Error(
      `${at} has the default ${JSON.stringify(value)}; allowed are null, [], UNKNOWN and booleans.`,
    );
  }
}

function nameOf(
  properties: Record<string, unknown>,
  at: string,
  known: Map<string, RecordNode | EnumNode>,
): { name: string; fullName: string } {
  const name = properties['name'];
  if (typeof name !== 'string' || !/^[A-Z][A-Za-z0-9]*$/.test(name)) {
    throw new Error(`At ${at} stands a type named ${String(name)}; write it in PascalCase.`);
  }
  if (properties['namespace'] !== NAMESPACE) {
    throw new Error(`${name} needs "namespace": "${NAMESPACE}".`);
  }
  const fullName = qualify(name);
  if (known.has(fullName)) throw new Error(`${fullName} is defined twice.`);
  return { name, fullName };
}

export function qualify(name: string): string {
  return name.includes('.') ? name : `${NAMESPACE}.${name}`;
}

function docOf(properties: Record<string, unknown>): string | undefined {
  return typeof properties['doc'] === 'string' ? properties['doc'] : undefined;
}

function refuseOthers(properties: Record<string, unknown>, kind: string, at: string): void {
  for (const property of Object.keys(properties)) {
    if (!ALLOWED[kind]?.has(property)) {
      throw new Error(`At ${at} the property ${property} is not allowed on ${kind}.`);
    }
  }
}
