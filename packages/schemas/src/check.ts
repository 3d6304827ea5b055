// Checks data against a schema before it is encoded, and says which field is wrong.
import type { SchemaErrorCode } from './errors.ts';
import { joinPath } from './guard.ts';
import type { EnumNode, RecordNode, SchemaNode } from './schema.ts';

export interface DataFault {
  code: SchemaErrorCode;
  what: string;
  path: string;
}

/** Null if the data fit. */
export type Check = (value: unknown) => DataFault | null;

/** `undeclared`: what to do with a field not in the schema; avsc would drop it silently. */
export function compileCheck(
  node: SchemaNode,
  listItemsMax: number,
  undeclared: 'refuse' | 'pass',
): Check {
  switch (node.kind) {
    case 'string':
      return checkString;
    case 'bytes':
      return (value) => (Buffer.isBuffer(value) ? null : wrongType(value, 'a Buffer'));
    case 'int':
      return (value) =>
        typeof value === 'number' && (value | 0) === value
          ? null
          : wrongType(value, 'an integer of 32 bits');
    case 'long':
      return (value) =>
        typeof value === 'bigint' && BigInt.asIntN(64, value) === value
          ? null
          : wrongType(value, 'a bigint of 64 bits');
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? null : wrongType(value, 'a boolean'));
    case 'enum':
      return compileEnum(node);
    case 'nullable': {
      const of = compileCheck(node.of, listItemsMax, undeclared);
      return (value) => (value === null ? null : of(value));
    }
    case 'array': {
      const item = compileCheck(node.items, listItemsMax, undeclared);
      return (value) => {
        if (!Array.isArray(value)) return wrongType(value, 'an array');
        // Each item takes at least a byte: a longer list cannot fit, so it need not be walked.
        if (value.length > listItemsMax) {
          const what = `${value.length} items do not fit into ${listItemsMax} bytes.`;
          return { code: 'SAIDAO_TOO_LARGE', what, path: '' };
        }
        for (let i = 0; i < value.length; i += 1) {
          const fault = item(value[i]);
          if (fault !== null) return { ...fault, path: joinPath(`[${i}]`, fault.path) };
        }
        return null;
      };
    }
    case 'record':
      return compileRecord(node, listItemsMax, undeclared);
  }
}

function compileRecord(
  node: RecordNode,
  listItemsMax: number,
  undeclared: 'refuse' | 'pass',
): Check {
  const names = node.fields.map((field) => field.name);
  const checks = node.fields.map((field) => compileCheck(field.node, listItemsMax, undeclared));
  const count = names.length;
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return wrongType(value, `a record ${node.name}`);
    }
    const record = value as Record<string, unknown>;
    for (let i = 0; i < count; i += 1) {
      const name = names[i]!;
      const fieldValue = record[name];
      if (fieldValue === undefined) {
        const what = `is missing in ${node.name}; give null if it may be null.`;
        return { code: 'SAIDAO_FIELD_MISSING', what, path: name };
      }
      const fault = checks[i]!(fieldValue);
      if (fault !== null) return { ...fault, path: joinPath(name, fault.path) };
    }
    if (undeclared === 'pass') return null;
    // All declared fields are there, so equal counts mean that there is no other.
    let present = 0;
    for (const _key in record) present += 1;
    if (present === count) return null;
    const extra = Object.keys(record).find((key) => !names.includes(key));
    if (extra === undefined) return wrongType(value, `a plain record ${node.name}`);
    const what = `is not declared in ${node.name}; declared are ${names.join(', ')}.`;
    return { code: 'SAIDAO_FIELD_UNKNOWN', what, path: extra };
  };
}

function compileEnum(node: EnumNode): Check {
  const symbols = new Set<unknown>(node.symbols);
  return (value) =>
    symbols.has(value) ? null : wrongType(value, `one of ${node.symbols.join(', ')}`);
}

function checkString(value: unknown): DataFault | null {
  if (typeof value !== 'string') return wrongType(value, 'a string');
  if (!value.isWellFormed()) {
    return { code: 'SAIDAO_UTF8', what: 'holds half of a surrogate pair.', path: '' };
  }
  if (value.includes('\u0000')) {
    return { code: 'SAIDAO_NUL', what: 'holds U+0000; leave it out.', path: '' };
  }
  return null;
}

function wrongType(value: unknown, wanted: string): DataFault {
  const found =
    value === null
      ? 'null'
      : Array.isArray(value)
        ? 'an array'
        : typeof value === 'number' && !Number.isInteger(value)
          ? 'a number that is no integer'
          : `a ${typeof value}`;
  return { code: 'SAIDAO_FIELD_TYPE', what: `must be ${wanted}, not ${found}.`, path: '' };
}
