// Reads the .avsc files and makes each event's schema self-contained.
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { qualify, readSchema } from '../src/schema.ts';
import type { AvroSchema, EnumNode, RecordNode } from '../src/schema.ts';

export interface NamedSource {
  name: string;
  file: string;
  schema: Record<string, unknown>;
}

/** All .avsc files by full name. */
export function readSources(folder: string): Map<string, NamedSource> {
  const sources = new Map<string, NamedSource>();
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.avsc'))
    .sort();
  for (const file of files) {
    const path = join(folder, file);
    let schema: Record<string, unknown>;
    try {
      schema = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    } catch (error) {
      throw new Error(`${relative(folder, path)} is not JSON: ${(error as Error).message}`, {
        cause: error,
      });
    }
    const name = String(schema['name']);
    const other = sources.get(qualify(name));
    if (other !== undefined) throw new Error(`${name} stands in ${other.file} and in ${file}.`);
    sources.set(qualify(name), { name, file, schema });
  }
  return sources;
}

/** The schema of one name with all it refers to written out, and checked by the house rules. */
export function selfContained(sources: Map<string, NamedSource>, name: string): AvroSchema {
  const source = sources.get(qualify(name));
  if (source === undefined) throw new Error(`No .avsc file defines ${name}; add it under avro/.`);
  const written = new Set<string>();
  const schema = inline(sources, source.schema, written, source.file);
  try {
    readSchema(schema);
  } catch (error) {
    throw new Error(`${source.file}: ${(error as Error).message}`, { cause: error });
  }
  return schema;
}

function inline(
  sources: Map<string, NamedSource>,
  schema: unknown,
  written: Set<string>,
  file: string,
): AvroSchema {
  if (typeof schema === 'string') {
    const source = sources.get(qualify(schema));
    if (source === undefined || written.has(qualify(schema))) return schema;
    return inline(sources, source.schema, written, source.file);
  }
  if (Array.isArray(schema)) return schema.map((branch) => inline(sources, branch, written, file));
  if (typeof schema !== 'object' || schema === null) {
    throw new Error(`${file}: ${JSON.stringify(schema)} is no schema.`);
  }
  const properties = { ...(schema as Record<string, unknown>) };
  if (typeof properties['name'] === 'string') written.add(qualify(properties['name']));
  if (Array.isArray(properties['fields'])) {
    properties['fields'] = properties['fields'].map((field: Record<string, unknown>) => ({
      ...field,
      type: inline(sources, field['type'], written, file),
    }));
  }
  if (properties['items'] !== undefined) {
    properties['items'] = inline(sources, properties['items'], written, file);
  }
  return properties;
}

/** The schema without its docs: a better sentence is no new version. */
export function withoutDocs(schema: AvroSchema): AvroSchema {
  if (typeof schema === 'string') return schema;
  if (Array.isArray(schema)) return schema.map(withoutDocs);
  const kept: Record<string, unknown> = {};
  for (const [property, value] of Object.entries(schema)) {
    if (property === 'doc') continue;
    if (property === 'fields') {
      kept[property] = (value as Record<string, AvroSchema>[]).map((field) => {
        const { doc: _doc, type, ...rest } = field;
        return { name: rest['name'], type: withoutDocs(type as AvroSchema), ...rest };
      });
    } else if (property === 'items') kept[property] = withoutDocs(value as AvroSchema);
    else kept[property] = value;
  }
  return kept;
}

/** Every named type that these records reach, each once, in the order met. */
export function namedTypes(records: readonly RecordNode[]): (RecordNode | EnumNode)[] {
  const found = new Map<string, RecordNode | EnumNode>();
  const visit = (node: RecordNode['fields'][number]['node']): void => {
    if (node.kind === 'nullable') visit(node.of);
    else if (node.kind === 'array') visit(node.items);
    else if (node.kind === 'enum') found.set(node.fullName, node);
    else if (node.kind === 'record') {
      if (found.has(node.fullName)) return;
      for (const field of node.fields) visit(field.node);
      found.set(node.fullName, node);
    }
  };
  for (const record of records) visit(record);
  return [...found.values()];
}
