// Models read from files: digests of what they say, and every fault told together.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readModels } from './model-files.ts';
import { registerPath, scoringFolder } from './register-file.ts';

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true })));

/** A copy of this release's models with one file changed. */
function changed(name: string, change: (text: string) => string): string {
  const folder = mkdtempSync(join(tmpdir(), 'saidao-models-'));
  made.push(folder);
  for (const part of ['models', 'data']) {
    cpSync(join(scoringFolder, part), join(folder, part), { recursive: true });
  }
  const path = join(folder, name);
  writeFileSync(path, change(readFileSync(path, 'utf8')));
  return folder;
}

describe('the models of this release', () => {
  it('are read, with a champion that can score', () => {
    const { champion, all } = readModels();
    expect(champion('2026-11-20')).toMatchObject({ ref: 'soft-power@2', status: 'active' });
    expect(all.find(({ ref }) => ref === 'soft-power@1')).toMatchObject({
      status: 'retired',
      // It scores on no business date, so it was champion on none.
      validFrom: null,
      card: null,
    });
  });

  it('have the same digests whatever the layout of their files', () => {
    const folder = changed(
      'models/soft-power.v2.json',
      (text) => `${JSON.stringify(JSON.parse(text))}\r\n`,
    );
    expect(readModels(folder).all).toEqual(readModels().all);
  });
});

describe('models', () => {
  it.each<[string, string, (text: string) => string, RegExp]>([
    [
      'changed after they were registered',
      'models/soft-power.v2.json',
      (text) => text.replace('"from": 86', '"from": 87'),
      /soft-power@2: soft-power.v2.json has the digest [0-9a-f]{64}, the register another/,
    ],
    [
      'whose table was changed',
      'data/industry-tracks.json',
      (text) => text.replace('"C3983"', '"C3984"').replace('"partly": true', '"partly": false'),
      /soft-power@2: industryTracks has the digest [0-9a-f]{64}, the card another/,
    ],
    [
      'approved by one person',
      'models/register.json',
      (text) => text.replaceAll('chief-risk-officer', 'model-validation'),
      /soft-power@2: somebody approved it twice/,
    ],
    [
      'whose file is no JSON',
      'models/remote.v1.json',
      (text) => text.slice(1),
      /remote@1: remote.v1.json cannot be read: /,
    ],
    [
      'that are no cards, with what is wrong with their shape',
      'models/soft-power.v2.json',
      (text) => text.replace('"from": "0.30"', '"from": "ten"').replace('"data"', '"tables"'),
      /soft-power@2: data: has to be an object; .*SCIENCE_STAFF_SHARE.bands.0.from: rate "ten"/,
    ],
  ])('%s are refused', (_what, name, change, fault) => {
    expect(() => readModels(changed(name, change))).toThrow(fault);
  });

  it('are refused with all faults together, each once', () => {
    const folder = changed('models/register.json', (text) =>
      text
        .replace('"validTo": null', '"validTo": "2026-06-30"')
        .replace('"owner": "credit-models"', '"owner": ""')
        .replace('"status": "active"', '"status": "retired"')
        .replace('"validTo": null', '"validTo": "2026-06-30"'),
    );
    const faults = faultsOf(() => readModels(folder));
    expect(faults).toEqual([
      'soft-power@1: "" is no id of an owner: small letters, digits, and . or - between them',
      'soft-power@1: it is retired and valid from null',
      'nobody is champion after 2026-06-30',
    ]);
    expect(registerPath(folder)).toBe(join(folder, 'models', 'register.json'));
  });
});

function faultsOf(read: () => unknown): string[] {
  try {
    read();
    return [];
  } catch (error) {
    const said = /^The models cannot be used: (.*)\.$/s.exec((error as Error).message)?.[1];
    return said?.split('; ') ?? [];
  }
}
