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

/** What stands where nothing else is asked for. */
export interface Leaves {
  readonly text: string;
  readonly int: bigint;
  readonly long: bigint;
  /** In every list. */
  readonly items: number;
  /** Whether nullables are there. */
  readonly present: boolean;
}

interface RecordSchema {
  readonly name: string;
  readonly fields: readonly { readonly name: string; readonly type: unknown }[];
}

const PLAIN: Leaves = { text: 'x', int: 1n, long: 1n, items: 1, present: true };

/**
 * A body made of `leaves`. `texts` are the strings of fields by name. Undefined if the schema has no
 * node of the kind to be spoilt.
 */
export function sampleBody(
  schema: LockedSchema['schema'],
  texts: Readonly<Record<string, string>>,
  spoilt?: Spoilt,
  leaves: Leaves = PLAIN,
): Buffer | undefined {
  const chunks: Buffer[] = [];
  const named = namedIn(schema);
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
      put(varint(leaves.present ? 1n : 0n));
      return leaves.present ? write(node[1], field) : undefined;
    }
    const type = typeof node === 'string' ? node : (node as { type: string }).type;
    if (type === 'record') {
      for (const one of (node as RecordSchema).fields) write(one.type, one.name);
      return;
    }
    if (spoils(type as NodeKind)) return;
    switch (type) {
      case 'array':
        if (leaves.items > 0) put(varint(BigInt(leaves.items)));
        for (let at = 0; at < leaves.items; at += 1) {
          write((node as { items: unknown }).items, field);
        }
        return put(varint(0n));
      case 'string': {
        const bytes = Buffer.from(texts[field] ?? leaves.text);
        return put(Buffer.concat([varint(BigInt(bytes.length)), bytes]));
      }
      case 'bytes':
        return put(Buffer.from([2, 0x78]));
      case 'boolean':
        return put(Buffer.from([1]));
      case 'enum':
        return put(varint(0n));
      case 'int':
        return put(varint(leaves.int));
      default:
        return put(varint(leaves.long));
    }
  };

  write(schema, '');
  return spoilt !== undefined && !spoiled ? undefined : Buffer.concat(chunks);
}

/** Records and enums by name: the first use of a name holds what it means. */
function namedIn(schema: unknown): Map<string, unknown> {
  const named = new Map<string, unknown>();
  const look = (node: unknown): void => {
    if (Array.isArray(node)) return node.forEach(look);
    if (typeof node !== 'object' || node === null) return;
    const { name, type } = node as { name?: string; type?: unknown };
    if (name !== undefined && (type === 'record' || type === 'enum')) named.set(name, node);
    Object.values(node).forEach(look);
  };
  look(schema);
  return named;
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
