// Canonical JSON: sorted keys, one spelling for each value, and bigints that survive.

const depthMax = 200;
const bigintKey = '$bigint';
const markedKey = /^\$+bigint$/;
const integerForm = /^-?(?:0|[1-9]\d*)$/;

/**
 * Spells a value as JSON with sorted keys; the same value always gives the same text.
 *
 * A bigint becomes `{"$bigint":"12"}`; an object that looks like one gets another `$`, so that
 * every value comes back as it was. Undefined properties are left out. What JSON cannot hold
 * (NaN, functions, class instances, cycles) is a TypeError that names its path.
 */
export function toJson(value: unknown): string {
  const path: Path = [];
  return write(value, path);
}

/** Reads what `toJson` wrote. Text that is not JSON is a SyntaxError. */
export function fromJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  // Walked afterwards, and only where there is a mark: a reviver is called for each value.
  return text.includes(bigintKey.slice(1)) ? unmarkedAll(value) : value;
}

/** Where the value being written stands; spelled out only for a fault. */
type Path = (string | number)[];

function write(value: unknown, path: Path): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value);
    case 'bigint':
      return `{"${bigintKey}":"${value}"}`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'number':
      if (Number.isFinite(value)) return JSON.stringify(value);
      throw new TypeError(`${spelled(path)} is ${value}, which JSON cannot hold`);
    default:
      if (value === null) return 'null';
  }
  if (path.length > depthMax) {
    throw new TypeError(
      `${spelled(path).slice(0, 80)}… is deeper than ${depthMax} levels or a cycle`,
    );
  }
  if (Array.isArray(value)) return writeArray(value, path);
  if (isPlainObject(value)) return writeObject(value, path);
  throw new TypeError(`${spelled(path)} is ${describe(value)}, which canonical JSON cannot hold`);
}

function writeArray(items: readonly unknown[], path: Path): string {
  let text = '[';
  for (let at = 0; at < items.length; at += 1) {
    path.push(at);
    text += (at === 0 ? '' : ',') + write(items[at], path);
    path.pop();
  }
  return `${text}]`;
}

function writeObject(value: Record<string, unknown>, path: Path): string {
  const keys = sorted(Object.keys(value));
  let text = '';
  let members = 0;
  let last = '';
  for (const key of keys) {
    const member = value[key];
    if (member === undefined) continue;
    path.push(key);
    text += `${members === 0 ? '' : ','}${spelledKey(key)}:${write(member, path)}`;
    path.pop();
    members += 1;
    last = key;
  }
  // An object that looks like a bigint gets another `$`.
  if (members === 1 && markedKey.test(last)) return `{"$${text.slice(1)}}`;
  return `{${text}}`;
}

const SMALL = 32;

/** Sorted by UTF-16 code units, in place. Most objects are small, and `sort` copies twice. */
function sorted(keys: string[]): string[] {
  if (keys.length > SMALL) return keys.sort();
  for (let at = 1; at < keys.length; at += 1) {
    const key = keys[at]!;
    let place = at;
    for (; place > 0 && keys[place - 1]! > key; place -= 1) keys[place] = keys[place - 1]!;
    keys[place] = key;
  }
  return keys;
}

const spelledKeys = new Map<string, string>();
const SPELLED_KEYS_MAX = 1_000;
const SPELLED_KEY_LENGTH_MAX = 64;

/** The names of fields come again and again; keys that are data must not fill the memory. */
function spelledKey(key: string): string {
  let text = spelledKeys.get(key);
  if (text !== undefined) return text;
  text = JSON.stringify(key);
  if (spelledKeys.size < SPELLED_KEYS_MAX && key.length <= SPELLED_KEY_LENGTH_MAX) {
    spelledKeys.set(key, text);
  }
  return text;
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
