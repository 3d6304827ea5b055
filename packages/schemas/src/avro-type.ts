// The avsc library with its traps closed: bigint longs, bare unions, plain records.
import avsc from 'avsc';
import type { Type } from 'avsc';
import type { AvroSchema } from './schema.ts';

const SAFE_BYTES = 8;

// A decoded long of 2^52 and beyond loses its sign in avsc; as bigint it keeps every bit.
function bigintLong(): Type {
  const packed = Buffer.alloc(SAFE_BYTES);
  return avsc.types.LongType.__with({
    fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
    // avsc takes the bytes before it asks again, so one buffer serves all.
    toBuffer: (value: bigint) => {
      packed.writeBigInt64LE(value);
      return packed;
    },
    fromJSON: BigInt,
    // Only avsc's copying of defaults comes here; a string keeps what Number would round.
    toJSON: String,
    isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
    compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
  }) as Type;
}

/** The avsc type of a self-contained schema. */
export function avroTypeOf(schema: AvroSchema): Type {
  const records: Type[] = [];
  const options = {
    // avsc writes into the registry it is given, so each call has its own.
    registry: { long: bigintLong() },
    wrapUnions: 'never',
    omitRecordMethods: true,
  };
  const type = avsc.Type.forSchema(schema as never, options as never);
  collectRecords(type, records, new Set());
  for (const record of records) {
    // Decoded records are then plain objects, as literals are: equal by any comparison.
    (
      record as unknown as { recordConstructor: { prototype: object } }
    ).recordConstructor.prototype = Object.prototype;
  }
  return type;
}

interface AnyType {
  typeName: string;
  fields?: { type: Type }[];
  itemsType?: Type;
  types?: Type[];
}

function collectRecords(type: Type, records: Type[], seen: Set<Type>): void {
  if (seen.has(type)) return;
  seen.add(type);
  const { typeName, fields, itemsType, types } = type as unknown as AnyType;
  if (typeName === 'record') records.push(type);
  for (const field of fields ?? []) collectRecords(field.type, records, seen);
  if (itemsType !== undefined) collectRecords(itemsType, records, seen);
  for (const branch of types ?? []) collectRecords(branch, records, seen);
}
