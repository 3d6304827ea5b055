// Writes a named fault point into TypeScript source wherever it awaits something; lines stay theirs.
import { parseSync } from 'oxc-parser';

/** What the instrumented code calls; `globalThis[POINT]` is there in a process with faults alone. */
export const POINT = '__saidaoFaultPoint';

export interface Instrumented {
  readonly source: string;
  /** `<file>/<function>:<what is awaited>`, with `#2` and so on for what occurs again. */
  readonly points: readonly string[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [field: string]: unknown;
}

interface Await {
  readonly argument: Node;
  readonly inFunction: string;
}

const FUNCTIONS = new Set(['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression']);

/**
 * Makes `await x` into `await point(name, () => x)`. A name does not depend on what stands
 * elsewhere in the file, but for its number. Throws where the source cannot be parsed.
 */
export function instrument(source: string, path: string, file: string): Instrumented {
  const { program, errors } = parseSync(path, source, { sourceType: 'module' });
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path} cannot be parsed: ${error.message}`);
  const found: Await[] = [];
  collect(program as unknown as Node, '', found);
  const counts = new Map<string, number>();
  const inserts: { readonly at: number; readonly text: string }[] = [];
  const points = found.map(({ argument, inFunction }) => {
    const plain = `${file}/${inFunction}:${calleeOf(argument, source)}`;
    const count = (counts.get(plain) ?? 0) + 1;
    counts.set(plain, count);
    const name = count === 1 ? plain : `${plain}#${count}`;
    const { start, end } = argument;
    // What is awaited within what is awaited needs a function that may wait.
    const arrow = awaitsItself(argument) ? 'async () =>' : '() =>';
    const opening = `globalThis.${POINT}(${JSON.stringify(name)}, ${arrow} (`;
    inserts.push({ at: start, text: opening }, { at: end, text: '))' });
    return name;
  });
  // From the end, so that offsets hold; of two at one place the inner one is written first.
  const sorted = inserts.map((one, index) => ({ ...one, index }));
  sorted.sort((a, b) => b.at - a.at || b.index - a.index);
  let written = source;
  for (const { at, text } of sorted) written = written.slice(0, at) + text + written.slice(at);
  return { source: written, points };
}

function collect(node: Node, inFunction: string, found: Await[]): void {
  const named = nameOf(node);
  const here = named === undefined ? inFunction : named;
  if (node.type === 'AwaitExpression') {
    found.push({ argument: node['argument'] as Node, inFunction: here });
  }
  for (const child of childrenOf(node)) collect(child, here, found);
}

/** Of what gives a function a name, that name: of a method, a declaration, a variable, a field. */
function nameOf(node: Node): string | undefined {
  const field = (key: string) => node[key] as Node | null | undefined;
  const isFunction = (value: Node | null | undefined) => FUNCTIONS.has(value?.type ?? '');
  switch (node.type) {
    case 'FunctionDeclaration':
      return identifierOf(field('id'));
    case 'VariableDeclarator':
      return isFunction(field('init')) ? identifierOf(field('id')) : undefined;
    case 'MethodDefinition':
    case 'PropertyDefinition':
    case 'Property':
      return isFunction(field('value')) ? identifierOf(field('key')) : undefined;
    default:
      return undefined;
  }
}

function identifierOf(node: Node | null | undefined): string | undefined {
  if (node?.type === 'PrivateIdentifier') return `#${String(node['name'])}`;
  if (node?.type === 'Identifier') return String(node['name']);
  if (node?.type === 'Literal') return String(node['value']);
  return undefined;
}

/** In few words what is awaited: `log.send` of `log.send(outputs, …)`, `query.commit` of SQL. */
function calleeOf(node: Node, source: string): string {
  let at = node;
  for (;;) {
    const next = (at['callee'] ?? at['expression'] ?? at['left'] ?? at['test']) as Node | undefined;
    if (next === undefined || next === null || typeof next !== 'object') break;
    at = next;
  }
  const words = source.slice(at.start, at.end).replaceAll(/\bnew\s|\s+|this\.|\?|!/g, '');
  const [first] = (node['arguments'] as Node[] | undefined) ?? [];
  const word = first?.type === 'Literal' ? /^\w+$/.exec(String(first['value']))?.[0] : undefined;
  const plain = words.replaceAll(/\((?:[^()]|\([^()]*\))*\)/g, '()').replaceAll(/[^\w.#$()]/g, '');
  const cut = plain.length > 40 ? `${plain.slice(0, 40)}~` : plain;
  return word === undefined ? cut : `${cut}.${word}`;
}

/** Not in a function of its own. */
function awaitsItself(node: Node): boolean {
  if (node.type === 'AwaitExpression') return true;
  if (FUNCTIONS.has(node.type)) return false;
  return childrenOf(node).some(awaitsItself);
}

function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) => {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    return values.filter(isNode);
  });
}

function isNode(value: unknown): value is Node {
  return typeof (value as { type?: unknown } | null)?.type === 'string';
}
