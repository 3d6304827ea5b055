// The desk of models over a copy of the register: two people bring a model in, and nobody else.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toJson } from '@saidao/values';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readModels, sha256 } from '../adapters/model-files.ts';
import { readRegister, registerPath, scoringFolder } from '../adapters/register-file.ts';
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
  writeFileSync(registerPath(folder), JSON.stringify({ ...register, models }));
}

describe('activation', () => {
  const anna = { by: 'anna', at: '2026-11-20' };
  const bo = { by: 'bo', at: '2026-11-21' };

  it('takes two people, and puts the next card in the place of the one before', () => {
    registerNext();
    expect(activated('soft-power@3', anna, folder)).toEqual({
      ref: 'soft-power@3',
      outcome: 'approved',
      retired: null,
      from: null,
      approvalsNeeded: 1,
    });
    expect(readModels(folder).champion('2026-11-21').ref).toBe('soft-power@2');
    expect(() => activated('soft-power@3', { ...bo, by: 'Anna' }, folder)).toThrow(/anna has/);
    expect(() => activated('soft-power@3', { ...bo, by: 'credit-models' }, folder)).toThrow(
      /owns it/,
    );
    expect(activated('soft-power@3', { ...bo, from: '2026-12-01' }, folder)).toEqual({
      ref: 'soft-power@3',
      outcome: 'activated',
      retired: 'soft-power@2',
      from: '2026-12-01',
      approvalsNeeded: 0,
    });
    const models = readModels(folder);
    expect(models.champion('2026-11-30').ref).toBe('soft-power@2');
    expect(models.champion('2026-12-01').ref).toBe('soft-power@3');
    expect(readdirSync(join(folder, 'models'))).not.toContain('register.json.new');
  });

  it('of what there is not, or is active, is refused and changes nothing', () => {
    const before = readFileSync(registerPath(folder), 'utf8');
    expect(() => activated('no-model@1', anna, folder)).toThrow(/no model/);
    expect(() => activated('soft-power@2', anna, folder)).toThrow(/active/);
    expect(readFileSync(registerPath(folder), 'utf8')).toBe(before);
    expect(readdirSync(join(folder, 'models'))).not.toContain('register.json.new');
  });

  it('is refused while somebody else changes the register, whose change stays theirs', () => {
    registerNext();
    const theirs = `${registerPath(folder)}.new`;
    writeFileSync(theirs, 'half a register');
    expect(() => activated('soft-power@3', anna, folder)).toThrow(
      /Somebody else is changing the register; if nobody is, take away .*register.json.new/,
    );
    expect(readFileSync(theirs, 'utf8')).toBe('half a register');
    expect(readRegister(folder).models['soft-power@3']?.approvals).toEqual([]);
  });

  it('is refused while the file of any model is not the one registered', () => {
    registerNext();
    writeFileSync(join(folder, 'models', 'soft-power-net.v1.onnx'), 'another');
    expect(() => activated('soft-power@3', anna, folder)).toThrow(/digest/);
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
