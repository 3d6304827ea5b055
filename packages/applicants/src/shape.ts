// Checks of JSON by shape: each says what is wrong and where, and gives the value its type.
export interface Fault {
  readonly path: string;
  readonly message: string;
}

/** Looks at a value, adds what is wrong to the faults, and hands the value on. */
export type Check<T> = (value: unknown, path: string, faults: Fault[]) => T;
export type Checked<C> = C extends Check<infer T> ? T : never;

type Checks = Readonly<Record<string, Check<unknown>>>;
type Flat<T> = { readonly [K in keyof T]: T[K] };

function check<T>(expects: string, holds: (value: unknown) => boolean): Check<T> {
  return (value, path, faults) => {
    if (!holds(value)) faults.push({ path, message: `has to be ${expects}` });
    return value as T;
  };
}

export const textThat = (holds: (text: string) => boolean, expects: string): Check<string> =>
  check(expects, (value) => typeof value === 'string' && holds(value));
export const textLike = (form: RegExp, expects: string): Check<string> =>
  textThat((text) => form.test(text), expects);
export const integerFrom = (min: number): Check<number> =>
  check(`a whole number from ${min}`, (value) => Number.isInteger(value) && Number(value) >= min);
export const oneOf = <const T extends string | boolean | null>(...words: readonly T[]): Check<T> =>
  check(`one of ${words.join(', ')}`, (value) => words.includes(value as T));

export const orNull =
  <T>(item: Check<T>): Check<T | null> =>
  (value, path, faults) =>
    value === null ? null : item(value, path, faults);

export const listOf =
  <T>(item: Check<T>, least = 0): Check<readonly T[]> =>
  (value, path, faults) => {
    if (!Array.isArray(value) || value.length < least) {
      faults.push({ path, message: `has to be a list of at least ${least}` });
      return [];
    }
    return value.map((one, index) => item(one, `${path}[${index}]`, faults));
  };

export const mapOf =
  <T>(item: Check<T>): Check<Readonly<Record<string, T>>> =>
  (value, path, faults) => {
    if (!isObject(value, path, faults)) return {};
    for (const [key, one] of Object.entries(value)) item(one, `${path}.${key}`, faults);
    return value as Record<string, T>;
  };

/** An object with exactly these keys; the second ones may be left out. */
export const object =
  <R extends Checks, O extends Checks = {}>(
    required: R,
    optional?: O,
  ): Check<Flat<{ [K in keyof R]: Checked<R[K]> } & { [K in keyof O]?: Checked<O[K]> }>> =>
  (value, path, faults) => {
    if (!isObject(value, path, faults)) return value as never;
    const known: Checks = { ...optional, ...required };
    for (const [key, one] of Object.entries(value)) {
      if (Object.hasOwn(known, key)) known[key]?.(one, join(path, key), faults);
      else faults.push({ path: join(path, key), message: 'is not known here' });
    }
    for (const key of Object.keys(required)) {
      if (!Object.hasOwn(value, key)) faults.push({ path: join(path, key), message: 'is missing' });
    }
    return value as never;
  };

const join = (path: string, key: string) => (path === '' ? key : `${path}.${key}`);

function isObject(value: unknown, path: string, faults: Fault[]): value is object {
  const fits = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!fits) faults.push({ path, message: 'has to be an object' });
  return fits;
}
