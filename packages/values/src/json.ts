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
  return write(value, '$', 0);
}

/** Reads what `toJson` wrote. Text that is not JSON is a SyntaxError. */
export function fromJson(text: string): unknown {
  return JSON.parse(text, (_key, value: unknown) => unmarked(value));
}

function write(value: unknown, path: string, depth: number): string {
  if (depth > depthMax) {
    throw new TypeError(`${path.slice(0, 80)}… is deeper than ${depthMax} levels or a cycle`);
  }
  if (value === null || typeof value === 'boolean' || typeof value === 'string') {
    return JSON.stringify(value);
  }
  if (typeof value === 'bigint') return `{"${bigintKey}":"${value}"}`;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError(`${path} is ${value}, which JSON cannot hold`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    const items = Array.from(value, (item, index) => write(item, `${path}[${index}]`, depth + 1));
    return `[${items.join(',')}]`;
  }
  if (isPlainObject(value)) return writeObject(value, path, depth);
  throw new TypeError(`${path} is ${describe(value)}, which canonical JSON cannot hold`);
}

function writeObject(value: Record<string, unknown>, path: string, depth: number): string {
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  const [only] = keys;
  if (keys.length === 1 && only !== undefined && markedKey.test(only)) {
    return `{${JSON.stringify(`$${only}`)}:${write(value[only], `${path}.${only}`, depth + 1)}}`;
  }
  const members = keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${write(value[key], `${path}.${key}`, depth + 1)}`);
  return `{${members.join(',')}}`;
}

function unmarked(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
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
