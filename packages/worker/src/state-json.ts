// State as text: JSON in which a bigint is kept exactly, as {"$bigint":"12"}.

/** The text of a state; throws a TypeError for what JSON cannot hold. */
export function stateToText(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'bigint' ? { $bigint: inner.toString() } : inner,
  );
}

/** The state that `stateToText` wrote. */
export function stateFromText(text: string): unknown {
  // The reviver costs more than the parse; most states hold no bigint at some time.
  if (!text.includes('"$bigint"')) return JSON.parse(text);
  return JSON.parse(text, (_key, inner: unknown) => {
    if (typeof inner === 'object' && inner !== null && '$bigint' in inner) {
      return BigInt((inner as { $bigint: string }).$bigint);
    }
    return inner;
  });
}
