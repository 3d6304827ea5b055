// The shape of a card's data: what is not there or of another type, each place told by its path.
import { fenOfYuan, ppmOf } from '@saidao/values';

/** Says what is wrong with a value, as `has to be a text`; undefined: nothing. */
type Leaf = (value: unknown) => string | undefined;
type Shape =
  | Leaf
  | { readonly each: Shape }
  | { readonly byName: Shape }
  | { readonly of: Readonly<Record<string, Shape>> }
  | { readonly kinds: Readonly<Record<string, Shape>> };

const text: Leaf = (value) =>
  typeof value === 'string' && value.trim() !== '' ? undefined : 'has to be a text';
const count: Leaf = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? undefined : 'has to be a whole number';
const number: Leaf = (value) => (typeof value === 'number' ? undefined : 'has to be a number');
const flag: Leaf = (value) => (typeof value === 'boolean' ? undefined : 'has to be true or false');

/** A text that a reader of values takes; what it says of another is told. */
const readBy =
  (read: (text: string) => unknown): Leaf =>
  (value) => {
    if (typeof value !== 'string') return 'has to be a text';
    try {
      read(value);
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  };
const decimal = readBy(ppmOf);
const yuan = readBy(fenOfYuan);

const texts: Shape = { of: { en: text, zh: text } };
const factor = {
  code: text,
  family: text,
  measure: text,
  kind: text,
  weights: { of: { 'start-up': number, growth: number, stable: number } },
  none: texts,
  missing: texts,
} satisfies Record<string, Shape>;
const named: Shape = { of: { ...factor, shares: { byName: number }, found: texts } };

const cardShape: Shape = {
  of: {
    form: count,
    id: text,
    version: count,
    name: texts,
    official: flag,
    source: text,
    limits: { each: text },
    data: { of: { ipcIndustries: text, industryTracks: text } },
    yearsOldMax: count,
    subsidyYears: count,
    marketMonthsMax: count,
    patentCoverageAtLeast: decimal,
    stages: {
      of: {
        source: text,
        startUp: { of: { youngerThanYears: count, revenueBelowYuan: yuan } },
        stable: { of: { yearsAtLeast: count, revenueAtLeastYuan: yuan } },
      },
    },
    families: { byName: texts },
    factors: {
      each: {
        kinds: {
          bands: {
            of: {
              ...factor,
              bands: { each: { of: { from: decimal, share: number, en: text, zh: text } } },
            },
          },
          sum: named,
          best: named,
        },
      },
    },
    grades: { each: { of: { grade: text, from: number } } },
    stars: { each: { of: { stars: number, from: number } } },
    watch: { of: { psiBound: decimal, source: text } },
  },
};

/** Every place of the data that a card cannot have so; none: it can be read as one. */
export function faultsOfCardShape(data: unknown): string[] {
  return faultsIn(data, cardShape, '');
}

function faultsIn(value: unknown, shape: Shape, path: string): string[] {
  if (typeof shape === 'function') {
    const fault = shape(value);
    return fault === undefined ? [] : [`${path}: ${fault}`];
  }
  const under = (name: string | number) => (path === '' ? String(name) : `${path}.${name}`);
  if ('each' in shape) {
    if (!Array.isArray(value)) return [`${path}: has to be a list`];
    return value.flatMap((item, at) => faultsIn(item, shape.each, under(nameOf(item) ?? at)));
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return [`${path === '' ? 'a card' : `${path}:`} has to be an object`];
  }
  const fields = value as Readonly<Record<string, unknown>>;
  if ('byName' in shape) {
    return Object.entries(fields).flatMap(([name, one]) =>
      faultsIn(one, shape.byName, under(name)),
    );
  }
  if ('kinds' in shape) {
    const own = Object.entries(shape.kinds).find(([kind]) => kind === fields['kind'])?.[1];
    const kinds = Object.keys(shape.kinds).join(', ');
    return own === undefined
      ? [`${path}.kind: has to be one of ${kinds}`]
      : faultsIn(value, own, path);
  }
  return Object.entries(shape.of).flatMap(([name, own]) =>
    faultsIn(fields[name], own, under(name)),
  );
}

/** A factor is named by its code, not by its place. */
function nameOf(item: unknown): string | undefined {
  const code = (item as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' && code !== '' ? code : undefined;
}
