// The scanner of sources: code, comments, strings, templates, regular expressions, imports.
import { describe, expect, it, test } from 'vitest';
import { importsOf, lineOf, scan } from './source-text.ts';

describe('scan', () => {
  test.each([
    ["a('b'); // c", "a(' '); ", "a('b'); "],
    ['a; /* b\nc */ d', 'a;     \n     d', 'a;     \n     d'],
    ['#!/usr/bin/env node\na', '                   \na', '                   \na'],
    [String.raw`a('it\'s'); b`, "a('     '); b", ''],
    ['"// no comment"', '"             "', '"// no comment"'],
    ['`a ${b ? `c` : { d: 1 }} e` f', '`  ${b ? ` ` : { d: 1 }}  ` f', ''],
    ['x = /[\'"]/.test(y)', 'x = /    /.test(y)', ''],
    ['x = /[/]/; y', 'x = /   /; y', ''],
    ['a / b / c; // d', 'a / b / c; ', ''],
    ['(a) / 2 + "b"', '(a) / 2 + " "', ''],
    ['return /a b/', 'return /   /', ''],
  ])('%s', (text, code, bare) => {
    const source = scan(text);
    expect(source.code.trimEnd()).toBe(code.trimEnd());
    if (bare !== '') expect(source.bare.trimEnd()).toBe(bare.trimEnd());
    expect(source.code).toHaveLength(text.length);
    expect(source.bare).toHaveLength(text.length);
  });

  it('ends with the text where a comment, string or template does not', () => {
    for (const text of ['/* a', "'a", '`a ${b', '`a', 'x = /a', '`${']) {
      expect(scan(text).code).toHaveLength(text.length);
    }
  });
});

describe('importsOf', () => {
  test.each([
    ["import a from './a.ts';", './a.ts', false],
    ["import { a, type B } from './a.ts';", './a.ts', false],
    ["import type { A } from './a.ts';", './a.ts', true],
    ["import type A from './a.ts';", './a.ts', true],
    ["import type from './a.ts';", './a.ts', false],
    ["import * as a from 'node:fs';", 'node:fs', false],
    ["import './a.ts';", './a.ts', false],
    ["import {\n  a,\n  b,\n} from './a.ts';", './a.ts', false],
    ["import a from './a.json' with { type: 'json' };", './a.json', false],
    ["export * from './a.ts';", './a.ts', false],
    ["export type { A } from './a.ts';", './a.ts', true],
    ["const a = await import('./a.ts');", './a.ts', false],
  ])('%s', (text, from, typeOnly) => {
    expect(importsOf(scan(text))).toEqual([{ from, typeOnly, line: 1 }]);
  });

  test.each([
    ["export const a = 'b';"],
    ["export function a() { return 'b'; }"],
    ["// import a from './a.ts'"],
    ["const text = `import a from './a.ts'`;"],
    ['const text = "import a from \'./a.ts\'";'],
    ["export { a };\nconst b = 'c';"],
    ["export type A = 'b' | 'c';"],
    ["export default 'a';"],
  ])('finds nothing in %s', (text) => expect(importsOf(scan(text))).toEqual([]));

  it('says the line', () => {
    expect(importsOf(scan("\n\nimport a from 'b';"))).toMatchObject([{ line: 3 }]);
    expect([0, 1, 2].map((at) => lineOf('a\nb', at))).toEqual([1, 1, 2]);
  });
});
