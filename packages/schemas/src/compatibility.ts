// Whether two versions of a schema can read each other's events, by rules stricter than Avro's.
import { avroTypeOf } from './avro-type.ts';
import { readSchema } from './schema.ts';
import type { AvroSchema, RecordNode, SchemaField, SchemaNode } from './schema.ts';

interface Comparison {
  readonly faults: string[];
  /**
   * A record that is named at many places is one node: walked anew at each place, what is nested n
   * deep would be walked 2^n times.
   */
  readonly compared: Map<RecordNode, Set<RecordNode>>;
}

/**
 * What in `newer` breaks with `older`; empty if both read each other. Events are kept and
 * replayed, so a schema must hold against every released version, not the last one only:
 * pairwise steps can add up to a break.
 */
export function incompatibilities(older: AvroSchema, newer: AvroSchema): string[] {
  const faults: string[] = [];
  compareNodes(readSchema(older), readSchema(newer), '', { faults, compared: new Map() });
  if (faults.length === 0) {
    // avsc judges too: it is what reads the events.
    const directions = [
      { reader: newer, writer: older, who: 'The new version cannot read the old one' },
      { reader: older, writer: newer, who: 'The old version cannot read the new one' },
    ];
    for (const { reader, writer, who } of directions) {
      try {
        avroTypeOf(reader).createResolver(avroTypeOf(writer));
      } catch (error) {
        faults.push(`${who}: ${(error as Error).message}.`);
      }
    }
  }
  return faults;
}

function compareNodes(
  older: SchemaNode,
  newer: SchemaNode,
  path: string,
  comparison: Comparison,
): void {
  const { faults, compared } = comparison;
  const at = path === '' ? 'The event' : path;
  if (older.kind !== newer.kind) {
    faults.push(`${at} was ${describe(older)} and is ${describe(newer)}; add a field instead.`);
    return;
  }
  if (older.kind === 'nullable' && newer.kind === 'nullable') {
    compareNodes(older.of, newer.of, path, comparison);
  } else if (older.kind === 'array' && newer.kind === 'array') {
    compareNodes(older.items, newer.items, `${path}[]`, comparison);
  } else if (older.kind === 'enum' && newer.kind === 'enum') {
    compareNames(older.fullName, newer.fullName, at, faults);
    for (const symbol of older.symbols) {
      if (!newer.symbols.includes(symbol)) {
        faults.push(`${at} lost the symbol ${symbol}; old events would read UNKNOWN. Keep it.`);
      }
    }
  } else if (older.kind === 'record' && newer.kind === 'record') {
    const withOlder = compared.get(older) ?? new Set();
    if (withOlder.has(newer)) return;
    compared.set(older, withOlder.add(newer));
    compareNames(older.fullName, newer.fullName, at, faults);
    compareFields(older.fields, newer.fields, path, comparison);
  }
}

function compareFields(
  older: readonly SchemaField[],
  newer: readonly SchemaField[],
  path: string,
  comparison: Comparison,
): void {
  const { faults } = comparison;
  const olderByName = new Map(older.map((field) => [field.name, field]));
  const newerNames = new Set(newer.map((field) => field.name));
  for (const field of older) {
    if (!newerNames.has(field.name)) {
      faults.push(
        `${join(path, field.name)} is gone or renamed; keep it, and add another beside it.`,
      );
    }
  }
  for (const field of newer) {
    const at = join(path, field.name);
    const before = olderByName.get(field.name);
    if (before === undefined) {
      if (!field.hasDefault) {
        faults.push(`${at} is new and has no default; old events lack it. Give it one.`);
      }
      continue;
    }
    if (JSON.stringify(before.defaultValue) !== JSON.stringify(field.defaultValue)) {
      faults.push(`${at} has another default than before; old events would change. Restore it.`);
    }
    compareNodes(before.node, field.node, at, comparison);
  }
}

function compareNames(older: string, newer: string, at: string, faults: string[]): void {
  if (older !== newer)
    faults.push(`${at} was named ${older} and is named ${newer}; keep the name.`);
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function describe(node: SchemaNode): string {
  if (node.kind === 'nullable') return `${describe(node.of)} or null`;
  if (node.kind === 'array') return `a list of ${describe(node.items)}`;
  return node.kind === 'record' || node.kind === 'enum' ? node.name : node.kind;
}
