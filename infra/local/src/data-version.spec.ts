// Data that no home owns: what a checkout deleted without `reset` leaves outside itself.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkDataVersion, checkLeftData, writeDataVersion } from './data-version.ts';

let scratch: string;
let home: string;
let outside: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'saidao-data-version-'));
  home = join(scratch, 'home');
  outside = join(scratch, 'outside');
  mkdirSync(home);
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

test('tables outside a home that never began are refused, with what deletes them', () => {
  mkdirSync(join(outside, 'data', 'postgres'), { recursive: true });
  expect(checkLeftData(home, outside)).toMatchObject({
    code: 'SAIDAO_DATA_LEFT',
    message: expect.stringMatching(/outside\/data was left by .* `npx saidao reset` deletes it/),
  });
});

test('those of a home that has begun are its own, and fit', () => {
  mkdirSync(join(outside, 'data', 'postgres'), { recursive: true });
  writeDataVersion(home);
  expect(checkLeftData(home, outside)).toBeNull();
  expect(checkDataVersion(home)).toBeNull();
});

test('programs alone are no data', () => {
  mkdirSync(join(outside, 'postgres-18'), { recursive: true });
  expect(checkLeftData(home, outside)).toBeNull();
});
