// The table of codes, the program and docs/errors.md name the same codes, both ways.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { errorsPage } from '../tools/errors-page.ts';
import { errors } from './errors.ts';

const root = join(import.meta.dirname, '../../..');
// The local engines and the command have sentences of their own, printed where they happen.
const sources = globSync(
  ['packages/{schemas,event-log,config,worker}/src/**/*.ts', 'services/**/*.ts'],
  { cwd: root, exclude: ['**/node_modules/**', '**/*.spec.ts', '**/errors.ts'] },
);
const tables = ['packages/schemas/src/errors.ts'];
const migrations = globSync(['services/*/migrations/*.sql'], { cwd: root });

function codesIn(
  paths: readonly string[],
  form = /\b(SAIDAO_[A-Z0-9]+(?:_[A-Z0-9]+)*)\b(?!_)/g,
): Set<string> {
  const found = new Set<string>();
  for (const path of paths) {
    const text = readFileSync(join(root, path), 'utf8');
    for (const [, code] of text.matchAll(form)) found.add(code!.toUpperCase());
  }
  return found;
}

const listed = new Set<string>(Object.keys(errors));
// A constraint that is named like a code, in lower case, raises it.
const CONSTRAINT = /\b(?:constraint|index)\s*(?:=\s*')?(saidao_\w+)/g;
const raised = codesIn([...sources, ...tables]).union(codesIn(migrations, CONSTRAINT));

describe('the table of codes', () => {
  it('has every code that the program knows', () => {
    expect([...raised].filter((code) => !listed.has(code))).toEqual([]);
  });

  it('has no code that nothing raises', () => {
    expect([...listed].filter((code) => !raised.has(code))).toEqual([]);
  });

  it('says of each in a sentence what it means and what to do', () => {
    for (const [code, { means, todo }] of Object.entries(errors)) {
      expect(`${code}: ${means}`).toMatch(/: [A-Z].*\.$/);
      expect(`${code}: ${todo}`).toMatch(/: [A-Z].*\.$/);
    }
  });

  it('is docs/errors.md', () => {
    expect(readFileSync(join(root, 'docs/errors.md'), 'utf8')).toBe(errorsPage());
  });
});
