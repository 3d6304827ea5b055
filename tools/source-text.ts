// Reading TypeScript as text: where its code, comments and strings are, and what it imports.

/** A source with comments blanked, and with comments and the contents of strings blanked. */
export interface SourceText {
  /** Same length as the text: comments are blanks, strings stay. */
  readonly bare: string;
  /** Same length as the text: comments and the contents of strings are blanks. */
  readonly code: string;
}

export interface ImportOf {
  readonly from: string;
  /** Only types: nothing of it is loaded when the program runs. */
  readonly typeOnly: boolean;
  readonly line: number;
}

const regexBefore = /(?:^|[=(,:[!&|?{};+\-*%<>~^]|=>|\b(?:return|typeof|case|in|of|yield|await))$/;

/**
 * Splits a source into code, comments and strings.
 *
 * A scanner of our own, since TypeScript 7 offers no parser to programs. It knows comments,
 * quotes, templates with nested code, and regular expressions by what stands before them.
 */
export function scan(text: string): SourceText {
  const bare = [...splitUnits(text)];
  const code = [...bare];
  const blank = (target: string[], from: number, to: number) => {
    for (let at = from; at < to; at += 1) if (target[at] !== '\n') target[at] = ' ';
  };
  const depths: number[] = [];
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    const pair = text.slice(at, at + 2);
    if (pair === '//' || (at === 0 && pair === '#!')) {
      const end = indexOr(text.indexOf('\n', at), text.length);
      blank(bare, at, end);
      blank(code, at, end);
      at = end;
    } else if (pair === '/*') {
      const end = indexOr(text.indexOf('*/', at + 2), text.length - 2) + 2;
      blank(bare, at, end);
      blank(code, at, end);
      at = end;
    } else if (char === "'" || char === '"') {
      const end = closing(text, at + 1, char);
      blank(code, at + 1, end);
      at = end + 1;
    } else if (char === '/' && regexBefore.test(wordsBefore(code, at))) {
      const end = regexEnd(text, at + 1);
      blank(code, at + 1, end);
      at = end + 1;
    } else if (char === '`' || (char === '}' && depths.at(-1) === 0)) {
      if (char === '}') depths.pop();
      const end = templateEnd(text, at + 1);
      blank(code, at + 1, end);
      if (text.startsWith('${', end)) depths.push(0);
      at = text.startsWith('${', end) ? end + 2 : end + 1;
    } else {
      const depth = depths.at(-1);
      if (depth !== undefined && char === '{') depths[depths.length - 1] = depth + 1;
      if (depth !== undefined && char === '}') depths[depths.length - 1] = depth - 1;
      at += 1;
    }
  }
  return { bare: bare.join(''), code: code.join('') };
}

/** Everything a source imports or exports from elsewhere, dynamic imports included. */
export function importsOf(source: SourceText): ImportOf[] {
  const found: ImportOf[] = [];
  const statement =
    /\b(?<word>import|export)\b(?<what>(?:\s+type)?\s*(?:[\w$*\s,]|\{[^{}]*\})*?\s*from\s*|\s*\(?\s*)(?<quote>['"`])(?<from>[^'"`\n]*)\k<quote>/g;
  for (const match of source.bare.matchAll(statement)) {
    const { word = '', what = '', from = '' } = match.groups ?? {};
    // Text inside a string may look like an import: there the code has been blanked.
    if (!source.code.startsWith(word, match.index)) continue;
    if (word === 'export' && !what.includes('from')) continue;
    found.push({ from, typeOnly: isTypeOnly(what), line: lineOf(source.bare, match.index) });
  }
  return found;
}

/** The line, counted from 1, of a position in a text. */
export function lineOf(text: string, position: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < position; at = text.indexOf('\n', at + 1)) {
    line += 1;
  }
  return line;
}

function isTypeOnly(what: string): boolean {
  return /^\s*type\b(?!\s*(?:,|from))/.test(what);
}

function wordsBefore(code: readonly string[], at: number): string {
  return code
    .slice(Math.max(0, at - 40), at)
    .join('')
    .trimEnd();
}

function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote || text[at] === '\n') return at;
  }
  return text.length;
}

function templateEnd(text: string, from: number): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '`' || text.startsWith('${', at)) return at;
  }
  return text.length;
}

function regexEnd(text: string, from: number): number {
  let inClass = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if ((char === '/' && !inClass) || char === '\n') return at;
  }
  return text.length;
}

function indexOr(index: number, otherwise: number): number {
  return index === -1 ? otherwise : index;
}

// UTF-16 units, so that positions agree with those of the text.
function* splitUnits(text: string): Generator<string> {
  for (let at = 0; at < text.length; at += 1) yield text.charAt(at);
}
