// What the machine must have, asked with a fake PATH and real folders.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkDisk, checkNode, findJava, findMaven, freeMiB } from './machine.mjs';

const scratch = mkdtempSync(join(tmpdir(), 'saidao-machine-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function folderWith(name: string, programs: Record<string, string>): string {
  const folder = join(scratch, name);
  mkdirSync(folder, { recursive: true });
  for (const [program, script] of Object.entries(programs)) {
    writeFileSync(join(folder, program), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, program), 0o755);
  }
  return folder;
}

const java = (version: string) => `echo 'openjdk version "${version}" 2026-01-01' >&2`;
const empty = folderWith('empty', {});
const java8 = folderWith('java8', { java: java('1.8.0_412') });
const java11 = folderWith('java11', { java: java('11.0.24') });
const java21 = folderWith('java21', { java: java('21.0.4') });
const brokenJava = folderWith('broken', { java: 'exit 1' });
const javaHome = join(folderWith('home17/bin', { java: java('17.0.1') }), '..');
const oldJavaHome = join(folderWith('home11/bin', { java: java('11.0.1') }), '..');

describe('Java', () => {
  test('is found on PATH', async () => {
    const found = await findJava({ PATH: `${empty}:${java21}` });
    expect(found).toEqual({ path: join(java21, 'java'), version: '21.0.4' });
  });

  test('in JAVA_HOME comes first', async () => {
    const found = await findJava({ PATH: java21, JAVA_HOME: javaHome });
    expect(found.version).toBe('17.0.1');
  });

  test('that is too old in JAVA_HOME gives way to a newer one on PATH', async () => {
    const found = await findJava({ PATH: java21, JAVA_HOME: oldJavaHome });
    expect(found.version).toBe('21.0.4');
  });

  test.each([
    ['is nowhere', empty, 'SAIDAO_JAVA_MISSING', 'install Java 17 or later'],
    ['does not run', brokenJava, 'SAIDAO_JAVA_MISSING', 'install Java 17 or later'],
    ['is 11', java11, 'SAIDAO_JAVA_OLD', 'Java 11.0.24 at'],
    ['is 8, which called itself 1.8', java8, 'SAIDAO_JAVA_OLD', 'Java 1.8.0_412 at'],
  ])('that %s is a fault that says what to do', async (_, path, code, words) => {
    await expect(findJava({ PATH: path })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words),
    });
  });
});

test('Maven that is nowhere is a fault that says what to do', () => {
  expect(() => findMaven({ PATH: empty })).toThrow(/`mvn` was not found on PATH: install it/);
  expect(findMaven({ PATH: folderWith('maven', { mvn: '' }) })).toMatch(/mvn$/);
});

test('a program without the right to be run does not count', () => {
  const folder = folderWith('no-right', { mvn: '' });
  chmodSync(join(folder, 'mvn'), 0o644);
  expect(() => findMaven({ PATH: folder })).toThrow(/not found/);
});

test('a disk with less room than needed is a fault that names both', () => {
  const needed = freeMiB(scratch) + 1_000_000;
  expect(() => checkDisk(scratch, needed)).toThrow(
    new RegExp(`^Only \\d+ MiB are free on the disk of ${scratch} and ${needed} MiB are needed`),
  );
  expect(() => checkDisk(join(scratch, 'not', 'there', 'yet'), 1)).not.toThrow();
});

test('a Node before 20 is a fault, 20 is none', () => {
  expect(() => checkNode('18.20.4')).toThrow(/Node 18.20.4 is too old.*install Node 20 or later/);
  expect(() => checkNode('20.0.0')).not.toThrow();
});
