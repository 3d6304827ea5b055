// Arrays as parameters in PostgreSQL's binary form: pg's text form escapes each element twice over.
// Layout: dimensions, has-null flag, element type, length, first index; then each element behind
// its length (array_recv in PostgreSQL's arrayfuncs.c).

interface ElementType {
  readonly oid: number;
  /** The bytes of an element, or undefined where the binary form cannot hold it. */
  bytesOf(value: unknown): number | undefined;
  write(into: Buffer, at: number, value: unknown): void;
}

const NULL_LENGTH = -1;
const HEADER_BYTES = 20;
const EMPTY_HEADER_BYTES = 12;

const ELEMENT_TYPES: Readonly<Record<string, ElementType>> = {
  text: {
    oid: 25,
    bytesOf: (value) => (typeof value === 'string' ? Buffer.byteLength(value) : undefined),
    write: (into, at, value) => void into.write(value as string, at),
  },
  jsonb: {
    oid: 3802,
    // The first byte is the version of the form.
    bytesOf: (value) => (typeof value === 'string' ? 1 + Buffer.byteLength(value) : undefined),
    write(into, at, value) {
      into[at] = 1;
      into.write(value as string, at + 1);
    },
  },
  bytea: {
    oid: 17,
    bytesOf: (value) => (Buffer.isBuffer(value) ? value.length : undefined),
    write: (into, at, value) => void (value as Buffer).copy(into, at),
  },
  int: {
    oid: 23,
    bytesOf: (value) => (typeof value === 'number' && (value | 0) === value ? 4 : undefined),
    write: (into, at, value) => void into.writeInt32BE(value as number, at),
  },
  bigint: {
    oid: 20,
    bytesOf(value) {
      if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? 8 : undefined;
      return Number.isSafeInteger(value) ? 8 : undefined;
    },
    write: (into, at, value) => void into.writeBigInt64BE(BigInt(value as number | bigint), at),
  },
  boolean: {
    oid: 16,
    bytesOf: (value) => (typeof value === 'boolean' ? 1 : undefined),
    write(into, at, value) {
      into[at] = value === true ? 1 : 0;
    },
  },
};

/** The types of the elements that a statement casts its parameters to, as in `$2::text[]`. */
export function arrayTypesOf(text: string): readonly (string | undefined)[] {
  const types: (string | undefined)[] = [];
  for (const [, number, type] of text.matchAll(/\$(\d+)::(\w+)\[\]/g)) {
    types[Number(number) - 1] = type;
  }
  return types;
}

/**
 * An array of `type` in binary form. Undefined where the type has none here or an element is not of
 * it: the server then says of pg's text form what is wrong.
 */
export function binaryArray(type: string, values: readonly unknown[]): Buffer | undefined {
  const element = ELEMENT_TYPES[type];
  if (element === undefined) return undefined;
  const lengths = new Int32Array(values.length);
  let bytes = values.length === 0 ? EMPTY_HEADER_BYTES : HEADER_BYTES;
  let hasNull = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    const length = value === null || value === undefined ? NULL_LENGTH : element.bytesOf(value);
    if (length === undefined) return undefined;
    if (length === NULL_LENGTH) hasNull = 1;
    lengths[index] = length;
    bytes += 4 + Math.max(length, 0);
  }
  const buffer = Buffer.allocUnsafe(bytes);
  let at = buffer.writeInt32BE(values.length === 0 ? 0 : 1, 0);
  at = buffer.writeInt32BE(hasNull, at);
  at = buffer.writeInt32BE(element.oid, at);
  if (values.length === 0) return buffer;
  at = buffer.writeInt32BE(values.length, at);
  at = buffer.writeInt32BE(1, at);
  for (let index = 0; index < values.length; index += 1) {
    const length = lengths[index]!;
    at = buffer.writeInt32BE(length, at);
    if (length === NULL_LENGTH) continue;
    element.write(buffer, at, values[index]);
    at += length;
  }
  return buffer;
}
