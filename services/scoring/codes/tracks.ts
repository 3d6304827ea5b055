// Which strategic industries a firm and its patents belong to: hints by code, never a gate.

/** A table of prefixes: of IPC symbols, or of codes of industries. */
export interface TrackTable {
  readonly branches: Readonly<Record<string, string>>;
  readonly mappings: readonly TrackMapping[];
}

export interface TrackMapping {
  readonly prefix: string;
  /** As `1.5`. */
  readonly branch: string;
  /** The code alone is weak evidence: the table asks for more, or takes only a part of it. */
  readonly weak: boolean;
}

/** `open`: the code is too coarse to say, as finer ones that begin with it differ. */
export type FoundTrack = TrackMapping | 'open' | undefined;
export type FindTrack = (code: string) => FoundTrack;

/** Finds the longest prefix that a code begins with; spaces in it do not count. */
export function trackFinder(mappings: readonly TrackMapping[]): FindTrack {
  const byPrefix = new Map(mappings.map((mapping) => [mapping.prefix, mapping]));
  const lengths = [...new Set(mappings.map(({ prefix }) => prefix.length))].sort((a, b) => b - a);
  const begun = new Set(mappings.flatMap(({ prefix }) => beginningsOf(prefix)));
  return (code) => {
    const symbol = code.replaceAll(' ', '');
    for (const length of lengths) {
      if (length > symbol.length) continue;
      const found = byPrefix.get(symbol.slice(0, length));
      if (found !== undefined) return found;
    }
    return begun.has(symbol) ? 'open' : undefined;
  };
}

const beginningsOf = (prefix: string): string[] =>
  Array.from(prefix, (_, length) => prefix.slice(0, length));

/** The best that one of the codes gives: a sure branch, else open if one is, else a weak hint. */
export function bestTrack(find: FindTrack, codes: readonly string[]): FoundTrack {
  let best: FoundTrack;
  for (const code of codes) {
    const found = find(code);
    if (found === undefined) continue;
    if (found === 'open') best = 'open';
    else if (found.weak) best ??= found;
    else return found;
  }
  return best;
}
