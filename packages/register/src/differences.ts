// What changed from one document to another, place by place.
import { toJson } from '@saidao/values';

export interface Difference {
  /** Where, as `factors.EXPORT_SHARE.weights.growth`. */
  readonly path: string;
  /** As JSON; null: it stands only in the other. */
  readonly before: string | null;
  readonly after: string | null;
}

export function differencesOf(a: unknown, b: unknown): Difference[] {
  const before = flat(a);
  const after = flat(b);
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const one = before.get(path) ?? null;
    const other = after.get(path) ?? null;
    return one === other ? [] : [{ path, before: one, after: other }];
  });
}

function flat(document: unknown): Map<string, string> {
  const found = new Map<string, string>();
  flatten(document, '', found);
  return found;
}

/** Items of a list are named by what tells them apart: one more moves none of the others. */
function flatten(value: unknown, path: string, found: Map<string, string>): void {
  if (typeof value !== 'object' || value === null) {
    found.set(path, toJson(value));
    return;
  }
  const items = Array.isArray(value) ? named(value) : Object.entries(value);
  // Nothing in it is something to say too.
  if (items.length === 0) found.set(path, toJson(value));
  for (const [key, item] of items) flatten(item, path === '' ? key : `${path}.${key}`, found);
}

/** By their names, or by their places where two have the same. */
function named(items: readonly unknown[]): (readonly [string, unknown])[] {
  const names = items.map((item, index) => nameOf(item) ?? String(index));
  const byPlace = new Set(names).size < names.length;
  return items.map((item, index) => [byPlace ? String(index) : (names[index] ?? ''), item]);
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { _id, code, grade, stars, from, by, id } = item as Record<string, unknown>;
  const name = _id ?? code ?? grade ?? stars ?? from ?? by ?? id;
  return name === undefined ? undefined : String(name);
}
