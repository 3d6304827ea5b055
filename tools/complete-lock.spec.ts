// The committed lock file has an entry for every optional package, or `npm ci` would refuse it.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { completed, LOCK_FILE, missingFrom, type Lock } from './complete-lock.ts';

test('the lock file is complete', () => {
  const lock = JSON.parse(readFileSync(LOCK_FILE, 'utf8')) as Lock;
  expect(missingFrom(lock), 'run `node tools/complete-lock.ts`').toEqual([]);
});

test('what is missing is added with its system and processor', () => {
  const lock: Lock = {
    packages: {
      'node_modules/tool': {
        version: '1.0.0',
        dev: true,
        optionalDependencies: { '@tool/darwin-arm64': '1.0.0', '@tool/linux-x64-gnu': '1.0.0' },
      },
      'node_modules/@tool/linux-x64-gnu': { version: '1.0.0', optional: true },
    },
  };
  expect(missingFrom(lock)).toEqual(['@tool/darwin-arm64@1.0.0']);
  const { packages } = completed(lock);
  expect(packages['node_modules/@tool/darwin-arm64']).toEqual({
    version: '1.0.0',
    cpu: ['arm64'],
    dev: true,
    optional: true,
    os: ['darwin'],
  });
  expect(missingFrom({ packages })).toEqual([]);
});
