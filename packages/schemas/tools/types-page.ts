// Writes the TypeScript types of the events.
import type { EnumNode, RecordNode, SchemaNode } from '../src/schema.ts';

export function typesPage(
  types: readonly (RecordNode | EnumNode)[],
  events: readonly string[],
): string {
  const parts = [
    '// Types of events and their parts, generated from avro/ by `npm run generate`; do not edit.',
    '',
  ];
  for (const type of types) {
    if (type.doc !== undefined) parts.push(`/** ${type.doc} */`);
    if (type.kind === 'enum') {
      parts.push(`export type ${type.name} = ${type.symbols.map((s) => `'${s}'`).join(' | ')};`);
    } else {
      parts.push(`export interface ${type.name} {`);
      for (const field of type.fields) {
        if (field.doc !== undefined) parts.push(`  /** ${field.doc} */`);
        parts.push(`  ${field.name}: ${typeText(field.node)};`);
      }
      parts.push('}');
    }
    parts.push('');
  }
  parts.push('export interface EventMap {');
  for (const event of events) parts.push(`  ${event}: ${event};`);
  parts.push('}', '', 'export type EventName = keyof EventMap;', '');
  parts.push('/** An event with its type beside it; narrows by `type`. */');
  parts.push('export type EventOf<N extends EventName = EventName> = {');
  parts.push('  [K in N]: { type: K; data: EventMap[K] };');
  parts.push('}[N];', '');
  return parts.join('\n');
}

export function typeText(node: SchemaNode): string {
  switch (node.kind) {
    case 'string':
      return 'string';
    case 'int':
      return 'number';
    case 'long':
      return 'bigint';
    case 'boolean':
      return 'boolean';
    case 'bytes':
      return 'Buffer';
    case 'nullable':
      return `${typeText(node.of)} | null`;
    case 'array':
      return `${typeText(node.items)}[]`;
    case 'enum':
    case 'record':
      return node.name;
  }
}
