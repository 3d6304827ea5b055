// The desk of models over a copy of the register: two people bring a model in, and nobody else.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toJson } from '@saidao/values';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readModels, readRegister, scoringFolder, sha256 } from '../adapters/model-files.ts';
import { activated, differenceOf, listOf, shown } from './answers.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scoring-'));
  for (const part of ['models', 'data']) {
    cpSync(join(scoringFolder, part), join(folder, part), { recursive: true });
  }
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Registers the present card once more under the next version, validated and not yet approved. */
function registerNext(): void {
  const file = join(folder, 'models', 'soft-power.v2.json');
  const card = JSON.parse(readFileSync(file, 'utf8')) as object;
  const next = { ...card, version: 3 };
  writeFileSync(join(folder, 'models', 'soft-power.v3.json'), JSON.stringify(next));
  const register = readRegister(folder);
  const entry = {
    ...register.models['soft-power@2'],
    file: 'soft-power.v3.json',
    digest: sha256(toJson(next)),
    status: 'validated',
    validFrom: null,
    approvals: [],
  };
  const models = { ...register.models, 'soft-power@3': entry };
  writeFileSync(join(folder, 'models', 'register.json'), JSON.stringify({ ...register, models }));
}

describe('activation', () => {
  it('takes two people, and puts the next card in the place of the one before', () => {
    registerNext();
    expect(activated('soft-power@3', 'anna', '2026-11-20', folder)).toEqual({
      ref: 'soft-power@3',
      outcome: 'approved',
      retired: null,
      approvalsNeeded: 1,
    });
    expect(readModels(folder).champion('2026-11-21').ref).toBe('soft-power@2');
    expect(() => activated('soft-power@3', 'anna', '2026-11-20', folder)).toThrow(/anna has/);
    expect(() => activated('soft-power@3', 'credit-models', '2026-11-20', folder)).toThrow(
      /owns it/,
    );
    expect(activated('soft-power@3', 'bo', '2026-11-21', folder)).toEqual({
      ref: 'soft-power@3',
      outcome: 'activated',
      retired: 'soft-power@2',
      approvalsNeeded: 0,
    });
    const models = readModels(folder);
    expect(models.champion('2026-11-20').ref).toBe('soft-power@2');
    expect(models.champion('2026-11-21').ref).toBe('soft-power@3');
    expect(readdirSync(join(folder, 'models'))).not.toContain('register.json.new');
  });

  it('of what there is not, or is active, is refused and changes nothing', () => {
    const before = readFileSync(join(folder, 'models', 'register.json'), 'utf8');
    expect(() => activated('no-model@1', 'anna', '2026-11-20', folder)).toThrow(/no model/);
    expect(() => activated('soft-power@2', 'anna', '2026-11-20', folder)).toThrow(/active/);
    expect(readFileSync(join(folder, 'models', 'register.json'), 'utf8')).toBe(before);
  });

  it('is refused while the file of any model is not the one registered', () => {
    registerNext();
    writeFileSync(join(folder, 'models', 'soft-power-net.v1.onnx'), 'another');
    expect(() => activated('soft-power@3', 'anna', '2026-11-20', folder)).toThrow(/digest/);
  });
});

describe('the models of this release', () => {
  it('are listed, shown with a page, and compared', () => {
    const refs = listOf().map(({ ref }) => ref);
    expect(refs).toEqual(expect.arrayContaining(['soft-power@2', 'soft-power-net@1']));
    for (const ref of refs) expect(shown(ref).card).toMatch(/^# /);
    const paths = differenceOf('soft-power@1', 'soft-power@2').map(({ path }) => path);
    expect(paths).toContain('entry.status');
    expect(differenceOf('soft-power@2', 'soft-power@2')).toEqual([]);
    expect(() => shown('no-model@1')).toThrow(
      'There is no model no-model@1; there are soft-power@1',
    );
  });
});
