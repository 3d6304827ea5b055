// Fetching with a Maven of our own making: whole, failing, and interrupted half-way.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { downloadState, fetchWithMaven } from './downloads.ts';

let scratch: string;
let folder: string;
const told: string[] = [];

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'saidao-downloads-'));
  folder = join(scratch, 'cache', 'thing-1.0');
  told.length = 0;
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const LOADED = '[INFO] Downloaded from central: https://repo.example/a/b.jar (1.5 MB at 9 MB/s)';
const WHOLE = `
for arg in "$@"; do case "$arg" in -Dto=*) to="\${arg#-Dto=}";; esac; done
echo '${LOADED}'
echo one > "$to/one.jar"
echo two > "$to/two.jar"`;

function fetch(script: string, signal?: AbortSignal): Promise<boolean> {
  const bin = join(scratch, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'mvn'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'mvn'), 0o755);
  return fetchWithMaven(
    { what: 'the thing', folder, execution: 'copy@thing' },
    {
      environment: { PATH: `${bin}:/usr/bin:/bin` },
      log: join(scratch, 'maven.log'),
      tell: (detail, bytes) => told.push(`${detail} ${bytes}`),
      ...(signal && { signal }),
    },
  );
}

test('leaves a complete folder and tells the bytes', async () => {
  expect(downloadState(folder)).toBe('absent');
  expect(await fetch(WHOLE)).toBe(true);
  expect(downloadState(folder)).toBe('complete');
  expect(told).toEqual(['b.jar 1500000']);
});

test('does not ask Maven again for what is complete', async () => {
  await fetch(WHOLE);
  expect(await fetch('exit 1')).toBe(false);
});

test('two at once fetch once', async () => {
  const counted = `echo x >> "${scratch}/count"; sleep 0.3; ${WHOLE}`;
  await Promise.all([fetch(counted), fetch(counted)]);
  expect(readFileSync(join(scratch, 'count'), 'utf8')).toBe('x\n');
});

test('a failing Maven is a fault with its own first words, and the next try goes through', async () => {
  const failing = `${WHOLE}\necho '[ERROR] Could not transfer b.jar: no route'; exit 1`;
  await expect(fetch(failing)).rejects.toMatchObject({
    code: 'SAIDAO_DOWNLOAD_FAILED',
    message: expect.stringContaining(
      'could not fetch the thing (Could not transfer b.jar: no route)',
    ),
  });
  expect(downloadState(folder)).toBe('unfinished');
  await fetch(WHOLE);
  expect(downloadState(folder)).toBe('complete');
});

test('one that is interrupted counts as unfinished and can be finished', async () => {
  const controller = new AbortController();
  const running = fetch(`${WHOLE}\nsleep 30`, controller.signal);
  await expect.poll(() => existsSync(join(`${folder}.partial`, 'two.jar'))).toBe(true);
  controller.abort(new Error('told to stop'));
  await expect(running).rejects.toThrow('told to stop');
  expect(downloadState(folder)).toBe('unfinished');
  await fetch(WHOLE);
  expect(downloadState(folder)).toBe('complete');
});

test.each([
  ['a file is missing', () => rmSync(join(folder, 'two.jar'))],
  ['a file is cut short', () => writeFileSync(join(folder, 'two.jar'), 't')],
  ['the list is missing', () => rmSync(join(folder, 'complete.json'))],
])('is unfinished when %s, and is fetched again', async (_, damage) => {
  await fetch(WHOLE);
  damage();
  expect(downloadState(folder)).toBe('unfinished');
  expect(await fetch(WHOLE)).toBe(true);
  expect(downloadState(folder)).toBe('complete');
});

test('a lock left by a process that is gone holds nobody up', async () => {
  mkdirSync(join(scratch, 'cache'), { recursive: true });
  writeFileSync(join(scratch, 'cache', 'maven.lock'), '999999999');
  await fetch(WHOLE);
  expect(downloadState(folder)).toBe('complete');
});
