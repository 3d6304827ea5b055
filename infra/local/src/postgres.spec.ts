// Mending PostgreSQL's programs where npm was not allowed to run their install script.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { postgresLinksMissing, repairPostgresPrograms } from './postgres.ts';

let scratch: string;
let native: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'saidao-postgres-'));
  native = join(scratch, 'native');
  mkdirSync(join(native, 'bin'), { recursive: true });
  mkdirSync(join(native, 'lib'));
  for (const program of ['initdb', 'postgres', 'pg_ctl']) {
    writeFileSync(join(native, 'bin', program), '', { mode: 0o644 });
  }
  writeFileSync(join(native, 'lib', 'libicuuc.so.60.2'), 'icu');
  const links = ['libicuuc.so.60', 'libicuuc.so'].map((name) => ({
    source: 'native/lib/libicuuc.so.60.2',
    target: `native/lib/${name}`,
  }));
  writeFileSync(join(native, 'pg-symlinks.json'), JSON.stringify(links));
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

test('makes the links of the libraries and the right to run the programs', () => {
  expect(postgresLinksMissing(native)).toBe(true);
  expect(repairPostgresPrograms(native)).toBe(true);
  expect(readlinkSync(join(native, 'lib', 'libicuuc.so.60'))).toBe('libicuuc.so.60.2');
  expect(existsSync(join(native, 'lib', 'libicuuc.so'))).toBe(true);
  expect(statSync(join(native, 'bin', 'postgres')).mode & 0o111).toBe(0o111);
  expect(postgresLinksMissing(native)).toBe(false);
  expect(repairPostgresPrograms(native)).toBe(false);
});

test('replaces a link that leads nowhere', () => {
  symlinkSync('gone', join(native, 'lib', 'libicuuc.so'));
  repairPostgresPrograms(native);
  expect(readlinkSync(join(native, 'lib', 'libicuuc.so'))).toBe('libicuuc.so.60.2');
});
