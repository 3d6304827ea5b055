// State as text: JSON in which a bigint is kept exactly, as {"$bigint":"12"}.

/** What a state was read from: most events move heads alone, and it is written as it was. */
const textOf = new WeakMap<object, string>();

/** The text of a state; throws a TypeError for what JSON cannot hold. */
export function stateToText(value: unknown): string {
  const known = typeof value === 'object' && value !== null ? textOf.get(value) : undefined;
  return known ?? spelled(value);
}

function spelled(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'bigint' ? { $bigint: inner.toString() } : inner,
  );
}

/** The state that `stateToText` wrote. */
export function stateFromText(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  // Most states hold no bigint at some time. Walked afterwards: a reviver is called for each value.
  const value = text.includes('"$bigint"') ? revived(parsed) : parsed;
  if (typeof value === 'object' && value !== null) textOf.set(value, text);
  return value;
}

function revived(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const holder = value as Record<string, unknown>;
  if ('$bigint' in holder) return BigInt(holder['$bigint'] as string);
  for (const key of Object.keys(holder)) {
    const inner = holder[key];
    if (typeof inner === 'object' && inner !== null) holder[key] = revived(inner);
  }
  return holder;
}
