// Canonical JSON: sorted keys, one spelling for each value, and bigints that survive.

const depthMax = 200;
const bigintKey = '$bigint';
const markedKey = /^\$+bigint$/;
/** Most texts have nothing to escape, which is quicker to see than to have done. */
const plainText = /^[ !#-[\]-\ud7ff]{0,80}$/;
const integerForm = /^-?(?:0|[1-9]\d*)$/;

/**
 * Spells a value as JSON with sorted keys; the same value always gives the same text.
 *
 * A bigint becomes `{"$bigint":"12"}`; an object that looks like one gets another `$`, so that
 * every value comes back as it was. Undefined properties are left out. What JSON cannot hold
 * (NaN, functions, class instances, cycles) is a TypeError that names its path.
 */
export function toJson(value: unknown): string {
  try {
    const text = write(value, 0);
    // Reading it makes one text of the many that it was put together from, which then can go.
    text.charCodeAt(0);
    return text;
  } catch (error) {
    // Nobody has to know where a value stands until it is at fault.
    if (error instanceof Unwritable) findFault(value, []);
    throw error;
  }
}

/** Texts of values that never change. */
const known = new WeakMap<object, string>();

/**
 * Spells a value that never changes from now on, and remembers its text as long as the value lives:
 * whatever holds it is spelled without walking it again.
 */
export function toJsonOnce(value: object): string {
  const before = known.get(value);
  if (before !== undefined) return before;
  const text = toJson(value);
  known.set(value, text);
  return text;
}

/** Reads what `toJson` wrote. Text that is not JSON is a SyntaxError. */
export function fromJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Walked afterwards, and only where there is a mark: a reviver is called for each value.
  return text.includes(bigintKey.slice(1)) ? unmarkedAll(value) : value;
}

/** A value that JSON cannot hold; `findFault` says which. */
class Unwritable extends Error {}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return plainText.test(value) ? `"${value}"` : JSON.stringify(value);
    case 'bigint':
      return `{"${bigintKey}":"${value}"}`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (Number.isFinite(value)) return `${value}`;
      throw new Unwritable();
    case 'object': {
      if (value === null) return 'null';
      const text = known.get(value);
      if (text !== undefined) return text;
      if (depth > depthMax) throw new Unwritable();
      if (Array.isArray(value)) return writeArray(value, depth + 1);
      if (isPlainObject(value)) return writeObject(value, depth + 1);
      throw new Unwritable();
    }
    default:
      throw new Unwritable();
  }
}

function writeArray(items: readonly unknown[], depth: number): string {
  let text = '[';
  for (let at = 0; at < items.length; at += 1) {
    text += (at === 0 ? '' : ',') + write(items[at], depth);
  }
  return `${text}]`;
}

function writeObject(value: Record<string, unknown>, depth: number): string {
  let text = '{';
  let members = 0;
  let last = '';
  for (const { key, spelled } of orderOf(Object.keys(value))) {
    const member = value[key];
    if (member === undefined) continue;
    text += (members === 0 ? '' : ',') + spelled + write(member, depth);
    members += 1;
    last = key;
  }
  // An object that looks like a bigint gets another `$`.
  if (members === 1 && markedKey.test(last)) return `{"$${text.slice(2)}}`;
  return `${text}}`;
}

interface Member {
  readonly key: string;
  /** As it stands before its value. */
  readonly spelled: string;
}

/** The keys of an object as they came, and in the order in which they are written. */
interface Shape {
  readonly keys: readonly string[];
  readonly order: readonly Member[];
}

/** By the first key. Records come again and again; keys that are data must not fill the memory. */
const shapes = new Map<string, Shape[]>();
const SHAPES_MAX = 1_000;
const SHAPES_ALIKE_MAX = 16;
const SHAPE_KEYS_MAX = 64;
const SHAPE_KEY_LENGTH_MAX = 64;

/** Sorted by UTF-16 code units. */
function orderOf(keys: readonly string[]): readonly Member[] {
  const alike = shapes.get(keys[0] ?? '');
  for (const shape of alike ?? []) if (isOf(shape, keys)) return shape.order;
  const order = [...keys].sort().map((key) => ({ key, spelled: `${JSON.stringify(key)}:` }));
  if (keys.length > SHAPE_KEYS_MAX || keys.some(({ length }) => length > SHAPE_KEY_LENGTH_MAX)) {
    return order;
  }
  if (alike === undefined && shapes.size < SHAPES_MAX) shapes.set(keys[0] ?? '', [{ keys, order }]);
  else if (alike !== undefined && alike.length < SHAPES_ALIKE_MAX) alike.push({ keys, order });
  return order;
}

function isOf({ keys: known }: Shape, keys: readonly string[]): boolean {
  if (known.length !== keys.length) return false;
  for (let at = 0; at < keys.length; at += 1) if (known[at] !== keys[at]) return false;
  return true;
}

/** Where the value being looked at stands. */
type Path = (string | number)[];

/** Walks a value that cannot be written once more, and throws with the path of what is at fault. */
function findFault(value: unknown, path: Path): void {
  if (value === null || ['string', 'bigint', 'boolean'].includes(typeof value)) return;
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return;
    throw new TypeError(`${spelled(path)} is ${value}, which JSON cannot hold`);
  }
  if (typeof value === 'object' && path.length > depthMax) {
    const where = spelled(path).slice(0, 80);
    throw new TypeError(`${where}… is deeper than ${depthMax} levels or a cycle`);
  }
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at += 1) findFault(value[at], [...path, at]);
  } else if (isPlainObject(value)) {
    for (const { key } of orderOf(Object.keys(value))) {
      if (value[key] !== undefined) findFault(value[key], [...path, key]);
    }
  } else {
    throw new TypeError(`${spelled(path)} is ${describe(value)}, which canonical JSON cannot hold`);
  }
}

function spelled(path: Path): string {
  return path.reduce<string>(
    (text, step) => text + (typeof step === 'number' ? `[${step}]` : `.${step}`),
    '$',
  );
}

function unmarkedAll(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const holder = value as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    const held = holder[key];
    if (typeof held === 'object' && held !== null) holder[key] = unmarkedAll(held);
  }
  return unmarked(holder);
}

function unmarked(value: object): unknown {
  if (Array.isArray(value)) return value;
  const keys = Object.keys(value);
  const [only] = keys;
  if (keys.length !== 1 || only === undefined || !markedKey.test(only)) return value;
  const held = (value as Record<string, unknown>)[only];
  if (only !== bigintKey) return { [only.slice(1)]: held };
  return typeof held === 'string' && integerForm.test(held) ? BigInt(held) : value;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function describe(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `a value of type ${typeof value}`;
  return `an instance of ${value.constructor?.name ?? 'an unnamed class'}`;
}
