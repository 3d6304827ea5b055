// The shape of a document's data: what is not there or of another type, each place told by its path.
import { fenOfYuan, ppmOf } from '@saidao/values';

/** Says what is wrong with a value, as `has to be a text`; undefined: nothing. */
export type Leaf = (value: unknown) => string | undefined;

export type Shape =
  | Leaf
  | { readonly orNull: Shape }
  | { readonly each: Shape }
  /** A list that may not be empty. */
  | { readonly some: Shape }
  | { readonly byName: Shape }
  /** At least these fields. */
  | { readonly of: Fields }
  /** These fields and no others: a slip in a name is told. */
  | { readonly only: Fields }
  /** By what the field `kind` says. */
  | { readonly kinds: Fields };

type Fields = Readonly<Record<string, Shape>>;

const leaf =
  (what: string, is: (value: unknown) => boolean): Leaf =>
  (value) =>
    is(value) ? undefined : `has to be ${what}`;

export const text = leaf('a text', (value) => typeof value === 'string' && value.trim() !== '');
export const integer = leaf('a whole number', Number.isSafeInteger);
export const count = leaf(
  'a whole number',
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
);
export const number = leaf('a number', (value) => typeof value === 'number');
export const flag = leaf('true or false', (value) => typeof value === 'boolean');

export const oneOf = (...names: readonly string[]): Leaf =>
  leaf(`one of ${names.join(', ')}`, (value) => names.some((name) => name === value));

/** A text that a reader of values takes; what it says of another is told. */
const readBy =
  <T>(
    read: (text: string) => T,
    faultOf: (value: T) => string | undefined = () => undefined,
  ): Leaf =>
  (value) => {
    if (typeof value !== 'string') return 'has to be a text';
    try {
      return faultOf(read(value));
    } catch (error) {
      return (error as Error).message;
    }
  };

export const decimal = readBy(ppmOf);
export const share = readBy(ppmOf, (ppm) =>
  ppm < 0 || ppm > 1_000_000 ? 'is no share: write one from 0 to 1' : undefined,
);
export const yuan = readBy(fenOfYuan);
export const amount = readBy(fenOfYuan, (fen) => (fen > 0n ? undefined : 'has to be above 0'));
export const amountOrNought = readBy(fenOfYuan, (fen) =>
  fen >= 0n ? undefined : 'has to be 0 or more',
);

/** Every place of a document that cannot be so; the document as a whole is called by its noun. */
export function faultsOfShape(noun: string, value: unknown, shape: Shape): string[] {
  return faultsIn(value, shape, '', noun);
}

function faultsIn(value: unknown, shape: Shape, path: string, noun: string): string[] {
  const within = (one: unknown, own: Shape, name: string | number) =>
    faultsIn(one, own, path === '' ? String(name) : `${path}.${name}`, noun);
  const hasToBe = (what: string) => [`${path === '' ? noun : `${path}:`} has to be ${what}`];
  if (typeof shape === 'function') {
    const fault = shape(value);
    return fault === undefined ? [] : [`${path}: ${fault}`];
  }
  if ('orNull' in shape) return value === null ? [] : faultsIn(value, shape.orNull, path, noun);
  if ('each' in shape || 'some' in shape) {
    const own = 'each' in shape ? shape.each : shape.some;
    if (!Array.isArray(value)) return hasToBe('a list');
    if ('some' in shape && value.length === 0) return hasToBe('a list of one at least');
    return value.flatMap((item, at) => within(item, own, nameOf(item) ?? at));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return hasToBe('an object');
  }
  const fields = value as Readonly<Record<string, unknown>>;
  if ('byName' in shape) {
    return Object.entries(fields).flatMap(([name, one]) => within(one, shape.byName, name));
  }
  if ('kinds' in shape) {
    const own = Object.entries(shape.kinds).find(([kind]) => kind === fields['kind'])?.[1];
    return own === undefined
      ? within(undefined, oneOf(...Object.keys(shape.kinds)), 'kind')
      : faultsIn(value, own, path, noun);
  }
  const named = 'only' in shape ? shape.only : shape.of;
  const others =
    'only' in shape ? Object.keys(fields).filter((name) => !Object.hasOwn(named, name)) : [];
  return [
    ...Object.entries(named).flatMap(([name, own]) => within(fields[name], own, name)),
    ...others.flatMap((name) => within(fields[name], () => 'is none of its fields', name)),
  ];
}

/** What has a code is named by it, not by its place. */
function nameOf(item: unknown): string | undefined {
  const code = (item as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && code !== '' ? code : undefined;
}
