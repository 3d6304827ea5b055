// Writes bodies of any schema by hand: sound ones, and ones with one node spoiled.
import type { LockedSchema } from '@saidao/schemas';

export type NodeKind =
  'string' | 'int' | 'long' | 'boolean' | 'bytes' | 'enum' | 'nullable' | 'array';

/** What stands in place of the first node of that kind. */
export interface Spoilt {
  readonly kind: NodeKind;
  readonly bytes: Buffer;
  /** Nothing comes after it. */
  readonly last?: boolean;
}

interface RecordSchema {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: unknown }[];
}

/**
 * A body in which every nullable is there and every list has one item. `texts` are the strings of
 * fields by name; others are `x`. Undefined if the schema has no node of the kind to be spoilt.
 */
export function sampleBody(
  schema: LockedSchema['schema'],
  texts: Readonly<Record<string, string>>,
  spoilt?: Spoilt,
): Buffer | undefined {
  const chunks: Buffer[] = [];
  const named = new Map<string, unknown>();
  let spoiled = false;
  let ended = false;

  const put = (bytes: Buffer): void => {
    if (!ended) chunks.push(bytes);
  };
  /** True when the spoilt node has been put in this one's place. */
  const spoils = (kind: NodeKind): boolean => {
    if (spoilt === undefined || spoiled || spoilt.kind !== kind) return false;
    spoiled = true;
    put(spoilt.bytes);
    ended = spoilt.last === true;
    return true;
  };

  const write = (node: unknown, field: string): void => {
    if (typeof node === 'string' && named.has(node)) return write(named.get(node), field);
    if (Array.isArray(node)) {
      if (spoils('nullable')) return;
      put(varint(1n));
      return write(node[1], field);
    }
    const type = typeof node === 'string' ? node : (node as { type: string }).type;
    if (type === 'record') {
      const { name, fields } = node as RecordSchema;
      named.set(name, node);
      for (const one of fields) write(one.type, one.name);
      return;
    }
    if (type === 'enum') named.set((node as RecordSchema).name, node);
    if (spoils(type as NodeKind)) return;
    switch (type) {
      case 'array':
        put(varint(1n));
        write((node as { items: unknown }).items, field);
        return put(varint(0n));
      case 'string': {
        const bytes = Buffer.from(texts[field] ?? 'x');
        return put(Buffer.concat([varint(BigInt(bytes.length)), bytes]));
      }
      case 'bytes':
        return put(Buffer.from([2, 0x78]));
      case 'boolean':
        return put(Buffer.from([1]));
      case 'enum':
        return put(varint(0n));
      default:
        return put(varint(1n));
    }
  };

  write(schema, '');
  return spoilt !== undefined && !spoiled ? undefined : Buffer.concat(chunks);
}

/** The Confluent wire format. */
export function wire(schemaId: number, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeInt32BE(schemaId, 1);
  return Buffer.concat([head, body]);
}

/** Avro's zigzag varint, of any size. */
export function varint(value: bigint): Buffer {
  const out: number[] = [];
  let rest = value < 0n ? -2n * value - 1n : 2n * value;
  while (rest >= 0x80n) {
    out.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  out.push(Number(rest));
  return Buffer.from(out);
}
