// State as text: canonical JSON, in which a bigint is kept exactly.
import { fromJson, toJson } from '@saidao/values';

/** What a state was read from: most events move heads alone, and it is written as it was. */
const textOf = new WeakMap<object, string>();

/** The text of a state; throws a TypeError for what JSON cannot hold. */
export function stateToText(value: unknown): string {
  const known = typeof value === 'object' && value !== null ? textOf.get(value) : undefined;
  return known ?? toJson(value);
}

/** The state that `stateToText` wrote. */
export function stateFromText(text: string): unknown {
  const value = fromJson(text);
  if (typeof value === 'object' && value !== null) textOf.set(value, text);
  return value;
}
