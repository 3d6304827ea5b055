// The clock of a process that loads it is set off by the file's word, at once and back again.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const run = promisify(execFile);
const preload = join(import.meta.dirname, 'shifted-clock.ts');
const HOUR_MS = 3_600_000;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'saidao-clock-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What a process with the preload says of its clock, in hours from ours. */
async function hoursOff(script: string, shiftMs?: number): Promise<number[]> {
  const file = join(folder, 'shift');
  writeFileSync(file, String(shiftMs ?? ''));
  const { stdout } = await run(
    process.execPath,
    ['--import', preload, '--input-type=module', '-e', script],
    { env: { ...process.env, ...(shiftMs !== undefined && { SAIDAO_CLOCK_SHIFT: file }) } },
  );
  const said = JSON.parse(stdout) as number[];
  return said.map((atMs) => Math.round((atMs - Date.now()) / HOUR_MS) + 0);
}

const EVERY_WAY = `
  const text = Date();
  console.log(JSON.stringify([
    Date.now(), new Date().getTime(), +new Date(), Date.parse(text), Date.parse(new Date()),
  ]));`;

test.each([3, -3, 0])('all ways to ask for the time are %i hours off', async (hours) => {
  expect(await hoursOff(EVERY_WAY, hours * HOUR_MS)).toEqual(Array(5).fill(hours));
});

test('without a file the clock is left alone', async () => {
  expect(await hoursOff(EVERY_WAY)).toEqual(Array(5).fill(0));
});

test('dates that are given stay what they are', async () => {
  const script = `
    import { writeFileSync } from 'node:fs';
    const given = new Date(1_000);
    const ok = given.getTime() === 1_000 && given instanceof Date && Date.UTC(1970, 0, 1) === 0
      && new Date('1970-01-01T00:00:01Z').getTime() === 1_000;
    writeFileSync(process.env.SAIDAO_CLOCK_SHIFT, '${-2 * HOUR_MS}');
    const untilMs = performance.now() + 60;
    while (performance.now() < untilMs);
    console.log(JSON.stringify([Date.now() + (ok ? 0 : 10 * ${HOUR_MS})]));`;
  expect(await hoursOff(script, HOUR_MS)).toEqual([-2]);
});
