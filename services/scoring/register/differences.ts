// What changed from one model to another, place by place.
import { toJson } from '@saidao/values';
import type { Model } from '../register.ts';

export interface Difference {
  /** Where, as `factors.EXPORT_SHARE.weights.growth`. */
  readonly path: string;
  /** As JSON; null: it stands only in the other. */
  readonly before: string | null;
  readonly after: string | null;
}

/** What changed from one model to another: in the register's entry and in the file, by path. */
export function diffOfModels(a: Model, b: Model): Difference[] {
  const before = flat(a);
  const after = flat(b);
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths.flatMap((path) => {
    const one = before.get(path) ?? null;
    const other = after.get(path) ?? null;
    return one === other ? [] : [{ path, before: one, after: other }];
  });
}

function flat(model: Model): Map<string, string> {
  const { data, card: _card, ref: _ref, ...entry } = model;
  const found = new Map<string, string>();
  flatten({ entry, ...(typeof data === 'object' ? data : { data }) }, '', found);
  return found;
}

/** Items of a list are named by what tells them apart: one more moves none of the others. */
function flatten(value: unknown, path: string, found: Map<string, string>): void {
  if (typeof value !== 'object' || value === null) {
    found.set(path, toJson(value));
    return;
  }
  const items = Array.isArray(value)
    ? value.map((item, index) => [nameOf(item) ?? String(index), item] as const)
    : Object.entries(value);
  for (const [key, item] of items) flatten(item, path === '' ? key : `${path}.${key}`, found);
}

function nameOf(item: unknown): string | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { code, grade, stars, from, by } = item as Record<string, unknown>;
  const name = code ?? grade ?? stars ?? from ?? by;
  return name === undefined ? undefined : String(name);
}
