// `saidao generate` without a system: files that are samples, and command lines that make no sense.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { applicantsOf, loadSamples } from '@saidao/applicants';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCommand } from '../command.fixture.ts';
import { register } from './generate.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'saidao-generate-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const generate = (...args: string[]) =>
  runCommand(register, { SAIDAO_HOME: home }, ['generate', ...args]);

describe('as files', () => {
  it('writes samples that the loader takes, the same every time', async () => {
    const folder = join(home, 'made', 'here');
    const { lines, code } = await generate('25', '--seed', '3', '--out', folder, '--json');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { event: 'written', count: 25, folder },
    ]);
    expect(code).toBe(0);
    expect(await loadSamples(folder)).toEqual([...applicantsOf({ count: 25, seed: 3 })]);
    const bytes = () => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const before = bytes();
    await generate('25', '--seed', '3', '--out', folder);
    expect(bytes()).toEqual(before);
  });
});

describe('a command line', () => {
  it.each([
    ['without a destination', ['3', '--seed', '1'], /one of --out FOLDER, --http and --kafka/],
    ['with two', ['3', '--seed', '1', '--http', '--kafka'], /one of --out/],
    ['without a seed', ['3', '--http'], /required option '--seed/],
    ['with a seed beyond the last', ['3', '--seed', '800', '--http'], /--seed 800 is no whole/],
    ['with half an application', ['0.5', '--seed', '1', '--http'], /<count> 0\.5 is no whole/],
    ['with no rate', ['3', '--seed', '1', '--http', '--rate', '0'], /--rate 0 is no number/],
    ['that plays files', ['3', '--seed', '1', '--out', 'x', '--play'], /go with --http or --kafka/],
    ['where nothing runs', ['3', '--seed', '1', '--http'], /Nothing runs here/],
  ])('%s is refused in a sentence', async (_, args, says) => {
    await expect(generate(...args)).rejects.toThrow(says);
  });
});
