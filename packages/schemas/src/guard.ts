// Walks a body before avsc does, so that hostile bytes cost bounded time and memory.
import type { SchemaErrorCode } from './errors.ts';
import type { SchemaNode } from './schema.ts';

// avsc believes a block count: 4 bytes that claim 10 million items block it for seconds. It also
// turns invalid UTF-8 into U+FFFD and takes any byte for a boolean. So nothing reaches it unwalked.
export interface Cursor {
  buf: Buffer;
  pos: number;
  end: number;
  code: SchemaErrorCode;
  what: string;
  /** Grown from the leaf outwards while a fault unwinds, so that good bytes pay nothing for it. */
  path: string;
}

/** False if the bytes are bad; the cursor then says what and where. */
export type Walk = (cursor: Cursor) => boolean;

export function compileWalk(node: SchemaNode): Walk {
  switch (node.kind) {
    case 'string':
      return walkString;
    case 'bytes':
      return walkBytes;
    case 'int':
      return walkInt;
    case 'long':
      return walkLong;
    case 'boolean':
      return walkBoolean;
    case 'enum':
      return walkSymbol(node.symbols.length);
    case 'nullable': {
      const of = compileWalk(node.of);
      return (cursor) => {
        const branch = readSize(cursor);
        if (branch === 0) return true;
        if (branch === 1) return of(cursor);
        if (Number.isNaN(branch)) return false;
        return fail(cursor, 'SAIDAO_MALFORMED', 'a union has two branches, this is neither.');
      };
    }
    case 'array':
      return compileArray(compileWalk(node.items), smallestSize(node.items));
    case 'record': {
      const names = node.fields.map((field) => field.name);
      const walks = node.fields.map((field) => compileWalk(field.node));
      const count = walks.length;
      return (cursor) => {
        for (let i = 0; i < count; i += 1) {
          if (!walks[i]!(cursor)) {
            cursor.path = joinPath(names[i]!, cursor.path);
            return false;
          }
        }
        return true;
      };
    }
  }
}

/** Fewest bytes a value takes; never 0, which is what bounds an array by the bytes left. */
export function smallestSize(node: SchemaNode): number {
  if (node.kind !== 'record') return 1;
  return node.fields.reduce((sum, field) => sum + smallestSize(field.node), 0);
}

export function joinPath(head: string, rest: string): string {
  return rest === '' || rest.startsWith('[') ? head + rest : `${head}.${rest}`;
}

function fail(cursor: Cursor, code: SchemaErrorCode, what: string): false {
  cursor.code = code;
  cursor.what = what;
  cursor.path = '';
  return false;
}

function endsEarly(cursor: Cursor): false {
  return fail(cursor, 'SAIDAO_TRUNCATED', 'the bytes end here, inside the record.');
}

/** A zigzag varint as a double: exact where it matters, far below 2^53. NaN if bad. */
function readSize(cursor: Cursor): number {
  const { buf, end } = cursor;
  let { pos } = cursor;
  let value = 0;
  let scale = 1;
  let byte: number;
  do {
    if (pos >= end) {
      endsEarly(cursor);
      return NaN;
    }
    if (pos - cursor.pos === 10) {
      fail(cursor, 'SAIDAO_MALFORMED', 'a number takes more than ten bytes.');
      return NaN;
    }
    byte = buf[pos]!;
    pos += 1;
    value += (byte & 0x7f) * scale;
    scale *= 128;
  } while (byte >= 0x80);
  cursor.pos = pos;
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function walkInt(cursor: Cursor): boolean {
  const value = readSize(cursor);
  if (Number.isNaN(value)) return false;
  if (value < -2147483648 || value > 2147483647) {
    return fail(cursor, 'SAIDAO_MALFORMED', 'an int takes more than 32 bits.');
  }
  return true;
}

function walkLong(cursor: Cursor): boolean {
  const { buf, end, pos: start } = cursor;
  let pos = start;
  while (pos < end && buf[pos]! >= 0x80) pos += 1;
  if (pos >= end) return endsEarly(cursor);
  // Ten bytes carry 70 bits, a long has 64.
  if (pos - start > 9 || (pos - start === 9 && buf[pos]! > 1)) {
    return fail(cursor, 'SAIDAO_MALFORMED', 'a long takes more than 64 bits.');
  }
  cursor.pos = pos + 1;
  return true;
}

function walkBoolean(cursor: Cursor): boolean {
  if (cursor.pos >= cursor.end) return endsEarly(cursor);
  if (cursor.buf[cursor.pos]! > 1) {
    return fail(cursor, 'SAIDAO_MALFORMED', 'a boolean is neither 0 nor 1.');
  }
  cursor.pos += 1;
  return true;
}

function walkSymbol(count: number): Walk {
  return (cursor) => {
    const index = readSize(cursor);
    if (Number.isNaN(index)) return false;
    if (index >= 0 && index < count) return true;
    return fail(cursor, 'SAIDAO_MALFORMED', `an enum has ${count} symbols, this is none of them.`);
  };
}

function walkBytes(cursor: Cursor): boolean {
  const length = readSize(cursor);
  if (Number.isNaN(length)) return false;
  if (length < 0) return fail(cursor, 'SAIDAO_MALFORMED', 'a length is negative.');
  if (length > cursor.end - cursor.pos) return endsEarly(cursor);
  cursor.pos += length;
  return true;
}

function walkString(cursor: Cursor): boolean {
  const length = readSize(cursor);
  if (Number.isNaN(length)) return false;
  if (length < 0) return fail(cursor, 'SAIDAO_MALFORMED', 'a length is negative.');
  if (length > cursor.end - cursor.pos) return endsEarly(cursor);
  const { buf } = cursor;
  const stop = cursor.pos + length;
  let pos = cursor.pos;
  while (pos < stop) {
    const byte = buf[pos]!;
    if (byte === 0) return fail(cursor, 'SAIDAO_NUL', 'holds U+0000; leave it out.');
    if (byte < 0x80) pos += 1;
    else {
      const size = utf8Size(buf, pos, stop, byte);
      if (size === 0) return fail(cursor, 'SAIDAO_UTF8', 'is not valid UTF-8.');
      pos += size;
    }
  }
  cursor.pos = stop;
  return true;
}

/** Bytes of the character that starts here with `first` (0x80 or above); 0 if it is none. */
function utf8Size(buf: Buffer, pos: number, stop: number, first: number): number {
  if (first < 0xc2 || first > 0xf4) return 0;
  const size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (pos + size > stop) return 0;
  // The second byte's range shuts out overlong forms, surrogates and what lies beyond U+10FFFF.
  const second = buf[pos + 1]!;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let next = pos + 2; next < pos + size; next += 1) {
    if ((buf[next]! & 0xc0) !== 0x80) return 0;
  }
  return size;
}

function compileArray(item: Walk, itemSizeMin: number): Walk {
  return (cursor) => {
    let index = 0;
    for (;;) {
      let count = readSize(cursor);
      if (Number.isNaN(count)) return false;
      if (count === 0) return true;
      let blockEnd = -1;
      if (count < 0) {
        count = -count;
        const size = readSize(cursor);
        if (Number.isNaN(size)) return false;
        if (size < 0) return fail(cursor, 'SAIDAO_MALFORMED', 'the size of a block is negative.');
        if (size > cursor.end - cursor.pos) return endsEarly(cursor);
        blockEnd = cursor.pos + size;
      }
      if (count * itemSizeMin > cursor.end - cursor.pos) {
        const left = cursor.end - cursor.pos;
        const what = `a list claims ${count} items of ${itemSizeMin}+ bytes, ${left} are left.`;
        return fail(cursor, 'SAIDAO_BLOCK_COUNT', what);
      }
      for (const last = index + count; index < last; index += 1) {
        if (!item(cursor)) {
          cursor.path = joinPath(`[${index}]`, cursor.path);
          return false;
        }
      }
      if (blockEnd !== -1 && cursor.pos !== blockEnd) {
        return fail(cursor, 'SAIDAO_MALFORMED', 'a block is not as long as it says.');
      }
    }
  };
}
