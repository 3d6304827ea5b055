// Whether node_modules holds what package-lock.json says: the question each start asks first.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { missingPackages } from './prepare.mjs';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'saidao-prepare-'));
  writeLock('package-lock.json', WANTED);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const WANTED = {
  '': { name: 'saidao', version: '0.1.0' },
  'packages/values': { version: '0.1.0' },
  'node_modules/@saidao/values': { resolved: 'packages/values', link: true },
  'node_modules/pg': { version: '8.23.1' },
  'node_modules/pg-darwin': { version: '1.0.0', optional: true },
};

function writeLock(path: string, packages: object): void {
  mkdirSync(join(root, 'node_modules'), { recursive: true });
  writeFileSync(join(root, path), JSON.stringify({ packages }));
}

function installed(changes: object): string | null {
  const { 'node_modules/pg-darwin': _, ...present } = WANTED;
  writeLock('node_modules/.package-lock.json', { ...present, ...changes });
  return missingPackages(root);
}

test('nothing is missing without a package for another system', () => {
  expect(installed({})).toBeNull();
});

test('an interrupted npm ci has not written its own lock', () => {
  expect(missingPackages(root)).toBe('node_modules is missing or unfinished');
});

test.each([
  ['another version', { 'node_modules/pg': { version: '8.0.0' } }, 'is 8.0.0, not 8.23.1'],
  ['no such package', { 'node_modules/pg': undefined }, 'node_modules/pg is missing'],
  ['a new workspace', { 'node_modules/@saidao/values': undefined }, 'values is missing'],
])('%s calls for npm ci', (_, changes, words) => {
  expect(installed(changes)).toContain(words);
});
